"""How servers log: to stderr, as text for people or a JSON object a line, with the id of the request."""

import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from pythonjsonlogger.json import JsonFormatter

from database.acting import trace_id
from serving.requests import NO_REQUEST, request_id
from serving.terminal import printable, printable_line

LogFormat = Literal["text", "json"]
AddToRecord = Callable[[logging.LogRecord], bool]


@dataclass(frozen=True)
class LogStyle:
    """What the lines of one server say, and whose lines below a warning nobody needs.

    `json_names` renames fields of the JSON lines; `add` puts what only this server knows into a record.
    """

    text_line: str
    json_line: str
    chatty: Sequence[str]
    json_names: Mapping[str, str] = field(default_factory=lambda: {"asctime": "time", "levelname": "level"})
    add: Sequence[AddToRecord] = ()


def set_up_logs(log_format: LogFormat, style: LogStyle) -> None:
    """Let everything that is logged go to stderr in this format; stdout belongs to protocols."""
    logging.basicConfig(level=logging.INFO, handlers=[new_handler(log_format, style)], force=True)
    for name in style.chatty:
        logging.getLogger(name).setLevel(logging.WARNING)


def new_handler(log_format: LogFormat, style: LogStyle) -> logging.Handler:
    """Writes records to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    for add in (add_request_id, *style.add):
        handler.addFilter(add)
    handler.setFormatter(_formatter(log_format, style))
    return handler


def add_request_id(record: logging.LogRecord) -> bool:
    """Put the request that is served, and its trace, into the record; always true, as a filter.

    A request that the record names itself stays.
    """
    if not hasattr(record, "request_id"):
        record.request_id = request_id.get()
    record.trace_id = trace_id() or NO_REQUEST
    return True


def _formatter(log_format: LogFormat, style: LogStyle) -> logging.Formatter:
    if log_format == "json":
        return JsonFormatter(style.json_line, rename_fields=dict(style.json_names))
    return PlainFormatter(style.text_line)


class PlainFormatter(logging.Formatter):
    """Writes a record as text: what others named cannot make a line of its own, nor move the cursor."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the name is that of logging
        """The line of the record, its message on one line."""
        record.message = printable_line(record.message)
        return super().formatMessage(record)

    def format(self, record: logging.LogRecord) -> str:
        """The line, and the lines of a traceback below it."""
        return printable(super().format(record))
