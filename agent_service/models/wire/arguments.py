"""The arguments of a tool call as they are meant, from what models and servers send in their place."""

import json
import re
from collections.abc import Iterator
from typing import Any, cast

import json_repair

from agent_service.models.wire.python_calls import keyword_arguments
from agent_service.models.wire.tags import tagged_values
from agent_service.models.wire.text import cleaned_value, values_in
from agent_service.tools.run_server import UNREADABLE

Arguments = dict[str, Any]

# What repairing costs grows with the square of the brackets.
MAX_REPAIRED_CHARACTERS = 20_000
MAX_BRACKETS = 200
MAX_ENCODINGS = 3
MAX_SHOWN_CHARACTERS = 200
NOTHING = {"", "null", "none", "undefined", "{}", "[]", '""'}
NO_VALUES: tuple[object, ...] = ({}, [], "", None)
FENCE = re.compile(r"\A```[\w-]*\s*(?P<inside>.*?)\s*(?:```\s*)?\Z", re.DOTALL)
WRAPPERS = ("arguments", "parameters", "args", "kwargs", "input", "params", "tool_input", "requestBody")
# A model that repeats the schema instead of filling it in.
OF_THE_SCHEMA = ("properties",)
BESIDE_WRAPPED = {"name", "tool", "tool_name", "function", "type", "id"}
TYPES = ("string", "integer", "number", "boolean", "array", "object")
# The first argument of an object whose bracket is missing.
NAMED_VALUE = re.compile(r"(?:\"\w{1,60}\"|[a-z_]{1,60})\s*:\s*\S")
MARKS = re.compile(r"<\|[\w/]{1,40}\|>|</?(?:tool_call|function|parameters|arguments)>")


def meant_arguments(raw: object) -> list[Arguments]:
    """The arguments, one for each call that is meant: some servers glue those of two calls together.

    Those that cannot be read are `{UNREADABLE: …}`, for which the model is told so instead of a result.
    """
    found = list(_read(raw, MAX_ENCODINGS))
    if not found:
        shown = raw if isinstance(raw, str) else json.dumps(raw, default=str)
        found = [{UNREADABLE: shown[:MAX_SHOWN_CHARACTERS]}]
    return [cast(Arguments, cleaned_value(meant)) for arguments in found for meant in _unwrapped(arguments)]


def damaged_object(text: str) -> Arguments | None:
    """The object with which a text is meant, as it is written; None where it cannot be told."""
    return next(_written(text, MAX_ENCODINGS), None)


def _read(raw: object, encodings: int) -> Iterator[Arguments]:
    """Nothing where it cannot be told what is meant."""
    if raw is None:
        yield {}
    elif isinstance(raw, dict):
        yield cast(Arguments, raw)
    elif isinstance(raw, list):
        entries = cast(list[object], raw)
        if all(isinstance(entry, dict) for entry in entries):
            yield from cast(list[Arguments], entries)
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
    values = [value for value in values if value not in NO_VALUES] or values[:1]
    for place, value in enumerate(values):
        if value not in values[:place]:
            yield from _read(value, encodings - 1)


def _repaired(text: str) -> Iterator[Arguments]:
    """An object that only its marks make unreadable; a text that is cut is not made up."""
    text = MARKS.sub("", text).strip()
    is_too_much = len(text) > MAX_REPAIRED_CHARACTERS or text.count("{") + text.count("[") > MAX_BRACKETS
    if is_too_much:
        return
    value: object = tagged_values(text) or keyword_arguments(text)
    if not value and NAMED_VALUE.match(text):
        text = "{" + text
    start = text.find("{")
    if not value and start >= 0 and not _is_cut(text[start:]):
        value = json_repair.loads(text[start:], skip_json_loads=True)
    if isinstance(value, dict) and value:
        yield value


def _is_cut(text: str) -> bool:
    """Whether something is missing at the end besides a bracket."""
    return text.rstrip().endswith((":", ",")) or _ends_in_text(text)


def _ends_in_text(text: str) -> bool:
    """Whether a quoted text is still open at the end."""
    quote = next((mark for mark in text if mark in "\"'"), '"')
    without_escapes = re.sub(r"\\.", "", text, flags=re.DOTALL)
    if quote == "'":
        # Apostrophes within words close nothing.
        without_escapes = re.sub(r"(?<=\w)'(?=\w)", "", without_escapes)
    return without_escapes.count(quote) % 2 == 1


def _unwrapped(arguments: Arguments) -> Iterator[Arguments]:
    """The arguments themselves where they come in another object, with the name of the tool or without."""
    inside = {name for name in arguments if name not in BESIDE_WRAPPED}
    wrapper = next(iter(inside), "") if len(inside) == 1 else ""
    value: object = arguments.get(wrapper)
    is_object = isinstance(value, dict) or (isinstance(value, str) and value.strip()[:1] == "{")
    if is_object and (wrapper in WRAPPERS or wrapper in OF_THE_SCHEMA):
        yield from _read(cast(object, value), 1)
    else:
        yield {name: _value_of(value) for name, value in arguments.items()}


def _value_of(value: Any) -> Any:
    """The value in an object that also says of which type it is."""
    if not isinstance(value, dict):
        return value
    told = cast(Arguments, value)
    return told["value"] if "value" in told and told.get("type") in TYPES else told
