"""How the MCP server logs: each line with the id of its request."""

import logging

from serving.logs import LogFormat, LogStyle
from serving.logs import set_up_logs as set_up

STYLE = LogStyle(
    text_line="%(asctime)s %(levelname)s %(name)s [%(request_id)s]: %(message)s",
    json_line="%(asctime)s %(levelname)s %(name)s %(request_id)s %(trace_id)s %(message)s",
    chatty=("mcp", "sentence_transformers", "httpx2", "uvicorn"),
)


def set_up_logs(log_format: LogFormat) -> None:
    """Let everything that is logged, by FastMCP too, go to stderr in this format."""
    set_up(log_format, STYLE)
    # FastMCP brings handlers of its own, which would write its lines in another format.
    theirs = logging.getLogger("fastmcp")
    theirs.handlers.clear()
    theirs.propagate = True
    # What it says about a call that went wrong is in our line already, but not the stacks.
    theirs.setLevel(logging.ERROR)
