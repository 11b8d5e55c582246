"""Documents that come in and go say in the audit log whose they are."""

from pathlib import Path

from database.acting import now_acting
from ingest.ingestion import Wanted
from ingest.report import Silent
from ingest.storing.catalog import remove_source
from ingest.sync_run import run_sync
from knowledge_base.access import Access, acting_for, open_server_pool, prepare_server_role
from knowledge_base.uploads import NewUpload, add_upload, removal_of
from tests.ingest.queue_worker import rows
from tests.ingest.quick_ingest import quick_ingestion
from tests.ingest.test_uploads import work_off

EVENTS = """
select actor, through, action, target, request_id from audit_events
where action like 'document.%' order by id
"""


async def test_what_a_person_hands_in_and_takes_out_is_theirs_and_not_the_workers(
    knowledge_base_url: str,
) -> None:
    await prepare_server_role(knowledge_base_url)
    async with open_server_pool(knowledge_base_url) as pool:
        for user, through in (("ann", "chat"), ("b/ö b", "mcp")):
            async with acting_for(pool, Access(user, None, through, f"req-{user}")) as connection:  # pyright: ignore[reportArgumentType]
                await add_upload(connection, user, NewUpload("default", "text", "Keys", content=b"The keys."))
        await work_off(knowledge_base_url)
        ((document,),) = await rows(
            knowledge_base_url, "select id from documents where source = 'added-by/ann/Keys'"
        )
        async with acting_for(pool, Access("ann", None, "mcp", "req-3")) as connection:
            removal = await removal_of(connection, "ann", document)
            await add_upload(connection, "ann", removal)
        await work_off(knowledge_base_url)
    added, other, removed = await rows(knowledge_base_url, EVENTS)
    assert [*sorted([added, other]), removed] == [
        ("ann", "chat", "document.added", "added-by/ann/Keys", "req-ann"),
        ("b/ö b", "mcp", "document.added", "added-by/b%2F%C3%B6%20b/Keys", "req-b/ö b"),
        ("ann", "mcp", "document.removed", "added-by/ann/Keys", "req-3"),
    ]


async def test_a_folder_is_brought_in_by_the_account_of_the_command(
    knowledge_base_url: str, tmp_path: Path
) -> None:
    folder = tmp_path / "library"
    folder.mkdir()
    (folder / "a\x1b[31m.md").write_text("# A\n\nText.")
    async with quick_ingestion(knowledge_base_url) as ingestion:
        for text in ("# A\n\nText.", "# A\n\nOther text.", "# A\n\nOther text."):
            (folder / "a\x1b[31m.md").write_text(text)
            task = await ingestion.folder_task(folder, Wanted())
            await run_sync(ingestion.database, task, ingestion.pipeline.process, Silent())
        async with ingestion.pool.connection() as connection:
            await remove_source(connection, "default", "library")
    who = (now_acting().actor, "command line")
    assert await rows(knowledge_base_url, EVENTS) == [
        (*who, action, "library/a\x1b[31m.md", None)
        for action in ("document.added", "document.replaced", "document.removed")
    ]
