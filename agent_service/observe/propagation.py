"""What the chat tells the MCP server about a request, so that both write about the same one."""

from opentelemetry import propagate

from serving.requests import HEADER, NO_REQUEST, request_id

SERVICE = "owflex-agent-service"


def outgoing_headers() -> dict[str, str]:
    """Headers for the MCP server that join its logs and traces with ours."""
    headers: dict[str, str] = {}
    propagate.inject(headers)
    if request_id.get() != NO_REQUEST:
        headers[HEADER] = request_id.get()
    return headers
