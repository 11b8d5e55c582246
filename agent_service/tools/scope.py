"""What the user limited a question to: the tags of a message become arguments of the searches it leads to."""

import json
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, cast

from chatkit.types import UserMessageTagContent
from mcp_types import CallToolResult, TextContent
from pydantic import BaseModel, StringConstraints, TypeAdapter, ValidationError

from agent_service.errors import RequestRefusedError
from agent_service.tools.schemas import LIST_DOCUMENTS, SEARCH
from serving.fences import fence

MAX_PLACES = 10
USUAL_LIMIT = 5
# Tools that return text of the one document their answer names.
READERS = {"get_document", "read_chunks"}
OUTSIDE = (
    "This document lies outside of what the user limited the question to. Use only documents that "
    "search_documents returned in this turn."
)
NOTE = (
    "The user limited this question to {names}: searches return passages from there only, whatever their "
    "arguments say. When nothing is found there, say that it is not in {names}."
)

Call = Callable[[str, dict[str, Any] | None, dict[str, Any] | None], Awaitable[CallToolResult]]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00]*$")]
Source = Annotated[str, StringConstraints(min_length=1, max_length=1000, pattern=r"^[^\x00]*$")]


class _Collection(BaseModel):
    kind: Literal["collection"]
    name: Name


class _Document(BaseModel):
    kind: Literal["document"]
    source: Source
    collection: Name | None = None


TAG = TypeAdapter[_Collection | _Document](_Collection | _Document)
KINDS = {"collection", "document"}
ONE_WORD = re.compile(r"[\w.-]{1,60}")


@dataclass(frozen=True)
class Scope:
    """What was named, as arguments of a search each, and in words."""

    places: tuple[Mapping[str, str], ...]
    names: tuple[str, ...]

    @property
    def note(self) -> str:
        """A line for the model."""
        return NOTE.format(names=", ".join(f"“{_marked(name)}”" for name in self.names))


def scope_of(tags: Iterable[UserMessageTagContent]) -> Scope | None:
    """What the tags of a message name; None when there are none of ours. Raises `RequestRefusedError`."""
    ours = [tag for tag in tags if tag.data.get("kind") in KINDS]
    places = {tuple(_place(tag).items()): " ".join(tag.text.split())[:200] for tag in ours}
    if len(places) > MAX_PLACES:
        raise RequestRefusedError("refused.too_many_tags", code="too_many_tags", number=MAX_PLACES)
    return Scope(tuple(dict(place) for place in places), tuple(places.values())) if places else None


def _marked(name: str) -> str:
    """Titles of documents are data: what could be a sentence stands between tags."""
    return name if ONE_WORD.fullmatch(name) else fence(name)


def _place(tag: UserMessageTagContent) -> dict[str, str]:
    try:
        named = TAG.validate_python(tag.data)
    except ValidationError:
        name = " ".join(tag.text.split())[:100]
        raise RequestRefusedError("refused.unknown_tag", code="unknown_tag", name=name) from None
    if isinstance(named, _Collection):
        return {"collection": named.name}
    return {"source": named.source} | ({"collection": named.collection} if named.collection else {})


def _merged(results: Sequence[CallToolResult], key: str, most: int | None) -> CallToolResult:
    """One answer of several; errors count only when there is nothing else."""
    good = [result for result in results if result.is_error is not True and result.structured_content]
    if len(results) == 1 or not good:
        return results[0]
    contents = [cast(dict[str, Any], result.structured_content) for result in good]
    entries = [entry for content in contents for entry in _entries(content, key, contents[0])]
    if key == "results":
        entries = list({entry.get("chunk_id"): entry for entry in entries}.values())
        entries.sort(key=_score, reverse=True)
    merged = contents[0] | {key: entries[:most]} | _summary(contents, entries)
    return CallToolResult(
        content=[TextContent(type="text", text=json.dumps(merged))], structured_content=merged
    )


def _entries(content: dict[str, Any], key: str, first: dict[str, Any]) -> Iterable[dict[str, Any]]:
    """The entries, with the marker of the first answer around their texts."""
    marker, wanted = content.get("text_marker"), first.get("text_marker")
    for entry in cast(list[dict[str, Any]], content.get(key) or []):
        text = entry.get("content")
        same = marker == wanted or not isinstance(text, str) or not marker or not wanted
        yield entry if same else entry | {"content": str(text).replace(str(marker), str(wanted))}


def _summary(contents: Sequence[dict[str, Any]], entries: Sequence[object]) -> dict[str, Any]:
    confidences = [float(content["confidence"]) for content in contents if content.get("confidence")]
    summary: dict[str, Any] = {"confidence": max(confidences)} if confidences else {}
    searched = [content["searched"] for content in contents if isinstance(content.get("searched"), dict)]
    told = [one for one in searched if "waits_for" in one or "corrected" in one]
    if searched:
        chosen = next((one for one in told if "waits_for" in one), next(iter(told), searched[0]))
        summary["searched"] = chosen | {"missing": _missing_everywhere(searched)}
    if entries and "hint" in contents[0]:
        summary["hint"] = None
    if "next_cursor" in contents[0]:
        summary["next_cursor"] = None
    return summary


def _missing_everywhere(searched: Sequence[Mapping[str, Any]]) -> list[str]:
    """The words that are in no result of any of the searches."""
    first, *others = (cast(list[str], one.get("missing") or []) for one in searched)
    return [word for word in first if all(word in other for other in others)]


def _score(entry: Mapping[str, Any]) -> float:
    return float(entry.get("score") or entry.get("similarity") or 0.0)


@dataclass(frozen=True)
class ScopedCalls:
    """The tool calls of one turn, kept within a scope whatever the model asks for."""

    scope: Scope
    _seen: set[int] = field(default_factory=set[int])

    async def run(
        self, call: Call, tool_name: str, arguments: dict[str, Any] | None, meta: dict[str, Any] | None
    ) -> CallToolResult:
        """The tool's result from within the scope. Raises what `call` raises."""
        if tool_name in (SEARCH, LIST_DOCUMENTS):
            return await self._find(call, tool_name, arguments or {}, meta)
        result = await call(tool_name, arguments, meta)
        if tool_name in READERS and not self._knows(result):
            return CallToolResult(content=[TextContent(type="text", text=OUTSIDE)], is_error=True)
        return result

    async def _find(
        self, call: Call, tool_name: str, arguments: dict[str, Any], meta: dict[str, Any] | None
    ) -> CallToolResult:
        places = self.scope.places
        results = [await call(tool_name, arguments | dict(place), meta) for place in places]
        if tool_name == SEARCH:
            result = _merged(results, "results", int(arguments.get("limit") or USUAL_LIMIT))
        else:
            result = _merged(results, "documents", None)
        content = cast(dict[str, Any], result.structured_content or {})
        found = cast(list[dict[str, Any]], content.get("results") or content.get("documents") or [])
        self._seen.update(entry["document_id"] for entry in found if "document_id" in entry)
        return result

    def _knows(self, result: CallToolResult) -> bool:
        content = cast(dict[str, Any], result.structured_content or {})
        return result.is_error is True or content.get("document_id") in self._seen
