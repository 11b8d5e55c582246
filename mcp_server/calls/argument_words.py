"""What is wrong with arguments, in plain words: which one, why, and what the tool takes instead."""

from collections.abc import Sequence
from typing import cast

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from mcp_server.calls.given_arguments import Schema, kinds_of

# Names of arguments come from clients: no more of them are repeated than a person would read.
MAX_NAMES, MAX_NAME_CHARACTERS = 20, 60
# The messages of our own validators.
OUR_KINDS = ("blank", "day")
LIMITS = {
    "string_too_long": "at most {max_length} {unit}",
    "too_long": "at most {max_length} {unit}",
    "string_too_short": "at least {min_length} {unit}",
    "too_short": "at least {min_length} {unit}",
    "greater_than_equal": "must be greater than or equal to {asked[minimum]}",
    "less_than_equal": "must be less than or equal to {asked[maximum]}",
}
# Formats and types of JSON schema.
WORDS = {
    "string": "text",
    "integer": "a whole number such as 5",
    "number": "a number such as 0.5",
    "boolean": "true or false",
    "date": "a date as YYYY-MM-DD",
    "date-time": "a moment such as 2027-01-31 or 2027-01-31T14:00:00Z",
    "array": 'a list such as ["a", "b"]',
    "object": 'an object such as {"name": "value"}',
}


def invalid(error: ValidationError, schema: Schema) -> str:
    """A sentence for a call whose arguments were refused."""
    problems: dict[str, str] = {}
    for problem in error.errors(include_url=False):
        place, asked = _place(problem["loc"], schema)
        problems.setdefault(place, _what(problem, asked))
    return "Invalid arguments: " + "; ".join(f"{place}: {what}" for place, what in problems.items())


def ignored(names: Sequence[str]) -> str:
    """A note for a call with arguments that the tool does not have."""
    return f"Ignored, because this tool has no such arguments: {_listed(names)}."


def unknown(names: Sequence[str], schema: Schema) -> str:
    """A sentence for such a call where it is refused."""
    return (
        f"Invalid arguments: {_listed(names)}: this tool has no such arguments. "
        f"It takes {', '.join(schema['properties'])}."
    )


def _listed(names: Sequence[str]) -> str:
    shown = [name[:MAX_NAME_CHARACTERS] for name in names[:MAX_NAMES]]
    return ", ".join([*shown, *(["…"] if len(names) > MAX_NAMES else [])])


def _place(location: Sequence[str | int], schema: Schema) -> tuple[str, Schema]:
    """Where it is, in the client's terms, and what belongs there."""
    place: list[str] = []
    for part in location:
        within = _within(schema, part)
        if within is None:
            break
        place.append(str(part))
        schema = within
    return ".".join(place), schema


def _within(schema: Schema, part: str | int) -> Schema | None:
    """What belongs at a place inside; None where the validator names a kind that it tried."""
    if "properties" in schema:
        return cast("Schema", schema["properties"][part])
    kinds = kinds_of(schema)
    if len(kinds) != 1:
        return None
    return cast("Schema | None", kinds[0].get("items", kinds[0].get("additionalProperties")))


def _what(problem: ErrorDetails, asked: Schema) -> str:
    kind, limits = problem["type"], problem.get("ctx", {})
    if len(kinds := kinds_of(asked)) != 1:
        return f"must be {_wanted(asked)}"
    if kind in OUR_KINDS:
        return problem["msg"]
    if kind == "value_error":
        return str(limits["error"])
    if kind.startswith("missing"):
        return f"is missing; give {_wanted(asked)}"
    unit = "characters" if kinds[0].get("type") == "string" else "entries"
    if kind in LIMITS:
        return LIMITS[kind].format(**limits, unit=unit, asked=kinds[0])
    return f"must be {_wanted(asked)}"


def _wanted(asked: Schema) -> str:
    return " or ".join(_words(kind) for kind in kinds_of(asked))


def _words(kind: Schema) -> str:
    if "enum" in kind:
        *others, last = [f"'{choice}'" for choice in kind["enum"]]
        return f"{', '.join(others)} or {last}"
    return WORDS[kind.get("format", kind["type"])]
