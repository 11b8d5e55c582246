"""What a model's server refuses of a request, found out when it does, and left out from then on."""

import json
import logging
import re
from collections.abc import Collection
from typing import Any, Literal

from agent_service.models.wire.request import (
    CONTENT,
    FORCED,
    STREAM,
    STRICT,
    SYSTEM,
    TOOLS,
    Asked,
    Body,
)

# "thinks unmarked": an answer begins with a thought without the tag that opens it.
Habit = Literal["thinks unmarked", "comes whole", "may refuse tools"]

logger = logging.getLogger("agent_service")

REFUSING = (400, 403, 404, 405, 406, 415, 422, 500, 501)
# A server that only says that the request is bad may mean anything in it.
UNEXPLAINED = (400, 422)
OPTIONAL = ("stream_options", "parallel_tool_calls", "store", "metadata")
NEEDED = {"model", "messages", "stream", "tools", "tool_choice"}
ABOUT_TOOLS = re.compile(
    r"requested parameters|\btools?\b|tool[_ -]?(?:choice|use|call)|function[_ -]?call", re.IGNORECASE
)
# The server could not read what the model said: another try may do, a smaller request does not.
UNREADABLE_ANSWER = re.compile(
    r"tool_use_failed|failed_generation|pars(?:e|ing) tool call"
    r"|(?:error|failed)[^.]{0,20} pars(?:e|ing)[^.]{0,20} (?:tool|input|output)",
    re.IGNORECASE,
)
MUST_CALL = re.compile(r"did not call a tool", re.IGNORECASE)
CANNOT = r"\b(?:not|n't|cannot|can't|doesn't|unsupported|without|only)\b"
NO_STREAM = re.compile(
    rf"(?:{CANNOT}[^.]{{0,80}}\bstream(?:ing)?\b|\bstream(?:ing)?\b[^.]{{0,80}}{CANNOT})(?![^.]{{0,3}}option)",
    re.IGNORECASE,
)
NO_SYSTEM = re.compile(
    r"\b(?:system|developer) (?:role|message|prompt|instruction)s?\b[^.]{0,40}\b(?:not|unsupported)\b",
    re.IGNORECASE,
)
NO_CONTENT = re.compile(r"\bcontent\b[^{}]{0,60}\b(?:string|str|null|none|required|missing)\b", re.IGNORECASE)
TOO_LONG = re.compile(
    r"context[ _-]?(?:length|window|size)|too (?:long|large)|exceed|maximum|reduce the length", re.IGNORECASE
)
OF_SOMETHING_ELSE = re.compile(
    r"image|vision|audio|content[ _-]?(?:filter|policy|management)|moderation|flagged|safety|inspection"
    r"|api[ _-]?key|quota|credit|billing|balance|rate.?limit|alternate"
    r"|model[^.]{0,80}(?:not exist|not found|unknown|invalid)|(?:unknown|invalid|no such) model",
    re.IGNORECASE,
)


class Refusals:
    """What the models of one server refuse, as far as it is known; for the life of the process."""

    def __init__(self, server: str = "") -> None:
        self._server = server
        self._known: dict[str, frozenset[str]] = {}
        self._habits: set[tuple[str, Habit]] = set()

    def of(self, model: str) -> frozenset[str]:
        """What to leave out for this model."""
        return self._known.get(model, frozenset())

    def learn(self, model: str, left_out: Collection[str]) -> None:
        """Remember that the model answers without these; what is new is told in the log, once."""
        new = set(left_out) - self.of(model)
        if new:
            self._known[model] = self.of(model) | new
            what = ", ".join(sorted(new))
            logger.warning(
                "The model %s of %s refuses this: %s. It is left out until the chat is restarted; "
                "docs/language-models.md says what that means and what can be set.",
                model,
                self._server,
                what,
            )

    def habits_of(self, model: str) -> frozenset[Habit]:
        """What is known of how its answers come."""
        return frozenset(habit for one, habit in self._habits if one == model)

    def note(self, model: str, habit: Habit) -> None:
        """Remember it."""
        self._habits.add((model, habit))

    def cure(self, asked: Asked, sent: Body, status: int, answer: bytes) -> str | None:
        """What to leave out next, after `sent` was answered with this status; None when nothing will help."""
        said = _said(answer)
        if status not in REFUSING or TOO_LONG.search(said):
            return None
        if UNREADABLE_ANSWER.search(said) and not (asked.is_forced and status in UNEXPLAINED):
            return None
        named = self._named_in(said, sent)
        if named is not None:
            return named
        may_be_tools = ABOUT_TOOLS.search(said) or (
            status in UNEXPLAINED
            and not OF_SOMETHING_ELSE.search(said)
            and (asked.is_forced or "may refuse tools" in self.habits_of(asked.model))
        )
        if not may_be_tools or "tools" not in sent:
            return _optional(sent) if status in UNEXPLAINED and not OF_SOMETHING_ELSE.search(said) else None
        if sent.get("tool_choice") is not None:
            return FORCED
        unnamed = None if ABOUT_TOOLS.search(said) else _optional(sent)
        return unnamed or TOOLS

    def _named_in(self, said: str, sent: Body) -> str | None:
        """What is plainly refused."""
        for name in sent:
            words = re.escape(name).replace("_", "[ _]")
            if name not in NEEDED and re.search(rf"\b{words}\b", said):
                return name
        if re.search(r"\bstrict\b", said) and STRICT in json.dumps(sent.get("tools", [])):
            return STRICT
        if sent.get("stream") and NO_STREAM.search(said):
            return STREAM
        roles = [message.get("role") for message in sent.get("messages", [])]
        if NO_SYSTEM.search(said) and {"system", "developer"} & set(roles):
            return SYSTEM
        contents = [message.get("content") for message in sent.get("messages", [])]
        return CONTENT if NO_CONTENT.search(said) and None in contents else None


def is_unreadable_answer(status: int, answer: bytes) -> bool:
    """Whether the model said something that the server could not read; asked again, it may say it better."""
    said = _said(answer)
    return status in UNEXPLAINED and bool(UNREADABLE_ANSWER.search(said)) and not MUST_CALL.search(said)


def _optional(sent: Body) -> str | None:
    """A field without which a request means the same."""
    return next((name for name in OPTIONAL if name in sent), None)


def _said(answer: bytes) -> str:
    """All words of an answer: providers say in any place which field it is about."""
    text = answer.decode("utf-8", "replace")
    try:
        return "\n".join(_words(json.loads(text)))
    except (ValueError, RecursionError):
        return text


def _words(value: Any) -> list[str]:
    if isinstance(value, dict):
        value = list(value.values())  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(value, list):
        return [word for entry in value for word in _words(entry)]  # pyright: ignore[reportUnknownVariableType]
    return [str(value)]
