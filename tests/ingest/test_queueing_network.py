"""Workers on machines of their own: they need the files and the database, no other network."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.ingest.queue_worker import leave_to_workers, until, worker_process
from tests.ingest.quick_ingest import database_like, everything, quick_sync

FILES = 24
SUCCEEDED = "select count(*) from procrastinate_jobs where task_name = 'ingest:file' and status = 'succeeded'"
AWAITING = "select count(*) from chunks_awaiting_vectors"


def run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


@contextmanager
def machine(number: int) -> Generator[tuple[str, str]]:
    """A network namespace on a cable of its own: its name, and the address of the host at the cable's end."""
    name, host = f"owflex{os.getpid() % 10_000}n{number}", f"10.213.{number}.1"
    cable, end = f"ow{os.getpid() % 10_000}h{number}", f"ow{os.getpid() % 10_000}w{number}"
    run("ip", "netns", "add", name)
    try:
        run("ip", "link", "add", cable, "type", "veth", "peer", "name", end, "netns", name)
        run("ip", "address", "add", f"{host}/24", "dev", cable)
        run("ip", "link", "set", cable, "up")
        run("ip", "-n", name, "address", "add", f"10.213.{number}.2/24", "dev", end)
        run("ip", "-n", name, "link", "set", end, "up")
        yield name, host
    finally:
        run("ip", "netns", "delete", name)


@pytest.fixture
def machines() -> Generator[list[tuple[str, str]]]:
    """Two of them; the test is skipped where they cannot be made."""
    if shutil.which("ip") is None:
        pytest.skip("There is no `ip` command to make network namespaces with.")
    with ExitStack() as stack:
        try:
            made = [stack.enter_context(machine(number)) for number in (1, 2)]
        except subprocess.CalledProcessError as error:
            pytest.skip(f"No network namespaces can be made here: {error.stderr.decode().strip()}")
        yield made


@asynccontextmanager
async def over_tcp(url: str, hosts: Sequence[str]) -> AsyncGenerator[list[str]]:
    """URLs of the database at TCP addresses: the Postgres of the tests listens on a Unix socket only."""
    facts = conninfo_to_dict(url)

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_unix_connection(f"{facts['host']}/.s.PGSQL.5432")
        async with asyncio.TaskGroup() as group:
            group.create_task(copy(reader, back))
            group.create_task(copy(there, writer))

    servers = [await asyncio.start_server(forward, host, 0) for host in hosts]
    ports = [server.sockets[0].getsockname()[1] for server in servers]
    try:
        yield [
            f"postgresql://{facts['user']}@{host}:{port}/{facts['dbname']}"
            for host, port in zip(hosts, ports, strict=True)
        ]
    finally:
        for server in servers:
            server.close()


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:  # a worker has ended
        return
    finally:
        writer.close()


async def test_two_machines_share_the_work_and_nothing_but_files_and_database(
    knowledge_base_url: str, tmp_path: Path, machines: list[tuple[str, str]]
) -> None:
    url, library = knowledge_base_url, tmp_path / "library"
    library.mkdir()
    for number in range(FILES):
        (library / f"note-{number}.md").write_text(f"# Note {number}\n\n" + f"Text {number}. " * 50)
    await leave_to_workers(url, library)
    async with over_tcp(url, [host for _, host in machines]) as urls:
        with ExitStack() as stack:
            for (name, _), there in zip(machines, urls, strict=True):
                stack.enter_context(worker_process(there, within=["ip", "netns", "exec", name]))
            await until(url, "select count(*) from procrastinate_workers", lambda count: count == 2)
            await until(url, SUCCEEDED, lambda count: count == FILES)
            await until(url, AWAITING, lambda count: count == 0)
    alone = database_like(url)
    await quick_sync(alone, library)
    assert everything(url) == everything(alone)
