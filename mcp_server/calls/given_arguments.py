"""Arguments as clients and models send them, brought to what a tool's JSON schema asks for.

Only what can be read in one way is changed; anything else is left for the validator to refuse.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from pydantic_core import from_json

from mcp_server.calls.arguments import clean

Schema = Mapping[str, Any]

# Where no text is wanted, these stand for nothing.
NOTHING = ("null", "none", "undefined")
# Where one of some choices is looked for, these ask for all of them.
EVERYTHING = ("any", "all", "*")
# A list of nothing but separators says as little as an empty text.
BLANK = " \t\r\n,;"
BETWEEN_ENTRIES = re.compile(r"[,;\n]")
# What people and models put around a word or before an entry.
QUOTES = " \t\r\n\"'"
BULLET = re.compile(r"\A[-*•]\s+")
NUMBER = re.compile(r"\A#(?=\d+\Z)")


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
        name: _as_asked(_unwrapped(name, value, known[name]), known[name])
        for name, value in given.items()
        if name in known
        and (name not in optional or name == emptied or not _says_nothing(value, known[name], changes))
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


def _says_nothing(value: object, schema: Schema, changes: bool) -> bool:
    """Whether an optional argument stands for none at all."""
    kinds = kinds_of(schema)
    if isinstance(value, list | dict):
        holds = any(kind.get("type") in ("array", "object") for kind in kinds)
        return not value and not holds
    if not isinstance(value, str):
        return value is None
    text = clean(value).strip(BLANK).lower()
    if text in EVERYTHING and not changes and all("enum" in kind for kind in kinds):
        return not any(text in kind["enum"] for kind in kinds)
    if text == "none" and clean(value).strip(BLANK) == text and any(map(_is_plain_text, kinds)):
        # Python writes None; in small letters it may be a name, and leaving it out would find more, not less.
        return False
    return not text or (text in NOTHING and not any(_may_say(kind, changes) for kind in kinds))


def _may_say(kind: Schema, changes: bool) -> bool:
    """Whether "null" may be the text that is meant: in what is written down, never in what is looked for."""
    return changes and _is_plain_text(kind) and "minLength" not in kind


def _is_plain_text(kind: Schema) -> bool:
    return kind.get("type") == "string" and "enum" not in kind and "format" not in kind


def _unwrapped(name: str, value: Any, schema: Schema) -> Any:
    """The value itself where it came as the only member of an object that is not asked for."""
    if not isinstance(value, dict) or any(kind.get("type") == "object" for kind in kinds_of(schema)):
        return cast("object", value)
    members = cast("dict[str, Any]", value)
    return next(iter(members.values())) if list(members) in ([name], ["value"]) else members


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
            return _number(value)


def _number(value: Any) -> Any:
    """A number or a boolean; the validator reads them in a text by itself."""
    if isinstance(value, str):
        text = NUMBER.sub("", value.strip(QUOTES))
        held = json_in(text) if text.startswith("[") else None
        value = cast("list[object]", held) if isinstance(held, list) else text
    return _only(value)


def _only(value: Any) -> Any:
    """The one entry of a list; anything else as it is."""
    while isinstance(value, list) and len(cast("list[object]", value)) == 1:
        value = cast("list[Any]", value)[0]
    return cast("object", value)


def _entries(value: Any, schema: Schema) -> Any:
    if isinstance(value, list) and len(cast("list[Any]", value)) == 1:
        # A list within the only text of a list.
        inner = cast("list[Any]", value)[0]
        held = json_in(inner) if isinstance(inner, str) and inner.lstrip().startswith("[") else inner
        value = cast("list[Any]", held if isinstance(held, list) else value)
    elif isinstance(value, str):
        value = _entries_in(value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        value = [value]
    if isinstance(value, dict):
        value = _listed(cast("dict[str, Any]", value))
    if not isinstance(value, list):
        return value
    entries = [_unwrapped("name", entry, schema) for entry in cast("list[Any]", value)]
    return [_as_asked(entry, schema) for entry in entries if entry is not None and entry != ""]


def _listed(members: Mapping[str, Any]) -> Any:
    """The list in an object that is nothing else: numbered entries, or one list with a name."""
    values = list(members.values())
    if len(values) == 1 and isinstance(values[0], list):
        return cast("list[Any]", values[0])
    return values if members and all(name.isdigit() for name in members) else members


def _entries_in(text: str) -> Any:
    """The entries of a list that came as text; an object in it stays what it is."""
    held = json_in(text)
    if isinstance(held, list | dict):
        return cast("list[Any] | dict[str, Any]", held)
    parts = BETWEEN_ENTRIES.split(text.strip().strip("[]()"))
    entries = [BULLET.sub("", part.strip()).strip(QUOTES) for part in parts]
    return [entry for entry in entries if entry]


def _members(value: Any) -> Any:
    value = _only(value)
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
    value = _only(value)
    if not _is_plain_text(kind):
        return _word(value, kind)
    if isinstance(value, dict) and "minLength" not in kind:
        # Some clients read a text that looks like JSON.
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return json.dumps(value)
    return cast("object", value)


def _word(value: Any, kind: Schema) -> Any:
    """One of the choices, in any case, or a day: never with quotes around it."""
    if not isinstance(value, str):
        return value
    word = value.strip(QUOTES)
    choices = {str(choice).casefold(): choice for choice in kind.get("enum", [])}
    return choices.get(word.casefold(), word)
