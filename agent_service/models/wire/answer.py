"""A streamed answer as OpenAI would have sent it, made of what a server sent."""

import json
import re
import time
from collections.abc import Callable, Iterator
from typing import Any, cast

from agent_service.errors import AnswerCutError
from agent_service.models.wire.calls import Calls
from agent_service.models.wire.names import ToolNames
from agent_service.models.wire.quoted import is_quoted
from agent_service.models.wire.spoken import Piece, Sign, SpokenText
from agent_service.models.wire.text import CleanText, cleaned, cleaned_value
from agent_service.models.wire.text_calls import Call

Chunk = dict[str, Any]

# Stands for a thought that is not told, and in a text for: all before this was a thought.
UNTOLD = " "
TAKEN_BACK_MARK = "\0"
SIGN_OF_LIFE_SECONDS = 5.0
USAGE = ("prompt_tokens", "completion_tokens", "total_tokens")
DETAILS = {"prompt_tokens_details": "cached_tokens", "completion_tokens_details": "reasoning_tokens"}
THINKING_PART = re.compile("think|thought|reason", re.IGNORECASE)
CALLING_PARTS = ("tool_use", "tool_call", "function", "function_call")
# Some gateways put the answer into another object.
ENVELOPES = ("data", "result", "response")
# What servers say of an answer that is whole.
WHOLE = ("", "stop", "tool_calls", "function_call", "eos", "end_turn", "tool_use")
# Kept as they are: the SDK reads them.
OTHER_FIELDS = {"refusal": str, "thinking_blocks": list, "annotations": list}
BUSY = re.compile(r"rate.?limit|too many requests|quota|overloaded", re.IGNORECASE)


