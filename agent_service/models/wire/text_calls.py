"""Tool calls that a model wrote as text, in the forms of the chat templates in use."""

import json
import re
from collections.abc import Iterator
from typing import cast

from agent_service.models.wire.arguments import Arguments, damaged_object, meant_arguments
from agent_service.models.wire.names import ToolNames
from agent_service.models.wire.python_calls import python_calls
from agent_service.models.wire.tags import PREFIX, members, tagged_values
from agent_service.tools.run_server import UNREADABLE

Call = tuple[str, Arguments]

MAX_BLOCK_CHARACTERS = 50_000
MAX_BEFORE_CHARACTERS = 400
MAX_TRIES = 100
NAME_KEYS = ("name", "tool_name", "tool", "function", "action", "recipient_name")
ARGUMENT_KEYS = ("arguments", "parameters", "args", "input", "action_input", "tool_input", "kwargs", "params")
BESIDE = (*NAME_KEYS, "type", "id", "call_id", "tool_call_id", "index")
# <function=NAME>…</function> (Llama, Qwen3-Coder), <function=NAME{…}</function> (Llama on Groq),
# <invoke name="NAME">…</invoke>, <tool_call name="NAME">…</tool_call>
TAGGED = re.compile(
    rf"<{PREFIX}(?:function(?:=|\s+name=)|invoke\s+name=|tool_call\s[^<>]{{0,80}}?name=)"
    rf"[\"']?(?P<name>[^\"'<>\s{{(]{{1,200}})[\"']?\s*(?:>|(?=[{{(]))"
    rf"(?P<inside>.*?)(?:</{PREFIX}(?:function|invoke|tool_call)>|<function>|\Z)",
    re.DOTALL,
)
# call tool="NAME" index="1"<|sep|>… (Kimi)
SEPARATED = re.compile(r"call tool=\"(?P<name>[^\"]{1,200})\"(?P<inside>.*?)(?=call tool=\"|\Z)", re.DOTALL)
# Action: NAME, and Action Input: {…} below it
REACTED = re.compile(r"Action:\s*(?P<name>[\w.:-]{1,200})\s+Action Input:(?P<inside>.*)", re.DOTALL)
FIRST_WORD = re.compile(r"\A\s*(?:<[^<>]{1,80}>)?\s*(?P<name>[\w.:-]{1,200})")
# NAME[ARGS]{…} (Mistral), functions.NAME:0<|tool_call_argument_begin|>{…} (Kimi),
# function<｜tool▁sep｜>NAME (DeepSeek), functions.NAME <|constrain|>json{…} (gpt-oss)
NAMED_OBJECT = re.compile(
    r"(?P<name>[\w.:-]{1,200})(?:\s+(?:commentary|analysis|json|code)\b|json\b|<[^<>{}]{1,60}>|\[\w+\]|```\w*"
    r"|\(|\s){0,8}\Z"
)
CALL_ID = re.compile(r"\[CALL_ID\]\w{1,40}")
# What stands for quotation marks in the calls of Gemma.
GEMMA_QUOTES = re.compile(r"<escape>|<\|\"\|>")
OUTSIDE = re.compile(r"<[^<>{}\"']{1,80}>|```\w*")


def calls_in(block: str, tools: ToolNames) -> list[Call]:
    """The calls of known tools in a text that is nothing else."""
    block = GEMMA_QUOTES.sub('"', CALL_ID.sub("", block[:MAX_BLOCK_CHARACTERS]))
    for form in (_tagged, _keys_and_values, _in_members, _in_python, _objects):
        known = [(tools.known(name), arguments) for name, arguments in form(block)]
        calls = [(name, arguments) for name, arguments in known if name is not None]
        if calls:
            return calls
    return _by_the_name(block, tools)


def _tagged(block: str) -> Iterator[Call]:
    for form in (TAGGED, SEPARATED, REACTED):
        for match in form.finditer(block):
            parameters = tagged_values(match["inside"])
            for arguments in [parameters] if parameters else meant_arguments(match["inside"]):
                yield match["name"], arguments


def _keys_and_values(block: str) -> Iterator[Call]:
    name = FIRST_WORD.match(block)
    if name and "<arg_key>" in block:
        yield name["name"], tagged_values(block)


def _in_members(block: str) -> Iterator[Call]:
    """<tool_name>NAME</tool_name><parameters>…</parameters>"""
    told = members(re.sub(r"\A\s*<[^<>]{1,80}>", "", block)) or members(block)
    name = next((told[key] for key in NAME_KEYS if isinstance(told.get(key), str)), None)
    given = next((told[key] for key in ARGUMENT_KEYS if key in told), None)
    if name is not None:
        values = members(given) if isinstance(given, str) else {}
        for arguments in [values] if values else meant_arguments(given):
            yield name, arguments


def _in_python(block: str) -> Iterator[Call]:
    for name, arguments in python_calls(block) or python_calls(OUTSIDE.sub("", block)):
        yield name, {UNREADABLE: block[:MAX_BEFORE_CHARACTERS]} if arguments is None else arguments


def _by_the_name(block: str, tools: ToolNames) -> list[Call]:
    """<NAME><query>…</query></NAME>, and {"NAME": {…}}"""
    for name, inside in members(block.strip()).items():
        if name in tools:
            return [(name, members(inside) if isinstance(inside, str) else meant_arguments(inside)[0])]
    value = damaged_object(block) if block.lstrip().startswith("{") else None
    ((name, inside),) = value.items() if value and len(value) == 1 else (("", None),)
    return [(name, cast(Arguments, inside))] if name in tools and isinstance(inside, dict) else []


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
        return len(block), damaged_object(rest) or {}


def _call(value: Arguments, before: str) -> Iterator[Call]:
    for key in ("tool_calls", "tool_uses"):
        listed = value.get(key)
        for entry in cast(list[object], listed) if isinstance(listed, list) else ():
            yield from _call(cast(Arguments, entry), "") if isinstance(entry, dict) else ()
    function = value.get("function", value.get("function_call"))
    if isinstance(function, dict):
        value = cast(Arguments, function)
    name = next((value[key] for key in NAME_KEYS if isinstance(value.get(key), str)), None)
    keys = [key for key in ARGUMENT_KEYS if key in value]
    named = NAMED_OBJECT.search(before)
    if name is not None and (keys or not named):
        # Some write the arguments beside the name.
        beside = {key: one for key, one in value.items() if key not in BESIDE}
        for arguments in meant_arguments(value[keys[0]] if keys else beside):
            yield str(name), arguments
        return
    if named and value:
        yield named["name"], value
