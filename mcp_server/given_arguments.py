"""Arguments as clients and models send them, brought to what a tool's JSON schema asks for.

Only what can be read in one way is changed; anything else is left for the validator to refuse.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from pydantic_core import from_json

from mcp_server.arguments import clean

Schema = Mapping[str, Any]

# Where no text is wanted, these stand for nothing.
NOTHING = ("null", "none", "undefined")
# A list of nothing but separators says as little as an empty text.
BLANK = " \t\r\n,;"
BETWEEN_ENTRIES = re.compile(r"[,;\n]")


@dataclass(frozen=True)
class Understood:
    """Arguments for the validator, and the names of those that the tool does not have."""

    arguments: dict[str, Any]
    unknown: list[str]


def understood(given: Mapping[str, Any], schema: Schema, *, changes: bool) -> Understood:
    """What was meant; `changes` says that the tool changes something, so that an empty text may be meant."""
    known = cast("Mapping[str, Schema]", schema.get("properties", {}))
    required = cast("Sequence[str]", schema.get("required", ()))
    optional = {name: value for name, value in given.items() if name in known and name not in required}
    emptied = _emptied(optional, known) if changes else None
    arguments = {
        name: _as_asked(value, known[name])
        for name, value in given.items()
        if name in known
        and (name not in optional or name == emptied or not _says_nothing(value, known[name]))
    }
    return Understood(arguments, [name for name in given if name not in known])


def json_in(text: str) -> Any:
    """What a JSON text holds, also one inside another or in Python's quotes; None for other text."""
    for spelling in (text, text.replace("'", '"')):
        try:
            held = from_json(spelling, allow_inf_nan=False)
        except ValueError:
            continue
        return json_in(held) if isinstance(held, str) else held
    return None


def kinds_of(schema: Schema) -> list[Schema]:
    """The schemas of which a value has to fit one; null is not among them."""
    kinds = cast("list[Schema]", schema.get("anyOf", [schema]))
    return [kind for kind in kinds if kind.get("type") != "null"]


def _emptied(optional: Mapping[str, Any], known: Mapping[str, Schema]) -> str | None:
    """The argument whose empty text is the only thing that a call asks for, if it may be empty.

    Clients that fill all they leave out with "" send more than one.
    """
    said = [name for name, value in optional.items() if value is not None]
    if len(said) != 1 or optional[said[0]] != "":
        return None
    may_be_empty = any(_is_plain_text(kind) and "minLength" not in kind for kind in kinds_of(known[said[0]]))
    return said[0] if may_be_empty else None


def _says_nothing(value: object, schema: Schema) -> bool:
    """Whether an optional argument stands for none at all."""
    if not isinstance(value, str):
        return value is None
    text = clean(value).strip(BLANK).lower()
    return not text or (text in NOTHING and not any(map(_is_plain_text, kinds_of(schema))))


def _is_plain_text(kind: Schema) -> bool:
    return kind.get("type") == "string" and "enum" not in kind and "format" not in kind


def _as_asked(value: Any, schema: Schema) -> Any:
    kinds = kinds_of(schema)
    if len(kinds) != 1:
        # Any change would be a guess: a year may be meant as text or as a number.
        return value
    match kinds[0].get("type"):
        case "array":
            return _entries(value, kinds[0].get("items", {}))
        case "object":
            return _members(value)
        case "string":
            return _text(value, kinds[0])
        case _:
            # The validator reads numbers and booleans in a text by itself.
            return value.strip() if isinstance(value, str) else value


def _entries(value: Any, schema: Schema) -> Any:
    if isinstance(value, str):
        value = _entries_in(value)
    elif isinstance(value, int | float):
        value = [value]
    if not isinstance(value, list):
        return value
    return [_as_asked(entry, schema) for entry in cast("list[Any]", value)]


def _entries_in(text: str) -> Any:
    """The entries of a list that came as text; an object in it stays what it is."""
    held = json_in(text)
    if isinstance(held, list | dict):
        return cast("list[Any] | dict[str, Any]", held)
    parts = [part.strip(" \t'\"") for part in BETWEEN_ENTRIES.split(text.strip().strip("[]"))]
    return [part for part in parts if part]


def _members(value: Any) -> Any:
    if isinstance(value, str):
        held = json_in(value)
        value = cast("object", held) if isinstance(held, dict | list) else value
    if value == []:
        # Languages without objects write an empty one as an empty list.
        return {}
    if not isinstance(value, dict):
        return value
    members = cast("dict[str, Any]", value)
    return {name: member for name, member in members.items() if member is not None}


def _text(value: Any, kind: Schema) -> Any:
    if isinstance(value, list):
        entries = cast("list[object]", value)
        return _text(entries[0], kind) if len(entries) == 1 else entries
    if "enum" in kind and isinstance(value, str):
        choices = {str(choice).casefold(): choice for choice in kind["enum"]}
        return choices.get(value.strip().casefold(), value)
    if _is_plain_text(kind) and isinstance(value, int | float) and not isinstance(value, bool):
        return json.dumps(value)
    return value
