"""Work that is left to workers: every file once, whole, whatever happens to a worker or to Postgres."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from procrastinate import App, PsycopgConnector

from ingest.errors import OptionError
from ingest.jobs.queue import QUEUE, open_queue, queue_status
from ingest.jobs.schedule import check_schedule
from tests.ingest.queue_worker import (
    ROOT,
    leave_to_workers,
    nothing_is_stored,
    rows,
    until,
    value,
    worker_process,
    working,
)
from tests.ingest.quick_ingest import database_like, everything, quick_sync
from tests.support.patience import PATIENCE_SECONDS

SUCCEEDED = "select count(*) from procrastinate_jobs where task_name = 'ingest:file' and status = 'succeeded'"
DOING = "select count(*) from procrastinate_jobs where task_name = 'ingest:file' and status = 'doing'"
TODO = "select count(*) from procrastinate_jobs where task_name = 'ingest:file' and status = 'todo'"
STARTED = """
    select count(*)
    from procrastinate_events
    join procrastinate_jobs on procrastinate_jobs.id = job_id
    where task_name = 'ingest:file' and type = 'started'
    """
DOCUMENTS = "select count(*) from documents"
BLOCKED = """
    select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
    """
PROBLEMS = "select count(*) from file_problems"
AWAITING = "select count(*) from chunks_awaiting_vectors"


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Twelve files."""
    return write_library(tmp_path / "library", 12)


def write_library(folder: Path, count: int) -> Path:
    folder.mkdir()
    for number in range(count):
        text = f"# Note {number}\n\n" + f"The note {number} says this and that. " * (number % 7 * 40 + 1)
        (folder / f"note-{number}.md").write_text(text)
    return folder


