"""Two chats and two MCP servers behind nginx over one Postgres, each of which can be killed and replaced."""

import asyncio
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import httpx2
from mcp_process import ROOT, environment
from scripted_llm import free_port

from database.embedded import embedded_postgres
from database.home import open_data_folder
from database.server_processes import postmaster
from tests.support import nginx

SECONDS_TO_START = 180
SECONDS_TO_STOP = 90
# All people are one user here, and nothing waits for an approval.
SETTINGS = {
    "CHAT_RATE_LIMIT_PER_MINUTE": "0",
    "CHAT_ANSWERS_AT_ONCE": "0",
    "CHAT_REQUESTS_PER_MINUTE": "0",
    "CHAT_REQUESTS_AT_ONCE": "0",
    "APPROVAL_TOOLS": "",
    "MODEL_NAME": "scripted",
    "OMP_NUM_THREADS": "1",
}


@dataclass
class Program:
    """One server process on a port of its own."""

    module: str
    port: int
    place: Path
    settings: dict[str, str]
    process: "subprocess.Popen[bytes] | None" = None

    def start(self, checkout: Path) -> None:
        """Start what is in this checkout."""
        with (self.place / f"{self.module}-{self.port}.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", self.module],
                cwd=self.place,
                env=self.settings | {"PYTHONPATH": str(checkout)},
                stderr=log,
                stdin=subprocess.DEVNULL,
            )

    def end(self, number: int) -> None:
        """Send the signal and wait for the end."""
        assert self.process is not None
        self.process.send_signal(number)
        self.process.wait(SECONDS_TO_STOP)

    async def until_ready(self) -> None:
        """Wait until it answers; raises `TimeoutError`."""
        async with asyncio.timeout(SECONDS_TO_START), httpx2.AsyncClient() as http:
            while not await self._is_ready(http):  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.2)

    async def _is_ready(self, http: httpx2.AsyncClient) -> bool:
        try:
            answer = await http.get(f"http://127.0.0.1:{self.port}/ready", timeout=5)
        except httpx2.HTTPError:
            return False
        return answer.status_code == 200


@dataclass
class Fleet:
    """All programs of the installation; `kills` counts what was done to them."""

    home: Path
    urls: dict[str, str]
    chats: list[Program]
    servers: list[Program]
    chat_url: str
    kills: dict[str, int] = field(default_factory=dict[str, int])
    rounds: int = 0

    @property
    def programs(self) -> list[Program]:
        """Chats and MCP servers in turn."""
        return [program for pair in zip(self.chats, self.servers, strict=True) for program in pair]

    def run(self, checkout: Path, *command: str) -> None:
        """A command of this checkout, to its end. Raises `SystemExit` with what it said."""
        settings = self.programs[0].settings | {"PYTHONPATH": str(checkout)}
        done = subprocess.run(
            [sys.executable, *command], cwd=self.home.parent, env=settings, capture_output=True, check=False
        )
        if done.returncode != 0:
            sys.exit(done.stdout.decode() + done.stderr.decode())

    async def start(self, checkout: Path) -> None:
        """Start all; return when they are ready."""
        for program in self.programs:
            program.start(checkout)
        for program in self.programs:
            await program.until_ready()

    async def replace(self, checkout: Path) -> None:
        """Replace one program after the other by those of this checkout, as an upgrade does."""
        for program in self.programs:
            await asyncio.to_thread(program.end, signal.SIGTERM)
            program.start(checkout)
            await program.until_ready()

    async def kill_in_turn(self, until: float, pause: float) -> None:
        """Kill a chat and an MCP server, when they are ready again the others, and so on."""
        while True:
            pair = (self.chats, self.servers)
            self.rounds += 1
            await asyncio.sleep(pause)
            for programs in pair:
                program = programs[self.rounds % len(programs)]
                await asyncio.to_thread(program.end, signal.SIGKILL)
                self.kills[program.module] = self.kills.get(program.module, 0) + 1
                program.start(ROOT)
            for programs in pair:
                await programs[self.rounds % len(programs)].until_ready()
            if time.monotonic() > until:
                return

    def restart_postgres(self) -> None:
        """End Postgres as an administrator does; its keeper starts it again."""
        process = postmaster(self.home / "postgres")
        assert process is not None
        process.send_signal(signal.SIGINT)
        self.kills["postgres"] = self.kills.get("postgres", 0) + 1

    def stop(self) -> None:
        """End everything that runs."""
        for program in self.programs:
            if program.process is not None and program.process.poll() is None:
                program.end(signal.SIGKILL)


