"""The settings of all programs by their names, and which of those that are written were meant to be one."""

import os
import re
from collections.abc import Iterable
from difflib import SequenceMatcher, get_close_matches
from functools import cache
from pathlib import Path

from dotenv import dotenv_values
from dotenv.parser import parse_stream
from pydantic.fields import FieldInfo

from database.secret_files import SUFFIX, is_secret
from database.settings import ENV_FILE, ProgramSettings, settings_file
from owflex.configuration.program_settings import PROGRAM_NAMES, settings_of

# Two letters in fifteen. A name that differs more may well belong to another program.
SURELY = 0.9
PERHAPS = 0.6
MIN_CHARACTERS = 8


@cache
def known_settings() -> dict[str, tuple[type[ProgramSettings], FieldInfo]]:
    """Every setting, as it is written in the environment: a program that reads it, and what it is."""
    kinds = [settings_of(program) for program in PROGRAM_NAMES]
    return {name.upper(): (kind, field) for kind in kinds for name, field in kind.model_fields.items()}


@cache
def secret_settings() -> list[str]:
    """The settings whose values must not be shown."""
    return [name for name, (_, field) in known_settings().items() if is_secret(field)]


def with_secret_files() -> set[str]:
    """Every name that is read: the settings, and where the files of secrets are (`NAME_FILE`)."""
    return {*known_settings(), *(f"{name}{SUFFIX}" for name in secret_settings())}


def meant(name: str) -> list[str]:
    """The settings whose names are most like `name`, the likeliest first."""
    by_letters = {_letters(known): known for known in known_settings()}
    close = get_close_matches(_letters(name), by_letters, n=3, cutoff=PERHAPS)
    return [by_letters[letters] for letters in close]


def misspelt_settings() -> list[tuple[str, str]]:
    """What is written in the environment or a settings file and is no setting, with the one that was meant.

    Only where that is plain, and where the meant one is not written as well.
    """
    written = _written()
    found = ((name, _surely_meant(name)) for name in written if name not in with_secret_files())
    return [(name, setting) for name, setting in found if setting and setting not in written]


def lines_without_setting() -> list[tuple[Path, int]]:
    """The lines of the settings files that say nothing, by the numbers that editors show."""
    files = [file for file in (settings_file(), Path(ENV_FILE)) if file.is_file()]
    return [(file, line) for file in files for line in _lines_without_setting(file)]


def _lines_without_setting(file: Path) -> list[int]:
    with file.open(encoding="utf-8") as stream:
        wrong = [binding.original for binding in parse_stream(stream) if binding.error]
    # Empty lines before it belong to what could not be read.
    return [one.line + len(one.string) - len(one.string.lstrip("\n")) for one in wrong]


def _written() -> set[str]:
    files = [dotenv_values(file, interpolate=False) for file in (settings_file(), ENV_FILE)]
    return {name.upper() for names in (os.environ, *files) for name in names}


def _surely_meant(name: str) -> str | None:
    if len(name) < MIN_CHARACTERS:
        return None
    letters = _letters(name)
    likeness = {known: SequenceMatcher(None, letters, _letters(known)).ratio() for known in _alike(letters)}
    best = max(likeness, key=lambda known: likeness[known], default=None)
    return best if best is not None and likeness[best] >= SURELY else None


def _alike(letters: str) -> Iterable[str]:
    # Comparing each name of a long environment with each setting would take a tenth of a second.
    return [known for known in with_secret_files() if abs(len(_letters(known)) - len(letters)) <= 2]


def _letters(name: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", name.upper())
