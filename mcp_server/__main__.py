"""`python -m mcp_server [--transport http|stdio]`: the MCP server on its own."""

import argparse
import sys

from database.errors import DatabaseError
from database.home import open_data_folder
from database.process import stop_on_sigterm
from database.settings import read_settings
from knowledge_base.errors import KnowledgeBaseError
from mcp_server.auth.issuer_settings import external_issuer
from mcp_server.bind import check_host
from mcp_server.errors import McpServerError
from mcp_server.logs import set_up_logs
from mcp_server.settings import McpServerSettings
from serving.errors import ServingError
from serving.exit_codes import exit_code_of
from serving.loading import loading


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m mcp_server", description=__doc__)
    parser.add_argument("--transport", choices=["http", "stdio"], default="http")
    return run(parser.parse_args().transport)


def run(transport: str) -> int:
    """Run until stopped; returns the exit code (0 stopped, 1 could not start)."""
    return exit_code_of(
        lambda: _run(transport), DatabaseError, KnowledgeBaseError, McpServerError, ServingError
    )


def _run(transport: str) -> int:
    stop_on_sigterm()
    settings = read_settings(McpServerSettings)
    if transport == "http":
        check_host(settings)
        external_issuer(settings)
    set_up_logs(settings.log_format)
    open_data_folder(settings.owflex_home)
    try:
        # Not above: this imports FastMCP, which takes seconds, and a wrong setting or folder is said before.
        with loading():
            from mcp_server.app import serve_http, serve_stdio

        serve_stdio(settings) if transport == "stdio" else serve_http(settings)
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
