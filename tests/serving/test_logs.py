"""Lines of the log name their request, whichever server writes them."""

import io
import json
import logging

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
