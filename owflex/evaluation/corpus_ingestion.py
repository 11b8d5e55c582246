"""Brings a test set into a knowledge base as ingestion would: chunks, vectors, documents in windows."""

import asyncio
import hashlib
from collections.abc import Iterator, Sequence

from pgvector import HalfVector

from database.pool import Pool
from ingest.pipeline import WINDOW
from ingest.reading.chunked_document import ChunkedDocument, chunk_tokens
from ingest.reading.chunking import chunk
from ingest.reading.language import with_languages
from ingest.storing.chunk_rows import Vectors, text_hash
from ingest.storing.documents import NewDocument, store_documents
from ingest.storing.language_fits import measure_fits
from knowledge_base.embedding import Embedder
from knowledge_base.embedding_spaces import hold_space_in_use
from owflex.evaluation.batch_search import Report
from owflex.evaluation.corpus import CorpusDocument
from owflex.evaluation.corpus_text import read_text

COLLECTION = "default"
ORIGIN = "corpus"
# Nothing of it is ever made anew.
RECIPE = "evaluation"

Contents = Sequence[tuple[str, ChunkedDocument]]


def source_of(document_id: str) -> str:
    """The source under which a document of the test set is stored."""
    return f"{ORIGIN}/{document_id}"


async def ingest_corpus(
    pool: Pool, embedder: Embedder, documents: Sequence[CorpusDocument], report: Report
) -> int:
    """Store the documents; returns how many chunks they have. The pool's connections must know vectors."""
    async with pool.connection() as connection:
        await connection.execute(
            "insert into origins (collection, name, path) values (%(collection)s, %(name)s, '')",
            {"collection": COLLECTION, "name": ORIGIN},
        )
    chunks, done = 0, 0
    windows = _windows(documents, embedder)
    writing: asyncio.Task[None] | None = None
    while window := await asyncio.to_thread(next, windows, None):
        vectors = await asyncio.to_thread(_vectors, embedder, window)
        if writing is not None:
            await writing
        # The next window is embedded while this one is written.
        writing = asyncio.create_task(_store(pool, embedder, window, vectors))
        chunks += sum(len(content.chunks) for _, content in window)
        done += len(window)
        report("Documents", done, len(documents))
    if writing is not None:
        await writing
    await measure_fits(pool, embedder)
    async with pool.connection() as connection:
        await connection.execute("analyze")
    return chunks


def _windows(documents: Sequence[CorpusDocument], embedder: Embedder) -> Iterator[Contents]:
    window: list[tuple[str, ChunkedDocument]] = []
    chunks = 0
    for document in documents:
        content = _content(document, embedder)
        window.append((source_of(document.document_id), content))
        chunks += len(content.chunks)
        if chunks >= WINDOW:
            yield window
            window, chunks = [], 0
    if window:
        yield window


def _content(document: CorpusDocument, embedder: Embedder) -> ChunkedDocument:
    title = document.title.replace("\x00", "")
    parsed = read_text(document.text if document.text.strip() else title, title)
    chunks = chunk(parsed, embedder.count_tokens, max_tokens=chunk_tokens(embedder.max_tokens))
    content_hash = hashlib.sha256(document.text.encode()).hexdigest()
    return with_languages(ChunkedDocument("", title, "text/plain", content_hash, {}, (), tuple(chunks)))


def _vectors(embedder: Embedder, window: Contents) -> Vectors:
    texts = {text_hash(part): part.embedded_text for _, content in window for part in content.chunks}
    made = embedder.embed_documents(list(texts.values()))
    return {key: HalfVector(vector) for key, vector in zip(texts, made, strict=True)}


async def _store(pool: Pool, embedder: Embedder, window: Contents, vectors: Vectors) -> None:
    documents = [NewDocument(COLLECTION, ORIGIN, source, RECIPE, {}, content) for source, content in window]
    async with pool.connection() as connection, connection.transaction():
        space_id = await hold_space_in_use(connection, embedder)
        await store_documents(connection, space_id, documents, vectors)
