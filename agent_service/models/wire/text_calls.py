"""Tool calls that a model wrote as text, in the forms of the chat templates in use."""

import json
import re
from collections.abc import Iterator
from typing import cast

from agent_service.models.wire.arguments import Arguments, meant_arguments
from agent_service.models.wire.marks import DSML
from agent_service.models.wire.names import ToolNames
from agent_service.tools.run_server import UNREADABLE

Call = tuple[str, Arguments]

MAX_BLOCK_CHARACTERS = 50_000
MAX_BEFORE_CHARACTERS = 400
MAX_TRIES = 100
NAME_KEYS = ("name", "tool_name", "tool", "function")
ARGUMENT_KEYS = ("arguments", "parameters", "args", "input")
# <function=NAME>…</function> (Llama, Qwen3-Coder) and <invoke name="NAME">…</invoke>
TAGGED = re.compile(
    rf"<{DSML}(?:function=|invoke\s+name=)[\"']?(?P<name>[^\"'<>\s]{{1,200}})[\"']?\s*>"
    rf"(?P<inside>.*?)(?:</{DSML}(?:function|invoke)>|\Z)",
    re.DOTALL,
)
PARAMETER = re.compile(
    rf"<{DSML}parameter(?:=|\s+name=)[\"']?(?P<name>[^\"'<>\s]{{1,200}})[\"']?[^<>]{{0,80}}>"
    rf"(?P<value>.*?)(?:</{DSML}parameter>|(?=<{DSML}parameter)|\Z)",
    re.DOTALL,
)
# NAME<arg_key>…</arg_key><arg_value>…</arg_value> (GLM)
KEY_AND_VALUE = re.compile(
    r"<arg_key>(?P<name>.{1,200}?)</arg_key>\s*<arg_value>(?P<value>.*?)</arg_value>", re.DOTALL
)
FIRST_WORD = re.compile(r"\A\s*(?:<[^<>]{1,80}>)?\s*(?P<name>[\w.:-]{1,200})")
# NAME[ARGS]{…} (Mistral), functions.NAME:0<|tool_call_argument_begin|>{…} (Kimi),
# function<｜tool▁sep｜>NAME (DeepSeek)
NAMED_OBJECT = re.compile(r"(?P<name>[\w.:-]{1,200})\s*(?:<[^<>{}]{1,60}>|\[\w+\]|```\w*|\s){0,6}\Z")


def calls_in(block: str, tools: ToolNames) -> list[Call]:
    """The calls of known tools in a text that is nothing else."""
    block = block[:MAX_BLOCK_CHARACTERS]
    found = list(_tagged(block)) or list(_keys_and_values(block)) or list(_objects(block))
    known = [(tools.known(name), arguments) for name, arguments in found]
    return [(name, arguments) for name, arguments in known if name is not None]


def _tagged(block: str) -> Iterator[Call]:
    for match in TAGGED.finditer(block):
        inside = match["inside"]
        parameters = {one["name"]: _value(one["value"]) for one in PARAMETER.finditer(inside)}
        for arguments in [parameters] if parameters else meant_arguments(inside):
            yield match["name"], arguments


def _keys_and_values(block: str) -> Iterator[Call]:
    values = {one["name"].strip(): _value(one["value"]) for one in KEY_AND_VALUE.finditer(block)}
    name = FIRST_WORD.match(block)
    if values and name:
        yield name["name"], values


def _value(text: str) -> object:
    """A value between tags: JSON where it is, but a word or a number in a text stays what is written."""
    text = text.strip()
    try:
        return json.loads(text) if text[:1] in '{["' or text in ("true", "false", "null") else _number(text)
    except ValueError:
        return text


def _number(text: str) -> object:
    return int(text) if re.fullmatch(r"-?(?:0|[1-9]\d{0,15})", text) else text


def _objects(block: str) -> Iterator[Call]:
    """Calls as JSON objects, in lists or in a row, or with the name before the object."""
    position = 0
    for _ in range(MAX_TRIES):
        start = block.find("{", position)
        if start < 0:
            return
        end, value = _object_at(block, start)
        yield from _call(value, block[max(position, start - MAX_BEFORE_CHARACTERS) : start])
        position = end


def _object_at(block: str, start: int) -> tuple[int, Arguments]:
    """Where the object ends, and what it says; one that is damaged ends with the block."""
    try:
        value, end = json.JSONDecoder(strict=False).raw_decode(block, start)
        return end, cast(Arguments, value)
    except (ValueError, RecursionError):
        rest = re.sub(r"</?[|\w▁｜]+>\s*\Z|\[/?\w+\]\s*\Z", "", block[start:].strip())
        repaired = meant_arguments(rest)
        return len(block), repaired[0]


def _call(value: Arguments, before: str) -> Iterator[Call]:
    function = value.get("function")
    if isinstance(function, dict):
        value = cast(Arguments, function)
    name = next((value[key] for key in NAME_KEYS if isinstance(value.get(key), str)), None)
    keys = [key for key in ARGUMENT_KEYS if key in value]
    if name is not None and (keys or len(value) == 1):
        for arguments in meant_arguments(value[keys[0]] if keys else None):
            yield str(name), arguments
        return
    named = NAMED_OBJECT.search(before)
    if named and UNREADABLE not in value:
        yield named["name"], value
