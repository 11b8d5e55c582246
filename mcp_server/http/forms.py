"""HTTP requests in the forms in which clients send them, for a transport that insists on one.

A client that accepts only JSON, only events, or says nothing is answered in a form that it reads. A request
without a content type counts as JSON. Several messages in one request go to `mcp_server.http.batches`.
"""

import json
from typing import Any, cast

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PATH = "/mcp"
JSON, EVENTS = "application/json", "text/event-stream"
JSON_RANGES = {JSON, "application/*", "*/*"}
EVENT_RANGES = {EVENTS, "text/*", "*/*"}
# Its answer is a stream that does not end, which no JSON can hold.
ENDLESS_METHOD = "subscriptions/listen"

NOT_ACCEPTABLE = "The answer is JSON or a stream of events: send Accept: application/json, text/event-stream."
NO_ANSWER = "The answer did not come. Try again."


class ClientForms:
    """An ASGI app that asks the one below for both forms, and answers in the one that the client accepts."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if not is_message(scope):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        # Whoever says nothing may know nothing of events.
        accepted = _accepted(headers) or {JSON}
        reads_json, reads_events = bool(accepted & JSON_RANGES), bool(accepted & EVENT_RANGES)
        if not reads_json and not reads_events:
            await JSONResponse(error_message(-32600, NOT_ACCEPTABLE), status_code=406)(scope, receive, send)
            return
        if headers.get("mcp-method") != ENDLESS_METHOD:
            scope = _asking_for_both(scope)
        if reads_json and reads_events:
            await self._app(scope, receive, send)
        else:
            form = AnswerInOneForm(send, JSON if reads_json else EVENTS)
            await self._app(scope, receive, form.send)


def is_message(scope: Scope) -> bool:
    """Whether the request brings messages of the protocol."""
    return scope["type"] == "http" and scope["method"] == "POST" and scope["path"] == PATH


class AnswerInOneForm:
    """Sends an answer on as JSON or as an event, whichever form it came in."""

    def __init__(self, send: Send, wanted: str) -> None:
        self._send = send
        self._wanted = wanted
        self._start: Message | None = None
        self._body = bytearray()

    async def send(self, message: Message) -> None:
        """Pass on what is in the wanted form; hold back what is not until it is whole."""
        if message["type"] == "http.response.start" and self._has_other_form(message):
            self._start = message
        elif self._start is None:
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._send_changed(self._start)

    def _has_other_form(self, start: Message) -> bool:
        # Errors are JSON for everybody: their status says it all.
        kind = Headers(raw=start["headers"]).get("content-type", "")
        return start["status"] == 200 and kind.startswith(EVENTS if self._wanted == JSON else JSON)

    async def _send_changed(self, start: Message) -> None:
        body = answer_in(bytes(self._body)) if self._wanted == JSON else as_event(bytes(self._body))
        headers = MutableHeaders(raw=list(start["headers"]))
        headers["content-type"] = self._wanted
        headers["content-length"] = str(len(body))
        await self._send({**start, "headers": headers.raw})
        await self._send({"type": "http.response.body", "body": body})


def answer_in(events: bytes) -> bytes:
    """The answer among the events of a stream, without the notifications before it."""
    lines = [line.removeprefix(b"data:").strip() for line in events.splitlines() if line.startswith(b"data:")]
    # It is the last: nothing follows an answer.
    return next((line for line in reversed(lines) if line), _encoded(error_message(-32603, NO_ANSWER)))


def as_event(message: bytes) -> bytes:
    """A JSON text without line ends as one event."""
    return b"event: message\r\ndata: " + message + b"\r\n\r\n"


def error_message(code: int, sentence: str, number: Any = None) -> dict[str, Any]:
    """A JSON-RPC error for the request with this id; None where there is none to name."""
    return {"jsonrpc": "2.0", "id": number, "error": {"code": code, "message": sentence}}


def _encoded(message: dict[str, Any]) -> bytes:
    return json.dumps(message).encode()


def _accepted(headers: Headers) -> set[str]:
    """The media types and ranges that the client accepts; empty where it does not say."""
    parts = ",".join(headers.getlist("accept")).split(",")
    return {part.split(";")[0].strip().lower() for part in parts} - {""}


def _asking_for_both(scope: Scope) -> Scope:
    headers = MutableHeaders(raw=list(cast("list[tuple[bytes, bytes]]", scope["headers"])))
    headers["accept"] = f"{JSON}, {EVENTS}"
    headers.setdefault("content-type", JSON)
    return {**scope, "headers": headers.raw}
