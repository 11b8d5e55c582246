"""Texts of others in a terminal: shown, never obeyed."""

import io
import json
import os
import re
import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from rich import console, markup
from rich.segment import Segment

# C0, DEL and C1 without tab and line feed; marks that turn the direction of what follows them.
CONTROLS = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
CONTROLS_OF_JSON = re.compile(rf"{CONTROLS.pattern}|[\ud800-\udfff]")
LINE_CONTROLS = re.compile(rf"[\t\n]|{CONTROLS.pattern}")


def printable(text: str) -> str:
    """A text of several lines in which each control character is written out, such as `\\x1b`."""
    return CONTROLS.sub(_written, text)


def printable_line(text: str) -> str:
    """A name or a title: as `printable`, and always one line."""
    return LINE_CONTROLS.sub(_written, text)


def json_text(value: object) -> str:
    """JSON on several lines, in which control characters are written as JSON writes them (`\\u202e`)."""
    return _escaped(json.dumps(value, ensure_ascii=False, indent=2))


def json_line(value: object) -> str:
    """The same on one line; what JSON does not know (a time) is written as its text."""
    return _escaped(json.dumps(value, ensure_ascii=False, default=str))


def escape(text: str) -> str:
    """A text of several lines for a rich console that reads markup."""
    return markup.escape(printable(text))


def escape_line(text: str) -> str:
    """A name or a title for a rich console that reads markup."""
    return markup.escape(printable_line(text))


class Console(console.Console):
    """The console of all our programs: whatever is printed, nothing in it is obeyed by the terminal."""

    def render(self, renderable: Any, options: console.ConsoleOptions | None = None) -> Iterable[Segment]:
        """The pieces to print, in whose texts control characters are written out."""
        for piece in super().render(renderable, options):
            yield piece if piece.control else Segment(printable(piece.text), piece.style)


class PatientOutput(io.TextIOBase):
    """Standard output of a program that goes on when its disk is full or its reader is gone."""

    @property
    def encoding(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride]
        """That of standard output."""
        return sys.stdout.encoding

    def isatty(self) -> bool:
        """Whether a person reads it."""
        return sys.stdout.isatty()

    def write(self, text: str) -> int:
        """Write it at once; what cannot be written is left out."""
        with suppress(OSError):
            _write_through(text)
        return len(text)


def _write_through(text: str) -> None:
    try:
        descriptor = sys.stdout.fileno()
    except io.UnsupportedOperation:
        sys.stdout.write(text)
        return
    # Not by way of its buffer: that would keep what it could not write, and fail again at the end.
    rest = text.encode(sys.stdout.encoding, "replace")
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _escaped(text: str) -> str:
    # Half a character, of a name that is no UTF-8, can be written in no other way either.
    return CONTROLS_OF_JSON.sub(lambda control: f"\\u{ord(control[0]):04x}", text)


def _written(control: re.Match[str]) -> str:
    return control[0].encode("unicode_escape").decode("ascii")
