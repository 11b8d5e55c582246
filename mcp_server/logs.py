"""How the server logs: to stderr, as text or JSON, each line with the id of its request."""

import logging
import re
import sys
from contextvars import ContextVar
from typing import Literal
from uuid import uuid4

from pythonjsonlogger.json import JsonFormatter
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = "X-Request-ID"
# Nothing that could forge a line of the log or a header.
ACCEPTED_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
TEXT_FORMAT = "%(asctime)s %(levelname)s %(name)s [%(request_id)s]: %(message)s"
JSON_FIELDS = "%(asctime)s %(levelname)s %(name)s %(request_id)s %(message)s"
CHATTY = ("mcp", "sentence_transformers", "httpx2", "uvicorn")

LogFormat = Literal["text", "json"]

_request_id: ContextVar[str] = ContextVar("request_id", default="-")


def set_up_logs(log_format: LogFormat) -> None:
    """Let everything that is logged go to stderr in this format; stdout belongs to the protocol."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_add_request_id)
    handler.setFormatter(_formatter(log_format))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    # FastMCP brings handlers of its own, which would write its lines in another format.
    theirs = logging.getLogger("fastmcp")
    theirs.handlers.clear()
    theirs.propagate = True
    # What it says about a call that went wrong is in our line already, but not the stacks.
    theirs.setLevel(logging.ERROR)


def current_request_id() -> str:
    """The id of the request that is served; "-" outside of one."""
    return _request_id.get()


def new_request_id(proposed: str | None) -> str:
    """The id that a client proposed, if it is harmless, else a new one."""
    return proposed if proposed and ACCEPTED_ID.fullmatch(proposed) else uuid4().hex


def _formatter(log_format: LogFormat) -> logging.Formatter:
    if log_format == "json":
        return JsonFormatter(JSON_FIELDS, rename_fields={"asctime": "time", "levelname": "level"})
    return logging.Formatter(TEXT_FORMAT)


def _add_request_id(record: logging.LogRecord) -> bool:
    if not hasattr(record, "request_id"):
        record.request_id = current_request_id()
    return True


class RequestIds:
    """An ASGI app whose requests have an id, the one of the client or a new one, that the answer repeats."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = new_request_id(Headers(scope=scope).get(HEADER))

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        token = _request_id.set(request_id)
        try:
            await self._app(scope, receive, answer)
        finally:
            _request_id.reset(token)
