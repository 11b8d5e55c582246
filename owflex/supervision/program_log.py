"""What a program writes: kept over starts in files of limited size, and the last lines at hand."""

import logging
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path

from database.errors import DataFolderError

MAX_BYTES = 5_000_000
KEPT_FILES = 3
LAST_LINES = 5
MAX_LINE_CHARACTERS = 10_000


class ProgramLog:
    """The log of one program, written by the supervisor alone: `NAME.log`; `NAME.log.1` to `.3` are older."""

    def __init__(self, folder: Path, name: str, on_line: Callable[[str], None] | None = None) -> None:
        _make(folder)
        self.path = log_file(folder, name)
        self.last_lines: deque[str] = deque(maxlen=LAST_LINES)
        self._on_line = on_line
        self._file = _PatientFile(
            self.path, maxBytes=MAX_BYTES, backupCount=KEPT_FILES, encoding="utf-8", delay=True
        )

    def begin(self, what: str) -> None:
        """Mark that a process begins to write here; the lines of an earlier one are its own."""
        self._write(f"=== {now()} {what}")
        self.last_lines.clear()

    def line(self, text: str) -> None:
        """Keep a line."""
        text = text.rstrip("\r\n")[:MAX_LINE_CHARACTERS]
        self._write(text)
        if text.strip():
            self.last_lines.append(text)
        if self._on_line is not None:
            self._on_line(text)

    def hush(self) -> None:
        """Only the file hears what comes from now on."""
        self._on_line = None

    @property
    def last_words(self) -> str:
        """The last lines that say something."""
        return "\n".join(self.last_lines)

    def close(self) -> None:
        """Write nothing any more."""
        self._file.close()

    def _write(self, text: str) -> None:
        self._file.handle(logging.LogRecord("log", logging.INFO, "", 0, text, None, None))


def _make(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise DataFolderError(
            f"{folder} cannot be used as the folder of the logs ({error.strerror}). Move away what is there."
        ) from None


class _PatientFile(RotatingFileHandler):
    """Leaves lines out while the disk is full: the program whose log this is goes on."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """The stream may hold what could not be written; it is opened anew for the next line."""
        stream, self.stream = self.stream, None  # pyright: ignore[reportAttributeAccessIssue]
        if stream is None:
            return
        # It tries once more to write what it holds; the line is lost here, and still among the last at hand.
        with suppress(OSError):
            stream.close()


def last_line(path: Path) -> str:
    """The last line of a file that says something; nothing when it cannot be read."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - MAX_LINE_CHARACTERS))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return ""
    return next((line for line in reversed(lines) if line.strip()), "")


def log_file(folder: Path, name: str) -> Path:
    """Where the log of a program is."""
    return folder / f"{name}.log"


def now() -> str:
    """This moment, for people."""
    return datetime.now().astimezone().strftime("%Y-%m-%d %H:%M:%S")
