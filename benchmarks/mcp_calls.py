"""What a call over MCP adds to what it asks for: `python benchmarks/mcp_calls.py`.

All rows are asked in turn, a few calls of each at a time, so that other work on the machine meets all alike.
The floor is a FastMCP server with one tool that does nothing, in a process of its own like ours.
`--beside` asks the servers of other checkouts as well.
"""

import argparse
import asyncio
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from fastmcp import Client, FastMCP
from fastmcp.client.transports import StreamableHttpTransport
from mcp_process import ROOT, Server, free_port, ingest, running

sys.path.insert(0, str(ROOT))

from database.embedded import embedded_postgres
from knowledge_base.access import Access, acting_for, open_server_pool
from knowledge_base.embedding import DEFAULT_MODEL, create_embedder
from knowledge_base.following_embedder import FollowingEmbedder
from knowledge_base.query_embedding import QueryEmbedder
from knowledge_base.search import Question, SearchFilter, search
from knowledge_base.vector_index import IndexWatch

AT_A_TIME, WARM_UP, SECONDS_TO_START = 5, 10, 300
SEARCHED = SearchFilter()
HEADER = "| | p50 ms | p95 ms | over the search | CPU of the server, ms a call |\n|---|---:|---:|---:|---:|"

Call = Callable[[str], Awaitable[object]]


@dataclass
class Row:
    """What is measured: a call that takes a question, and the process that answers it."""

    name: str
    call: Call
    server: psutil.Process
    seconds: list[float] = field(default_factory=list[float])
    cpu_seconds: float = 0.0

    async def ask(self, numbers: range) -> None:
        """Some calls, one after the other; no question is asked twice."""
        before = cpu_seconds(self.server)
        for number in numbers:
            began = time.perf_counter()
            await self.call(f"Which setting changes the limit {number} of {self.name}?")
            self.seconds.append(time.perf_counter() - began)
        self.cpu_seconds += cpu_seconds(self.server) - before

    @property
    def median(self) -> float:
        """Milliseconds."""
        return statistics.median(self.seconds) * 1e3

    def line(self, of_search: float) -> str:
        """A row of the table."""
        p95 = statistics.quantiles(self.seconds, n=20)[-1] * 1e3
        cpu = self.cpu_seconds / len(self.seconds) * 1e3
        return f"| {self.name} | {self.median:.1f} | {p95:.1f} | {self.median - of_search:+.1f} | {cpu:.1f} |"


def cpu_seconds(process: psutil.Process) -> float:
    """What the process has computed so far."""
    times = process.cpu_times()
    return times.user + times.system


@asynccontextmanager
async def searching(url: str) -> AsyncGenerator[Call]:
    """The search that `search_documents` makes, in this process: the question's vector and the passages."""
    following = FollowingEmbedder(create_embedder(DEFAULT_MODEL), create_embedder)
    following.load()
    embedder, index = QueryEmbedder(following), IndexWatch()
    async with open_server_pool(url) as pool:

        async def find(question: str) -> object:
            embedded = await embedder.embed(question)
            async with acting_for(pool, Access("local")) as connection:
                return await search(
                    connection,
                    Question(question, embedded.vector, embedded.model_name),
                    index=await index.current(connection, embedded.model_name),
                    limit=5,
                    min_similarity=0.3,
                    which=SEARCHED,
                )

        yield find


def serve_floor(port: int) -> None:
    """A server whose only tool does nothing."""
    server = FastMCP("floor")

    @server.tool
    async def nothing(query: str) -> dict[str, str]:  # pyright: ignore[reportUnusedFunction]
        return {"query": query}

    server.run(transport="http", port=port, stateless_http=True, show_banner=False, log_level="error")


@contextmanager
def floor() -> Generator[tuple[str, psutil.Process]]:
    """Such a server in a process of its own, and its address."""
    port = free_port()
    process = subprocess.Popen([sys.executable, __file__, "--floor", str(port)])
    try:
        until_it_listens(port)
        yield f"http://127.0.0.1:{port}/mcp", psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


def until_it_listens(port: int) -> None:
    """Return when somebody listens there."""
    give_up = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < give_up:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.1)
    sys.exit("The floor did not start.")


def floor_client(url: str) -> Client[StreamableHttpTransport]:
    """A client of the floor, with a connection of its own."""
    return Client(StreamableHttpTransport(url, verify=False))


def rows_of(server: Server, client: Client[StreamableHttpTransport], name: str) -> list[Row]:
    """What is asked of one of our servers, over an open connection of its own and over new ones."""
    process = psutil.Process(server.pid)

    async def alone(question: str) -> None:
        async with server.client() as one:
            await one.call_tool("search_documents", {"query": question})

    return [
        Row(f"list_collections{name}", lambda _: client.call_tool("list_collections", {}), process),
        Row(f"search_documents{name}", lambda q: client.call_tool("search_documents", {"query": q}), process),
        Row(f"connect, search, close{name}", alone, process),
    ]


async def measure(
    servers: dict[str, Server], url: str, floor_url: str, floor_process: psutil.Process, calls: int
) -> None:
    """Print the table; `servers` have what tells them apart."""
    async with AsyncExitStack() as stack:
        find = await stack.enter_async_context(searching(url))
        floor_open = await stack.enter_async_context(floor_client(floor_url))

        async def alone_at_the_floor(question: str) -> None:
            async with floor_client(floor_url) as one:
                await one.call_tool("nothing", {"query": question})

        rows = [
            Row("search, in process", find, psutil.Process()),
            Row(
                "a tool that does nothing",
                lambda q: floor_open.call_tool("nothing", {"query": q}),
                floor_process,
            ),
            Row("connect, nothing, close", alone_at_the_floor, floor_process),
        ]
        for name, server in servers.items():
            await server.until_ready()
            rows += rows_of(server, await stack.enter_async_context(server.client()), name)
        await ask_in_turn(rows, calls)
    print(f"{calls} calls of each, load {os.getloadavg()[0]:.1f}\n\n{HEADER}")
    for row in rows:
        print(row.line(rows[0].median))


async def ask_in_turn(rows: list[Row], calls: int) -> None:
    """Ask all rows, and forget what the first calls took."""
    for row in rows:
        await row.ask(range(-WARM_UP, 0))
        row.seconds.clear()
        row.cpu_seconds = 0.0
    for first in range(0, calls, AT_A_TIME):
        for row in rows:
            await row.ask(range(first, min(first + AT_A_TIME, calls)))


def main() -> None:
    """Fill, start, measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=100)
    parser.add_argument("--documents", type=Path, default=ROOT / "docs", help="what is searched")
    parser.add_argument("--home", type=Path, help="a data folder that is filled already")
    parser.add_argument(
        "--beside", type=Path, nargs="*", default=[], help="other checkouts, whose servers are asked in turn"
    )
    parser.add_argument("--floor", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.floor is not None:
        serve_floor(given.floor)
        return
    with tempfile.TemporaryDirectory(prefix="owflex-") as folder:
        home = given.home or Path(folder) / "home"
        if given.home is None:
            ingest(home, given.documents)
        with ExitStack() as stack:
            servers = {"": stack.enter_context(running(home))}
            servers |= {
                f", {other.name}": stack.enter_context(running(home, other)) for other in given.beside
            }
            url = stack.enter_context(embedded_postgres(home, "knowledge_base"))
            asyncio.run(measure(servers, url, *stack.enter_context(floor()), given.calls))


if __name__ == "__main__":
    main()
