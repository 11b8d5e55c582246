"""The request to a model: without what its server refuses, and in a form that all servers take."""

import hashlib
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, cast

from agent_service.models.extractive.follow_ups import as_searched
from agent_service.models.wire.calls import ALPHABET, ID_CHARACTERS
from agent_service.models.wire.fences import fenced_result
from agent_service.models.wire.names import ToolNames
from agent_service.tools.schemas import MAX_QUERY_CHARACTERS, SEARCH

Body = dict[str, Any]
Message = dict[str, Any]

# What can be left out besides fields of the request's own.
FORCED = "a forced tool call"
TOOLS = "tools"
STRICT = "strict"
STREAM = "answers in pieces"
SYSTEM = "system messages"
CONTENT = "messages without content"
GOOD_ID = re.compile(rf"[A-Za-z0-9]{{{ID_CHARACTERS}}}")
RESULT = "(Result of {name}, looked up for the question above.)\n{content}"


@dataclass(frozen=True)
class Asked:
    """A request as it is meant."""

    body: Body

    @property
    def model(self) -> str:
        """The name of the model."""
        return str(self.body.get("model"))

    @property
    def is_streamed(self) -> bool:
        """Whether the answer shall come as a stream."""
        return self.body.get("stream") is True

    @property
    def is_forced(self) -> bool:
        """Whether the answer has to be a tool call."""
        return self.body.get("tool_choice") == "required"

    @property
    def tools(self) -> ToolNames:
        """The tools that are offered."""
        return ToolNames(str(_function(tool).get("name")) for tool in _entries(self.body, "tools"))

    @property
    def said_before(self) -> str:
        """What tools and the user said so far."""
        told = [message for message in self._messages if message.get("role") in ("tool", "user")]
        return "\n".join(_text_of(message) for message in told)

    @property
    def search(self) -> dict[str, str] | None:
        """The arguments of a search for the question; None when there is no search or no question."""
        questions = [_first_text(message) for message in self._messages if message.get("role") == "user"]
        if SEARCH not in self.tools or not questions or not questions[-1].strip():
            return None
        return {"query": " ".join(as_searched(questions).split())[:MAX_QUERY_CHARACTERS]}

    def without(self, left_out: Collection[str]) -> Body:
        """The body to send: without what is left out, and with ids that every provider takes."""
        body = {name: value for name, value in self.body.items() if name not in left_out}
        if FORCED in left_out:
            # Some refuse any choice, also the one that is meant without it.
            body.pop("tool_choice", None)
        if STREAM in left_out:
            body = {name: value for name, value in body.items() if name != "stream_options"}
            body["stream"] = False
        messages = [_with_good_ids(message) for message in self._fenced]
        if CONTENT in left_out:
            messages = [{**message, "content": message.get("content") or ""} for message in messages]
        if SYSTEM in left_out:
            messages = list(_joined(iter([_as_user(message) for message in messages])))
        if TOOLS in left_out:
            body = {name: value for name, value in body.items() if "tool" not in name}
            messages = list(_joined(_untooled(messages)))
        elif STRICT in left_out:
            body["tools"] = [_not_strict(tool) for tool in _entries(body, "tools")]
        return {**body, "messages": messages}

    @property
    def _fenced(self) -> Iterator[Message]:
        """The messages with texts of documents and tasks marked as such in all results of tools."""
        names = _called(self._messages)
        for message in self._messages:
            if message.get("role") != "tool":
                yield message
                continue
            call_id = str(message.get("tool_call_id"))
            parts = [
                {**part, "text": fenced_result(str(part["text"]), names.get(call_id, ""), call_id)}
                if part.get("text")
                else part
                for part in _parts(message)
            ]
            is_text = isinstance(message.get("content"), str)
            yield {**message, "content": "".join(str(part["text"]) for part in parts) if is_text else parts}

    @property
    def _messages(self) -> list[Message]:
        return _entries(self.body, "messages")


def _entries(body: Body, name: str) -> list[dict[str, Any]]:
    return cast(list[dict[str, Any]], body.get(name) or [])


def _function(tool: dict[str, Any]) -> dict[str, Any]:
    return cast(dict[str, Any], tool.get("function") or {})


def _not_strict(tool: dict[str, Any]) -> dict[str, Any]:
    function = {name: value for name, value in _function(tool).items() if name != STRICT}
    return {**tool, "function": function}


def _with_good_ids(message: Message) -> Message:
    """The message with ids that every provider takes, and without thoughts that were never told."""
    message = dict(message)
    if not str(message.get("reasoning_content", "-")).strip():
        del message["reasoning_content"]
    if "tool_call_id" in message:
        message["tool_call_id"] = _good_id(str(message["tool_call_id"]))
    if message.get("tool_calls"):
        message["tool_calls"] = [
            {**call, "id": _good_id(str(call.get("id")))} for call in _entries(message, "tool_calls")
        ]
    return message


def _good_id(call_id: str) -> str:
    if GOOD_ID.fullmatch(call_id):
        return call_id
    digest = hashlib.sha256(call_id.encode()).digest()
    return "".join(ALPHABET[byte % len(ALPHABET)] for byte in digest[:ID_CHARACTERS])


def _untooled(messages: list[Message]) -> Iterator[Message]:
    """The conversation for a model that knows no tools: results are told by the user."""
    names = _called(messages)
    for message in messages:
        if message.get("role") == "tool":
            name = names.get(str(message.get("tool_call_id")), "a tool")
            yield {"role": "user", "content": RESULT.format(name=name, content=_text_of(message))}
            continue
        plain = {name: value for name, value in message.items() if name != "tool_calls"}
        if plain.get("content") or "tool_calls" not in message:
            yield plain


def _called(messages: list[Message]) -> dict[str, str]:
    """The name of the tool by the id of the call."""
    calls = (call for message in messages for call in _entries(message, "tool_calls"))
    return {str(call.get("id")): str(_function(call).get("name")) for call in calls}


def _as_user(message: Message) -> Message:
    """What the system says, said by the user: joined with the question by who knows no other speaker."""
    return {**message, "role": "user"} if message.get("role") in ("system", "developer") else message


def _joined(messages: Iterator[Message]) -> Iterator[Message]:
    """Messages of one speaker in a row as one: many templates want them to take turns."""
    last: Message | None = None
    for message in messages:
        is_same = last is not None and last.get("role") == message.get("role")
        if (
            last is not None
            and is_same
            and not {"tool_calls", "tool_call_id"} & (last.keys() | message.keys())
        ):
            last = {**last, "content": [*_parts(last), *_parts(message)]}
            continue
        if last is not None:
            yield _plain(last)
        last = message
    if last is not None:
        yield _plain(last)


def _plain(message: Message) -> Message:
    """The message with its content as one text where it is nothing but text."""
    parts = _parts(message)
    if isinstance(message.get("content"), list) and all(part.get("type") == "text" for part in parts):
        return {**message, "content": "\n\n".join(str(part.get("text")) for part in parts)}
    return message


def _parts(message: Message) -> list[dict[str, Any]]:
    content = message.get("content")
    if isinstance(content, list):
        return cast(list[dict[str, Any]], content)
    return [{"type": "text", "text": content or ""}]


def _text_of(message: Message) -> str:
    return "\n".join(str(part.get("text") or "") for part in _parts(message))


def _first_text(message: Message) -> str:
    return next((str(part["text"]) for part in _parts(message) if part.get("text")), "")
