"""JSON schemas as `tools/list` shows them: all that a model needs to call a tool, and nothing else.

Arguments are checked by the schemas as they were made, which say more; what is left out here only lets more
through. Each word of them is read by every model of every client, with every question.
"""

from collections.abc import Mapping
from typing import Any, cast

Schema = Mapping[str, Any]

# Marks a part of a result of which only the names of its members are listed.
NAMES_ONLY = "x-names-only"
# Results are read, not made.
UNSAID = {"default", "required", "properties", NAMES_ONLY}
# Larger ones only say that the database has a limit, and not every client can read them.
MAX_TOLD = 2**31 - 2
# Values of the tools' own objects are told in words and examples.
SOME_KINDS = 3


def listed_arguments(schema: Schema) -> dict[str, Any]:
    """The schema of a tool's arguments. That one may be left out is said by its not being required; of others
    it says nothing, because they are ignored where no setting refuses them.
    """
    properties = cast("Mapping[str, Schema]", schema.get("properties", {}))
    said = {name: value for name, value in schema.items() if name != "additionalProperties"}
    return {**said, "properties": {name: _argument(each) for name, each in properties.items()}}


def listed_result(schema: Schema, *, explained: bool = False) -> dict[str, Any]:
    """The schema of a tool's result, without what its structure says by itself.

    `explained`: another tool before it has the same, with descriptions.
    """
    return cast("dict[str, Any]", _result(schema, names_only=explained))


def has_all_of(schema: Schema, other: Schema) -> bool:
    """Whether an object has all the members of another one."""
    members = cast("Schema", other.get("properties", {})).items()
    mine = cast("Schema", schema.get("properties", {}))
    return bool(members) and all(mine.get(name) == member for name, member in members)


def _argument(schema: Schema) -> dict[str, Any]:
    kinds = [kind for kind in cast("list[Schema]", schema.get("anyOf", [])) if kind.get("type") != "null"]
    said: dict[str, Any] = {name: value for name, value in schema.items() if name != "anyOf"}
    if len(kinds) == 1:
        said = {**kinds[0], **said}
    elif kinds:
        said["anyOf"] = kinds
    if said.get("default", ...) in (None, ""):
        del said["default"]
    if said.get("maximum", 0) > MAX_TOLD:
        del said["maximum"]
    if said.get("minLength") == 1:
        # Nobody gives an empty text for something that is asked for.
        del said["minLength"]
    values = said.get("additionalProperties")
    if isinstance(values, dict) and len(cast("Schema", values).get("anyOf", [])) > SOME_KINDS:
        del said["additionalProperties"]
    return said


def _result(schema: Any, *, names_only: bool = False) -> Any:
    if not isinstance(schema, dict):
        return schema
    whole = cast("dict[str, Any]", schema)
    said = _nullable({name: value for name, value in whole.items() if name not in UNSAID})
    marked = NAMES_ONLY in whole
    for inner in ("items", "additionalProperties"):
        if inner in said:
            said[inner] = _result(said[inner], names_only=names_only or marked)
    if "properties" in whole:
        if not marked:
            # What an object is, the name says under which it stands.
            said.pop("description", None)
        members = {name: _result(value) for name, value in whole["properties"].items()}
        said["properties"] = (
            {name: _named(member) for name, member in members.items()} if names_only or marked else members
        )
    return said


def _nullable(said: dict[str, Any]) -> dict[str, Any]:
    """What may be null, in the short way to say it."""
    kinds = cast("list[Schema]", said.get("anyOf", []))
    types = [kind.get("type") for kind in kinds]
    if len(types) != 2 or types[1] != "null" or types[0] in (None, "array"):
        return said
    others = {name: value for name, value in said.items() if name != "anyOf"}
    if types[0] == "object":
        # What is rarely there is told in words.
        return {"type": types} | others
    # A choice is told without its type, which null has not.
    kind = {"enum": [*kinds[0]["enum"], None]} if "enum" in kinds[0] else {**kinds[0], "type": types}
    return kind | others


def _named(member: Schema) -> dict[str, Any]:
    """No more than that it is there; of days and moments the form, in which clients read them."""
    return {name: member[name] for name in ("type", "format") if "format" in member}
