"""How the chat logs: to stderr, as text or JSON, each line with its request and user, without their words."""

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
HARMLESS_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
TEXT_LINE = "%(asctime)s %(levelname)s %(name)s: %(message)s"
JSON_LINE = "%(asctime)s %(levelname)s %(name)s %(request_id)s %(user)s %(message)s"
JSON_NAMES = {"asctime": "time", "levelname": "level", "name": "logger"}
CHATTY = ("httpx2", "httpx", "mcp", "openai.agents", "chatkit")

request_id: ContextVar[str] = ContextVar("chat_request_id", default="-")
user: ContextVar[str] = ContextVar("chat_user", default="-")


def set_up_logs(log_format: Literal["text", "json"]) -> None:
    """Let everything that is logged go to stderr in this format."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(add_origin)
    handler.setFormatter(formatter(log_format))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)


def formatter(log_format: Literal["text", "json"]) -> logging.Formatter:
    """Makes lines for people, or a JSON object a line."""
    if log_format == "json":
        return JsonFormatter(JSON_LINE, rename_fields=JSON_NAMES)
    return logging.Formatter(TEXT_LINE)


def add_origin(record: logging.LogRecord) -> bool:
    """Put the request and the user that are served into the record; always true, as a filter of logging."""
    record.request_id = request_id.get()
    record.user = user.get()
    return True


class RequestIds:
    """ASGI middleware: each request has an id, the client's harmless one or a new one; answers repeat it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        proposed = Headers(scope=scope).get(HEADER, "")
        chosen = proposed if HARMLESS_ID.fullmatch(proposed) else uuid4().hex

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = chosen
            await send(message)

        token = request_id.set(chosen)
        try:
            await self._app(scope, receive, answer)
        finally:
            request_id.reset(token)
