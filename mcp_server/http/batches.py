"""Several JSON-RPC messages in one request, which protocol 2025-03-26 has and no other."""

import json
from collections.abc import Sequence
from typing import Any, cast

from pydantic_core import from_json
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mcp_server.http.forms import JSON, AnswerInOneForm, error_message, is_message

# Clients of this version do not say which they speak: the header came with the next one.
VERSION_WITH_BATCHES = "2025-03-26"
VERSION_HEADER = "mcp-protocol-version"
MAX_MESSAGES = 50
# As much as the transport takes in one request.
MAX_BYTES = 4 * 2**20

NO_BATCHES = "Several messages in one request exist in protocol 2025-03-26 only. Send one message at a time."
EMPTY = "The list of messages is empty."
TOO_MANY = f"At most {MAX_MESSAGES} messages may be in one request."
TOO_LARGE = "At most 4 MiB may be in one request."
NO_MESSAGE = "A message must be a JSON object."
ALONE = "initialize must be sent alone, not among other messages."


class BatchedMessages:
    """An ASGI app that hands each message of a request to the one below, and answers with a list."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; one without a list passes unchanged."""
        if not is_message(scope):
            await self._app(scope, receive, send)
            return
        body = _Body(receive)
        if await body.first_byte() == b"[":
            await (await self._answer(scope, body, receive))(scope, receive, send)
        else:
            await self._app(scope, body.receive, send)

    async def _answer(self, scope: Scope, body: "_Body", receive: Receive) -> Response:
        headers = Headers(scope=scope)
        if headers.get(VERSION_HEADER, VERSION_WITH_BATCHES) != VERSION_WITH_BATCHES:
            return JSONResponse(error_message(-32600, NO_BATCHES), status_code=400)
        text = await body.whole()
        if text is None:
            return JSONResponse(error_message(-32600, TOO_LARGE), status_code=413)
        try:
            messages = cast("list[Any]", from_json(text))
        except ValueError as error:
            return JSONResponse(error_message(-32700, f"Parse error: {error}"), status_code=400)
        if not 0 < len(messages) <= MAX_MESSAGES:
            sentence = TOO_MANY if messages else EMPTY
            return JSONResponse(error_message(-32600, sentence), status_code=400)
        return await self._answer_to(scope, messages, receive)

    async def _answer_to(self, scope: Scope, messages: Sequence[Any], receive: Receive) -> Response:
        answers: list[Any] = []
        for message in messages:
            answer = _refusal(message) or await self._one(scope, message, receive)
            if isinstance(answer, Response):
                return answer
            if answer is not None:
                answers.append(answer)
        if not answers:
            return Response(status_code=202)
        text = json.dumps(answers).encode()
        return Response(text, media_type=JSON)

    async def _one(self, scope: Scope, message: Any, receive: Receive) -> Any:
        """The answer to one message, None to one that gets none, or a response that is no answer to it."""
        text = json.dumps(message).encode()
        headers = MutableHeaders(raw=list(scope["headers"]))
        headers["content-length"] = str(len(text))
        collected = _Collected()
        form = AnswerInOneForm(collected.send, JSON)
        await self._app({**scope, "headers": headers.raw}, _Body(receive, text).receive, form.send)
        return collected.answer()


class _Body:
    """A request's body, of which a part has been looked at, or that is given as a whole."""

    def __init__(self, receive: Receive, text: bytes | None = None) -> None:
        self._receive = receive
        self._seen: list[Message] = [] if text is None else [{"type": "http.request", "body": text}]

    async def receive(self) -> Message:
        """The next part from the beginning, then the end of the client."""
        return self._seen.pop(0) if self._seen else await self._receive()

    async def first_byte(self) -> bytes:
        """The first byte that is no white space; empty where there is none, or not soon."""
        blank = 0
        while True:
            message = await self._receive()
            self._seen.append(message)
            text = message.get("body", b"").lstrip()
            blank += len(message.get("body", b""))
            if text or blank > MAX_BYTES or not message.get("more_body", False):
                return text[:1]

    async def whole(self) -> bytes | None:
        """All of it; None when that is too much."""
        text = bytearray()
        while True:
            message = await self.receive()
            text += message.get("body", b"")
            if len(text) > MAX_BYTES:
                return None
            if not message.get("more_body", False):
                return bytes(text)


class _Collected:
    """The response of the app below to one message."""

    def __init__(self) -> None:
        self._start: Message = {}
        self._text = bytearray()

    async def send(self, message: Message) -> None:
        """Keep a part of it."""
        if message["type"] == "http.response.start":
            self._start = message
        else:
            self._text += message.get("body", b"")

    def answer(self) -> Any:
        """The JSON-RPC answer in it, None to a notification, or the response that refuses the client."""
        try:
            held = from_json(bytes(self._text)) if self._text else None
        except ValueError:
            held = self._text
        if held is None and self._start.get("status") == 202:
            return None
        if isinstance(held, dict) and "jsonrpc" in held:
            return cast("dict[str, Any]", held)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in self._start["headers"]}
        return Response(bytes(self._text), self._start["status"], headers)


def _refusal(message: Any) -> dict[str, Any] | None:
    """Why a message cannot be among others, if so."""
    if not isinstance(message, dict):
        return error_message(-32600, NO_MESSAGE)
    asked = cast("dict[str, Any]", message)
    return error_message(-32600, ALONE, asked.get("id")) if asked.get("method") == "initialize" else None
