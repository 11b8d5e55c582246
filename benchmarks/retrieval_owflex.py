"""OwFlex as `retrieval.py` measures it, in a process of its own like every system."""

import asyncio
import hashlib
import json
import sys
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, cast

from pgvector import HalfVector

sys.path.insert(0, str(Path(__file__).parent.parent))

from retrieval_given import Ask, Given, answers, read_given

from ingest.pipeline import open_ingest_pool
from ingest.reading.chunked_document import ChunkedDocument
from ingest.reading.chunking import Chunk
from ingest.reading.language import with_languages
from ingest.storing.chunk_rows import text_hash
from ingest.storing.documents import Connection, NewDocument, store_documents
from ingest.storing.language_fits import measure_fits
from knowledge_base.bootstrap import migrate_knowledge_base
from knowledge_base.embedding import DEFAULT_MODEL, create_embedder
from knowledge_base.embedding_spaces import hold_space_in_use
from knowledge_base.search import Mode, Question, SearchFilter, search

DOCUMENTS_AT_ONCE = 200
COLLECTION = "default"
NO_THRESHOLD = -1.0


def main(mode: Mode, folder: Path, url: str) -> None:
    """Print what a search in this mode finds for each question, as JSON."""
    given = read_given(folder)
    chunks = json.loads((folder / "given.json").read_text(encoding="utf-8"))["chunks"]
    with asyncio.Runner() as runner:
        runner.run(_store(url, chunks, given))
        print(json.dumps(_answers(runner, url, mode, given, chunks)))


def _answers(
    runner: asyncio.Runner, url: str, mode: Mode, given: Given, chunks: Sequence[Any]
) -> dict[str, Any]:
    pool = open_ingest_pool(url)
    runner.run(pool.open())
    connection = runner.run(pool.getconn())
    result = answers(_ask(runner, connection, mode, given, chunks), given)
    runner.run(pool.putconn(connection))
    runner.run(pool.close())
    return result


def _ask(
    runner: asyncio.Runner, connection: Connection, mode: Mode, given: Given, chunks: Sequence[Any]
) -> Ask:
    numbers = {(chunk["document"], chunk["position"]): number for number, chunk in enumerate(chunks)}

    def ask(text: str, label: str | None, limit: int) -> list[int]:
        question = Question(text, given.known[text], DEFAULT_MODEL)
        which = SearchFilter(metadata={"label": label}) if label else SearchFilter()
        outcome = runner.run(
            search(connection, question, limit=limit, min_similarity=NO_THRESHOLD, which=which, mode=mode)
        )
        # What the threshold holds back counts as well: what is compared is the order.
        found = sorted([*outcome.hits, *outcome.below], key=lambda hit: hit.score, reverse=True)
        return [numbers[hit.source, hit.position] for hit in found]

    return ask


async def _store(url: str, chunks: Sequence[Any], given: Given) -> None:
    await migrate_knowledge_base(url)
    vectors = {
        text_hash(_chunk(one)): HalfVector(vector) for one, vector in zip(chunks, given.vectors, strict=True)
    }
    documents = [_document(list(owned)) for _, owned in groupby(chunks, lambda chunk: chunk["document"])]
    embedder = create_embedder(DEFAULT_MODEL)
    async with open_ingest_pool(url) as pool, pool.connection() as connection:
        place = {"collection": COLLECTION}
        await connection.execute(
            "insert into collections (name) values (%(collection)s) on conflict do nothing", place
        )
        await connection.execute(
            "insert into origins (collection, name, path) values (%(collection)s, 'benchmark', '')", place
        )
        for first in range(0, len(documents), DOCUMENTS_AT_ONCE):
            async with connection.transaction():
                space_id = await hold_space_in_use(connection, embedder)
                batch = documents[first : first + DOCUMENTS_AT_ONCE]
                await store_documents(connection, space_id, batch, vectors)
        await connection.execute("analyze")
        await measure_fits(pool, embedder)


def _document(chunks: Sequence[Any]) -> NewDocument:
    first = chunks[0]
    content_hash = hashlib.sha256(first["document"].encode()).hexdigest()
    passages = tuple(_chunk(one) for one in chunks)
    content = ChunkedDocument("", first["title"], "text/plain", content_hash, {}, (), passages)
    return NewDocument(
        COLLECTION,
        "benchmark",
        first["document"],
        "benchmark",
        {"label": first["label"]},
        with_languages(content),
    )


def _chunk(one: Any) -> Chunk:
    return Chunk(one["position"], (), None, one["context"], one["content"], one["tokens"])


if __name__ == "__main__":
    main(cast("Mode", sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
