"""Talks to a program over stdio as Claude Desktop does: `python stdio_bridge.py COMMAND ARGUMENTS…`.

For a look at what a client would see, without installing one: the entry that
`owflex mcp install claude --print` shows names the command.
"""

import json
import subprocess
import sys
from typing import Any

INITIALIZE = {
    "protocolVersion": "2025-06-18",
    "capabilities": {},
    "clientInfo": {"name": "stdio-example", "version": "1"},
}


def ask(process: subprocess.Popen[str], number: int, method: str, params: dict[str, Any]) -> dict[str, Any]:
    """The result of one request; messages that are no answer to it are passed over."""
    assert process.stdin is not None
    assert process.stdout is not None
    request = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
    process.stdin.write(json.dumps(request) + "\n")
    process.stdin.flush()
    for line in process.stdout:
        answer = json.loads(line)
        if answer.get("id") == number:
            return answer["result"]
    raise SystemExit("The program ended without an answer.")


def main(command: list[str]) -> None:
    """Shake hands, list the tools, search once."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        server = ask(process, 1, "initialize", INITIALIZE)
        print("server:", server["serverInfo"]["name"], server["protocolVersion"])
        process.stdin.write('{"jsonrpc": "2.0", "method": "notifications/initialized"}\n')
        print("tools:", ", ".join(tool["name"] for tool in ask(process, 2, "tools/list", {})["tools"]))
        call = {"name": "search_documents", "arguments": {"query": "How are passages found?", "limit": 1}}
        results = ask(process, 3, "tools/call", call)["structuredContent"]["results"]
        print("found:", [result["title"] for result in results])


if __name__ == "__main__":
    main(sys.argv[1:])
