"""That one `owflex up` runs for a data folder, and what it says of itself to other commands.

The lock of a file says that it runs: the system releases it however it ends. How everything is, is asked at a
Unix socket, which needs no room on a disk that is full.
"""

import fcntl
import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from pydantic import TypeAdapter

from database.errors import DataFolderError
from owflex.supervision.supervisor import ProgramState

LOCK_FILE, SOCKET_FILE = "up.lock", "up.socket"
SECONDS_FOR_AN_ANSWER = 5


@dataclass(frozen=True)
class UpState:
    """What runs, and where."""

    pid: int
    since: float
    chat: str
    mcp: str
    programs: tuple[ProgramState, ...]

    def as_json(self) -> bytes:
        """For programs, and for `asked`."""
        return AS_JSON.dump_json(self)


AS_JSON = TypeAdapter(UpState)


@contextmanager
def only_one(folder: Path) -> Generator[bool]:
    """Whether this is the only `owflex up` of the data folder, which stays so while in the block."""
    with _opened(folder / LOCK_FILE) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def _opened(path: Path) -> IO[str]:
    try:
        return path.open("a")
    except OSError as error:
        raise DataFolderError(
            f"{path} cannot be used ({error.strerror}). Move away what is there, or make it writable."
        ) from None


@contextmanager
def telling(folder: Path, state: Callable[[], UpState]) -> Generator[None]:
    """Tell whoever asks how everything is, while in the block."""
    path = folder / SOCKET_FILE
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        try:
            path.unlink(missing_ok=True)
            listener.bind(str(path))
        except OSError as error:
            raise DataFolderError(
                f"The data folder {folder} cannot hold a socket ({error}). Set OWFLEX_HOME to a folder on a "
                "local disk with room, whose path is shorter than 90 characters."
            ) from None
        path.chmod(0o600)
        listener.listen()
        threading.Thread(target=_tell, args=(listener, state), daemon=True).start()
        try:
            yield
        finally:
            # The end for the thread that waits there.
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            path.unlink(missing_ok=True)


def asked(folder: Path) -> UpState | None:
    """How everything is, from the `owflex up` that runs; None when none runs."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(SECONDS_FOR_AN_ANSWER)
        try:
            connection.connect(str(folder / SOCKET_FILE))
            with connection.makefile("rb") as answer:
                return AS_JSON.validate_json(answer.read())
        except (OSError, ValueError):
            return None


def _tell(listener: socket.socket, state: Callable[[], UpState]) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection, suppress(OSError):
            connection.settimeout(SECONDS_FOR_AN_ANSWER)
            connection.sendall(state().as_json())
