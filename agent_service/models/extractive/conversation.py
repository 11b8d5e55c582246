"""The model's input read back: what the user said last, and what the tools answered since."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from agent_service.models.extractive.attached_text import AttachedText, attached_text, is_image
from agent_service.tools.shown_tasks import shown_tasks_in
from serving.fences import without_fences

MAX_EARLIER = 5


@dataclass(frozen=True)
class ToolAnswer:
    """A finished tool call: its structured content, or the text of its error."""

    name: str
    arguments: Mapping[str, Any]
    content: Mapping[str, Any] | None
    error: str | None


@dataclass(frozen=True)
class Conversation:
    """The user's last message (and the passage it points to), those before, and the tool answers since.

    `earlier` has the questions before, the last one first. `files` were sent with the question,
    `earlier_files` before it; `has_images` says that there were pictures with it. `said` has the answers so
    far, the last one first; `shown_tasks` are the ids of the tasks that the last card showed.
    """

    question: str
    quoted: str
    earlier: list[str]
    answers: list[ToolAnswer]
    files: list[AttachedText] = field(default_factory=list[AttachedText])
    earlier_files: list[AttachedText] = field(default_factory=list[AttachedText])
    has_images: bool = False
    said: list[str] = field(default_factory=list[str])
    shown_tasks: list[int] = field(default_factory=list[int])


def read_conversation(items: str | Sequence[Any]) -> Conversation:
    """The conversation in a model's input."""
    if isinstance(items, str):
        return Conversation(items, "", [], [])
    users = [number for number, item in enumerate(items) if _field(item, "role") == "user"]
    if not users:
        return Conversation("", "", [], [])
    parts = list(_texts(_field(items[users[-1]], "content")))
    said = list(_said(items[: users[-1]]))[:MAX_EARLIER]
    return Conversation(
        question=parts[0] if parts else "",
        quoted=without_fences(
            " ".join(part for part in parts[1:] if not attached_text(part) and not is_image(part))
        ),
        earlier=[_question(items[number]) for number in users[-2 : -2 - MAX_EARLIER : -1]],
        answers=list(_answers(items[users[-1] + 1 :])),
        files=list(_files(parts)),
        earlier_files=[
            file for number in users[-2::-1] for file in _files(_texts(_field(items[number], "content")))
        ]
        if len(users) > 1
        else [],
        has_images=any(map(is_image, parts[1:])),
        said=said,
        shown_tasks=next((shown for shown in map(shown_tasks_in, said) if shown), list[int]()),
    )


def _said(items: Sequence[Any]) -> Iterator[str]:
    for item in reversed(items):
        if _field(item, "role") == "assistant":
            yield "\n".join(_texts(_field(item, "content")))


def _files(parts: Iterable[str]) -> Iterator[AttachedText]:
    for part in parts:
        file = attached_text(part)
        if file is not None:
            yield file


def _question(item: Any) -> str:
    return next(_texts(_field(item, "content")), "")


def _answers(items: Sequence[Any]) -> Iterator[ToolAnswer]:
    calls: dict[str, Any] = {}
    for item in items:
        if _field(item, "type") == "function_call":
            calls[str(_field(item, "call_id"))] = item
        elif _field(item, "type") == "function_call_output":
            call = calls.get(str(_field(item, "call_id")))
            if call is not None:
                yield _answer(call, _field(item, "output"))


def _answer(call: Any, output: Any) -> ToolAnswer:
    text = "\n".join(_texts(output))
    arguments = _json_object(str(_field(call, "arguments"))) or {}
    content = _json_object(text)
    return ToolAnswer(str(_field(call, "name")), arguments, content, None if content is not None else text)


def _json_object(text: str) -> Mapping[str, Any] | None:
    try:
        value: object = json.loads(text)
    except ValueError:
        return None
    return cast(Mapping[str, Any], value) if isinstance(value, dict) else None


def _texts(content: Any) -> Iterator[str]:
    """The texts of a message or a tool output, which is a string, a part or a list of parts."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, list):
        for part in cast(list[Any], content):
            yield from _texts(part)
    elif isinstance(_field(content, "text"), str):
        yield str(_field(content, "text"))


def _field(item: Any, name: str) -> Any:
    if isinstance(item, Mapping):
        return cast(Mapping[str, Any], item).get(name)
    return getattr(item, name, None)
