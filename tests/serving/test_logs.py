"""Lines of the log name their request, whichever server writes them."""

import io
import json
import logging
import re
import sys
from typing import Literal

import pytest

from agent_service.observe.logs import STYLE as CHAT
from agent_service.observe.logs import user
from mcp_server.logs import STYLE as MCP
from serving.logs import LogStyle, new_handler
from serving.requests import request_id


def line_of(style: LogStyle, monkeypatch: pytest.MonkeyPatch, **extra: str) -> dict[str, str]:
    written = io.StringIO()
    monkeypatch.setattr("sys.stderr", written)
    handler = new_handler("json", style)
    record = logging.makeLogRecord({"name": "x", "msg": "hello", "levelname": "INFO"} | extra)
    handler.handle(record)
    return json.loads(written.getvalue())


def test_a_line_has_the_request_that_is_served_and_its_user(monkeypatch: pytest.MonkeyPatch) -> None:
    request, name = request_id.set("r-1"), user.set("ann")
    chat, mcp = line_of(CHAT, monkeypatch), line_of(MCP, monkeypatch)
    request_id.reset(request)
    user.reset(name)
    assert (chat["request_id"], chat["user"], chat["logger"], chat["level"]) == ("r-1", "ann", "x", "INFO")
    assert (mcp["request_id"], mcp["name"], mcp["level"], mcp["message"]) == ("r-1", "x", "INFO", "hello")
    assert "user" not in mcp


def test_a_record_that_names_its_request_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert line_of(MCP, monkeypatch, request_id="mine")["request_id"] == "mine"


@pytest.mark.parametrize(
    "name", ["a\nFAKE LOG LINE", "\x1b[2J", "\x9b31m", "gnp.\u202ecod", "a\r\nERROR x: y"]
)
@pytest.mark.parametrize("log_format", ["text", "json"])
def test_a_name_in_a_log_is_part_of_one_line(
    log_format: Literal["text", "json"], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = io.StringIO()
    monkeypatch.setattr("sys.stderr", written)
    record = logging.makeLogRecord({"name": "x", "msg": "Read %s", "args": (name,), "levelname": "INFO"})
    new_handler(log_format, MCP).handle(record)
    line = written.getvalue()
    assert line.count("\n") == 1
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", line)


def test_a_traceback_keeps_its_lines_and_its_texts_do_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.StringIO()
    monkeypatch.setattr("sys.stderr", written)
    try:
        raise ValueError("\x1b[2J")
    except ValueError:
        record = logging.makeLogRecord({"name": "x", "msg": "m", "exc_info": sys.exc_info()})
    new_handler("text", MCP).handle(record)
    assert "ValueError: \\x1b[2J" in written.getvalue().splitlines()
