"""The MCP server as it is shipped, with the fixtures of the conformance suite added to it.

Everything around them is the product's own: settings, role, guard, middleware, auth and HTTP server.
"""

import functools
import sys

from asking import add_asking_fixtures
from contents import add_content_fixtures
from fastmcp import FastMCP

import mcp_server.app
from mcp_server.__main__ import run
from mcp_server.server import create_server


@functools.wraps(create_server)
def create_server_with_fixtures(*args: object, **kwargs: object) -> FastMCP:
    """The product's server, with the fixtures."""
    server = create_server(*args, **kwargs)  # pyright: ignore[reportArgumentType, reportCallIssue]
    add_content_fixtures(server)
    add_asking_fixtures(server)
    return server


if __name__ == "__main__":
    mcp_server.app.create_server = create_server_with_fixtures
    sys.exit(run("http"))
