"""Filters of metadata by labels, against what Postgres says that documents contain."""

import random
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest
from psycopg.types.json import Jsonb

from ingest.pipeline import open_ingest_pool
from ingest.reading.chunked_document import ChunkedDocument
from ingest.reading.chunking import Chunk
from ingest.storing.catalog import find_faults
from ingest.storing.documents import NewDocument, store_documents
from ingest.storing.word_faults import repair_postings
from knowledge_base import search_query
from knowledge_base.asked_words import AskedWords
from knowledge_base.id_arrays import as_array
from knowledge_base.labels import MANY_LABELS, label_of, labelled, labels_of
from knowledge_base.posting_lists import Asking, read_lists
from knowledge_base.posting_merge import merge_pending
from knowledge_base.search import Question, SearchFilter, rank, search
from knowledge_base.search_filter import condition_of

if TYPE_CHECKING:
    from conftest import Connection, PlaneEmbedder

VALUES: list[Any] = [
    *(
        1,
        1.0,
        1.50,
        -3,
        1e-7,
        12345678901234567890,
        True,
        False,
        None,
        "",
        "1",
        "true",
        "null",
        'Ünï\n\x01"\\',
    ),
    *([], [1], [1, "a"], ["a", None], [["a"]], [{"b": 1}], {"b": 1}, {"b": [1]}, "a", ["a", "a"], "x" * 3000),
]
KEYS = ["k", "other", "", 'quo"te']


async def store(connection: "Connection", metadata: list[dict[str, Any]]) -> None:
    """Documents with these metadata, one passage each."""
    await connection.execute("insert into origins (collection, name, path) values ('one', 'tests', '')")
    await store_documents(connection, None, [document(*each) for each in enumerate(metadata)], {})


def document(number: int, metadata: dict[str, Any]) -> NewDocument:
    """A document with a passage."""
    chunk = Chunk(0, (), None, "title", "wombats dig", 2)
    content = ChunkedDocument("", f"d{number}", "text/plain", "00", metadata, (), (chunk,))
    return NewDocument("one", "tests", f"d{number}", "test", {}, content)


async def by_labels(connection: "Connection", which: SearchFilter) -> list[int] | None:
    """What the lists say, of a filter that they say all about."""
    labels = labels_of(which)
    lists = await read_lists(connection, AskedWords({}, frozenset()), Asking(None, labels=labels.all))
    ids = labelled(lists, labels) if labels.whole else None
    return None if ids is None else ids.tolist()


async def by_documents(connection: "Connection", which: SearchFilter) -> list[int]:
    """What the documents say."""
    condition = condition_of(which)
    rows = await connection.execute(
        search_query.allowed_statement(condition),
        {**condition.values, "ids": as_array([row[0] for row in await all_chunks(connection)])},
    )
    return sorted(chunk_id for chunk_id, met in await rows.fetchall() if met)


async def all_chunks(connection: "Connection") -> list[Any]:
    """Every passage."""
    return await (await connection.execute("select id from chunks")).fetchall()


def has_parts(wanted: Any) -> bool:
    """Whether a filter's value is none that a label stands for."""
    each = cast("list[Any]", wanted) if isinstance(wanted, list) else [wanted]
    return any(isinstance(one, list | dict) for one in each)


async def test_a_label_is_the_same_here_and_in_postgres(connection: "Connection") -> None:
    numbers = (0, -0.0, 1.7e308, 5e-324, 1e22, 0.1, -1.10, 100, 100.0, 10**40)
    for value in (*VALUES, *numbers, "\x7f\u2028/\t", "😀"):
        for name in KEYS:
            rows = await connection.execute("select label_of(%s::text, %s)", [name, Jsonb(value)])
            assert await rows.fetchall() == [(label_of(name, value),)], (name, value)
    # What Postgres cannot hold is in no document.
    assert label_of("k", "\ud800") != label_of("k", "?")


@pytest.mark.parametrize("merged", [False, True])
async def test_labels_say_what_documents_contain(connection: "Connection", merged: bool) -> None:
    generator = random.Random(3)  # noqa: S311
    metadata = [{"k": value} for value in VALUES]
    metadata += [{key: generator.choice(VALUES) for key in KEYS} for _ in range(60)]
    await store(connection, metadata)
    if merged:
        await merge_pending(connection, at_least=1)
    filters = [{"k": value} for value in VALUES]
    filters += [{key: generator.choice(VALUES) for key in generator.sample(KEYS, 2)} for _ in range(60)]
    said = 0
    for each in filters:
        which = SearchFilter(metadata=each)
        ids = await by_labels(connection, which)
        if any(map(has_parts, each.values())):
            assert ids is None
        else:
            assert ids == await by_documents(connection, which), each
            said += 1
    assert said > 40
    assert not (await find_faults(connection)).any


async def test_a_document_with_too_many_values_is_found_by_each(
    connection: "Connection",
) -> None:
    await store(connection, [{"tags": list(range(65))}, {"tags": list(range(64))}, {"tags": 7}])
    which = SearchFilter(metadata={"tags": 7})
    assert await by_labels(connection, which) is None
    ranked = await rank(connection, Question("wombats", None, "plane"), 5, which)
    assert [one.chunk_id for one in ranked.best] == await by_documents(connection, which)
    assert len(ranked.best) == 3
    await connection.execute("delete from documents where source = 'd0'")
    await merge_pending(connection, at_least=1)
    assert len(await by_labels(connection, which) or []) == 2
    rows = await connection.execute("select count(*) from postings where lexeme = %s", (MANY_LABELS,))
    assert await rows.fetchone() == (0,)


async def test_new_metadata_take_the_place_of_old_ones(connection: "Connection") -> None:
    await store(connection, [{"status": "draft"}])
    for merge in (True, False):
        if merge:
            await merge_pending(connection, at_least=1)
        await store_documents(connection, None, [document(0, {"status": ["final", "public"]})], {})
        assert await by_labels(connection, SearchFilter(metadata={"status": "draft"})) == []
        for status in ("final", "public"):
            assert len(await by_labels(connection, SearchFilter(metadata={"status": status})) or []) == 1


async def test_labels_that_were_lost_are_repaired(connection: "Connection", knowledge_base_url: str) -> None:
    await store(connection, [{"status": "draft"}, {"status": "final"}])
    await merge_pending(connection, at_least=1)
    await connection.execute("update postings set list = '', passages = 0 where max_impact = 0")
    assert (await find_faults(connection)).chunks_without_postings == 2
    async with open_ingest_pool(knowledge_base_url) as pool:
        assert await repair_postings(pool) == 2
    assert not (await find_faults(connection)).any
    assert len(await by_labels(connection, SearchFilter(metadata={"status": "final"})) or []) == 1


async def test_labels_are_no_words(connection: "Connection", plane: "PlaneEmbedder") -> None:
    await store(connection, [{"wombat": "wombat"}])
    outcome = await search(
        connection,
        Question("wombat", np.array([1, 0], np.float32), plane.model_name),
        limit=5,
        min_similarity=0,
        which=SearchFilter(metadata={"wombat": "wombat"}),
    )
    assert [hit.matched for hit in outcome.hits] == [["wombat"]]
    assert (outcome.chunks_searched, outcome.is_estimated) == (1, False)


def test_ids_come_to_postgres_as_they_are() -> None:
    assert as_array([]).coded[:4] == bytes(4)
    assert as_array(np.array([1, 2**40])).coded.endswith(bytes(3) + b"\x08" + bytes(2) + b"\x01" + bytes(5))
