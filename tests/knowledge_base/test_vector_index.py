"""The HNSW index over as many vectors as make it worth one."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pgvector import HalfVector

from ingest.reading.chunked_document import ChunkedDocument
from ingest.reading.chunking import Chunk
from ingest.storing.chunk_rows import text_hash
from ingest.storing.documents import NewDocument, store_documents
from knowledge_base import posting_lists, search_scope
from knowledge_base import vector_index as index_module
from knowledge_base.access import Access, acting_for, open_server_pool, prepare_server_role
from knowledge_base.embedding_spaces import hold_space_in_use
from knowledge_base.search import Question, SearchFilter, search
from knowledge_base.vector_index import (
    LEAST_BUILD_MB,
    MOST_BUILD_MB,
    WORTH_AN_INDEX,
    build_megabytes,
    ensure_vector_index,
    look_widely,
    vector_index,
)

if TYPE_CHECKING:
    from conftest import Connection, PlaneEmbedder

DIMENSIONS, CLUSTERS = 384, 600
DOCUMENTS, CHUNKS = 100, 600
QUESTIONS = 100

Floats = NDArray[np.float32]


def normalized(vectors: NDArray[Any]) -> Floats:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


def clustered(generator: np.random.Generator, count: int) -> Floats:
    """Vectors about centers; their distance to the center is 0.7 of its length."""
    centers = normalized(np.random.default_rng(5).standard_normal((CLUSTERS, DIMENSIONS)))
    noise = normalized(generator.standard_normal((count, DIMENSIONS)))
    return normalized(centers[generator.integers(0, CLUSTERS, count)] + 0.7 * noise)


async def store_vectors(connection: "Connection", embedder: "PlaneEmbedder", vectors: Floats) -> None:
    await connection.execute("insert into origins (collection, name, path) values ('default', 'tests', '')")
    for number, part in enumerate(np.split(vectors, DOCUMENTS)):
        places = range(len(part))
        chunks = tuple(Chunk(place, (), None, f"{number}", f"{number}-{place}", 1) for place in places)
        content = ChunkedDocument("", f"d{number}", "text/plain", "00", {"number": number}, (), chunks)
        made = {text_hash(chunk): HalfVector(vector) for chunk, vector in zip(chunks, part, strict=True)}
        async with connection.transaction():
            space_id = await hold_space_in_use(connection, embedder)
            document = NewDocument("default", "tests", f"d{number}", "test", {}, content)
            await store_documents(connection, space_id, [document], made)
    await connection.execute("analyze")


async def nearest(connection: "Connection", vector: Floats, *, by_index: bool, **filters: Any) -> list[str]:
    outcome = await search(
        connection,
        Question("", vector, "plane"),
        limit=10,
        min_similarity=-1,
        which=SearchFilter(**filters),
        mode="vector",
        index=await vector_index(connection, "plane") if by_index else None,
    )
    return [hit.content for hit in outcome.hits]


def test_the_memory_of_a_build_follows_the_graph_within_bounds() -> None:
    assert build_megabytes(100, DIMENSIONS) == LEAST_BUILD_MB
    # pgvector keeps a million vectors of 384 dimensions in some 1.5 GB.
    assert 1_500 <= build_megabytes(1_000_000, DIMENSIONS) <= 2_000
    assert build_megabytes(100_000_000, DIMENSIONS) == MOST_BUILD_MB


async def test_an_index_is_built_by_one_process_where_several_cannot_share_its_memory(
    connection: "Connection",
    plane: "PlaneEmbedder",
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    plane.dimensions = DIMENSIONS
    await store_vectors(connection, plane, clustered(np.random.default_rng(3), DOCUMENTS))
    await connection.execute("alter table chunk_embeddings set (parallel_workers = 1)")
    terabytes = 2_000_000
    monkeypatch.setattr(index_module, "LEAST_BUILD_MB", terabytes)
    monkeypatch.setattr(index_module, "MOST_BUILD_MB", terabytes)
    assert await ensure_vector_index(connection, worth=DOCUMENTS)
    assert await vector_index(connection, "plane") is not None
    assert "one process" in caplog.text


async def store_in_two_collections(
    connection: "Connection", embedder: "PlaneEmbedder", vectors: Floats
) -> dict[str, tuple[str, int, Floats]]:
    """Passages with their collection, the number of their document and their vector, by what they say."""
    stored: dict[str, tuple[str, int, Floats]] = {}
    for number, part in enumerate(np.split(vectors, 40)):
        collection = "rare" if number % 10 == 3 else "common"
        await connection.execute(
            "insert into origins (collection, name, path) values (%(c)s, 'tests', '') on conflict do nothing",
            {"c": collection},
        )
        chunks = tuple(Chunk(place, (), None, "", f"{number}-{place}", 1) for place in range(len(part)))
        metadata = {"number": number, "half": number % 2, "tenth": number % 10}
        content = ChunkedDocument("", f"d{number}", "text/plain", "00", metadata, (), chunks)
        made = {text_hash(chunk): HalfVector(vector) for chunk, vector in zip(chunks, part, strict=True)}
        stored |= {
            chunk.content: (collection, number, vector) for chunk, vector in zip(chunks, part, strict=True)
        }
        async with connection.transaction():
            space_id = await hold_space_in_use(connection, embedder)
            document = NewDocument(collection, "tests", f"d{number}", "test", {}, content)
            await store_documents(connection, space_id, [document], made)
    await connection.execute("analyze")
    return stored


@pytest.mark.parametrize(
    ("most_listed", "going_on", "most_labels"),
    [
        (15, "off", 300_000),
        (15, "relaxed_order", 20),
        (15, "relaxed_order", 300_000),
        (5_000, "off", 300_000),
    ],
)
@pytest.mark.parametrize("opened", [None, frozenset({"rare"}), frozenset({"rare", "common"})])
async def test_ten_come_by_the_index_whenever_ten_are_allowed(
    connection: "Connection",
    plane: "PlaneEmbedder",
    knowledge_base_url: str,
    monkeypatch: pytest.MonkeyPatch,
    opened: frozenset[str] | None,
    most_listed: int,
    going_on: str,
    most_labels: int,
) -> None:
    plane.dimensions = DIMENSIONS
    generator = np.random.default_rng(7)
    stored = await store_in_two_collections(connection, plane, clustered(generator, 1000))
    assert await ensure_vector_index(connection, worth=1000)
    # All ways of searching come into play.
    monkeypatch.setattr(search_scope, "MAX_LISTED", most_listed)
    monkeypatch.setattr(search_scope, "PAIRS_WORTH_COMPARING", 0)
    monkeypatch.setattr(search_scope, "SURELY_MANY", most_listed)
    monkeypatch.setattr(posting_lists, "READ_OF_LABELS", most_labels)
    for most in ("MAX_SCANNED", "EF_SEARCH", "EF_SEARCH_FILTERED"):
        monkeypatch.setattr(index_module, most, 40)
    await prepare_server_role(knowledge_base_url)
    wanted: list[tuple[SearchFilter, Callable[[str, int], bool]]] = [
        (SearchFilter(), lambda collection, number: True),
        (SearchFilter(metadata={"half": 1}), lambda collection, number: number % 2 == 1),
        (SearchFilter(metadata={"tenth": 3}), lambda collection, number: number % 10 == 3),
        (SearchFilter(metadata={"number": 13}), lambda collection, number: number == 13),
        (SearchFilter(metadata={"number": 99}), lambda collection, number: False),
        (SearchFilter(source="d7"), lambda collection, number: number == 7),
        (SearchFilter("rare"), lambda collection, number: collection == "rare"),
        (SearchFilter("rare", {"half": 0}), lambda collection, number: False),
    ]
    async with open_server_pool(knowledge_base_url) as pool:
        for which, lets_through in wanted:
            which = replace(which, restricted=opened is not None)
            question = clustered(generator, 1)[0]
            async with acting_for(pool, Access("ann", opened), at_once=True) as acting:
                # Planned as among many: an exact search of a thousand costs no more than the index.
                await acting.execute("set local enable_sort = off")
                # Without going on the index gives up before it has found enough.
                await acting.execute("select set_config('hnsw.iterative_scan', %s, true)", [going_on])
                index = await vector_index(acting, "plane")
                assert index is not None
                outcome = await search(
                    acting,
                    Question("", question, "plane"),
                    limit=10,
                    min_similarity=-1,
                    which=which,
                    mode="vector",
                    index=index,
                )
            allowed = {
                text: float(vector @ question)
                for text, (collection, number, vector) in stored.items()
                if (opened is None or collection in opened) and lets_through(collection, number)
            }
            found = {hit.content: hit.similarity for hit in outcome.hits}
            assert found.keys() <= allowed.keys()
            assert len(found) == min(10, len(allowed))
            assert all(abs(found[text] - allowed[text]) < 0.01 for text in found)
            assert outcome.is_estimated or outcome.chunks_searched == len(allowed)


@pytest.mark.slow
@pytest.mark.timeout(1800)
async def test_the_index_finds_nearly_all_that_is_nearest_among_sixty_thousand_and_a_filter_loses_none(
    connection: "Connection", plane: "PlaneEmbedder", record_property: Any
) -> None:
    plane.dimensions = DIMENSIONS
    generator = np.random.default_rng(3)
    vectors = clustered(generator, DOCUMENTS * CHUNKS)
    assert len(vectors) >= WORTH_AN_INDEX
    await store_vectors(connection, plane, vectors)
    assert await ensure_vector_index(connection)
    await look_widely(connection)
    found = 0
    for question in clustered(generator, QUESTIONS):
        exact = await nearest(connection, question, by_index=False)
        found += len(set(exact) & set(await nearest(connection, question, by_index=True)))
        one_in_a_hundred = await nearest(connection, question, by_index=True, metadata={"number": 42})
        own = vectors[42 * CHUNKS : 43 * CHUNKS] @ question
        best = {f"42-{place}" for place in np.argsort(-own)[:12]}
        assert len(one_in_a_hundred) == 10
        assert len(set(one_in_a_hundred) & best) >= 9
    record_property("recall", found / (10 * QUESTIONS))
    assert found / (10 * QUESTIONS) >= 0.95
