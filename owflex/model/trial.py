"""Both models answer the same questions over the same passages, in a database that is gone afterwards."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from pgvector import HalfVector

from database.pool import Pool
from ingest.pipeline import open_ingest_pool
from ingest.storing.chunk_rows import hash_of
from ingest.storing.documents import store_documents
from ingest.storing.reindexing import reindex
from knowledge_base.bootstrap import migrate_knowledge_base
from knowledge_base.embedding import Embedder
from knowledge_base.embedding_spaces import Progress, hold_space_in_use, space_in_use
from knowledge_base.posting_merge import merge_pending
from knowledge_base.search import SearchFilter
from owflex.evaluation.batch_search import Asking, Report
from owflex.evaluation.comparison import Comparison, compare
from owflex.evaluation.errors import EvaluationError
from owflex.evaluation.measurement import Measurement
from owflex.evaluation.question_file import LabelledQuestion
from owflex.evaluation.scratch_database import scratch_database
from owflex.evaluation.search_measurement import measure_asked
from owflex.model.cost import Costs, cost_of
from owflex.model.passages import ORIGIN, Sample, sample

# Passages embedded at once: progress is seen in between.
BLOCK = 64


@dataclass(frozen=True)
class Trial:
    """What came out: both measurements over a sample of passages, their differences, and the cost."""

    old: Measurement
    new: Measurement
    comparison: Comparison
    costs: Costs
    sampled: int


@dataclass(frozen=True)
class Wanted:
    """What to try: the model, on which questions, with at most `most` passages of which collection."""

    embedder: Embedder
    questions: Sequence[LabelledQuestion]
    most: int
    collection: str | None = None


async def try_model(url: str, old: Embedder, wanted: Wanted, report: Report) -> Trial:
    """Compare the model with the `old` one, which the knowledge base at `url` is searched with.

    Nothing in it is changed. Raises `EvaluationError`, `EmbeddingModelError`.
    """
    taken = await _taken(url, wanted)
    new = wanted.embedder
    questions = [question.query for question in wanted.questions]
    costs = Costs(
        await asyncio.to_thread(cost_of, old, taken.texts, questions, taken.total),
        await asyncio.to_thread(cost_of, new, taken.texts, questions, taken.total),
        taken.total,
    )
    async with _filled(url, old, taken) as (scratch, pool):
        before = await measure_asked(_asking(pool, old, report), wanted.questions)

        def embedded(progress: Progress) -> None:
            report("Passages", progress.done, progress.total)

        await reindex(scratch, pool, new, on_progress=embedded)
        now = await measure_asked(_asking(pool, new, report), wanted.questions)
    return Trial(before, now, compare(before, now), costs, len(taken.rows))


def _asking(pool: Pool, embedder: Embedder, report: Report) -> Asking:
    return Asking(pool, embedder, "hybrid", SearchFilter(), report)


async def _taken(url: str, wanted: Wanted) -> Sample:
    async with open_ingest_pool(url) as pool, pool.connection() as connection:
        space = await space_in_use(connection)
        if space is None:
            raise EvaluationError("There is nothing to compare yet. Add documents with: owflex ingest PATH")
        taken = await sample(connection, space.space_id, wanted.questions, wanted.collection, wanted.most)
    if not taken.rows:
        raise EvaluationError("There is no passage to try the model on. Name another collection.")
    return taken


@asynccontextmanager
async def _filled(url: str, old: Embedder, taken: Sample) -> AsyncGenerator[tuple[str, Pool]]:
    """The URL of a database with the sample alone, searched with the old model, and its pool."""
    with scratch_database(url) as scratch:
        await migrate_knowledge_base(scratch)
        async with open_ingest_pool(scratch) as pool:
            await _store(pool, old, taken)
            yield scratch, pool


async def _store(pool: Pool, old: Embedder, taken: Sample) -> None:
    vectors = taken.vectors
    # Some may still wait for theirs; without them the old model would be at a disadvantage.
    missing = sorted({text for text in taken.texts if hash_of(text) not in vectors}, key=len)
    for start in range(0, len(missing), BLOCK):
        texts = missing[start : start + BLOCK]
        made = await asyncio.to_thread(old.embed_documents, texts)
        vectors |= {hash_of(text): HalfVector(vector) for text, vector in zip(texts, made, strict=True)}
    async with pool.connection() as connection:
        async with connection.transaction():
            space_id = await hold_space_in_use(connection, old)
            documents = taken.documents()
            await connection.execute(
                """
                insert into origins (collection, name, path)
                select collection, %(name)s, '' from unnest(%(collections)s::text[]) as given (collection)
                """,
                {"name": ORIGIN, "collections": sorted({document.collection for document in documents})},
            )
            await store_documents(connection, space_id, documents, vectors)
        await merge_pending(connection)
        await connection.execute("analyze")
