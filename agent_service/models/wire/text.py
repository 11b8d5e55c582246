"""Text and JSON that can be stored and sent on: no half surrogate pairs, no NUL."""

import json
from typing import cast


def cleaned(text: str) -> str:
    """The text with pairs of surrogates joined, half ones as U+FFFD, and without NUL."""
    if not text.isascii():
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text.replace("\0", "")


def cleaned_value(value: object) -> object:
    """A JSON value with all its texts cleaned."""
    if isinstance(value, str):
        return cleaned(value)
    if isinstance(value, list):
        return [cleaned_value(entry) for entry in cast(list[object], value)]
    if isinstance(value, dict):
        entries = cast(dict[str, object], value).items()
        return {cleaned(name): cleaned_value(entry) for name, entry in entries}
    return value


def values_in(text: str) -> list[object] | None:
    """The JSON values in a row that the text consists of; None when it is something else."""
    decoder = json.JSONDecoder(strict=False, parse_constant=lambda _: None)
    values: list[object] = []
    position = len(text) - len(text.lstrip())
    while position < len(text):
        try:
            value, position = decoder.raw_decode(text, position)
        except (ValueError, RecursionError):
            return None
        values.append(value)
        while position < len(text) and text[position] in " \t\r\n,;":
            position += 1
    return values


class CleanText:
    """Cleans a text that comes in pieces: an emoji may be split over two of them."""

    def __init__(self) -> None:
        self._half = ""

    def feed(self, piece: str) -> str:
        """The clean text so far; the first half of a pair waits for the second."""
        text, self._half = self._half + piece, ""
        if text and "\ud800" <= text[-1] <= "\udbff":
            text, self._half = text[:-1], text[-1]
        return cleaned(text)

    def finish(self) -> str:
        """What still waited."""
        half, self._half = self._half, ""
        return cleaned(half)
