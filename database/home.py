"""The data folder (`OWFLEX_HOME`): where the embedded Postgres, the local secrets and caches live."""

import errno
import os
import secrets
import sys
import threading
from pathlib import Path

import platformdirs
from pydantic import SecretStr

from database.errors import DataFolderError

PROBE_BYTES = 4096


def default_data_folder() -> Path:
    """The platform's user data folder; for root a system folder.

    Postgres never runs as root, so its own system user must be able to reach the folder: below root's
    home that would mean opening the home to every user of the machine.
    """
    if sys.platform != "win32" and os.geteuid() == 0:
        return Path("/var/lib/owflex")
    return Path(platformdirs.user_data_dir("owflex", appauthor=False))


def data_folder(configured: Path | None) -> Path:
    """The absolute path of the data folder, whether it exists or not. Raises `DataFolderError`."""
    folder = configured or default_data_folder()
    try:
        return folder.expanduser().absolute()
    except RuntimeError:
        raise DataFolderError(
            f"The data folder {folder} is in the home of a user who does not exist. Correct OWFLEX_HOME."
        ) from None


def open_data_folder(configured: Path | None) -> Path:
    """The absolute path of the data folder, created (readable by its owner only) when missing.

    Raises `DataFolderError` when it is no folder or cannot be written.
    """
    folder = data_folder(configured)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        try_to_write(folder)
    except FileExistsError:
        raise DataFolderError(
            f"The data folder {folder} is a file. Set OWFLEX_HOME to a folder, or move the file away."
        ) from None
    except OSError as error:
        raise DataFolderError(
            f"The data folder {folder} cannot be used ({error.strerror}). {_cure(error)}"
        ) from None
    return folder


def try_to_write(folder: Path) -> None:
    """Write a small file and remove it. Raises `OSError` when that is not possible."""
    probe = folder / f".write-test-{os.getpid()}-{threading.get_ident()}"
    try:
        probe.write_bytes(bytes(PROBE_BYTES))
    finally:
        probe.unlink(missing_ok=True)


def _cure(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "Make room on its disk."
    if error.errno == errno.EROFS:
        return "Make its disk writable again, or set OWFLEX_HOME to a folder on another one."
    return "Make it writable for this user, or set OWFLEX_HOME to a folder that is."


def read_or_create_secret(folder: Path, name: str) -> SecretStr:
    """The secret kept in the file `name` of the data folder, made at first use: 43 URL-safe characters.

    Two processes that start together get the same one: the file appears whole or not at all.
    """
    path = folder / name
    try:
        if not path.exists():
            _write_once(path, secrets.token_urlsafe(32))
        value = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise DataFolderError(
            f"The secret file {path} cannot be used ({error}). Remove it or fix it."
        ) from None
    if len(value) < 32:
        raise DataFolderError(
            f"The secret file {path} is cut short. Remove it; a new one is made at the next start."
        )
    return SecretStr(value)


def _write_once(path: Path, value: str) -> None:
    draft = path.with_name(f".{path.name}-{os.getpid()}-{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(value)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # another process was first; its secret counts
    finally:
        draft.unlink()
