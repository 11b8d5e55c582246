"""How the server logs: to stderr, as text or JSON, each line with the id of its request."""

import logging
import sys
from typing import Literal

from pythonjsonlogger.json import JsonFormatter

from serving.requests import request_id

TEXT_FORMAT = "%(asctime)s %(levelname)s %(name)s [%(request_id)s]: %(message)s"
JSON_FIELDS = "%(asctime)s %(levelname)s %(name)s %(request_id)s %(message)s"
CHATTY = ("mcp", "sentence_transformers", "httpx2", "uvicorn")

LogFormat = Literal["text", "json"]


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


def _formatter(log_format: LogFormat) -> logging.Formatter:
    if log_format == "json":
        return JsonFormatter(JSON_FIELDS, rename_fields={"asctime": "time", "levelname": "level"})
    return logging.Formatter(TEXT_FORMAT)


def _add_request_id(record: logging.LogRecord) -> bool:
    if not hasattr(record, "request_id"):
        record.request_id = request_id.get()
    return True
