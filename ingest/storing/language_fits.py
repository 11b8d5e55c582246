"""Measures how well a model knows the languages of the passages: with sentences of theirs as questions.

A sentence is taken out of its passage and compared with the rest of it (the inverse cloze task; Lee, Chang
and Toutanova, Latent Retrieval for Weakly Supervised Open Domain Question Answering, 2019), and with passages
of other documents. A model that knows the language finds the rest much nearer; or, where all documents are
alike, at least as well as words do. Nothing but what is stored is asked.
"""

import asyncio
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from psycopg import AsyncConnection
from psycopg.rows import TupleRow, class_row

from database.pool import Pool
from ingest.reading.measure import embedded_text
from ingest.storing.found_by_words import by_words, ratio_to_words
from knowledge_base.embedding import Embedder, Vectors
from knowledge_base.embedding_spaces import space_in_use
from knowledge_base.language_fit import LEAST_SENTENCES, NOT_MEASURED, LanguageFit

Connection = AsyncConnection[TupleRow]

# Passages that are looked at, and sentences that are asked: more change little.
MOST_PASSAGES, MOST_SENTENCES = 256, 64
# A fit is measured anew when there are so many times as many passages.
WORTH_ANOTHER = 2
SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？।॥។။؟])\s*|\n+")
# A shorter sentence says too little to be found by, a longer one is more than a question. A character of a
# script without spaces says as much as some letters.
SHORTEST, LONGEST = 20, 250
UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
LETTERS_OF_UNSPACED = 3
# So many of the other passages have hardly anything to do with a sentence, in documents on one subject too.
UNRELATED = 0.16
# Of a passage at least such a part must be left when the sentence is taken out.
LEAST_REST = 0.5


@dataclass(frozen=True)
class StoredPassage:
    """A passage that has its vector."""

    chunk_id: int
    document_id: int
    context: str
    content: str
    vector: Vectors


@dataclass(frozen=True)
class _Unmeasured:
    language: str
    passages: int


async def measure_fits(pool: Pool, embedder: Embedder, space_id: int | None = None) -> list[str]:
    """Measure the languages that need it in a space of the embedder's, that in use by default.

    Returns their names. Costs the model some hundred short texts for each, and happens each time that the
    passages of a language have doubled. Raises `EmbeddingModelError`.
    """
    async with pool.connection() as connection:
        if space_id is None:
            space = await space_in_use(connection)
            if space is None or space.model_name != embedder.model_name:
                return []
            space_id = space.space_id
        unmeasured = await _unmeasured(connection, space_id)
    for one in unmeasured:
        async with pool.connection() as connection:
            passages = await _sample(connection, space_id, one.language)
        fit = await asyncio.to_thread(fit_of, embedder, passages)
        async with pool.connection() as connection:
            await _write(connection, space_id, one, fit)
    return [one.language for one in unmeasured]


def fit_of(embedder: Embedder, passages: Sequence[StoredPassage]) -> LanguageFit:
    """How a model fits the language of some passages; `NOT_MEASURED` where they are too few to tell."""
    chosen = _with_sentences(passages)
    if len(chosen) < LEAST_SENTENCES:
        return NOT_MEASURED
    sentences = [sentence for _, sentence in chosen]
    rests = [_rest(passage, sentence) for passage, sentence in chosen]
    asked = embedder.embed_queries(sentences)
    cosines = asked @ np.stack([passage.vector for passage in passages]).T
    documents = np.array([passage.document_id for passage in passages])
    chunks = np.array([passage.chunk_id for passage in passages])
    others = documents[None, :] != np.array([passage.document_id for passage, _ in chosen])[:, None]
    if not others.any():
        # One document alone: its other passages are the next best measure.
        others = chunks[None, :] != np.array([passage.chunk_id for passage, _ in chosen])[:, None]
    unrelated, middle = np.quantile(cosines[others], [UNRELATED, 0.5])
    own = (asked * embedder.embed_documents(rests)).sum(axis=1)
    fit = LanguageFit(len(chosen), float(own.mean()), float(middle), float(unrelated))
    words, own_words = by_words(
        sentences, rests, [embedded_text(passage.context, passage.content) for passage in passages]
    )
    return fit.beside_words(ratio_to_words(cosines, own, words, own_words, others))


