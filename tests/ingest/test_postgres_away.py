"""Postgres goes away, or has no room, in the middle of a run."""

import asyncio
import random
from collections.abc import AsyncGenerator
from contextlib import suppress
from pathlib import Path
from typing import Self

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from ingest import sync_run
from ingest.cli.display import Display
from ingest.errors import DatabaseGoneError
from ingest.report import Report, Silent
from serving.terminal import Console
from tests.ingest.changing_library import Library
from tests.ingest.quick_ingest import database_like, everything, quick_sync

FILES = 12


class Line:
    """A line to a Postgres on a Unix socket that can be cut; a cut line refuses new connections."""

    def __init__(self, url: str) -> None:
        parts = conninfo_to_dict(url)
        self._socket = f"{parts['host']}/.s.PGSQL.{parts.get('port', 5432)}"
        self._url = url
        self._server: asyncio.Server | None = None
        self._port = 0
        self._open: set[asyncio.StreamWriter] = set()
        self._connections: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        await self.mend()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.cut()
        await asyncio.gather(*self._connections)

    @property
    def url(self) -> str:
        """The same database, by this line."""
        return make_conninfo(
            self._url, host="127.0.0.1", port=self._port, sslmode="disable", gssencmode="disable"
        )

    async def mend(self) -> None:
        """Take connections, at the same port as before."""
        self._server = await asyncio.start_server(self._start, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    def cut(self) -> None:
        """End all connections in the middle of whatever they do, and take no more."""
        if self._server is not None:
            self._server.close()
        for writer in self._open:
            writer.transport.abort()
        self._server = None

    def _start(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.create_task(self._connect(reader, writer))
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_unix_connection(self._socket)
        ends = {writer, to_server}
        self._open |= ends
        await asyncio.gather(pass_on(reader, to_server), pass_on(from_server, writer))
        self._open -= ends


async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Everything from one end to the other, until one of them is closed."""
    with suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


class Cutting(Display):
    """Counts like the command; the line is cut when passages of the nth window are about to be written."""

    def __init__(self, line: Line, *, window: int) -> None:
        super().__init__(Console(quiet=True), Report(), quiet=True)
        self.line = line
        self.retries = 0
        self._windows_left = window
        self._mending: asyncio.Task[None] | None = None

    def embedded(self, chunks: int, reused: int) -> None:
        """That is the moment."""
        super().embedded(chunks, reused)
        self._windows_left -= 1
        if self._windows_left == 0:
            self.line.cut()
            self.is_cut()

    def retrying(self, reason: str) -> None:
        """The run has noticed, once more."""
        super().retrying(reason)
        self.retries += 1

    def is_cut(self) -> None:
        """When shall it be mended? Here never."""

    def mend(self) -> None:
        """Now."""
        self._mending = asyncio.create_task(self.line.mend())


class MendingSoon(Cutting):
    """Two seconds without Postgres."""

    def is_cut(self) -> None:
        """Time passes whatever the run does."""
        asyncio.get_running_loop().call_later(2, self.mend)


class MendingWhenNoticed(Cutting):
    """No Postgres until the run has noticed twice."""

    def retrying(self, reason: str) -> None:
        """The second time it is there again."""
        super().retrying(reason)
        if self.retries == 2:
            self.mend()


class CutWhileLooking(Silent):
    """No Postgres from the moment that the first files were looked at."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def scanned(self, files: int) -> None:
        """That is the moment."""
        self._line.cut()


@pytest.fixture
async def line(knowledge_base_url: str) -> AsyncGenerator[Line]:
    """A line to a fresh knowledge base."""
    async with Line(knowledge_base_url) as line:
        yield line


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """A folder of some files."""
    library = Library(tmp_path / "library", random.Random(3))  # noqa: S311
    for number in range(FILES):
        library.add(number)
    return library


async def check_complete(url: str, library: Library) -> None:
    """The same as in a database that nothing happened to."""
    clean = database_like(url)
    await quick_sync(clean, library.root)
    assert everything(url) == everything(clean)


@pytest.mark.parametrize("window", [1, 3])
async def test_a_run_outlasts_two_seconds_without_postgres(
    window: int, line: Line, knowledge_base_url: str, library: Library
) -> None:
    await check_outlasts(MendingSoon(line, window=window), knowledge_base_url, library)


@pytest.mark.slow
async def test_a_run_waits_for_postgres_until_it_is_back(
    line: Line, knowledge_base_url: str, library: Library
) -> None:
    watcher = MendingWhenNoticed(line, window=1)
    await check_outlasts(watcher, knowledge_base_url, library)
    assert watcher.retries >= 2


async def check_outlasts(watcher: Cutting, direct_url: str, library: Library) -> None:
    """The run goes on as if nothing had happened, and counts each file once."""
    watcher.begin("library")
    await quick_sync(watcher.line.url, library.root, watcher)
    counts = watcher.report.counts
    # What was written while nobody was told so any more is unchanged for the second plan.
    assert counts["added"] + counts["unchanged"] == counts.total() == FILES
    await check_complete(direct_url, library)


async def test_a_run_gives_up_when_postgres_stays_away_and_the_next_one_completes_it(
    line: Line, knowledge_base_url: str, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    await quick_sync(knowledge_base_url, library.root)
    library.change(0)
    monkeypatch.setattr(sync_run, "PATIENCE", 1)
    with pytest.raises(DatabaseGoneError):
        await quick_sync(line.url, library.root, CutWhileLooking(line))
    await line.mend()
    await quick_sync(line.url, library.root)
    await check_complete(knowledge_base_url, library)


@pytest.mark.slow
async def test_a_run_gives_up_in_the_middle_and_the_next_one_completes_it(
    line: Line, knowledge_base_url: str, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync_run, "PATIENCE", 1)
    with pytest.raises(DatabaseGoneError):
        await quick_sync(line.url, library.root, Cutting(line, window=1))
    await line.mend()
    await quick_sync(line.url, library.root)
    await check_complete(knowledge_base_url, library)


FULL = """
create function refuse() returns trigger language plpgsql as
$$begin raise exception 'could not extend file: No space left on device' using errcode = '53100'; end$$;
create trigger full_disk before insert on chunks execute function refuse();
"""


async def test_a_full_disk_ends_the_run_and_the_next_one_completes_it(
    knowledge_base_url: str, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync_run, "PATIENCE", 1)
    await quick_sync(knowledge_base_url, library.root)
    before = everything(knowledge_base_url)
    library.change(0)
    library.change(7)
    with psycopg.connect(knowledge_base_url) as connection:
        connection.execute(FULL)
    with pytest.raises(DatabaseGoneError, match="No space left"):
        await quick_sync(knowledge_base_url, library.root)
    assert everything(knowledge_base_url) == before
    with psycopg.connect(knowledge_base_url) as connection:
        connection.execute("drop trigger full_disk on chunks")
    await quick_sync(knowledge_base_url, library.root)
    await check_complete(knowledge_base_url, library)
