"""A real MCP server as a process of its own, with a data folder of its own, for the measurements."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import httpx2
from fastmcp import Client
from fastmcp.client.transports import StreamableHttpTransport

ROOT = Path(__file__).parents[1]
MINUTES_FOR_RECOVERY = 3
DOCUMENTS = 30


@dataclass
class Server:
    """A server process with a data folder of its own, and whoever starts it again."""

    home: Path
    port: int
    process: "subprocess.Popen[bytes] | None" = None
    starts: int = 0

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """The process that serves now."""
        assert self.process is not None
        return self.process.pid

    def start(self, **settings: str) -> None:
        """Start it, again, with these settings besides the usual ones."""
        with (self.home.parent / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "mcp_server"],
                cwd=self.home.parent,
                env=environment(self.home, self.port) | settings,
                stderr=log,
                stdin=subprocess.DEVNULL,
            )
        self.starts += 1

    def kill(self, number: int = signal.SIGKILL) -> None:
        """End the process."""
        assert self.process is not None
        self.process.send_signal(number)
        self.process.wait()

    def client(self, *, reads_certificates: bool = False) -> Client[StreamableHttpTransport]:
        """A client with a connection of its own.

        HTTP needs no certificates, but a client reads those of all authorities when it is made, unless told
        not to: some 50 ms of its own time for each connection, which says nothing of the server.
        """
        token = (self.home / "mcp-token").read_text()
        verify = None if reads_certificates else False
        return Client(StreamableHttpTransport(f"{self.url}/mcp", auth=token, verify=verify), timeout=60)

    async def is_ready(self) -> bool:
        """Whether a search could be answered now."""
        try:
            async with httpx2.AsyncClient() as http:
                return (await http.get(f"{self.url}/ready", timeout=5)).status_code == 200
        except httpx2.HTTPError:
            return False

    async def until_ready(self) -> float:
        """Seconds until it is ready."""
        began = time.perf_counter()
        async with asyncio.timeout(MINUTES_FOR_RECOVERY * 60):
            while not await self.is_ready():  # noqa: ASYNC110 - the server is another process
                await asyncio.sleep(0.1)
        return time.perf_counter() - began

    async def figures(self) -> str:
        """The page of /metrics."""
        async with httpx2.AsyncClient() as http:
            return (await http.get(f"{self.url}/metrics", timeout=30)).text


def environment(home: Path, port: int) -> dict[str, str]:
    """Nothing of the tester's own settings, and no limit of calls."""
    kept = {
        name: value for name, value in os.environ.items() if not name.endswith(("_KEY", "_URL", "_MODEL"))
    }
    return kept | {
        "OWFLEX_HOME": str(home),
        "MCP_SERVER_PORT": str(port),
        "MCP_RATE_LIMIT_PER_MINUTE": "0",
        "HF_HUB_OFFLINE": "1",
        "PYTHONPATH": str(ROOT),
    }


def fill(home: Path) -> None:
    """Ingest a few short documents."""
    folder = home.parent / "manual"
    folder.mkdir()
    for number in range(DOCUMENTS):
        text = f"# Setting {number}\n\nThe setting number {number} changes what program {number % 7} prints."
        (folder / f"{number}.md").write_text(text)
    ingest(home, folder)


def ingest(home: Path, folder: Path) -> None:
    """Ingest a folder."""
    command = [sys.executable, "-m", "owflex", "ingest", str(folder)]
    done = subprocess.run(
        command, cwd=home.parent, env=environment(home, 1), capture_output=True, check=False
    )
    if done.returncode != 0:
        sys.exit(done.stdout.decode() + done.stderr.decode())


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(home: Path, checkout: Path = ROOT) -> Generator[Server]:
    """A server of a checkout that is ended at the end."""
    server = Server(home, free_port())
    server.start(PYTHONPATH=str(checkout))
    try:
        yield server
    finally:
        server.kill(signal.SIGTERM)
