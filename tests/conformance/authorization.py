"""The suite's scenarios for authorization servers: a client comes by the address, and a person agrees."""

import asyncio
import re
import sys
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2
import jwt
from fastmcp import Client
from fastmcp.client.transports import StreamableHttpTransport

from mcp_server.auth.callers import AGENT_ISSUER, AUDIENCE
from mcp_server.auth.scopes import CONNECT_SCOPE

CALLBACK_PORT = 3999
# What the suite says once the client can be answered.
LISTENS = "Callback server started"
ADDRESS = re.compile(r"http://\S+/authorize\?\S+")


async def authorization_passes(command: list[str], server: str, folder: Path) -> bool:
    """Whether the suite (`command`) is content with the server at this address, whose data folder that is."""
    callback = f"http://127.0.0.1:{CALLBACK_PORT}/callback"
    metadata = {"redirect_uris": [callback], "token_endpoint_auth_method": "none"}
    async with httpx2.AsyncClient() as http:
        client = (await http.post(f"{server}/register", json=metadata)).json()
        suite = await asyncio.create_subprocess_exec(
            *command,
            *("authorization", "--url", server, "--client-id", client["client_id"]),
            *("--resource", f"{server}/mcp", "--port", str(CALLBACK_PORT)),
            stdout=asyncio.subprocess.PIPE,
        )
        assert suite.stdout is not None
        address = ""
        async for line in suite.stdout:
            sys.stdout.write(line.decode())
            found = ADDRESS.search(line.decode())
            address = found.group() if found else address
            if LISTENS in line.decode():
                asked = await http.get(address)
                await http.get(await _agreed(server, asked.headers["location"], folder))
    return await suite.wait() == 0


async def _agreed(server: str, page: str, folder: Path) -> str:
    """Where the page would send a person who lets the client in."""
    key = (folder / "mcp-signing-key").read_text(encoding="utf-8").strip()
    now = int(time.time())
    claims = {"iss": AGENT_ISSUER, "aud": AUDIENCE, "sub": "local", "iat": now, "exp": now + 60}
    token = jwt.encode(claims | {"scope": CONNECT_SCOPE}, key, algorithm="HS256")
    answer = {"request": parse_qs(urlsplit(page).query)["request"][0], "approve": True, "scopes": ["kb:read"]}
    async with Client(StreamableHttpTransport(f"{server}/mcp", auth=token)) as client:
        answered = await client.call_tool("answer_connection_request", answer)
    return (answered.structured_content or {})["redirect_uri"]
