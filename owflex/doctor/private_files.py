"""What `owflex doctor` finds out about files with secrets: nobody but their owner may read them."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from dotenv import dotenv_values

from agent_service.settings.settings import SETTINGS_KEY_FILE
from database.secret_files import open_to_all, secret_path
from database.settings import ENV_FILE, SETTINGS_FILE
from mcp_server.settings import SIGNING_KEY_FILE, TOKEN_FILE
from owflex.configuration.known_settings import secret_settings
from owflex.doctor.findings import Finding, bad, fine, unknown

NAME = "private files"


def private_files_finding(folder: Path, backups: Path | None) -> Finding:
    """Whether others of this machine may read keys, settings with secrets, or backups."""
    if os.name != "posix":
        return unknown(NAME, "Rights of files are not looked at on this system.")
    try:
        open_ones = sorted({*_ours(folder, backups), *_named_by_settings()})
    except OSError as error:
        return bad(
            NAME, f"{error.filename} cannot be looked at ({error.strerror}).", "Run it as the owner of it."
        )
    if not open_ones:
        return fine(NAME, "Only their owner can read keys, settings with secrets, and backups.")
    names = " ".join(f"'{path}'" for path in open_ones)
    return bad(
        NAME,
        f"Other users of this machine may read {', '.join(map(str, open_ones))}.",
        f"Run: chmod 600 {names}",
    )


def _ours(folder: Path, backups: Path | None) -> Iterator[Path]:
    """What OwFlex wrote for its owner alone, and is open to others now."""
    files = [folder / name for name in (TOKEN_FILE, SIGNING_KEY_FILE, SETTINGS_KEY_FILE, SETTINGS_FILE)]
    if backups is not None and backups.is_dir():
        files += backups.glob("owflex-*.backup")
    closed = _is_closed(folder)
    for path in files:
        # Nobody reaches what is in a folder that only its owner may enter.
        is_reached = path.exists() and not (closed and path.parent == folder)
        if is_reached and path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
            yield path


def _named_by_settings() -> Iterator[Path]:
    """Files of secrets that are named by settings, and `.env`, when everybody may read them."""
    values = {**dotenv_values(ENV_FILE, interpolate=False), **os.environ}
    for name in secret_settings():
        path = secret_path(values, name)
        if path is not None and path.is_file() and open_to_all(path):
            yield path
    settings = Path(ENV_FILE)
    if settings.is_file() and open_to_all(settings):
        written = dotenv_values(settings, interpolate=False)
        if any(written.get(name) for name in secret_settings()):
            yield settings.absolute()


def _is_closed(folder: Path) -> bool:
    return folder.is_dir() and not folder.stat().st_mode & (stat.S_IXGRP | stat.S_IXOTH)
