"""How the chat logs: to stderr, as text or JSON, each line with its request and user, without their words."""

import logging
import sys
from contextvars import ContextVar
from typing import Literal

from pythonjsonlogger.json import JsonFormatter

from serving.requests import request_id

TEXT_LINE = "%(asctime)s %(levelname)s %(name)s: %(message)s"
JSON_LINE = "%(asctime)s %(levelname)s %(name)s %(request_id)s %(user)s %(message)s"
JSON_NAMES = {"asctime": "time", "levelname": "level", "name": "logger"}
CHATTY = ("httpx2", "httpx", "mcp", "openai.agents", "chatkit")

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