@contextmanager
def fleet(llm: str) -> Generator[Fleet]:
    """An installation whose programs have not been started, over an empty Postgres and behind nginx."""
    with tempfile.TemporaryDirectory(prefix="owflex-faults-") as folder:
        place = Path(folder)
        home = open_data_folder(place / "home")
        with (
            embedded_postgres(home, "chat") as chat,
            embedded_postgres(home, "knowledge_base") as knowledge_base,
        ):
            found = _fleet(place, home, {"chat": chat, "knowledge_base": knowledge_base}, llm)
            ports = [free_port(), free_port()]
            found.chat_url = f"http://127.0.0.1:{ports[0]}"
            for program in found.programs:
                program.settings["MCP_SERVER_URL"] = f"http://127.0.0.1:{ports[1]}/mcp"
            with nginx.running(_configuration(place, found, ports), ports):
                try:
                    yield found
                finally:
                    found.stop()


def _fleet(place: Path, home: Path, urls: dict[str, str], llm: str) -> Fleet:
    given = SETTINGS | {
        "OPENAI_BASE_URL": f"{llm}/v1",
        "CHAT_DATABASE_URL": urls["chat"],
        "KNOWLEDGE_BASE_DATABASE_URL": urls["knowledge_base"],
        "MCP_SIGNING_KEY": "a-signing-key-of-all-programs-of-this-measurement",
    }

    def program(module: str, setting: str) -> Program:
        port = free_port()
        return Program(module, port, place, environment(home, port) | given | {setting: str(port)})

    chats = [program("agent_service", "AGENT_SERVICE_PORT") for _ in range(2)]
    servers = [program("mcp_server", "MCP_SERVER_PORT") for _ in range(2)]
    return Fleet(home, urls, chats, servers, "")


def _configuration(place: Path, found: Fleet, ports: list[int]) -> Path:
    folder = place / "nginx"
    folder.mkdir()
    listens = {f"listen {8000 + n};": f"listen 127.0.0.1:{port};" for n, port in enumerate(ports)}
    replicas = zip((8010, 8011, 8020, 8021), found.programs, strict=True)
    return nginx.written(folder, "http.conf", listens, {port: program.port for port, program in replicas})


@contextmanager
def checkout_of(revision: str) -> Generator[Path | None]:
    """The files of an earlier revision; None where there is no git to ask or no such revision."""
    with tempfile.TemporaryDirectory(prefix="owflex-before-") as folder:
        try:
            packed = subprocess.run(
                ["git", "archive", revision],  # noqa: S607
                cwd=ROOT,
                capture_output=True,
                check=True,
            ).stdout
        except (OSError, subprocess.CalledProcessError):
            yield None
            return
        with tarfile.open(fileobj=BytesIO(packed)) as archive:
            archive.extractall(folder, filter="data")
        yield Path(folder)


def before_last_migration() -> str:
    """The revision before the newest migration was added; empty where git cannot say."""
    newest = sorted((ROOT / "knowledge_base" / "migrations").glob("*.sql"))[-1]
    command = ["git", "log", "--diff-filter=A", "--format=%H", "--", str(newest)]
    try:
        said = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode().split()
    except (OSError, subprocess.CalledProcessError):
        return ""
    return f"{said[-1]}~1" if said else ""
