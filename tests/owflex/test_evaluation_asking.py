"""Many questions at once wait for each other, never for a connection."""

from collections.abc import Sequence

import numpy as np

from database.pool import create_pool
from ingest.pipeline import open_ingest_pool
from knowledge_base.embedding import Vectors
from knowledge_base.hits import Hit
from knowledge_base.search import SearchFilter
from owflex.evaluation.batch_search import BATCH, Asking, ask
from owflex.evaluation.corpus import CorpusDocument
from owflex.evaluation.corpus_ingestion import ingest_corpus, source_of

DOCUMENTS = 12


class NumberEmbedder:
    """Each number has a direction of its own."""

    model_name = "numbers"
    dimensions = DOCUMENTS
    max_tokens = 256
    backend = "numbers"
    tokenizer_json = ""

    def count_tokens(self, text: str) -> int:
        return len(text.split()) + 2

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        return np.array([self.embed_query(text) for text in texts], dtype=np.float32)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return self.embed_documents(texts)

    def embed_query(self, text: str) -> Vectors:
        number = int(text.split()[-1])
        return np.eye(DOCUMENTS, dtype=np.float32)[number]


def ignore(what: str, done: int, total: int) -> None:
    pass


def sources(_: int, hits: Sequence[Hit]) -> list[str]:
    return [hit.source for hit in hits]


async def test_more_questions_than_connections_are_answered_in_their_order(knowledge_base_url: str) -> None:
    embedder = NumberEmbedder()
    documents = [CorpusDocument(str(number), "", f"number {number}") for number in range(DOCUMENTS)]
    async with open_ingest_pool(knowledge_base_url) as pool:
        assert await ingest_corpus(pool, embedder, documents, ignore) == DOCUMENTS
    async with create_pool(knowledge_base_url, max_size=2) as pool:
        # A pool turns away whoever would be the third to wait.
        pool.max_waiting = 2
        asking = Asking(pool, embedder, "vector", SearchFilter(), ignore)
        asked = [number % DOCUMENTS for number in range(BATCH + 20)]
        answers = await ask(asking, [f"number {number}" for number in asked], sources, 1)
    assert [answer.ranked for answer in answers] == [[source_of(str(number))] for number in asked]