class Answer:
    """Turns the events of one answer into chunks that are all well formed.

    `said_before` is what tools and the user said, which is no tool call when the model repeats it;
    `begins_in_thought` is for models that leave out the tag before their thoughts, and `thinks_unmarked` says
    afterwards whether this one does.
    """

    def __init__(
        self,
        tools: ToolNames,
        said_before: str = "",
        *,
        begins_in_thought: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tools = tools
        self._calls = Calls(tools)
        self._said_before = said_before
        self._spoken = SpokenText(tools, self._may_run, begins_in_thought=begins_in_thought)
        self._text, self._thoughts = CleanText(), CleanText()
        self._head: Chunk = {"id": "chatcmpl", "created": 0, "model": ""}
        self._reason = ""
        self._usage: dict[str, Any] | None = None
        self._speaks = False
        self._clock = clock
        self._last = clock()
        self.thinks_unmarked = False

    def feed(self, event: dict[str, Any]) -> Iterator[Chunk]:
        """What becomes of an event: chunks, or nothing as for signs of life. Raises `AnswerCutError`."""
        event = _unpacked(event)
        error = error_in(event)
        if error is not None and self.takes_generated(event):
            self._reason = "stop"
            return
        if error is not None:
            yield {"error": error}
            return
        self._note_head(event)
        choices = event.get("choices")
        first = cast(list[object], choices)[0] if isinstance(choices, list) and choices else None
        if isinstance(first, dict):
            yield from self._choice(cast(dict[str, Any], first))

    def takes_generated(self, event: object) -> bool:
        """Whether an error tells calls of the model that the server could not read, and we can."""
        error = cast(dict[str, Any], event).get("error") if isinstance(event, dict) else None
        told = cast(dict[str, Any], error).get("failed_generation") if isinstance(error, dict) else None
        if not isinstance(told, str):
            return False
        spoken = SpokenText(self._tools, self._may_run)
        calls = [piece for piece in (*spoken.feed(told), *spoken.finish()) if isinstance(piece, tuple)]
        for call in calls:
            self._calls.add(*call)
        return bool(calls)

    def finish(self, *, is_done: bool) -> Iterator[Chunk]:
        """What is left, and the end. Raises `AnswerCutError` when the answer has broken off.

        An answer is whole when its reason to finish came, or `[DONE]`.
        """
        if not self._reason and not is_done:
            raise AnswerCutError("The stream ended without a finish_reason.")
        pieces = [*self._spoken.feed(self._text.finish()), *self._spoken.finish()]
        yield from self._said(pieces)
        calls = self._calls.finish()
        if calls:
            yield self._chunk({"tool_calls": calls})
        is_cut = self._reason not in WHOLE
        yield self._chunk({}, self._reason if is_cut else "tool_calls" if calls else "stop")
        if self._usage is not None:
            yield {**self._chunk({}), "choices": [], "usage": self._usage}

    def _note_head(self, event: dict[str, Any]) -> None:
        for name in ("id", "model"):
            value = event.get(name)
            if isinstance(value, str) and value:
                self._head[name] = cleaned(value)
        self._usage = _counted(event.get("usage")) or self._usage

    def _choice(self, choice: dict[str, Any]) -> Iterator[Chunk]:
        reason = choice.get("finish_reason")
        if reason == "error":
            raise AnswerCutError("The provider finished with an error.")
        self._reason = reason.lower() if isinstance(reason, str) and reason else self._reason
        message, delta = choice.get("message"), choice.get("delta") or {"content": choice.get("text")}
        if isinstance(message, dict) and not _says_something(delta) and not (self._speaks or self._calls):
            # The whole answer at once; some say it once more behind the pieces.
            delta, self._reason = cast(object, message), self._reason or "stop"
        if isinstance(delta, dict):
            yield from self._delta(cast(dict[str, Any], delta))
        for place in cast(tuple[object, ...], (message, choice)):
            if isinstance(place, dict) and not self._calls:
                self._take_calls(cast(dict[str, Any], place))

    def _delta(self, delta: dict[str, Any]) -> Iterator[Chunk]:
        yield from self._native_thoughts(delta)
        text, has_thoughts = _text_and_thoughts(delta.get("content"))
        if has_thoughts:
            yield from self._thought()
        yield from self._said(self._spoken.feed(self._text.feed(text)))
        others = {
            name: cleaned_value(delta[name])
            for name, kind in OTHER_FIELDS.items()
            if delta.get(name) and isinstance(delta[name], kind)
        }
        if others:
            yield self._chunk(others)
        self._take_calls(delta)
        self._calls.feed(part for part in _parts(delta.get("content")) if _is_call(part))
        if self._clock() - self._last > SIGN_OF_LIFE_SECONDS:
            # Something is on its way that is shown later, or never.
            yield self._chunk({"content": ""} if self._speaks else {"reasoning_content": UNTOLD})

    def _native_thoughts(self, delta: dict[str, Any]) -> Iterator[Chunk]:
        """Thoughts in a field of their own; some providers want them back with the result of a call."""
        for name in ("reasoning_content", "reasoning"):
            thought = delta.get(name)
            if isinstance(thought, str) and thought and not self._speaks:
                yield self._chunk({name: self._thoughts.feed(thought)})
                return

    def _thought(self) -> Iterator[Chunk]:
        # The SDK keeps no thoughts behind the beginning of the text.
        if not self._speaks:
            yield self._chunk({"reasoning_content": UNTOLD})

    def _said(self, pieces: list[Piece]) -> Iterator[Chunk]:
        for piece in pieces:
            if isinstance(piece, str):
                self._speaks = True
                yield self._chunk({"content": piece})
            elif isinstance(piece, tuple):
                self._calls.add(*piece)
            elif piece is Sign.THOUGHT:
                yield from self._thought()
            else:
                self.thinks_unmarked = True
                if self._speaks:
                    yield self._chunk({"content": TAKEN_BACK_MARK})

    def _take_calls(self, delta: dict[str, Any]) -> None:
        calls, legacy = delta.get("tool_calls"), delta.get("function_call")
        if isinstance(calls, list):
            self._calls.feed(cast(list[object], calls))
        elif isinstance(calls, dict):
            given = cast(dict[str, object], calls)
            self._calls.feed([given] if {"function", "name"} & given.keys() else given.values())
        elif isinstance(legacy, dict):
            self._calls.feed([{"index": 0, "function": cast(object, legacy)}])

    def _may_run(self, block: str, call: Call) -> bool:
        return not is_quoted(block, call, self._said_before)

    def _chunk(self, delta: Chunk, reason: str | None = None) -> Chunk:
        self._last = self._clock()
        choice = {"index": 0, "delta": delta, "finish_reason": reason, "logprobs": None}
        return {**self._head, "object": "chat.completion.chunk", "choices": [choice]}


def error_in(event: dict[str, Any]) -> dict[str, Any] | None:
    """The error that stands where an answer should, in the form of OpenAI's; None when there is none."""
    error: object = event.get("error")
    is_error = (
        "error" in (event.get("object"), event.get("type"))
        or "detail" in event
        or any({"message", name} <= event.keys() for name in ("code", "type"))
    )
    if not error and not event.get("choices") and is_error:
        error = event
    if not error:
        return None
    found = cast(dict[str, Any], error) if isinstance(error, dict) else {"message": str(error)}
    if isinstance(found.get("error"), dict):
        found = cast(dict[str, Any], found["error"])
    message = cleaned(str(found.get("message") or found.get("detail") or "An error without words."))
    code = found.get("code") or found.get("status_code") or found.get("status") or event.get("code")
    if not str(code).isdigit() and BUSY.search(f"{code} {found.get('type')} {message}"):
        code = 429
    return {"message": message, "type": found.get("type"), "code": code}


def _unpacked(event: dict[str, Any]) -> dict[str, Any]:
    inner = next((event[name] for name in ENVELOPES if isinstance(event.get(name), dict)), None)
    is_answer = inner is not None and "choices" not in event and isinstance(inner.get("choices"), list)
    return cast(dict[str, Any], inner) if is_answer else event


def _says_something(delta: object) -> bool:
    return isinstance(delta, dict) and any(cast(dict[str, object], delta).values())


def _parts(content: object) -> list[object]:
    return cast(list[object], content) if isinstance(content, list) else [content]


def _text_and_thoughts(content: object) -> tuple[str, bool]:
    """The text of a content that may come in parts, and whether some of these are thoughts."""
    parts = _parts(content)
    thoughts = [part for part in parts if _is_thought(part)]
    return "".join(_text_of(part) for part in parts if part not in thoughts), bool(thoughts)


def _text_of(part: object) -> str:
    for name in ("text", "value"):
        if isinstance(part, dict):
            part = cast(dict[str, object], part).get(name)
    return part if isinstance(part, str) else ""


def _is_call(part: object) -> bool:
    return isinstance(part, dict) and cast(dict[str, object], part).get("type") in CALLING_PARTS


def _is_thought(part: object) -> bool:
    if not isinstance(part, dict):
        return False
    entry = cast(dict[str, object], part)
    return bool(THINKING_PART.search(str(entry.get("type")))) or entry.get("thought") is True


def _counted(usage: object) -> dict[str, Any] | None:
    """The numbers of a usage that has any."""
    given = cast(dict[str, Any], usage) if isinstance(usage, dict) else {}
    numbers = {name: value for name in USAGE if isinstance(value := given.get(name), int)}
    if not numbers:
        return None
    counted: dict[str, Any] = dict.fromkeys(USAGE, 0) | numbers
    for name, field in DETAILS.items():
        details = given.get(name)
        number = cast(dict[str, Any], details).get(field) if isinstance(details, dict) else None
        if isinstance(number, int):
            counted[name] = {field: number}
    return counted


def as_event(chunk: Chunk) -> bytes:
    """The chunk as a server-sent event."""
    return f"data: {json.dumps(chunk)}\n\n".encode()
