"""What clients hand in, as the workers bring it in."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ingest.errors import FolderNameReservedError
from ingest.ingestion import Wanted
from ingest.jobs.queue import open_queue, run_worker
from ingest.jobs.uploads import do_uploads
from ingest.settings import IngestSettings
from ingest.sync_run import run_sync
from knowledge_base.access import Access, acting_for, open_server_pool, prepare_server_role
from knowledge_base.uploads import NewUpload, Upload, add_upload, get_upload, origin_of
from tests.ingest.conftest import Recorder
from tests.ingest.queue_worker import nothing_is_stored, rows, until, worker_process, working
from tests.ingest.quick_ingest import quick_ingestion

NOTE = b"# Keys\n\nThe keys are in the blue box."
NOT_OVER = "select count(*) from uploads where status in ('waiting', 'working')"


async def hand_in(url: str, user: str, new: NewUpload) -> int:
    """Write an upload down as the MCP server does, with no more rights than it has."""
    await prepare_server_role(url)
    async with open_server_pool(url) as pool, acting_for(pool, Access(user)) as connection:
        return (await add_upload(connection, user, new)).upload_id


async def ending(url: str, user: str, upload_id: int) -> Upload:
    async with open_server_pool(url) as pool, acting_for(pool, Access(user)) as connection:
        return await get_upload(connection, user, upload_id)


async def work_off(url: str, settings: IngestSettings | None = None) -> None:
    """One worker, until the queue is empty."""
    async with quick_ingestion(url, settings=settings) as ingestion:
        await run_worker(ingestion, concurrency=4, every=None, wait=False)


def note(content: bytes = NOTE, **more: Any) -> NewUpload:
    return NewUpload("default", "text", "Keys", content=content, **more)


async def brought_in(url: str, user: str, new: NewUpload, settings: IngestSettings | None = None) -> Upload:
    upload_id = await hand_in(url, user, new)
    await work_off(url, settings)
    return await ending(url, user, upload_id)


async def documents(url: str) -> Mapping[str, str]:
    return dict(await rows(url, "select source, title from documents"))


async def test_a_text_that_was_handed_in_before_there_was_a_queue_is_brought_in(
    knowledge_base_url: str,
) -> None:
    done = await brought_in(knowledge_base_url, "ann", note())
    assert (done.status, done.outcome, done.chunks, done.reason) == ("done", "added", 1, None)
    assert await documents(knowledge_base_url) == {"added-by/ann/Keys": "Keys"}
    kept = await rows(knowledge_base_url, "select content from uploads")
    assert kept == [(None,)]


async def test_the_same_name_again_updates_the_document_and_the_same_text_changes_nothing(
    knowledge_base_url: str,
) -> None:
    first = await brought_in(knowledge_base_url, "ann", note())
    same = await brought_in(knowledge_base_url, "ann", note())
    changed = await brought_in(knowledge_base_url, "ann", note(b"# Keys\n\nThey are gone."))
    told = await brought_in(knowledge_base_url, "ann", note(b"# Keys\n\nThey are gone.", metadata={"a": 1}))
    outcomes = [upload.outcome for upload in (first, same, changed, told)]
    assert outcomes == ["added", "unchanged", "updated", "updated"]
    assert first.document_ids == same.document_ids == changed.document_ids == told.document_ids
    assert await rows(knowledge_base_url, "select given from documents") == [({"a": 1},)]


async def test_what_is_handed_in_while_a_worker_waits_is_brought_in(knowledge_base_url: str) -> None:
    url = knowledge_base_url
    async with working(url):
        await until(url, "select to_regclass('procrastinate_workers') is not null")
        await until(url, "select count(*) from procrastinate_workers")
        for user in ("ann", "bob"):
            for name in ("a", "b", "c"):
                await hand_in(url, user, NewUpload("default", "text", name, content=NOTE))
        await until(url, NOT_OVER, lambda count: count == 0)
    assert len(await documents(url)) == 6


async def test_two_users_with_the_same_name_have_two_documents(knowledge_base_url: str) -> None:
    for user in ("ann", "ann/Keys", "ann%2FKeys", "bob"):
        assert (await brought_in(knowledge_base_url, user, note())).outcome == "added"
    assert len(await documents(knowledge_base_url)) == 4


async def test_the_order_in_which_a_user_hands_in_is_the_order_of_the_versions(
    knowledge_base_url: str,
) -> None:
    async with open_queue(knowledge_base_url):
        pass
    for version in range(12):
        await hand_in(knowledge_base_url, "ann", note(f"This is version {version}.".encode()))
    await work_off(knowledge_base_url)
    assert await rows(knowledge_base_url, "select content from chunks") == [("This is version 11.",)]


async def test_a_removal_takes_away_the_document_and_a_second_one_says_that_it_is_gone(
    knowledge_base_url: str,
) -> None:
    added = await brought_in(knowledge_base_url, "ann", note())
    removal = NewUpload("default", "remove", added.source, document_id=added.document_ids[0])
    assert (await brought_in(knowledge_base_url, "bob", removal)).status == "failed"
    assert len(await documents(knowledge_base_url)) == 1
    assert (await brought_in(knowledge_base_url, "ann", removal)).outcome == "removed"
    assert await documents(knowledge_base_url) == {}
    again = await brought_in(knowledge_base_url, "ann", removal)
    assert (again.status, again.reason) == (
        "failed",
        f"The document {added.document_ids[0]} is already gone.",
    )


@pytest.mark.parametrize(
    ("new", "said"),
    [
        (note(b"x" * 2000), "The text is larger than 1000 bytes."),
        (NewUpload("default", "text", "report.pdf", content=b"%PDF-1.7 nothing"), "PDF"),
        (NewUpload("default", "url", "a", url="http://127.0.0.1:9/"), "127.0.0.1"),
        (NewUpload("default", "url", "a", url="http://169.254.169.254/latest"), "169.254.169.254"),
    ],
)
async def test_what_cannot_be_brought_in_ends_with_the_reason(
    knowledge_base_url: str, new: NewUpload, said: str
) -> None:
    settings = IngestSettings(ingest_max_file_bytes=1000)  # pyright: ignore[reportCallIssue]
    failed = await brought_in(knowledge_base_url, "ann", new, settings)
    assert (failed.status, failed.outcome) == ("failed", None)
    assert failed.reason is not None
    assert said in failed.reason
    assert failed.reason.endswith(".")


async def test_a_folder_cannot_take_the_place_of_what_clients_add(
    knowledge_base_url: str, tmp_path: Path
) -> None:
    async with quick_ingestion(knowledge_base_url) as ingestion:
        with pytest.raises(FolderNameReservedError, match="kept for documents that clients add"):
            await ingestion.folder_task(tmp_path, Wanted(name="added-by"))


async def test_a_folder_that_had_the_name_before_is_never_overwritten(
    knowledge_base_url: str, tmp_path: Path
) -> None:
    (tmp_path / "Keys.md").write_text("# Of the folder\n\nIt was here first.")
    async with quick_ingestion(knowledge_base_url) as ingestion:
        task = await ingestion.folder_task(tmp_path, Wanted(name="before"))
        await run_sync(ingestion.database, task, ingestion.pipeline.process, Recorder())
        async with ingestion.pool.connection() as connection:
            await connection.execute("update origins set name = 'added-by'")
    failed = await brought_in(knowledge_base_url, "ann", note())
    assert failed.status == "failed"
    assert failed.reason is not None
    assert "holds a folder called added-by" in failed.reason


async def test_the_worker_that_is_killed_in_the_middle_has_its_upload_done_by_the_next(
    knowledge_base_url: str,
) -> None:
    url = knowledge_base_url
    async with open_queue(url):
        pass
    upload_id = await hand_in(url, "ann", note())
    with worker_process(url) as first:
        async with nothing_is_stored(url):
            await until(url, "select count(*) from pg_stat_activity where wait_event_type = 'Lock'")
            first.kill()
            await asyncio.to_thread(first.wait)
    assert (await ending(url, "ann", upload_id)).status == "working"
    async with working(url):
        await until(url, NOT_OVER, lambda count: count == 0)
    done = await ending(url, "ann", upload_id)
    assert (done.status, done.chunks) == ("done", 1)


async def test_an_upload_that_is_over_is_not_done_again(knowledge_base_url: str) -> None:
    done = await brought_in(knowledge_base_url, "ann", note())
    async with quick_ingestion(knowledge_base_url) as ingestion:
        await do_uploads(ingestion, "default", "ann")
    assert await ending(knowledge_base_url, "ann", done.upload_id) == done


def test_origins_of_users_have_no_slash_of_the_user_in_them() -> None:
    assert origin_of("ann@example.org") == "added-by/ann@example.org"
    assert origin_of("a/b c") == "added-by/a%2Fb%20c"
