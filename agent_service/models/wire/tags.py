"""Arguments that a model wrote between tags."""

import json
import re
from typing import Any

# What stands before the names of tags: DeepSeek's mark, a name space.
PREFIX = r"(?:｜DSML｜|[a-z]{1,12}:)?"
# What looking for pairs costs grows with the square of the tags.
MAX_TAGS = 400
PARAMETER = re.compile(
    rf"<{PREFIX}parameter(?:=|\s+name=)[\"']?(?P<name>[^\"'<>\s]{{1,200}})[\"']?[^<>]{{0,80}}>"
    rf"(?P<value>.*?)(?:</{PREFIX}parameter>|(?=<{PREFIX}parameter)|\Z)",
    re.DOTALL,
)
# <arg_key>…</arg_key><arg_value>…</arg_value> (GLM)
KEY_AND_VALUE = re.compile(
    r"<arg_key>(?P<name>.{1,200}?)</arg_key>\s*<arg_value>(?P<value>.*?)</arg_value>", re.DOTALL
)
# argument key="query" type="string"<|sep|>…<|close|> (Kimi)
SEPARATED = re.compile(
    r"argument key=\"(?P<name>[^\"]{1,200})\"[^<]{0,80}<\|sep\|>(?P<value>.*?)<\|close\|>", re.DOTALL
)
MEMBER = re.compile(r"<(?P<name>[a-z_]\w{0,60})>(?P<value>.*?)</(?P=name)>", re.DOTALL)


def tagged_values(text: str) -> dict[str, Any]:
    """The values by name; empty where there are none."""
    for form in (PARAMETER, KEY_AND_VALUE, SEPARATED):
        values = {one["name"].strip(): _value(one["value"]) for one in form.finditer(text)}
        if values:
            return values
    return members(text)


def members(text: str) -> dict[str, Any]:
    """The values of `<query>…</query>` and the like, if the text is nothing else."""
    if text.count("<") > MAX_TAGS:
        return {}
    is_alone = not MEMBER.sub("", text).strip()
    return {one["name"]: _value(one["value"]) for one in MEMBER.finditer(text)} if is_alone else {}


def _value(text: str) -> object:
    """A value between tags: JSON where it is, but a word or a number in a text stays what is written."""
    text = text.strip()
    try:
        return json.loads(text) if text[:1] in '{["' or text in ("true", "false", "null") else _number(text)
    except ValueError:
        return text


def _number(text: str) -> object:
    return int(text) if re.fullmatch(r"-?(?:0|[1-9]\d{0,15})", text) else text