async def command(url: str, home: Path, *arguments: str) -> tuple[int, Any]:
    """Exit code and answer of a real command line in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "ingest", *arguments, "--json"),
        cwd=ROOT,
        env=environment(url, home),
        stdout=subprocess.PIPE,
    )
    answer, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, json.loads(answer)


def environment(url: str, home: Path) -> dict[str, str]:
    return {**os.environ, "KNOWLEDGE_BASE_DATABASE_URL": url, "OWFLEX_HOME": str(home)}


async def all_as_by_one_run(url: str, folder: Path) -> None:
    """What the workers stored is what one run stores that does everything itself."""
    alone = database_like(url)
    await quick_sync(alone, folder)
    assert everything(url) == everything(alone)


async def test_two_workers_bring_every_file_in_once(knowledge_base_url: str, tmp_path: Path) -> None:
    url, library = knowledge_base_url, write_library(tmp_path / "library", 60)
    recorder = await leave_to_workers(url, library)
    assert set(recorder.outcomes.values()) == {"queued"}
    with worker_process(url), worker_process(url):
        async with nothing_is_stored(url):
            await until(url, DOING, lambda count: count == 8)
            both = await value(url, "select count(distinct worker_id) from procrastinate_jobs")
            code, status = await command(url, tmp_path, "status")
        await until(url, SUCCEEDED, lambda count: count == 60)
        await until(url, AWAITING, lambda count: count == 0)
    assert both == 2
    counts: dict[str, Any] = {
        "todo": 52,
        "doing": 8,
        "succeeded": 0,
        "failed": 0,
        "workers": 2,
        "awaiting": 0,
        "problems": {},
    }
    assert (code, status) == (0, counts)
    assert await value(url, STARTED) == 60
    await all_as_by_one_run(url, library)


async def test_the_work_of_a_killed_worker_is_done_by_another(knowledge_base_url: str, library: Path) -> None:
    url = knowledge_base_url
    await leave_to_workers(url, library)
    with worker_process(url) as first:
        async with nothing_is_stored(url):
            await until(url, DOING, lambda count: count == 4)
            await until(url, BLOCKED)
            first.kill()
            first.wait()
        # Queued once more while they are in the hands of the dead.
        await leave_to_workers(url, library)
        assert (await value(url, DOING), await value(url, TODO)) == (4, 12)
    with worker_process(url):
        await until(url, SUCCEEDED, lambda count: count == 16)
        await until(url, AWAITING, lambda count: count == 0)
    assert await value(url, "select count(*) from procrastinate_jobs where attempts > 1") >= 4
    await all_as_by_one_run(url, library)


async def test_a_file_waits_once_and_is_never_in_work_twice(knowledge_base_url: str, library: Path) -> None:
    url, note = knowledge_base_url, library / "note-0.md"
    await leave_to_workers(url, note)
    await leave_to_workers(url, note)
    assert await value(url, TODO) == 1
    async with working(url):
        async with nothing_is_stored(url):
            await until(url, DOING, lambda count: count == 1)
            note.write_text("# Changed\n\nThe note is another one now.")
            await leave_to_workers(url, note)
            # This one is queued later, and overtakes: the worker looked at the changed note, and left it.
            await leave_to_workers(url, library / "note-1.md")
            await until(url, DOING, lambda count: count == 2)
            assert await value(url, TODO) == 1
        await until(url, SUCCEEDED, lambda count: count == 3)
    assert await rows(url, "select source, title from documents where source like '%0.md'") == [
        ("library/note-0.md", "Changed")
    ]


async def test_work_goes_on_after_postgres_was_away(knowledge_base_url: str, library: Path) -> None:
    url, note = knowledge_base_url, library / "note-0.md"
    await leave_to_workers(url, library)
    async with working(url):
        async with nothing_is_stored(url):
            await until(url, DOING, lambda count: count == 4)
            await until(url, BLOCKED)
            note.write_text("# Changed\n\nWhile the first version is in work.")
            await leave_to_workers(url, note)
            await rows(
                url,
                """
                select pg_terminate_backend(pid)
                from pg_stat_activity
                where datname = current_database() and pid <> pg_backend_pid()
                  and pid not in (select pid from pg_locks where mode = 'ExclusiveLock' and granted
                                  and relation = 'documents'::regclass)
                """,
            )
        await until(url, SUCCEEDED, lambda count: count == 13)
        await until(url, AWAITING, lambda count: count == 0)
    assert await value(url, "select count(*) from procrastinate_jobs where attempts > 1") >= 1
    await all_as_by_one_run(url, library)


async def test_a_bad_file_is_remembered_until_it_is_fine(
    knowledge_base_url: str, library: Path, tmp_path: Path
) -> None:
    url, note = knowledge_base_url, library / "note-0.md"
    (library / "broken.pdf").write_bytes(b"%PDF-1.7 and nothing more")
    fine = note.read_bytes()
    await leave_to_workers(url, library)
    async with working(url):
        await until(url, SUCCEEDED, lambda count: count == 13)
        assert list((await queue_status(url)).problems) == ["library/broken.pdf"]
        code, status = await command(url, tmp_path, "status")
        assert (code, status["succeeded"], status["failed"]) == (2, 13, 0)
        assert "PDF" in status["problems"]["library/broken.pdf"]
        assert await value(url, STARTED) == 13
        # A stored document goes bad, then is as it was: nothing is queued, nothing is wrong.
        note.write_bytes(b"\0\1\2\3" * 50)
        await leave_to_workers(url, library)
        await until(url, PROBLEMS, lambda count: count == 2)
        note.write_bytes(fine)
        (library / "broken.pdf").unlink()
        await leave_to_workers(url, library)
        assert await value(url, PROBLEMS) == 0


async def test_a_bad_file_is_forgotten_when_a_run_brings_it_in(
    knowledge_base_url: str, library: Path
) -> None:
    url, broken = knowledge_base_url, library / "broken.html.md"
    broken.write_bytes(b"\0\1\2\3" * 50)
    await leave_to_workers(url, library)
    async with working(url):
        await until(url, PROBLEMS, lambda count: count == 1)
    broken.write_text("Mended.")
    await quick_sync(url, library)
    assert await value(url, PROBLEMS) == 0


async def test_all_folders_are_synced_again_at_the_times_told(
    knowledge_base_url: str, library: Path, tmp_path: Path
) -> None:
    url, lost = knowledge_base_url, write_library(tmp_path / "lost", 2)
    await quick_sync(url, library)
    await quick_sync(url, lost)
    (library / "note-0.md").unlink()
    (library / "new.md").write_text("# New")
    for path in lost.iterdir():
        path.unlink()
    async with open_queue(url), working(url, every="0 0 1 1 *"):
        await defer_resync(url)
        await until(url, "select count(*) from documents where source = 'library/new.md'")
        await until(url, PROBLEMS, lambda count: count == 1)
    assert await rows(url, "select source from documents where source = 'library/note-0.md'") == []
    assert "Nothing was removed" in (await queue_status(url)).problems["lost"]
    assert await value(url, DOCUMENTS) == 14


async def defer_resync(url: str) -> None:
    """What the clock does at the times of `--every`."""
    app = App(connector=PsycopgConnector(conninfo=url))  # pyright: ignore[reportUnknownMemberType]
    async with app.open_async():
        task = app.configure_task("ingest:all", queue=QUEUE, queueing_lock="resync")
        await task.defer_async(timestamp=0)


@pytest.mark.parametrize("nonsense", ["", "hourly please", "61 * * * *", "* * *"])
def test_a_schedule_that_cannot_be_understood_is_refused(nonsense: str) -> None:
    with pytest.raises(OptionError, match="is not a schedule such as"):
        check_schedule(nonsense)
    check_schedule("30 2 * * *")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_worker_that_is_told_to_stop_finishes_what_is_in_work(
    knowledge_base_url: str, library: Path, number: signal.Signals
) -> None:
    url = knowledge_base_url
    await leave_to_workers(url, library)
    with worker_process(url) as worker:
        async with nothing_is_stored(url):
            await until(url, DOING, lambda count: count == 4)
            worker.send_signal(number)
        assert await asyncio.to_thread(worker.wait, 30) == 0
    done, waiting = await value(url, SUCCEEDED), await value(url, TODO)
    assert (await value(url, DOING), done + waiting) == (0, 12)
    assert done == await value(url, DOCUMENTS) >= 4
    assert (await queue_status(url)).workers == 0


async def test_the_worker_of_the_command_line_does_the_work(knowledge_base_url: str, tmp_path: Path) -> None:
    url, library = knowledge_base_url, write_library(tmp_path / "library", 2)
    worker = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "ingest", "worker"), cwd=ROOT, env=environment(url, tmp_path)
    )
    try:
        await leave_to_workers(url, library)
        await until(url, SUCCEEDED, lambda count: count == 2)
        worker.terminate()
        assert await asyncio.wait_for(worker.wait(), PATIENCE_SECONDS) == 0
    finally:
        if worker.returncode is None:
            worker.kill()
    code, status = await command(url, tmp_path, "status")
    assert (code, status["succeeded"], status["doing"], status["workers"]) == (0, 2, 0, 0)
