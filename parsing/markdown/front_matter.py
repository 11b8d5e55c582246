"""What a document says of itself in YAML or TOML, as values that JSON and Postgres can hold."""

import json
import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import yaml

from parsing.text import clean

MAX_METADATA = 50
MAX_FRONT_MATTER_LENGTH = 100_000
# Python refuses to write longer integers as decimals.
MAX_BITS = 10_000
# What the YAML library raises for a scalar that is not what its tag says, besides its own errors.
NOT_YAML = (yaml.YAMLError, ValueError, TypeError, LookupError, AttributeError, RecursionError)

GONE = "it was left out."
# `title: Release 4: what is new`, which YAML takes for a key within a key.
COLON_IN_VALUE = re.compile(
    r"^([ \t]*(?:- )?[\w.-]{1,100}:[ \t]+)([^\s\"'|>\[{&*!%@`#][^\n]*:(?:[ \t][^\n]*)?)$", re.MULTILINE
)
# `title: [Draft] Plan`, `by: @ann`: what begins like something else in YAML, and is only a text.
TEXT_AS_VALUE = re.compile(
    r"^([ \t]*(?:- )?[\w.-]{1,100}:[ \t]+)((?:[@%`]|\{\{|\[[^\[\]\n]*\][ \t]+[^\s#]|\"[^\"\n]*\"[ \t]*[^\s#]"
    r"|'[^'\n]*'[ \t]*[^\s#'])[^\n]*)$",
    re.MULTILINE,
)
TOML = re.compile(r"\A\+\+\+[ \t]*\n(.{0,100000}?\n)?\+\+\+[ \t]*(?:\n|\Z)", re.DOTALL)


@dataclass(frozen=True)
class FrontMatter:
    """What a document says of itself, or a sentence when that could not be read."""

    values: dict[str, Any] = field(default_factory=dict[str, Any])
    problem: str = ""


def read_front_matter(text: str) -> FrontMatter:
    """The values of a front matter in YAML; one that is no good is no reason to lose the document."""
    if len(text) > MAX_FRONT_MATTER_LENGTH:
        return FrontMatter(
            problem=f"The front matter is longer than {MAX_FRONT_MATTER_LENGTH:,} characters: {GONE}"
        )
    if not text.strip():
        return FrontMatter()
    values, problem = _yaml(text)
    # Most often a title has a colon in it and no quotes around it.
    if problem and (mended := TEXT_AS_VALUE.sub(_quoted, COLON_IN_VALUE.sub(_quoted, text))) != text:
        values, again = _yaml(mended)
        problem = problem if again else ""
    if problem or not isinstance(values, dict):
        return FrontMatter(problem=f"The front matter is no valid YAML ({problem or 'no keys'}): {GONE}")
    return _front_matter(cast("dict[object, object]", values))


def read_toml(text: str) -> tuple[FrontMatter, str]:
    """The front matter in TOML that a text begins with, if it does, and the text below it."""
    found = TOML.match(text)
    if found is None:
        return FrontMatter(), text
    below = text[found.end() :]
    try:
        return _front_matter({**tomllib.loads(found[1] or "")}), below
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        return FrontMatter(problem=f"The front matter is no valid TOML ({clean(str(error))}): {GONE}"), below


def _yaml(text: str) -> tuple[Any, str]:
    """The value of some YAML, or what is wrong with it."""
    try:
        # A few aliases of aliases make gigabytes.
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text)):
            return None, "it has aliases"
        return yaml.safe_load(text), ""
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 2}: " if error.problem_mark else ""
        return None, clean(f"{line}{error.problem or 'damaged'}")
    except NOT_YAML as error:
        return None, clean(str(error).split("\n", 1)[0][:200] or type(error).__name__)


def _quoted(line: re.Match[str]) -> str:
    return f"{line[1]}{json.dumps(line[2].strip(), ensure_ascii=False)}"


def _front_matter(values: Mapping[Any, Any]) -> FrontMatter:
    items = list(values.items())
    left = len(items) - MAX_METADATA
    problem = f"front matter: {left} keys left out" if left > 0 else ""
    kept = {str(_json_value(key)): _json_value(value) for key, value in items[:MAX_METADATA]}
    return FrontMatter(kept, problem)


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
