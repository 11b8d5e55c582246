"""`owflex up`: what a person runs who wants to see it work."""

import asyncio
import logging
import os
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from agent_service.settings.settings import AgentServiceSettings
from database.home import open_data_folder
from database.settings import read_settings
from mcp_server.settings import McpServerSettings
from owflex.errors import PathNotFoundError
from owflex.exit_codes import exit_code
from owflex.program_log import ProgramLog, now
from owflex.programs import Listener, Program
from owflex.running import UpState, asked, only_one, telling
from owflex.supervised import Supervised
from owflex.supervisor import SayingHandler, Supervisor, stop_on_signals
from owflex.up_display import UpDisplay
from owflex.up_programs import UpProgram

HANDBOOK_COLLECTION = "handbook"
INGEST_GOOD_CODES = (0, 2)
WORKER_CONCURRENCY = "4"
SECONDS_BETWEEN_LOOKS = 0.2
SECONDS_FOR_ANOTHER_TO_START = 20


@dataclass(frozen=True)
class Addresses:
    """Where the chat and the MCP server are."""

    chat: Listener
    mcp: Listener


def run_everything(docs: Path | None, *, opens_browser: bool = False) -> int:
    """Run until Ctrl+C (exit code 0); 1 when it cannot start. Where it runs already, say so (0)."""
    return exit_code(lambda: _run(docs, opens_browser=opens_browser))


def _run(docs: Path | None, *, opens_browser: bool) -> int:
    if docs is not None and not docs.exists():
        raise PathNotFoundError(docs)
    settings, chat = read_settings(McpServerSettings), read_settings(AgentServiceSettings)
    addresses = Addresses(
        Listener(chat.agent_service_host, chat.agent_service_port, "AGENT_SERVICE_PORT"),
        Listener(settings.mcp_server_host, settings.mcp_server_port, "MCP_SERVER_PORT"),
    )
    folder = open_data_folder(settings.owflex_home)
    display = UpDisplay(opens_browser=opens_browser)
    with only_one(folder) as is_only:
        if not is_only:
            display.running_already(_the_other(folder), docs)
            return 0
        # Without the chat there is nothing to show; every other program may follow later.
        addresses.chat.check_free()
        try:
            with stop_on_signals(), display:
                _run_programs(settings, folder, docs, addresses, display)
        except KeyboardInterrupt:
            display.stopped()
    return 0


def _run_programs(
    settings: McpServerSettings, folder: Path, docs: Path | None, addresses: Addresses, display: UpDisplay
) -> None:
    with _supervisor(folder, display) as supervisor:
        # They load for seconds, and need Postgres only then.
        chat = supervisor.start(Program(UpProgram.CHAT, "The chat", "agent_service", listens=addresses.chat))
        mcp = supervisor.start(Program(UpProgram.MCP, "The MCP server", "mcp_server", listens=addresses.mcp))
        with _telling(folder, addresses, supervisor), _knowledge_base(settings, folder) as url:
            if settings.knowledge_base_database_url is None:
                supervisor.watch_postgres(folder)
            documents = asyncio.run(_documents_to_ingest(url, docs))
            _watch(supervisor, lambda: _is_up(chat) and (_is_up(mcp) or mcp.state == "down"))
            display.welcome(addresses.chat.url, addresses.mcp.url, folder)
            # For what clients add. Its model is loaded with the first document.
            supervisor.start(
                Program(
                    UpProgram.WORKER, "The worker", "ingest", ("worker", "--concurrency", WORKER_CONCURRENCY)
                )
            )
            if documents is not None:
                display.ingestion_begins(documents.arguments[1])
                supervisor.start(documents, display.ingestion)
            _watch(supervisor, lambda: display.waits_for(_missing(chat)))
            _watch(supervisor, lambda: False)


@contextmanager
def _supervisor(folder: Path, display: UpDisplay) -> Generator[Supervisor]:
    events = ProgramLog(folder / "logs", "owflex")
    events.begin(f"owflex up, process {os.getpid()}")

    def say(sentence: str) -> None:
        events.line(f"{now()} {sentence}")
        display.event(sentence)

    handler = SayingHandler(say)
    supervisor = Supervisor(folder / "logs", say)
    logging.getLogger("database").addHandler(handler)
    try:
        yield supervisor
    finally:
        supervisor.stop()
        logging.getLogger("database").removeHandler(handler)


@contextmanager
def _telling(folder: Path, addresses: Addresses, supervisor: Supervisor) -> Generator[None]:
    since = time.time()

    def state() -> UpState:
        states = tuple(supervisor.states())
        return UpState(os.getpid(), since, addresses.chat.url, addresses.mcp.url, states)

    with telling(folder, state):
        yield


@contextmanager
def _knowledge_base(settings: McpServerSettings, folder: Path) -> Generator[str]:
    # Only now: it loads for half a second, in which the programs are loading already.
    from knowledge_base.bootstrap import knowledge_base_url

    with knowledge_base_url(settings, folder) as url:
        yield url


def _watch(supervisor: Supervisor, is_enough: Callable[[], bool]) -> None:
    while True:
        supervisor.look()
        if is_enough():
            return
        time.sleep(SECONDS_BETWEEN_LOOKS)


def _is_up(one: Supervised) -> bool:
    return one.program.listens is not None and one.program.listens.is_answering()


def _missing(one: Supervised) -> str | None:
    return None if one.program.listens is None else one.program.listens.missing()


def _the_other(folder: Path) -> UpState | None:
    """What the `owflex up` that runs says of itself; it may have begun a moment ago."""
    give_up = time.monotonic() + SECONDS_FOR_ANOTHER_TO_START
    while (state := asked(folder)) is None and time.monotonic() < give_up:
        time.sleep(SECONDS_BETWEEN_LOOKS)
    return state


async def _documents_to_ingest(url: str, docs: Path | None) -> Program | None:
    """What brings in the folder, or the handbook while there is nothing else.

    The handbook is a demo: it makes room for the user's own documents.
    """
    from database.pool import create_pool
    from knowledge_base.bootstrap import migrate_knowledge_base
    from knowledge_base.documents import count_documents, remove_collection

    await migrate_knowledge_base(url)
    async with create_pool(url) as pool, pool.connection() as connection:
        if docs is not None:
            await remove_collection(connection, HANDBOOK_COLLECTION)
            return _ingestion(docs, "default")
        if await count_documents(connection, outside=HANDBOOK_COLLECTION):
            return None
    # It comes with the installation, which may be another one than last time.
    return _ingestion(_handbook(), HANDBOOK_COLLECTION, "--name", HANDBOOK_COLLECTION, "--moved")


def _ingestion(path: Path, collection: str, *more: str) -> Program:
    """A program of its own, so that the model's memory is free again afterwards."""
    seconds = "1" if sys.stdout.isatty() else "10"
    arguments = ("sync", str(path), "--collection", collection, "--line-every", seconds, *more)
    return Program(UpProgram.DOCUMENTS, "Ingestion", "ingest", arguments, good_codes=INGEST_GOOD_CODES)


def _handbook() -> Path:
    """The pages about OwFlex itself: inside the installed package, or `docs/` of a checkout."""
    packaged = Path(__file__).parent / "handbook"
    return packaged if packaged.is_dir() else Path(__file__).parent.parent / "docs"
