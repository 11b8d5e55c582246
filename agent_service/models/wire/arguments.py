"""The arguments of a tool call as they are meant, from what models and servers send in their place."""

import json
import re
from collections.abc import Iterator
from typing import Any, cast

import json_repair

from agent_service.models.wire.text import cleaned_value, values_in
from agent_service.tools.run_server import UNREADABLE

Arguments = dict[str, Any]

# What repairing costs grows with the square of the brackets.
MAX_REPAIRED_CHARACTERS = 20_000
MAX_BRACKETS = 200
MAX_ENCODINGS = 3
MAX_SHOWN_CHARACTERS = 200
NOTHING = {"", "null", "none", "undefined", "{}", "[]", '""'}
FENCE = re.compile(r"\A```[\w-]*\s*(?P<inside>.*?)\s*(?:```\s*)?\Z", re.DOTALL)
WRAPPERS = {"arguments", "parameters", "args", "kwargs", "input"}


def meant_arguments(raw: object) -> list[Arguments]:
    """The arguments, one for each call that is meant: some servers glue those of two calls together.

    Those that cannot be read are `{UNREADABLE: …}`, for which the model is told so instead of a result.
    """
    found = list(_read(raw, MAX_ENCODINGS))
    if not found:
        shown = raw if isinstance(raw, str) else json.dumps(raw, default=str)
        found = [{UNREADABLE: shown[:MAX_SHOWN_CHARACTERS]}]
    return [cast(Arguments, cleaned_value(_unwrapped(arguments))) for arguments in found]


def _read(raw: object, encodings: int) -> Iterator[Arguments]:
    """Nothing where it cannot be told what is meant."""
    if raw is None:
        yield {}
    elif isinstance(raw, dict):
        yield cast(Arguments, raw)
    elif isinstance(raw, list):
        entries = cast(list[object], raw)
        if len(entries) == 1 and isinstance(entries[0], dict):
            yield cast(Arguments, entries[0])
    elif isinstance(raw, str) and encodings:
        yield from _written(raw, encodings)


def _written(raw: str, encodings: int) -> Iterator[Arguments]:
    text = raw.strip().lstrip("\ufeff")
    fenced = FENCE.match(text)
    text = fenced["inside"] if fenced else text
    if text.lower() in NOTHING:
        yield {}
        return
    values = values_in(text)
    if values is None:
        yield from _repaired(text)
        return
    # An empty object before the real one is how some proxies begin; others say all of it twice.
    values = [value for value in values if value != {}] or values[:1]
    for place, value in enumerate(values):
        if value not in values[:place]:
            yield from _read(value, encodings - 1)


def _repaired(text: str) -> Iterator[Arguments]:
    """An object that only its marks make unreadable; a text that is cut is not made up."""
    start = text.find("{")
    is_too_much = len(text) > MAX_REPAIRED_CHARACTERS or text.count("{") + text.count("[") > MAX_BRACKETS
    if start < 0 or is_too_much or _ends_in_text(text[start:]):
        return
    value: object = json_repair.loads(text[start:], skip_json_loads=True)
    if isinstance(value, dict) and value:
        yield value


def _ends_in_text(text: str) -> bool:
    """Whether a quoted text is still open at the end."""
    quote = next((mark for mark in text if mark in "\"'"), '"')
    without_escapes = re.sub(r"\\.", "", text, flags=re.DOTALL)
    if quote == "'":
        # Apostrophes within words close nothing.
        without_escapes = re.sub(r"(?<=\w)'(?=\w)", "", without_escapes)
    return without_escapes.count(quote) % 2 == 1


def _unwrapped(arguments: Arguments) -> Arguments:
    """The arguments themselves where they come in another object."""
    if len(arguments) != 1:
        return arguments
    ((name, value),) = arguments.items()
    return cast(Arguments, value) if name in WRAPPERS and isinstance(value, dict) else arguments
