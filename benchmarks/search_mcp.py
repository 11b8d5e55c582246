"""An MCP server as `search_peers.py` measures it: started as a process, asked over streamable HTTP.

Every client has a connection of its own, which stays open; all servers are asked by the same client library.
"""

import argparse
import asyncio
import os
import re
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from fastmcp import Client
from fastmcp.client.transports import StreamableHttpTransport
from search_given import LIMIT, Question, System, read_given, serve
from search_owflex import fill, number_of

HERE = Path(__file__).parent
MAX_CLIENTS = 32
# Servers say much when 32 clients leave at once.
VERBOSE = "OWFLEX_BENCHMARK_VERBOSE" in os.environ
SECONDS_TO_START = 900


@dataclass(frozen=True)
class Server:
    """How a server is started, and what a search of it is: tool, arguments, and the passages in a result."""

    command: list[str]
    environment: Mapping[str, str]
    tool: str
    arguments: Callable[[Question, str | None], dict[str, Any]]
    numbers: Callable[[Any], list[int]]
    token: str | None = None


def owflex(given: Path, url: str, home: Path, port: int) -> Server:
    """Our server with its defaults, but for the limits of calls a minute and of an answer's length."""
    token = secrets.token_urlsafe(32)
    environment = {
        "OWFLEX_HOME": str(home),
        "KNOWLEDGE_BASE_DATABASE_URL": url,
        "MCP_SERVER_PORT": str(port),
        "MCP_SERVER_TOKEN": token,
        "MCP_RATE_LIMIT_PER_MINUTE": "0",
        "SEARCH_TOKEN_BUDGET": "100000",
    }

    def arguments(question: Question, which: str | None) -> dict[str, Any]:
        filters = {"filters": {which: "yes"}} if which else {}
        return {"query": question.text, "limit": LIMIT, "min_similarity": 0.0, **filters}

    def numbers(result: Any) -> list[int]:
        return [number_of(one["source"]) for one in result.structured_content["results"]]

    command = [sys.executable, str(HERE / "search_owflex.py"), "mcp", str(given)]
    return Server(command, environment, "search_documents", arguments, numbers, token)


def qdrant(given: Path, peers_python: str, port: int) -> Server:
    """`mcp-server-qdrant` with Qdrant inside its process."""
    command = [peers_python, str(HERE / "search_systems.py"), "qdrant-server", str(given)]
    environment = {"QDRANT_URL": ":memory:", "FASTMCP_PORT": str(port)}

    def arguments(question: Question, which: str | None) -> dict[str, Any]:
        condition = {"must": [{"key": f"metadata.{which}", "match": {"value": "yes"}}]}
        return {"query": question.text, **({"query_filter": condition} if which else {})}

    def numbers(result: Any) -> list[int]:
        return [int(one) for part in result.content for one in re.findall(r'number\\*": (\d+)', part.text)]

    return Server(command, environment, "qdrant-find", arguments, numbers)


@asynccontextmanager
async def asked(server: Server, port: int) -> AsyncGenerator[System]:
    """The system that the running server is."""
    url = f"http://127.0.0.1:{port}/mcp"
    process = await asyncio.create_subprocess_exec(
        *server.command,
        env={**os.environ, **server.environment},
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        stderr=None if VERBOSE else subprocess.DEVNULL,
    )
    try:
        async with AsyncExitStack() as stack:
            first = await _first_client(stack, server, url, process)
            clients = [first] + [
                await stack.enter_async_context(_client(server, url)) for _ in range(MAX_CLIENTS - 1)
            ]

            async def ask(question: Question, which: str | None, client: int) -> list[int]:
                result = await clients[client].call_tool(server.tool, server.arguments(question, which))
                return server.numbers(result)

            yield System(ask)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _first_client(
    stack: AsyncExitStack, server: Server, url: str, process: Process
) -> "Client[StreamableHttpTransport]":
    give_up = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < give_up:
        if process.returncode is not None:
            raise SystemExit(
                f"The server ended with exit code {process.returncode}. "
                "Set OWFLEX_BENCHMARK_VERBOSE=1 to see what it says."
            )
        with socket.socket() as probe:
            is_there = probe.connect_ex(("127.0.0.1", int(url.rpartition(":")[2].removesuffix("/mcp")))) == 0
        if is_there:
            return await stack.enter_async_context(_client(server, url))
        await asyncio.sleep(0.2)
    raise SystemExit(f"The server did not listen within {SECONDS_TO_START} s.")


def _client(server: Server, url: str) -> "Client[StreamableHttpTransport]":
    return Client(StreamableHttpTransport(url, auth=server.token), timeout=120)


def free_port() -> int:
    """A port of loopback that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _serve(what: str, file: Path, where: str) -> None:
    given, port, setup = read_given(file), free_port(), {}
    with tempfile.TemporaryDirectory(prefix="owflex-mcp-") as home:
        if what == "owflex":
            setup = await fill(where, given.made)
            server = owflex(file, where, Path(home), port)
        else:
            server = qdrant(file, where, port)
        began = time.perf_counter()
        async with asked(server, port) as system:
            started = {} if what == "owflex" else {"rows_seconds": time.perf_counter() - began}
            await serve(System(system.ask, setup={**setup, **started}), given)


def main() -> None:
    """Be one of the systems."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["owflex", "qdrant"])
    parser.add_argument("given", type=Path)
    parser.add_argument("where", help="The URL of our database, or the Python of the peers' environment.")
    options = parser.parse_args()
    asyncio.run(_serve(options.what, options.given, options.where))


if __name__ == "__main__":
    main()