def _with_sentences(passages: Sequence[StoredPassage]) -> list[tuple[StoredPassage, str]]:
    """Passages of as many documents as there are, each with a sentence that can be taken out of it."""
    chosen: list[tuple[StoredPassage, str]] = []
    documents: dict[int, int] = {}
    for passage in passages:
        sentence = sentence_of(passage.content)
        if sentence:
            chosen.append((passage, sentence))
    # Those of documents that were not chosen from yet come first.
    order: list[tuple[int, int]] = []
    for place, (passage, _) in enumerate(chosen):
        order.append((documents.get(passage.document_id, 0), place))
        documents[passage.document_id] = documents.get(passage.document_id, 0) + 1
    return [chosen[place] for _, place in sorted(order)[:MOST_SENTENCES]]


def sentence_of(content: str) -> str | None:
    """A sentence of a text, always the same one; None where it has none that can be taken out."""
    sentences = [
        one
        for part in SENTENCE_END.split(content)
        for one in [part.strip()]
        if SHORTEST <= _size(one) <= LONGEST and len(one) <= (1 - LEAST_REST) * len(content)
    ]
    if not sentences:
        return None
    return min(sentences, key=lambda one: hashlib.sha256(one.encode()).digest())


def _size(text: str) -> int:
    return len(text) + (LETTERS_OF_UNSPACED - 1) * len(UNSPACED.findall(text))


def _rest(passage: StoredPassage, sentence: str) -> str:
    return embedded_text(passage.context, passage.content.replace(sentence, " "))


async def _unmeasured(connection: Connection, space_id: int) -> list[_Unmeasured]:
    """The languages without a fit, or with one of far fewer passages. Counted are the heads of the word
    lists.
    """
    async with connection.cursor(row_factory=class_row(_Unmeasured)) as cursor:
        await cursor.execute(
            """
            with listed as (
                select vocabulary_id, passages from postings where lexeme = 0
                union all
                select vocabulary_id, case when added then 1 else -1 end from pending_postings
            ),
            there as (
                select language, sum(passages)::bigint as passages
                from listed
                join vocabularies on vocabularies.id = vocabulary_id
                group by language
            )
            select language, there.passages
            from there
            left join (select * from language_fits where space_id = %(space_id)s) as known using (language)
            where there.passages > 0
              and there.passages >= %(more)s * coalesce(known.passages, 0)
            order by language
            """,
            {"space_id": space_id, "more": WORTH_ANOTHER},
        )
        return await cursor.fetchall()


async def _sample(connection: Connection, space_id: int, language: str) -> list[StoredPassage]:
    """Passages of a language, spread over all of them, always the same ones of the same ones."""
    rows = await connection.execute(
        """
        with chosen as materialized (
            select chunk_id, embedding
            from chunk_embeddings
            where space_id = %(space_id)s
              and vocabulary_id = any (array(select id from vocabularies where language = %(language)s))
            order by md5(chunk_id::text)
            limit %(most)s
        )
        select chunk_id, document_id, context, content, embedding
        from chosen
        join chunks on chunks.id = chunk_id
        order by md5(chunk_id::text)
        """,
        {"space_id": space_id, "language": language, "most": MOST_PASSAGES},
    )
    return [
        StoredPassage(chunk_id, document_id, context, content, np.asarray(vector.to_numpy(), np.float32))
        async for chunk_id, document_id, context, content, vector in rows
    ]


async def _write(connection: Connection, space_id: int, measured: _Unmeasured, fit: LanguageFit) -> None:
    await connection.execute(
        """
        insert into language_fits (space_id, language, sentences, passages, own, middle, unrelated)
        select id, %(language)s, %(sentences)s, %(passages)s, %(own)s, %(middle)s, %(unrelated)s
        from embedding_spaces
        where id = %(space_id)s
        on conflict (space_id, language) do update
        set sentences = excluded.sentences, passages = excluded.passages,
            own = excluded.own, middle = excluded.middle, unrelated = excluded.unrelated
        """,
        {
            "space_id": space_id,
            "language": measured.language,
            "sentences": fit.sentences,
            "passages": measured.passages,
            "own": fit.own,
            "middle": fit.middle,
            "unrelated": fit.unrelated,
        },
    )
