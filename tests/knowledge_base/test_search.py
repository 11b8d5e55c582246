"""Search: the nearest first, filters that filter, a threshold that explains itself."""

from typing import TYPE_CHECKING, Any

import pytest

from knowledge_base.embedding_spaces import hold_space_in_use, model_in_use
from knowledge_base.errors import EmbeddingSpaceMismatchError
from knowledge_base.search import Question, SearchFilter, SearchOutcome, search

if TYPE_CHECKING:
    from conftest import Connection, PlaneEmbedder, Store


async def ask(
    connection: "Connection",
    plane: "PlaneEmbedder",
    limit: int = 5,
    min_similarity: float = 0.3,
    **which: Any,
) -> SearchOutcome:
    """Search with the question `1`."""
    return await search(
        connection,
        Question("?", plane.embed_query("1"), plane.model_name),
        limit=limit,
        min_similarity=min_similarity,
        which=SearchFilter(**which),
    )


async def test_the_nearest_passages_come_first_with_their_place(
    connection: "Connection", plane: "PlaneEmbedder", store: "Store"
) -> None:
    await store("a", 0.5, 0.9)
    await store("b", 0.7)
    found = (await ask(connection, plane)).hits
    assert [(hit.source, hit.position, hit.content) for hit in found] == [
        ("a", 1, "0.9"),
        ("b", 0, "0.7"),
        ("a", 0, "0.5"),
    ]
    assert [hit.similarity for hit in found] == pytest.approx([0.9, 0.7, 0.5], abs=1e-3)
    assert found[0].heading_path == ["Top"]


async def test_the_limit_is_kept(connection: "Connection", plane: "PlaneEmbedder", store: "Store") -> None:
    await store("a", 0.5, 0.9, 0.8)
    assert [hit.content for hit in (await ask(connection, plane, limit=2)).hits] == ["0.9", "0.8"]


async def test_what_the_threshold_holds_back_is_counted(
    connection: "Connection", plane: "PlaneEmbedder", store: "Store"
) -> None:
    await store("a", 0.9, 0.2, 0.1)
    outcome = await ask(connection, plane)
    assert [hit.content for hit in outcome.hits] == ["0.9"]
    assert len(outcome.below) == 2
    assert outcome.best_similarity_below == pytest.approx(0.2, abs=1e-3)
    assert (outcome.chunks_searched, outcome.threshold) == (3, 0.3)


async def test_an_empty_knowledge_base_finds_nothing(
    connection: "Connection", plane: "PlaneEmbedder"
) -> None:
    outcome = await ask(connection, plane)
    assert (outcome.hits, outcome.below, outcome.chunks_searched) == ([], [], 0)
    assert await model_in_use(connection) is None


async def test_a_collection_limits_the_search(
    connection: "Connection", plane: "PlaneEmbedder", store: "Store"
) -> None:
    await store("a", 0.9)
    await store("b", 0.8, collection="hr")
    outcome = await ask(connection, plane, collection="hr")
    assert ([hit.source for hit in outcome.hits], outcome.chunks_searched) == (["b"], 1)
    assert (await ask(connection, plane, collection="none")).chunks_searched == 0


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ({"year": 2024}, ["a"]),
        ({"year": [2024, 2025]}, ["a", "b"]),
        ({"tags": "hr"}, ["a", "c"]),
        ({"tags": ["it", "hr"]}, ["a", "b", "c"]),
        ({"tags": "hr", "year": 2026}, ["c"]),
        ({"year": "2024"}, []),
        ({"draft": True}, ["b"]),
        ({"nobody has this": 1}, []),
        ({"year": []}, []),
        ({}, ["a", "b", "c"]),
    ],
    ids=str,
)
async def test_metadata_filter_by_value_or_any_of_a_list(
    connection: "Connection",
    plane: "PlaneEmbedder",
    store: "Store",
    metadata: dict[str, Any],
    expected: list[str],
) -> None:
    await store("a", 0.9, year=2024, tags=["hr"])
    await store("b", 0.8, year=2025, tags=["it"], draft=True)
    await store("c", 0.7, year=2026, tags=["hr", "law"])
    assert [hit.source for hit in (await ask(connection, plane, metadata=metadata)).hits] == expected


async def test_a_filter_leaves_as_many_results_as_there_are(
    connection: "Connection", plane: "PlaneEmbedder", store: "Store"
) -> None:
    await store("many", *[0.9] * 300)
    await store("few", *[0.4] * 7, collection="hr")
    outcome = await ask(connection, plane, limit=5, collection="hr")
    assert [hit.source for hit in outcome.hits] == ["few"] * 5


async def test_vectors_of_another_model_are_refused_with_the_cure(
    connection: "Connection", plane: "PlaneEmbedder", store: "Store"
) -> None:
    await store("a", 0.9)
    plane.model_name = "other"
    with pytest.raises(EmbeddingSpaceMismatchError, match="EMBEDDING_MODEL=plane"):
        await ask(connection, plane)
    with pytest.raises(EmbeddingSpaceMismatchError, match="EMBEDDING_MODEL=plane"):
        await hold_space_in_use(connection, plane)


async def test_a_replaced_document_is_found_once_and_keeps_its_id(
    connection: "Connection", plane: "PlaneEmbedder", store: "Store"
) -> None:
    first = await store("a", 0.9, 0.8)
    assert await store("a", 0.7) == first
    assert [hit.content for hit in (await ask(connection, plane)).hits] == ["0.7"]
