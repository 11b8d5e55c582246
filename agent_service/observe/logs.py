"""How the chat logs: each line with its request and user, without their words."""

import logging
from contextvars import ContextVar

from serving.logs import LogStyle

user: ContextVar[str] = ContextVar("chat_user", default="-")


def add_user(record: logging.LogRecord) -> bool:
    """Put the user that is served into the record; always true, as a filter of logging."""
    record.user = user.get()
    return True


STYLE = LogStyle(
    text_line="%(asctime)s %(levelname)s %(name)s: %(message)s",
    json_line="%(asctime)s %(levelname)s %(name)s %(request_id)s %(trace_id)s %(user)s %(message)s",
    chatty=("httpx2", "httpx", "mcp", "openai.agents", "chatkit"),
    json_names={"asctime": "time", "levelname": "level", "name": "logger"},
    add=(add_user,),
)
