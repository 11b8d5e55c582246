"""`owflex up`: what a person runs who wants to see it work."""

import logging
import os
import sys
import time
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from agent_service.settings.settings import AgentServiceSettings
from database.embedded import configured_or_embedded
from database.home import data_folder, open_data_folder
from database.settings import read_settings
from mcp_server.settings import McpServerSettings
from owflex.configuration.keeping_settings import KeepingSettings
from owflex.errors import PathNotFoundError
from owflex.exit_codes import exit_code
from owflex.keeping.keeper import is_wanted
from owflex.keeping.retention import forget_old_events
from owflex.supervision.names import UpProgram
from owflex.supervision.program_log import ProgramLog, now
from owflex.supervision.programs import Listener, Program, chat_listener, mcp_listener
from owflex.supervision.running import UpState, asked, only_one, telling
from owflex.supervision.supervised import Supervised
from owflex.supervision.supervisor import SayingHandler, Supervisor, stop_on_signals
from owflex.up.display import UpDisplay

WORKER_CONCURRENCY = "4"
INGEST_GOOD_CODES = (0, 2)
# Documents are read and embedded with what the answers leave over.
BACKGROUND_NICENESS = 10
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
    settings = read_settings(McpServerSettings)
    addresses = Addresses(chat_listener(read_settings(AgentServiceSettings)), mcp_listener(settings))
    display = UpDisplay(opens_browser=opens_browser)
    # Asked before anything is written: the other one may run on a disk that is full by now.
    if (other := asked(data_folder(settings.owflex_home))) is not None:
        display.running_already(other, docs)
        return 0
    folder = open_data_folder(settings.owflex_home)
    with only_one(folder) as is_only:
        if not is_only:
            display.running_already(_the_other(folder), docs)
            return 0
        # Without the chat there is nothing to show; every other program may follow later.
        addresses.chat.check_free()
        try:
            with stop_on_signals() as again, display, _supervisor(folder, display) as supervisor:
                again.append(supervisor.hurry)
                _run_programs(settings, folder, docs, addresses, display, supervisor)
        except KeyboardInterrupt:
            display.stopped()
    return 0


def _run_programs(
    settings: McpServerSettings,
    folder: Path,
    docs: Path | None,
    addresses: Addresses,
    display: UpDisplay,
    supervisor: Supervisor,
) -> None:
    with _telling(folder, addresses, supervisor):
        # They load for seconds, and need Postgres only then. The chat needs the MCP server for its last
        # answers, so it is started after it and stopped before.
        mcp = supervisor.start(Program(UpProgram.MCP, "The MCP server", "mcp_server", listens=addresses.mcp))
        chat = supervisor.start(
            Program(UpProgram.CHAT, "The chat", "agent_service", listens=addresses.chat), display.chat
        )
        supervisor.start(_documents(docs), display.ingestion)
        configured = settings.knowledge_base_database_url
        with configured_or_embedded(configured, folder, "knowledge_base"), closing(supervisor):
            if configured is None:
                supervisor.watch_postgres(folder)
            _watch(supervisor, lambda: chat.state == "running" and mcp.state in ("running", "down"))
            display.welcome(addresses.chat.url, addresses.mcp.url, folder)
            supervisor.start(_worker())
            keeping = read_settings(KeepingSettings)
            if is_wanted(keeping):
                supervisor.start(_keeper(), display.keeping)
            forget_old_events(keeping)
            _watch(supervisor, lambda: display.waits_for(_missing(chat)))
            _watch(supervisor, lambda: False)


def _documents(docs: Path | None) -> Program:
    seconds_between_lines = "1" if sys.stdout.isatty() else "10"
    arguments = (seconds_between_lines, *([] if docs is None else [str(docs)]))
    return Program(
        UpProgram.DOCUMENTS,
        "Ingestion",
        "owflex.up.documents",
        arguments,
        good_codes=INGEST_GOOD_CODES,
        niceness=BACKGROUND_NICENESS,
    )


def _worker() -> Program:
    """For what clients add. Its model is loaded with the first document."""
    arguments = ("worker", "--concurrency", WORKER_CONCURRENCY)
    return Program(UpProgram.WORKER, "The worker", "ingest", arguments, niceness=BACKGROUND_NICENESS)


def _keeper() -> Program:
    """Makes backups and removes what is old, where settings say so."""
    return Program(UpProgram.KEEPER, "The keeper", "owflex.keeping.keeper", niceness=BACKGROUND_NICENESS)


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
        supervisor.close()
        logging.getLogger("database").removeHandler(handler)


@contextmanager
def _telling(folder: Path, addresses: Addresses, supervisor: Supervisor) -> Generator[None]:
    since = time.time()

    def state() -> UpState:
        states = tuple(supervisor.states())
        return UpState(os.getpid(), since, addresses.chat.url, addresses.mcp.url, states)

    with telling(folder, state):
        yield


def _watch(supervisor: Supervisor, is_enough: Callable[[], bool]) -> None:
    while True:
        supervisor.look()
        if is_enough():
            return
        time.sleep(SECONDS_BETWEEN_LOOKS)


def _missing(one: Supervised) -> str | None:
    return None if one.program.listens is None else one.program.listens.missing()


def _the_other(folder: Path) -> UpState | None:
    """What the `owflex up` that runs says of itself; it may have begun a moment ago."""
    give_up = time.monotonic() + SECONDS_FOR_ANOTHER_TO_START
    while (state := asked(folder)) is None and time.monotonic() < give_up:
        time.sleep(SECONDS_BETWEEN_LOOKS)
    return state
