"""`python -m mcp_server [--transport http|stdio]`: the MCP server on its own."""

import argparse
import sys

from pydantic import ValidationError

from database.errors import DatabaseError
from database.process import setting_problems, stop_on_sigterm
from knowledge_base.errors import KnowledgeBaseError
from mcp_server.app import serve_http, serve_stdio
from mcp_server.errors import McpServerError
from mcp_server.logs import set_up_logs
from mcp_server.settings import McpServerSettings
from serving.telemetry import TelemetryMissingError


def main() -> int:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m mcp_server", description=__doc__)
    parser.add_argument("--transport", choices=["http", "stdio"], default="http")
    return run(parser.parse_args().transport)


def run(transport: str) -> int:
    """Run until stopped; returns the exit code (0 stopped, 1 could not start)."""
    stop_on_sigterm()
    try:
        settings = McpServerSettings(_env_file=".env")  # pyright: ignore[reportCallIssue]
        set_up_logs(settings.log_format)
        serve_stdio(settings) if transport == "stdio" else serve_http(settings)
    except (DatabaseError, KnowledgeBaseError, McpServerError, TelemetryMissingError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    except ValidationError as error:
        print("\n".join(setting_problems(error)), file=sys.stderr)  # noqa: T201
        return 1
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
