"""A small MCP server over stdio for tests: `echo` and `dies`, in nothing but the standard library."""

import json
import os
import sys
from typing import Any

TOOLS = [
    {
        "name": name,
        "description": description,
        "inputSchema": {"type": "object", "properties": {"text": {"type": "string"}}},
        "annotations": {"readOnlyHint": True},
    }
    for name, description in (("echo", "Says it again."), ("dies", "Ends the program."))
]


def answer(method: str, params: dict[str, Any]) -> dict[str, Any] | None:
    """The result of a request; None for a method that is not known."""
    if method == "initialize":
        return {
            "protocolVersion": "2025-06-18",
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "small", "version": "1"},
        }
    if method == "tools/list":
        return {"tools": TOOLS}
    if method == "tools/call" and params["name"] == "dies":
        os._exit(3)
    if method == "tools/call":
        environment = ",".join(sorted(os.environ))
        said = params["arguments"].get("text", "")
        return {
            "content": [{"type": "text", "text": f"{said} {os.environ.get('SMALL_TOKEN')} {environment}"}]
        }
    return None


def main() -> None:
    """Answer line by line."""
    sys.stderr.write("secret-in-a-complaint\n")
    for line in sys.stdin:
        request = json.loads(line)
        if "id" not in request:
            continue
        result = answer(request["method"], request.get("params") or {})
        known = {"error": {"code": -32601, "message": "?"}} if result is None else {"result": result}
        sys.stdout.write(json.dumps({"jsonrpc": "2.0", "id": request["id"], **known}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
