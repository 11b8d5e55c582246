"""What a model's server refuses of a request, found out when it does, and left out from then on."""

import json
import logging
import re
from collections.abc import Collection
from typing import Any, Literal

from agent_service.models.wire.request import FORCED, STRICT, TOOLS, Asked, Body

# "thinks unmarked": an answer begins with a thought without the tag that opens it.
Habit = Literal["thinks unmarked", "comes whole", "may refuse tools"]

logger = logging.getLogger("agent_service")

REFUSING = (400, 404, 405, 415, 422, 500, 501)
# A server that only says that the request is bad may mean anything in it.
UNEXPLAINED = (400, 422)
NEEDED = {"model", "messages", "stream", "tools", "tool_choice"}
ABOUT_TOOLS = re.compile(r"\btools?\b|tool[_ -]?(?:choice|use|call)|function[_ -]?call", re.IGNORECASE)
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
        for name in sent:
            if name not in NEEDED and re.search(rf"\b{re.escape(name)}\b", said):
                return name
        if re.search(r"\bstrict\b", said) and STRICT in json.dumps(sent.get("tools", [])):
            return STRICT
        may_be_tools = ABOUT_TOOLS.search(said) or (
            status in UNEXPLAINED
            and not OF_SOMETHING_ELSE.search(said)
            and (asked.is_forced or "may refuse tools" in self.habits_of(asked.model))
        )
        if not may_be_tools or "tools" not in sent:
            return None
        return FORCED if sent.get("tool_choice") == "required" else TOOLS


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
