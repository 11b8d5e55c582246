"""Another model takes over while search goes on."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ingest.errors import ChangeUnderWayError, DocumentUnknownError
from ingest.ingestion import open_ingestion
from ingest.jobs.queue import run_worker
from ingest.jobs.worker import Pace
from ingest.report import Silent
from ingest.storing import reindexing
from ingest.storing.catalog import count_source, find_faults, list_sources, remove_source
from ingest.storing.reindexing import reindex
from ingest.storing.repair import repair
from ingest.storing.word_faults import repair_postings
from knowledge_base import vector_index
from knowledge_base.embedding import Vectors
from knowledge_base.embedding_spaces import Progress, model_in_use
from knowledge_base.errors import EmbeddingModelError, ModelInUseError
from knowledge_base.following_embedder import FollowingEmbedder
from knowledge_base.posting_merge import merge_pending
from knowledge_base.postings import set_language
from knowledge_base.search import Question, SearchFilter, SearchOutcome, search
from knowledge_base.vector_index import ensure_vector_index
from knowledge_base.word_codes import decode_words, key_of

if TYPE_CHECKING:
    from conftest import CountingEmbedder, KnowledgeBase

Counting = Callable[..., "CountingEmbedder"]


async def ask(kb: "KnowledgeBase", embedder: "CountingEmbedder", text: str) -> SearchOutcome:
    async with kb.pool.connection() as connection:
        return await search(
            connection,
            Question(text, embedder.embed_query(text), embedder.model_name),
            limit=3,
            min_similarity=0,
            which=SearchFilter(),
        )


def wait_for_loading() -> None:
    for thread in threading.enumerate():
        if thread.name == "following":
            thread.join()


def ignore(progress: Progress) -> None:
    pass


async def test_search_keeps_the_old_model_until_the_new_index_is_whole(
    kb: "KnowledgeBase", folder: Path, counting: Counting
) -> None:
    old, new = counting(), counting("new", dimensions=5)
    await kb.sync(folder, old)
    seen: list[Progress] = []

    def watch(progress: Progress) -> None:
        seen.append(progress)

    total = await reindex(kb.url, kb.pool, new, on_progress=watch)
    assert seen[0].done == 0
    assert total == seen[0].total == len(await kb.rows("select 1 from chunks"))
    async with kb.pool.connection() as connection:
        assert await model_in_use(connection) == "new"
    question = "Second text.\nSecond text."
    answer = await ask(kb, new, question)
    assert answer.hits[0].content == "Second text."
    assert answer.hits[0].similarity == pytest.approx(1, abs=1e-3)
    # A server that has not changed yet still finds everything, and learns that it should change.
    before = await ask(kb, old, question)
    assert before.chunks_searched == total
    assert before.model_in_use == "new"


async def test_an_interrupted_run_goes_on_where_it_stopped(
    kb: "KnowledgeBase", folder: Path, counting: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reindexing, "EMBEDDED_AT_ONCE", 1)
    await kb.sync(folder)
    new = counting("new")
    embed = new.embed_documents

    def fail_after_two(texts: Sequence[str]) -> Vectors:
        if new.embedded >= 2:
            raise EmbeddingModelError("gone")
        return embed(texts)

    new.embed_documents = fail_after_two
    with pytest.raises(EmbeddingModelError):
        await reindex(kb.url, kb.pool, new, on_progress=ignore)
    async with kb.pool.connection() as connection:
        assert await model_in_use(connection) == "counting"
    again = counting("new")
    total = await reindex(kb.url, kb.pool, again, on_progress=ignore)
    assert again.embedded == total - 2


async def test_documents_that_come_in_meanwhile_are_in_the_new_index(
    kb: "KnowledgeBase", folder: Path, counting: Counting
) -> None:
    await kb.sync(folder)
    new = counting("new")
    changed = False
    embed = new.embed_documents

    async def change() -> None:
        (folder / "late.md").write_text("# Late\n\nLate text.")
        (folder / "deep" / "b.txt").write_text("Another second text.")
        await kb.sync(folder)

    def embed_while_documents_change(texts: Sequence[str]) -> Vectors:
        nonlocal changed
        if not changed:
            changed = True
            # This runs in a thread of its own: so does the other run.
            asyncio.run(change())
        return embed(texts)

    new.embed_documents = embed_while_documents_change
    await reindex(kb.url, kb.pool, new, on_progress=ignore)
    answer = await ask(kb, new, "Late\nLate text.")
    assert answer.hits[0].content == "Late text."
    async with kb.pool.connection() as connection:
        faults = await find_faults(connection)
    assert faults.chunks_without_vectors == 0


async def test_a_model_that_reads_less_has_its_passages_cut_anew_by_the_next_run(
    kb: "KnowledgeBase", folder: Path, counting: Counting
) -> None:
    await kb.sync(folder)
    small = counting("small", max_tokens=70)
    await reindex(kb.url, kb.pool, small, on_progress=ignore)
    outcomes = (await kb.sync(folder, small)).outcomes
    assert set(outcomes.values()) == {"updated"}
    assert await kb.rows("select max(token_count) <= 64 from chunks") == [(True,)]


async def test_the_model_in_use_is_not_built_again(
    kb: "KnowledgeBase", folder: Path, counting: Counting
) -> None:
    await kb.sync(folder)
    with pytest.raises(ModelInUseError, match="verify --repair"):
        await reindex(kb.url, kb.pool, counting(), on_progress=ignore)


async def test_going_back_to_the_old_model_needs_only_what_is_new(
    kb: "KnowledgeBase", folder: Path, counting: Counting
) -> None:
    await kb.sync(folder)
    new = counting("new")
    await reindex(kb.url, kb.pool, new, on_progress=ignore)
    (folder / "late.md").write_text("# Late\n\nLate text.")
    await kb.sync(folder, new)
    old = counting()
    await reindex(kb.url, kb.pool, old, on_progress=ignore)
    assert old.texts == ["Late\nLate text."]


def test_a_server_follows_the_index_in_the_background(counting: Counting) -> None:
    made: list[str] = []

    def create(model_name: str) -> "CountingEmbedder":
        made.append(model_name)
        if model_name == "broken":
            raise EmbeddingModelError("no such model")
        return counting(model_name)

    following = FollowingEmbedder(counting("old"), create)
    following.follow("old")
    following.follow(None)
    assert made == []
    following.follow("new")
    wait_for_loading()
    assert following.current.model_name == "new"
    following.follow("broken")
    wait_for_loading()
    following.follow("broken")
    wait_for_loading()
    assert following.current.model_name == "new"
    assert made == ["new", "broken"]


async def test_what_is_missing_or_wrong_is_found_and_repaired(
    kb: "KnowledgeBase", folder: Path, counting: Counting
) -> None:
    await kb.sync(folder)
    whole = await kb.texts()
    async with kb.pool.connection() as connection:
        assert not (await find_faults(connection)).any
        await connection.execute(
            "delete from chunks where id = (select min(id) from chunks where position = 0)"
        )
        await connection.execute(
            "delete from chunk_embeddings where chunk_id = (select max(chunk_id) from chunk_embeddings)"
        )
        await connection.execute(
            """
            update chunk_embeddings set embedding = '[1,2]'::halfvec
            where chunk_id = (select min(chunk_id) from chunk_embeddings)
            """
        )
        faults = await find_faults(connection)
    assert (faults.documents_without_chunks, faults.chunks_without_vectors) == (1, 1)
    assert faults.vectors_of_wrong_length == 1
    embedder = counting()
    assert await repair(kb.pool, embedder) == 2
    assert set((await kb.sync(folder)).outcomes.values()) == {"updated"}
    async with kb.pool.connection() as connection:
        assert not (await find_faults(connection)).any
    assert await kb.texts() == whole


async def test_words_that_keyword_search_lost_are_found_and_indexed_anew(
    kb: "KnowledgeBase", folder: Path
) -> None:
    await kb.sync(folder)
    everything = "select lexeme, id_range, passages, max_impact, list from postings order by lexeme, id_range"
    async with kb.pool.connection() as connection:
        await merge_pending(connection, at_least=1)
        whole = await kb.rows(everything)
        second = await kb.rows("select id from chunks where content ilike '%second%'")
        # A passage leaves the lists that is still there; another comes that is not; a whole list gets lost.
        await connection.execute(
            """
            insert into pending_postings (chunk_id, vocabulary_id, added, lexemes)
            select id, vocabulary_id, false, lexemes from chunks where id = (select min(id) from chunks)
            """
        )
        await connection.execute(
            """
            insert into pending_postings (chunk_id, vocabulary_id, added, lexemes)
            select 9999, vocabulary_id, true, lexemes from chunks where id = (select min(id) from chunks)
            """
        )
        faults = await find_faults(connection)
        assert faults.chunks_without_postings == 1
        await merge_pending(connection, at_least=1)
        await connection.execute("delete from postings where lexeme = %(key)s", {"key": key_of("second")})
        faults = await find_faults(connection)
        first = await kb.rows(
            "select min(id), min(length(lexemes) / 7) from chunks where id = (select min(id) from chunks)"
        )
    lost = {chunk_id for (chunk_id,) in second} | {first[0][0]}
    assert faults.any
    without_second = 1 if (first[0][0],) in second else 0
    assert faults.chunks_without_postings == len(lost)
    assert faults.postings_without_chunks == 1 + first[0][1] - without_second
    assert await repair_postings(kb.pool) == len(lost)
    assert await kb.rows(everything) == whole
    async with kb.pool.connection() as connection:
        assert not (await find_faults(connection)).any
    assert await repair_postings(kb.pool) == 0


async def test_repaired_words_are_those_of_the_collections_language_and_go_with_their_document(
    kb: "KnowledgeBase", folder: Path
) -> None:
    await kb.sync(folder)
    async with kb.pool.connection() as connection:
        await set_language(connection, "default", "simple")
        await merge_pending(connection, at_least=1)
        await connection.execute("delete from postings where lexeme = %(key)s", {"key": key_of("second")})
    assert await repair_postings(kb.pool) >= 1
    changed = await kb.rows(
        """
        select lexemes
        from chunks
        join vocabularies on vocabularies.id = vocabulary_id and language = 'simple'
        where content ilike '%second%'
        """
    )
    # Without stop words and stems, which English would leave out and cut.
    assert changed
    assert all(key_of("second") in decode_words(coded)[0] for (coded,) in changed)
    async with kb.pool.connection() as connection:
        assert not (await find_faults(connection)).any
        await remove_source(connection, "default", "docs")
        await merge_pending(connection, at_least=1)
    assert await kb.rows("select 1 from postings union all select 1 from pending_postings") == []


async def test_documents_are_listed_and_removed_by_source(kb: "KnowledgeBase", folder: Path) -> None:
    await kb.sync(folder)
    async with kb.pool.connection() as connection:
        listed = [document.source async for document in list_sources(connection, collection=None, below=None)]
        inside = [
            document.source async for document in list_sources(connection, collection=None, below="docs/deep")
        ]
        assert listed == ["docs/a.md", *inside] == ["docs/a.md", "docs/deep/b.txt", "docs/deep/empty.md"]
        assert await remove_source(connection, "default", "docs/a.md") == 1
        assert await count_source(connection, "default", "docs") == 2
        assert await remove_source(connection, "default", "docs") == 2
        with pytest.raises(DocumentUnknownError, match="ingest list"):
            await remove_source(connection, "default", "docs")
    assert await kb.rows("select 1 from origins") == []


async def test_two_cannot_change_the_model_at_once(
    kb: "KnowledgeBase", folder: Path, counting: Counting
) -> None:
    await kb.sync(folder)
    new = counting("new")
    embed = new.embed_documents
    refused: list[str] = []

    async def another() -> None:
        with pytest.raises(ChangeUnderWayError) as error:
            await reindex(kb.url, kb.pool, counting("third"), on_progress=ignore)
        refused.append(str(error.value))

    def embed_while_another_begins(texts: Sequence[str]) -> Vectors:
        if not refused:
            asyncio.run(another())
        return embed(texts)

    new.embed_documents = embed_while_another_begins
    await reindex(kb.url, kb.pool, new, on_progress=ignore)
    assert "owflex model show" in refused[0]
    async with kb.pool.connection() as connection:
        assert await model_in_use(connection) == "new"


async def test_the_index_over_the_vectors_is_there_when_searches_change_and_goes_with_the_old_ones(
    kb: "KnowledgeBase", folder: Path, counting: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    await kb.sync(folder)
    monkeypatch.setattr(reindexing, "ensure_vector_index", partial(ensure_vector_index, worth=1))
    for name in ("new", "third"):
        await reindex(kb.url, kb.pool, counting(name), on_progress=ignore)
        async with kb.pool.connection() as connection:
            assert await vector_index.vector_index(connection, name) is not None
    async with kb.pool.connection() as connection:
        await connection.execute("update embedding_spaces set retired_at = retired_at - interval '2 hours'")
    await kb.sync(folder, counting("third"))
    assert await kb.rows("select model_name from embedding_spaces") == [("third",)]
    indexes = await kb.rows("select count(*) from pg_class where relname like 'nearest\\_in\\_space\\_%'")
    assert indexes == [(1,)]


async def test_a_worker_ends_when_the_index_has_another_model(
    kb: "KnowledgeBase", folder: Path, counting: Counting
) -> None:
    await kb.sync(folder)
    async with open_ingestion(kb.settings, kb.url, counting(), Silent()) as ingestion:
        working = asyncio.create_task(run_worker(ingestion, concurrency=1, every=None, pace=Pace(model=0.05)))
        await reindex(kb.url, kb.pool, counting("new"), on_progress=ignore)
        assert await asyncio.wait_for(working, 60)
