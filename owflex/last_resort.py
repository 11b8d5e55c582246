"""What the command does where nothing else does.

There are arguments that are no text, terminals that know few characters, and errors that nobody foresaw.
"""

import os
import sys
import traceback
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path

REPORT = "owflex-error.log"


def write_what_the_terminal_knows() -> None:
    """Let characters that the terminal's encoding lacks be written out (`\\u2026`)."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def undecodable(arguments: Sequence[str]) -> str | None:
    """What to say when an argument is not UTF-8: neither the database nor the protocols can hold it."""
    for argument in arguments:
        if not argument.isascii() and argument != argument.encode("utf-8", "replace").decode():
            shown = argument.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
            return (
                f'"{shown[:100]}" is not UTF-8. Write it in UTF-8; rename a file or folder that is called so.'
            )
    return None


def unforeseen(error: Exception) -> str:
    """What to say of an error of ours; how it came about goes into a file, where it can be kept."""
    from database.errors import DatabaseError
    from database.home import data_folder

    home = os.environ.get("OWFLEX_HOME")
    said = f"OwFlex made a mistake ({type(error).__name__})."
    try:
        folder = data_folder(Path(home) if home else None)
        return f"{said} What happened is in {_kept(folder, error)}. Report it, or try owflex doctor."
    except (OSError, DatabaseError):
        return f"{said} What happened cannot be kept in the data folder. Try owflex doctor."


def _kept(folder: Path, error: Exception) -> Path:
    """The file in which the error is described, for its owner only. Raises `OSError`."""
    logs = folder / "logs"
    logs.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = logs / REPORT
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as report:
        report.writelines(traceback.format_exception(error))
    return file
