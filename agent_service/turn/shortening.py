"""A conversation made shorter, for a model that finds it too long."""

import json
from typing import Any, cast

from agents import TResponseInputItem
from mcp_types import CallToolResult, TextContent

from agent_service.tools.bounded import bounded

# Below this, cutting a text would leave nothing to answer from.
LEAST_CHARACTERS = 1_000
NOTE = (
    "The conversation was too long for you: older messages, or the ends of long texts, are not shown to you. "
    "Say so when the user speaks of something in them."
)

Item = dict[str, Any]


def shortened(items: list[TResponseInputItem]) -> list[TResponseInputItem] | None:
    """The items with about half the length; None when nothing can be left out any more.

    Older questions with their answers go first, then the ends of long texts; the last question stays.
    """
    given = cast(list[Item], items)
    most = _size(given) // 2
    questions = [place for place, item in enumerate(given) if item.get("role") == "user"]
    if len(questions) > 1:
        later = [place for place in questions if _size(given[place:]) <= most] or questions[-1:]
        return cast(list[TResponseInputItem], given[later[0] :])
    most = max(max(map(_longest_text, given), default=0) // 2, LEAST_CHARACTERS)
    cut = [_cut(item, most) for item in given]
    return cast(list[TResponseInputItem], cut) if _size(cut) < _size(given) else None


def _size(items: list[Item]) -> int:
    return sum(len(str(item)) for item in items)


def _longest_text(item: Item) -> int:
    return max((len(text) for text in _texts(item)), default=0)


def _texts(item: Item) -> list[str]:
    parts: object = item.get("output", item.get("content"))
    if isinstance(parts, str):
        return [parts]
    found = [part.get("text") for part in cast(list[Item], parts)] if isinstance(parts, list) else []
    return [text for text in found if isinstance(text, str)]


def _cut(item: Item, most: int) -> Item:
    name = "output" if "output" in item else "content"
    parts: object = item.get(name)
    if isinstance(parts, str):
        return {**item, name: _cut_text(parts, most)}
    if not isinstance(parts, list):
        return item
    return {**item, name: [_cut_part(part, most) for part in cast(list[Item], parts)]}


def _cut_part(part: Item, most: int) -> Item:
    text: object = part.get("text")
    return {**part, "text": _cut_text(text, most)} if isinstance(text, str) else part


def _cut_text(text: str, most: int) -> str:
    """The text with about `most` characters: of a tool's result the last entries are left out."""
    if len(text) <= most:
        return text
    try:
        value: object = json.loads(text)
    except ValueError:
        value = None
    whole = [TextContent(type="text", text=text)]
    structure = cast(Item, value) if isinstance(value, dict) else None
    (part,) = bounded(CallToolResult(content=[*whole], structured_content=structure), most).content
    return cast(TextContent, part).text
