"""Results of tools, no longer than a model can take."""

import json
from typing import Any, cast

from mcp_types import CallToolResult, TextContent

MAX_CHARACTERS = 60_000
MAX_TEXT_CHARACTERS = 8_000
KEPT_END = 200
TOO_LARGE = "The result is too large to be shown. Ask for less: a narrower query, or a smaller limit."


def bounded(result: CallToolResult, most: int = MAX_CHARACTERS) -> CallToolResult:
    """The result with at most about `most` characters: long texts cut, then entries at the end left out."""
    if result.structured_content is not None and result.is_error is not True:
        return _bounded_structure(result, cast(dict[str, Any], result.structured_content), most)
    texts = [part for part in result.content if isinstance(part, TextContent)]
    others = [part for part in result.content if not isinstance(part, TextContent)]
    size = sum(len(part.text) for part in texts) + sum(_size(part.model_dump(mode="json")) for part in others)
    if size <= most:
        return result
    whole = "\n".join(part.text for part in texts)
    return result.model_copy(update={"content": [TextContent(type="text", text=_cut(whole, most))]})


def _bounded_structure(result: CallToolResult, content: dict[str, Any], most: int) -> CallToolResult:
    if _size(content) <= most:
        return result
    smaller = cast(dict[str, Any], _with_short_texts(content))
    lists = [cast(list[Any], value) for value in smaller.values() if isinstance(value, list)]
    longest: list[Any] = max(lists, key=_size) if lists else []
    sizes = [_size(entry) + 2 for entry in longest]
    surplus = _size(smaller) - most
    dropped = 0
    while longest and surplus > 0:
        longest.pop()
        surplus -= sizes.pop()
        dropped += 1
    if surplus > 0:
        smaller = {"error": TOO_LARGE}
    else:
        smaller["shortened"] = f"Long texts were cut and {dropped} entries at the end left out: too large."
    return result.model_copy(
        update={
            "structured_content": smaller,
            "content": [TextContent(type="text", text=json.dumps(smaller))],
        }
    )


def _with_short_texts(value: object) -> object:
    if isinstance(value, str):
        return _cut(value, MAX_TEXT_CHARACTERS)
    if isinstance(value, list):
        return [_with_short_texts(entry) for entry in cast(list[object], value)]
    if isinstance(value, dict):
        return {key: _with_short_texts(entry) for key, entry in cast(dict[str, object], value).items()}
    return value


def _cut(text: str, most: int) -> str:
    """The beginning, and a little of the end: it closes the tags around document text."""
    if len(text) <= most:
        return text
    return f"{text[: most - KEPT_END]}\n[… left out …]\n{text[-KEPT_END:]}"


def _size(value: object) -> int:
    return len(json.dumps(value, default=str))
