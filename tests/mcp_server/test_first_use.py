"""The first request finds imported what fastmcp imports at the first request."""

import subprocess
import sys

import pytest

IMPORTED_BY_A_LIST = """
import asyncio, sys
import mcp_server.app
from fastmcp import FastMCP
from mcp_server.first_use import import_what_comes_later
if "rehearsed" in sys.argv:
    import_what_comes_later()
server = FastMCP("Empty")
server.tool(lambda: "x", name="x")
before = set(sys.modules)
async def ask():
    from fastmcp.server.context import Context
    async with Context(server):
        await server.list_tools()
        await server.call_tool("x", {})
        await server.list_resources()
asyncio.run(ask())
print(len(set(sys.modules) - before))
"""


@pytest.mark.slow
def test_a_list_and_a_call_import_nothing_more() -> None:
    """In processes of their own: here other tests have imported it."""

    def imported(*arguments: str) -> int:
        command = [sys.executable, "-c", IMPORTED_BY_A_LIST, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return int(done.stdout)

    assert imported() > 50, "fastmcp imports it early now: this warming is no longer needed"
    assert imported("rehearsed") < 5
