"""A knowledge base that an earlier release has filled is brought up to date with all that is in it."""

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from database.migrations import migrate, read_migrations
from ingest.pipeline import open_ingest_pool
from ingest.storing.catalog import find_faults
from ingest.storing.repair import repair
from knowledge_base.asked_words import AskedWords
from knowledge_base.bootstrap import migrate_knowledge_base
from knowledge_base.embedding_spaces import count_awaiting
from knowledge_base.labels import labels_of
from knowledge_base.posting_lists import Asking, read_lists
from knowledge_base.posting_merge import merge_pending
from knowledge_base.search import Question, SearchFilter, search
from knowledge_base.word_codes import IMPACT_STEP

if TYPE_CHECKING:
    from conftest import PlaneEmbedder

# What the first release stored: the second passage lost its vector when the process that made it was killed.
FIRST_RELEASE = """
insert into folders (collection, name, path) values
    ('default', 'pets', '/srv/pets'), ('zoo', 'zoo', '/srv/zoo');
insert into documents (collection, source, title, media_type, content_hash, recipe, metadata) values
    ('default', 'pets/cats.md', 'Cats', 'text/markdown', '\\x01', 'first', '{"tags": ["small"]}'),
    ('zoo', 'zoo/okapi.md', 'Okapi', 'text/markdown', '\\x02', 'first', '{}');
insert into chunks (document_id, position, heading_path, content, token_count)
select id, position, '{Top}', content, 1
from documents
join (
    values ('Cats', 0, '1'), ('Cats', 1, '0.9'), ('Okapi', 0, '0.8')
) as given (title, position, content) using (title);
insert into embedding_spaces (model_name, dimensions, in_use) values ('plane', 2, true);
insert into chunk_embeddings (space_id, chunk_id, embedding)
select embedding_spaces.id, chunks.id, case content when '1' then '[1,0]' else '[0.8,0.6]' end::halfvec
from embedding_spaces, chunks
where content <> '0.9';
"""
TASK = "insert into tasks (title, user_id) values ('Feed the cats', 'ann')"
# How 0004 to 0007 stored words.
WORDS = """
update chunks set lexemes = '{dig,wombat}' where content = '1';
insert into postings (lexeme, chunk_id, impact)
select lexeme, id, impact
from chunks
cross join (values ('dig', 0.5), ('wombat', 1.25)) as given (lexeme, impact)
where content = '1';
"""
OURS = files("knowledge_base") / "migrations"


def names() -> list[str]:
    return [migration.name for migration in read_migrations(OURS)]


async def fill_as_before(url: str, folder: Path, last: str) -> None:
    """Apply the migrations up to `last`, with rows that each of the releases between has written."""
    for migration in read_migrations(OURS):
        if migration.name > last:
            return
        (folder / migration.name).write_bytes(migration.text)
        assert await migrate(url, folder) == [migration.name]
        with psycopg.connect(url) as connection:
            if migration.name.startswith("0001"):
                connection.execute(FIRST_RELEASE)
            if migration.name.startswith("0002"):
                connection.execute(TASK)
            if migration.name.startswith("0004"):
                connection.execute(WORDS)


@pytest.mark.parametrize("last", names()[:-1])
async def test_what_an_earlier_release_stored_is_kept_and_found(
    chat_url: str, tmp_path: Path, plane: "PlaneEmbedder", last: str
) -> None:
    await fill_as_before(chat_url, tmp_path, last)
    await migrate_knowledge_base(chat_url)
    async with open_ingest_pool(chat_url) as pool:
        async with pool.connection() as connection:
            assert await count_awaiting(connection) == 1
        assert await repair(pool, plane) == 1
        async with pool.connection() as connection:
            assert await count_awaiting(connection) == 0
            question = Question("pets", plane.embed_query("1"), "plane")
            outcome = await search(connection, question, limit=5, min_similarity=0.3, which=SearchFilter())
            rows = await connection.execute("select origin, source, metadata from documents order by source")
            assert await rows.fetchall() == [
                ("pets", "pets/cats.md", {"tags": ["small"]}),
                ("zoo", "zoo/okapi.md", {}),
            ]
            tasks = await connection.execute("select count(*) from tasks")
            assert await tasks.fetchone() == (0 if last.startswith("0001") else 1,)
    assert [(hit.source, round(hit.similarity, 2)) for hit in outcome.hits] == [
        ("pets/cats.md", 1.0),
        ("pets/cats.md", 0.9),
        ("zoo/okapi.md", 0.8),
    ]
    assert (outcome.chunks_searched, outcome.chunks_by_meaning, outcome.waits_for) == (3, 3, None)


@pytest.mark.parametrize("last", [name for name in names()[:-1] if name >= "0004"])
async def test_words_that_an_earlier_release_stored_are_found(
    chat_url: str, tmp_path: Path, last: str
) -> None:
    await fill_as_before(chat_url, tmp_path, last)
    await migrate_knowledge_base(chat_url)
    async with open_ingest_pool(chat_url) as pool, pool.connection() as connection:
        question = Question("wombats", None, "plane")
        outcome = await search(connection, question, limit=5, min_similarity=0.3, which=SearchFilter())
        assert [(hit.source, hit.content, hit.matched) for hit in outcome.hits] == [
            ("pets/cats.md", "1", ["wombat"])
        ]
        assert outcome.hits[0].bm25 == pytest.approx(1.25, abs=IMPACT_STEP)
        faults = await find_faults(connection)
        assert (faults.chunks_without_postings, faults.postings_without_chunks) == (0, 0)


@pytest.mark.parametrize("merged", [False, True])
async def test_metadata_that_an_earlier_release_stored_are_found_by_labels(
    chat_url: str, tmp_path: Path, merged: bool
) -> None:
    await fill_as_before(chat_url, tmp_path, "0010_languages.sql")
    async with open_ingest_pool(chat_url) as pool, pool.connection() as connection:
        if merged:
            await merge_pending(connection, at_least=1)
            await connection.commit()
        await migrate_knowledge_base(chat_url)
        for tag, count in (("small", 2), ("large", 0)):
            which = SearchFilter(metadata={"tags": tag})
            labels = labels_of(which)
            lists = await read_lists(connection, AskedWords({}, frozenset()), Asking(None, labels=labels.all))
            found = lists.having(labels.wanted[0])
            assert found is not None
            assert len(found) == count
        assert (await find_faults(connection)).chunks_without_postings == 0
        await merge_pending(connection, at_least=1)
        assert (await find_faults(connection)).postings_without_chunks == 0
