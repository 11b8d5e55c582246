"""Who a request comes from, and what the runs that answer it carry along."""

import hashlib
import json
import re
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from itertools import count
from typing import Any
from urllib.parse import urlsplit

from agents.mcp import MCPServer
from chatkit.agents import AgentContext
from pydantic import Field
from starlette.requests import HTTPConnection, Request

from agent_service.visitors.sites import Site

LOCAL_USER = "local"
IDEMPOTENCY_KEY = "owflex/idempotency-key"
# What is changed for one message is undone together.
BATCH = "owflex/batch"
LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}(?![A-Za-z0-9-])")


@dataclass(frozen=True)
class RequestContext:
    """The user whose threads and tasks a request may touch, and the language their browser asks for.

    `base_url` is the address under which the service was reached; it ends with a slash. `key` stands for what
    is sent: whoever sends it again gives the same one. `site` is set for an anonymous visitor of a site.
    """

    user_id: str
    locale: str = "en"
    base_url: str = "http://localhost/"
    key: str | None = None
    site: Site | None = None


def with_base_url(context_of: Callable[[Request], RequestContext]) -> Callable[[Request], RequestContext]:
    """The same function, whose contexts also know under which address the service was reached."""

    def reached(request: Request) -> RequestContext:
        return replace(context_of(request), base_url=base_url_of(request))

    return reached


def public_url_of(connection: HTTPConnection) -> str | None:
    """The address of AGENT_SERVICE_PUBLIC_URL, without a slash at the end; None where it is not set."""
    public_url: str | None = getattr(connection.app.state, "public_url", None)
    return public_url or None


def base_url_of(request: Request) -> str:
    """The address under which the service was reached; https behind a proxy that the page came through.

    The app's `state.public_url`, if it is set, is that address for every request.
    """
    if public_url := public_url_of(request):
        return f"{public_url}/"
    origin = urlsplit(request.headers.get("origin", ""))
    base_url = request.base_url
    if origin.scheme == "https" and origin.netloc == base_url.netloc:
        base_url = base_url.replace(scheme="https")
    return str(base_url)


def locale_of(accept_language: str | None) -> str:
    """The first language of an `Accept-Language` header as a tag such as `de-CH`; `en` when there is none."""
    found = LANGUAGE_TAG.match((accept_language or "").strip())
    return found.group() if found else "en"


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


# Whether the user of a turn has asked for a call: the tool, its arguments, the id of the call, and the
# connection over which tasks are looked up.
AskedFor = Callable[[str, Mapping[str, Any], str, MCPServer], Awaitable[bool]]


class RunContext(AgentContext[RequestContext]):
    """The context of one run; `message_id` is the user's message that it answers, `calls` what it called.

    Without `asked_for` nothing counts as asked for.
    """

    message_id: str | None = None
    asked_for: AskedFor | None = None
    calls: CallKeys = Field(default_factory=CallKeys)


def _content(tool_name: str, arguments: dict[str, Any] | None) -> str:
    canonical = json.dumps(arguments or {}, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return f"{tool_name}\n{canonical}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
