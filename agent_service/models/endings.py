"""How a model's answer ended when it did not end as a whole, and what providers say when they refuse one."""

import re
from collections.abc import Iterable
from typing import Any, Literal

from openai import APIError
from openai.types.responses import Response, ResponseOutputMessage, ResponseOutputRefusal
from openai.types.responses.response import IncompleteDetails

from agent_service.errors import AgentServiceError

# "spent": the length limit was reached before the first word.
Ending = Literal["declined", "filtered", "length", "spent", "empty"]
# What providers call it, beside OpenAI's own two words.
FILTERED = (
    "content_filter",
    "refusal",
    "safety",
    "prohibited_content",
    "blocklist",
    "recitation",
    "sensitive",
)
LENGTH = ("length", "max_tokens", "max_output_tokens", "model_length")
TOO_LONG = re.compile(
    r"context[ _-]?(?:length|window|size)|context the overflows"
    r"|(?:maximum|max)[ _](?:model|input|prompt)[ _](?:len|length|tokens)"
    r"|(?:prompt|input|request|conversation|messages?|tokens?|payload)\b[^.\n]{0,60}"
    r"\b(?:too (?:long|large|many)|exceeds?|longer than|larger than)"
    r"|too many (?:input |prompt )?tokens|(?:string|array) too long|must be <= ?\d+|reduce the length",
    re.IGNORECASE,
)
TOO_LARGE = re.compile(r"request(?: entity)?[ _]too[ _]large|tokens must be reduced", re.IGNORECASE)
# These speak of how many requests there were, not of how long one is.
OF_QUOTA = re.compile(r"quota|rate.?limit|credit|requests per", re.IGNORECASE)
WITHHELD = re.compile(
    r"content[ _-]?(?:filter|management|policy)|ResponsibleAI|data_inspection|moderation|was flagged"
    r"|safety (?:system|filter|settings)|prohibited[ _]content",
    re.IGNORECASE,
)
REFUSING = (400, 403, 413, 422, 500)


class NoAnswerError(AgentServiceError):
    """A model gave no answer, or not a whole one; another one may do better."""

    def __init__(self, ending: Ending) -> None:
        super().__init__(f"The language model gave no whole answer: {ending}.")
        self.ending = ending


def note_reason(response: Response, choices: Iterable[Any]) -> None:
    """Keep on the response why it was cut short, and let the choices end as those of others do.

    The SDK takes a cut answer for a whole one, and one without a word for a refusal or an error.
    """
    for choice in choices:
        reason = str(getattr(choice, "finish_reason", None) or "").lower()
        if reason in FILTERED:
            response.incomplete_details = IncompleteDetails(reason="content_filter")
        elif reason in LENGTH:
            response.incomplete_details = IncompleteDetails(reason="max_output_tokens")
        else:
            continue
        choice.finish_reason = "stop"


def ending_of(response: Response) -> Ending | None:
    """How the answer ended; None when it is whole, or calls a tool."""
    if any(item.type not in ("message", "reasoning") for item in response.output):
        return None
    messages = [item for item in response.output if isinstance(item, ResponseOutputMessage)]
    parts = [part for message in messages for part in message.content]
    if any(isinstance(part, ResponseOutputRefusal) for part in parts):
        return "declined"
    has_text = any(not isinstance(part, ResponseOutputRefusal) and part.text.strip() for part in parts)
    if response.incomplete_details is None:
        return None if has_text else "empty"
    if response.incomplete_details.reason == "content_filter":
        return "filtered"
    return "length" if has_text else "spent"


def is_too_long(error: Exception, status: int) -> bool:
    """Whether the provider says that the conversation is longer than the model can take."""
    if not isinstance(error, APIError):
        return False
    said = _said(error)
    if status == 413 or TOO_LARGE.search(said):
        return True
    return TOO_LONG.search(said) is not None and OF_QUOTA.search(said) is None


def is_withheld(error: Exception, status: int) -> bool:
    """Whether the provider's content filter refused the question."""
    return isinstance(error, APIError) and status in REFUSING and WITHHELD.search(_said(error)) is not None


def _said(error: APIError) -> str:
    return f"{error.message} {error.code or ''} {error.body or ''}"
