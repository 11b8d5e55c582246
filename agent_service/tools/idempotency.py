"""Idempotency keys of tool calls: a turn that is repeated makes the same calls under the same keys."""

import hashlib
import json
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from itertools import count
from typing import Any

IDEMPOTENCY_KEY = "owflex/idempotency-key"


def call_key(message_id: str, tool_name: str, arguments: dict[str, Any] | None, number: int = 0) -> str:
    """The key of a call on behalf of a message; `number` counts the same calls before it."""
    nth = f"\n{number}" if number else ""
    return _digest(f"{message_id}\n{_content(tool_name, arguments)}{nth}")


@dataclass(frozen=True)
class KeyedCall:
    """A call that was made, what it asked for, and how many of the same stand before it."""

    call_id: str
    content: str
    number: int


class CallKeys:
    """The calls that a turn has made so far, so that two tasks of the same words are two tasks.

    A number is free again when its call brought no result: asked for once more, it is the same call.
    """

    def __init__(self, calls: Iterable[KeyedCall] = ()) -> None:
        self._calls = list(calls)

    def number_for(self, call_id: str, tool_name: str, arguments: dict[str, Any] | None) -> int:
        """The number of a call that begins now."""
        content = _digest(_content(tool_name, arguments))
        taken = {call.number for call in self._calls if call.content == content}
        number = next(free for free in count() if free not in taken)
        self._calls.append(KeyedCall(call_id, content, number))
        return number

    def forget(self, call_id: str) -> None:
        """Free the number of the call, which has failed."""
        self._calls = [call for call in self._calls if call.call_id != call_id]

    def only(self, call_ids: Collection[str]) -> "CallKeys":
        """These calls without all others."""
        return CallKeys(call for call in self._calls if call.call_id in call_ids)

    def as_json(self) -> list[dict[str, Any]]:
        """The calls as JSON values."""
        return [asdict(call) for call in self._calls]


def _content(tool_name: str, arguments: dict[str, Any] | None) -> str:
    canonical = json.dumps(arguments or {}, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return f"{tool_name}\n{canonical}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
