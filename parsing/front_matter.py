"""What a document says of itself in YAML, as values that JSON and Postgres can hold."""

import math
from typing import Any, cast

import yaml

from parsing.text import clean

MAX_METADATA = 50
MAX_FRONT_MATTER_LENGTH = 100_000
# Python refuses to write longer integers as decimals.
MAX_BITS = 10_000
# What the YAML library raises for a scalar that is not what its tag says, besides its own errors.
NOT_YAML = (yaml.YAMLError, ValueError, TypeError, LookupError, AttributeError, RecursionError)


def read_front_matter(text: str) -> dict[str, Any]:
    """The values of a front matter; one that is no good is no reason to lose the document, and gives none."""
    if len(text) > MAX_FRONT_MATTER_LENGTH:
        return {}
    try:
        # A few aliases of aliases make gigabytes.
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text)):
            return {}
        values = yaml.safe_load(text)
    except NOT_YAML:
        return {}
    if not isinstance(values, dict):
        return {}
    items = list(cast(dict[object, object], values).items())
    return {str(_json_value(key)): _json_value(value) for key, value in items[:MAX_METADATA]}


def stated_title(metadata: dict[str, Any]) -> str:
    """The title in the metadata; empty when there is none."""
    title = metadata.get("title")
    return str(title).strip() if isinstance(title, str | int | float) else ""


def _json_value(value: object) -> Any:
    """Lists and mappings keep their members; what JSON has not becomes text."""
    match value:
        case None | bool():
            return value
        case str():
            return clean(value)
        case int():
            return value if value.bit_length() <= MAX_BITS else hex(value)
        case float():
            return value if math.isfinite(value) else str(value)
        case list():
            return [_json_value(member) for member in cast(list[object], value)]
        case dict():
            members = cast(dict[object, object], value)
            return {str(_json_value(key)): _json_value(member) for key, member in members.items()}
        case _:
            return clean(str(value))
