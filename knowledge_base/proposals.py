"""The passages that a search looks at: the nearest by meaning, and the best by words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, LiteralString

import numpy as np
from psycopg import sql

from knowledge_base.id_arrays import as_array
from knowledge_base.posting_lists import READ_MORE, AskedWords, Lists, Weights, read_lists
from knowledge_base.postings import Connection
from knowledge_base.scoring import Proposals, part_said
from knowledge_base.search_filter import Condition, SearchFilter
from knowledge_base.search_query import (
    OF_THESE,
    PROPOSED,
    condition_of_list,
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
class Asked:
    """What is looked for: words with their weights by language, and a vector as text, in a space; so many
    candidates, in a part (`share`, 0 to 1) of all passages.
    """

    words: AskedWords
    weights: Weights
    embedding: str | None
    space_id: int | None
    candidates: int
    share: float

    @cached_property
    def by_key(self) -> dict[tuple[str, int], float]:
        """Each lexeme's part of what a language's lexemes say together, by language and key."""
        return {
            (language, self.words.keys[lexeme]): weight / total
            for language, weights in self.weights.items()
            for total in [sum(weights.values())]
            for lexeme, weight in weights.items()
        }


async def nearest(
    connection: Connection, asked: Asked, which: SearchFilter, scope: Scope, index: VectorIndex | None
) -> list[int]:
    """Ids of the passages nearest by meaning, the nearest first."""
    if asked.embedding is None or asked.space_id is None:
        return []
    values: dict[str, Any] = {
        "embedding": asked.embedding,
        "space_id": asked.space_id,
        "candidates": asked.candidates,
    }
    of_all = condition_on_vectors(which, scope.condition)
    if index is not None and (scope.ids is None or scope.by_index):
        if which.narrows:
            await look_more_widely(connection)
        condition = (None if scope.ids is None else condition_of_list(scope.ids)) or of_all
        found = await _nearest(
            connection, nearest_statement(index, condition), {**values, **condition.values}
        )
        if len(found) == asked.candidates or not which.narrows:
            return found
    # There is no index, or it gives up before it has come upon enough that is allowed.
    if scope.ids is not None:
        return await _nearest(connection, OF_THESE, values | {"ids": as_array(scope.ids)})
    return await _nearest(connection, nearest_statement(None, of_all), {**values, **of_all.values})


async def _nearest(
    connection: Connection, statement: LiteralString | sql.Composed, values: Mapping[str, Any]
) -> list[int]:
    cursor = await connection.execute(statement, values, prepare=True)
    found = sorted((distance, chunk_id) for chunk_id, distance in await cursor.fetchall())
    return [chunk_id for _, chunk_id in found]


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
        lists = await read_lists(connection, asked.words, which.collection, most_read=most_read)
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
        lists = await read_lists(connection, asked.words, which.collection, most_read=EVERYTHING)
    count = round(ENOUGH * asked.candidates / max(asked.share, LEAST_SHARE))
    tested, met = 0, np.empty(0, np.int64)
    while True:
        best = best_by_words(lists, asked.by_key, count)
        met = np.union1d(met, await those_allowed(connection, condition, best.ids[tested:]))
        if len(met) >= asked.candidates or best.exhausted:
            return met
        tested, count = len(best.ids), count * MORE


async def propose(connection: Connection, asked: Asked, near: Sequence[int], by_words: Array) -> Proposals:
    """The passages with their cosines and words, and their ranks in either way of searching."""
    ids = sorted({*near, *by_words.tolist()})
    async with connection.cursor(binary=True) as cursor:
        await cursor.execute(
            PROPOSED,
            {"ids": as_array(ids), "embedding": asked.embedding, "space_id": asked.space_id},
            prepare=True,
        )
        rows = sorted(await cursor.fetchall())
    lexemes = sorted(
        {lexeme for weights in asked.weights.values() for lexeme in weights},
        key=lambda lexeme: asked.words.keys[lexeme],
    )
    languages = [language for _, language, _, _ in rows]
    weights = _weights_in(asked, languages, lexemes)
    keys = np.array([asked.words.keys[lexeme] for lexeme in lexemes], np.uint64)
    impacts = impacts_of([words for _, _, words, _ in rows], keys).astype(np.float64)
    # What only says something in another language was not asked of this passage.
    impacts *= weights > 0
    there = [row[0] for row in rows]
    said = part_said(impacts, weights)
    vector_ranks = _ranks(there, near)
    keyword_ranks = _ranks(there, [there[place] for place in _best(said, asked.candidates).tolist()])
    kept = np.flatnonzero((vector_ranks > 0) | (keyword_ranks > 0))
    cosines = np.array([row[3] for row in rows], np.float64)
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
