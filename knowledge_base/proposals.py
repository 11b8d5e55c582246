"""The passages that a search looks at: the nearest by meaning, and the best by words."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from psycopg import AsyncCursor
from psycopg.rows import TupleRow

from knowledge_base.asked_words import AskedWords
from knowledge_base.half_vectors import HalfVectorParameter
from knowledge_base.id_arrays import as_array
from knowledge_base.posting_lists import READ_MORE, Asking, Lists, Weights, read_lists
from knowledge_base.postings import Connection
from knowledge_base.scoring import Proposals, part_said
from knowledge_base.search_filter import Condition, SearchFilter
from knowledge_base.search_query import (
    BY_WORDS,
    condition_of_list,
    condition_of_these,
    condition_on_vectors,
    nearest_statement,
)
from knowledge_base.search_scope import Scope, those_allowed
from knowledge_base.vector_index import VectorIndex, look_more_widely
from knowledge_base.word_codes import Array, impacts_of
from knowledge_base.word_search import MAX_CANDIDATES, best_by_words

# Of passages by words so many are asked whether they meet a condition, for each that is needed; then more.
ENOUGH, MORE = 1.5, 4
LEAST_SHARE = 0.01
EVERYTHING = 2**62


@dataclass(frozen=True)
class AskedVector:
    """What is looked for by meaning: a vector in a space, and so many candidates."""

    embedding: HalfVectorParameter | None
    space_id: int | None
    candidates: int

    @property
    def values(self) -> dict[str, Any]:
        """The parameters of the statements that compare with it."""
        return {"embedding": self.embedding, "space_id": self.space_id}


@dataclass(frozen=True)
class Asked:
    """What is looked for: words with their weights by language, and a vector, in a part (`share`, 0 to 1) of
    all passages.
    """

    words: AskedWords
    weights: Weights
    vector: AskedVector
    share: float

    @property
    def candidates(self) -> int:
        """So many passages are proposed by words, as many as by meaning."""
        return self.vector.candidates

    @cached_property
    def by_key(self) -> dict[tuple[str, int], float]:
        """Each lexeme's part of what a language's lexemes say together, by language and key."""
        return {
            (language, self.words.keys[lexeme]): weight / total
            for language, weights in self.weights.items()
            for total in [sum(weights.values())]
            for lexeme, weight in weights.items()
        }


# A passage that was looked at: id, language, its own words (coded), distance (None without a vector). What
# has no words yet has no language. Rows as they come: there are hundreds.
Looked = TupleRow


@dataclass(frozen=True)
class NearestAsked:
    """The nearest passages, as they were asked for; `else_of`: of these all vectors are compared where the
    index gives up before it has come upon enough.
    """

    cursor: AsyncCursor[TupleRow]
    else_of: Condition | None


async def ask_nearest(
    connection: Connection, vector: AskedVector, which: SearchFilter, scope: Scope, index: VectorIndex | None
) -> NearestAsked | None:
    """Ask for the nearest of the passages that may be found; in a pipeline nobody waits for them yet."""
    if vector.embedding is None or vector.space_id is None:
        return None
    of_all = condition_on_vectors(which, scope.condition)
    one_by_one = of_all if scope.ids is None else condition_of_these(scope.ids)
    if index is None or not (scope.ids is None or scope.by_index):
        return NearestAsked(await _ask_nearest(connection, vector, None, one_by_one), None)
    if which.narrows:
        await look_more_widely(connection)
    listed = None if scope.ids is None else condition_of_list(scope.ids)
    return NearestAsked(await _ask_nearest(connection, vector, index, listed or of_all), one_by_one)


async def nearest_of(
    connection: Connection, vector: AskedVector, asked: NearestAsked | None
) -> Sequence[Looked]:
    """The nearest that were asked for, the nearest first."""
    if asked is None:
        return []
    found = await asked.cursor.fetchall()
    if asked.else_of is not None and len(found) < vector.candidates:
        found = await (await _ask_nearest(connection, vector, None, asked.else_of)).fetchall()
    return sorted(found, key=lambda each: (each[3], each[0]))


async def _ask_nearest(
    connection: Connection, vector: AskedVector, index: VectorIndex | None, allowed: Condition
) -> AsyncCursor[TupleRow]:
    statement = nearest_statement(index, allowed, vector.candidates)
    cursor = connection.cursor(binary=True)
    return await cursor.execute(statement, {**vector.values, **allowed.values}, prepare=True)


async def ask_by_words(connection: Connection, vector: AskedVector, ids: Array) -> AsyncCursor[TupleRow]:
    """Ask for passages that their words propose; in a pipeline nobody waits for them yet."""
    cursor = connection.cursor(binary=True)
    return await cursor.execute(BY_WORDS, {**vector.values, "ids": as_array(ids)}, prepare=True)


async def best_candidates(
    connection: Connection, asked: Asked, which: SearchFilter, scope: Scope, lists: Lists
) -> Array:
    """Ids of passages among which are those whose words say most."""
    if not asked.by_key:
        return np.empty(0, np.int64)
    if scope.ids is not None and len(scope.ids) <= MAX_CANDIDATES:
        return scope.ids
    if scope.ids is None and scope.condition is not None:
        return await _best_that_meet(connection, asked, which, scope.condition, lists)
    best = best_by_words(lists, asked.by_key, asked.candidates, scope.ids)
    while not best.complete:
        most_read = READ_MORE * max(lists.most_read, 1)
        lists = await read_lists(connection, asked.words, Asking(which.collection, most_read=most_read))
        best = best_by_words(lists, asked.by_key, asked.candidates, scope.ids)
    return best.ids


async def _best_that_meet(
    connection: Connection, asked: Asked, which: SearchFilter, condition: Condition, lists: Lists
) -> Array:
    """The best whose documents meet a condition: the best of all are asked, and more until it is enough."""
    if any(
        each.coded is None and each.searched
        for each in lists.lists
        if (each.language, each.lexeme) in asked.by_key
    ):
        lists = await read_lists(connection, asked.words, Asking(which.collection, most_read=EVERYTHING))
    count = round(ENOUGH * asked.candidates / max(asked.share, LEAST_SHARE))
    tested, met = 0, np.empty(0, np.int64)
    while True:
        best = best_by_words(lists, asked.by_key, count)
        met = np.union1d(met, await those_allowed(connection, condition, best.ids[tested:]))
        if len(met) >= asked.candidates or best.exhausted:
            return met
        tested, count = len(best.ids), count * MORE


def propose(asked: Asked, near: Sequence[Looked], by_words: Sequence[Looked]) -> Proposals:
    """The passages with their cosines and words, and their ranks in either way of searching."""
    rows = sorted({each[0]: each for each in (*by_words, *near) if each[1] is not None}.values())
    lexemes = sorted(
        {lexeme for weights in asked.weights.values() for lexeme in weights},
        key=lambda lexeme: asked.words.keys[lexeme],
    )
    there = [chunk_id for chunk_id, _, _, _ in rows]
    languages = [language or "" for _, language, _, _ in rows]
    weights = _weights_in(asked, languages, lexemes)
    keys = np.array([asked.words.keys[lexeme] for lexeme in lexemes], np.uint64)
    impacts = impacts_of([words or b"" for _, _, words, _ in rows], keys).astype(np.float64)
    # What only says something in another language was not asked of this passage.
    impacts *= weights > 0
    said = part_said(impacts, weights)
    nearest: list[int] = [each[0] for each in near]
    vector_ranks = _ranks(there, nearest)
    keyword_ranks = _ranks(there, [there[place] for place in _best(said, asked.candidates).tolist()])
    kept = np.flatnonzero((vector_ranks > 0) | (keyword_ranks > 0))
    cosines = 1 - np.array([distance for _, _, _, distance in rows], np.float64)
    return Proposals(
        np.array(there, np.int64)[kept],
        cosines[kept],
        [languages[place] for place in kept.tolist()],
        lexemes,
        weights[kept],
        impacts[kept],
        vector_ranks[kept],
        keyword_ranks[kept],
    )


def _weights_in(asked: Asked, languages: Sequence[str], lexemes: Sequence[str]) -> Array:
    """What the lexemes weigh in each passage's language: a row for each, 0 for one that it has not."""
    rows = {
        language: [asked.weights.get(language, {}).get(lexeme, 0.0) for lexeme in lexemes]
        for language in set(languages)
    }
    weights = np.array([rows[language] for language in languages], np.float64)
    return weights.reshape(len(languages), len(lexemes))


def _ranks(ids: Sequence[int], ordered: Sequence[int]) -> Array:
    """The rank, from 1, of each id among the ordered ones; 0 where it is not among them."""
    ranks = {chunk_id: rank for rank, chunk_id in enumerate(ordered, 1)}
    return np.array([ranks.get(chunk_id, 0) for chunk_id in ids], np.int64)


def _best(said: Array, count: int) -> Array:
    """The places of the greatest ones, those of nothing left out."""
    order = np.argsort(-said, kind="stable")[:count]
    return order[said[order] > 0]
