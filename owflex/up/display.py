"""What a person sees of `owflex up`: the address, then how it goes; without a terminal in plain lines."""

import os
import sys
import threading
import time
import webbrowser
from pathlib import Path
from types import TracebackType
from typing import IO, Self, cast

from rich.panel import Panel

from agent_service.accounts.links import FIRST_ADMINISTRATOR
from ingest.cli.progress_lines import MARK
from mcp_server.settings import TOKEN_FILE
from owflex.keeping.keeper import FAILURE
from owflex.status_command import print_status
from owflex.supervision.program_log import now
from owflex.supervision.running import UpState
from serving.terminal import Console, PatientOutput, escape, printable

SECONDS_BETWEEN_LINES = 10


class UpDisplay:
    """Prints what happens; what is being done stands on a terminal in a last line that moves along."""

    def __init__(self, *, opens_browser: bool) -> None:
        self._console = Console(highlight=False, file=cast(IO[str], PatientOutput()))
        self._status = self._console.status("")
        self._opens_browser = opens_browser
        self._waiting, self._progress = "Starting …", ""
        self._last_line = 0.0
        self._is_welcomed = False
        self._held: list[str] = []

    def __enter__(self) -> Self:
        self._show()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._status.stop()

    def event(self, sentence: str) -> None:
        """Something happened to a program."""
        self._console.print(f"{now()} [yellow]{escape(sentence)}[/yellow]", soft_wrap=True)

    def welcome(self, chat_url: str, mcp_url: str, folder: Path) -> None:
        """The chat answers: where it is."""
        self._console.print(_welcome(chat_url, mcp_url, folder))
        self._waiting, self._last_line = "", 0.0
        self._is_welcomed = True
        for line in self._held:
            self.ingestion(line)
        self._show()
        if self._opens_browser:
            _open(chat_url)

    def waits_for(self, missing: str | None) -> bool:
        """Whether nothing is missing any more for an answer; what is, is shown."""
        waited = bool(self._waiting)
        self._waiting = "" if missing is None else f"Waiting for: {missing}"
        if missing is None and waited:
            self._console.print("Everything is ready.")
        self._show()
        return missing is None

    def ingestion(self, line: str) -> None:
        """A line of the program that brings the documents in; it stands below the welcome."""
        if not self._is_welcomed:
            self._held.append(line)
            return
        self._progress = line.removeprefix(MARK) if line.startswith(MARK) else ""
        if not self._progress:
            self._console.print(printable(line), markup=False, soft_wrap=True)
        self._show()

    def chat(self, line: str) -> None:
        """A line of the chat: how the first administrator comes in must be seen."""
        _, first, link = line.partition(FIRST_ADMINISTRATOR)
        if first:
            # In a log of JSON the line goes on.
            self.event(f"{first}{link.partition(chr(34))[0]}")

    def keeping(self, line: str) -> None:
        """A line of the keeper: that a backup has failed must be seen."""
        _, failure, reason = line.partition(FAILURE)
        if failure:
            self.event(f"{failure}{reason}")

    def running_already(self, state: UpState | None, docs: Path | None) -> None:
        """Another `owflex up` runs with this data folder."""
        if state is None:
            self._console.print("OwFlex is being started already by another owflex up; nothing was started.")
            return
        self._console.print(f"OwFlex runs already (process {state.pid}); nothing was started.")
        print_status(self._console, state)
        if docs is not None:
            self._console.print(f"To bring the documents in: owflex ingest sync {escape(str(docs))}")
        if self._opens_browser:
            _open(state.chat)

    def stopped(self) -> None:
        """All programs have ended."""
        self._console.print("\nEverything has stopped; your documents, tasks and chats are kept.")

    def _show(self) -> None:
        doing = " · ".join(filter(None, (self._progress, self._waiting)))
        if self._console.is_terminal:
            self._status.update(escape(doing))
            self._status.start() if doing else self._status.stop()
        elif doing and time.monotonic() - self._last_line >= SECONDS_BETWEEN_LINES:
            self._console.print(printable(doing), markup=False, soft_wrap=True)
            self._last_line = time.monotonic()


def _open(url: str) -> None:
    # Some browsers keep who opens them waiting.
    threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()


def _welcome(chat_url: str, mcp_url: str, folder: Path) -> Panel:
    token = escape(str(folder / TOKEN_FILE))
    return Panel(
        f"[bold]Chat[/bold]        {chat_url}\n"
        f"[bold]MCP server[/bold]  {mcp_url}/mcp\n\n"
        f"An MCP client sends the header [bold]Authorization: Bearer TOKEN[/bold]; the token is in\n"
        f"  {token}\n"
        f"Try it:\n"
        f'  {escape(_beside_python("fastmcp"))} list {mcp_url}/mcp --auth "$(cat {token})"\n\n'
        "How everything is: [bold]owflex status[/bold]; the logs: [bold]owflex logs[/bold]. "
        "Ctrl+C stops everything.",
        title="OwFlex is up",
        expand=False,
    )


def _beside_python(command: str) -> str:
    """The path of a command of our own environment, as short as it can be typed."""
    path = Path(sys.executable).parent / command
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)
