"""What `owflex doctor` finds out about versions: of this installation, and of the programs that answer."""

import asyncio
import json
import platform
import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx2
from pydantic import SecretStr, TypeAdapter

from agent_service.context import LOCAL_USER
from agent_service.routes.page import STATIC_FOLDER
from agent_service.settings.settings import AgentServiceSettings
from agent_service.tools.connection import DIAGNOSIS_SECONDS, INITIALIZE, http_client, mint_token
from owflex.doctor.findings import Finding, bad, fine

OBJECT = TypeAdapter(dict[str, Any])
# The page names its parts so.
PART = re.compile(r"""(?:src|href)=["'][./]*(static/[^"'?#]+)""")
REBUILD = "In a checkout run: make install (or: python build_page.py); else install OwFlex anew."


async def version_finding(chat: AgentServiceSettings, chat_url: str, key: SecretStr | None) -> Finding:
    """Whether the chat and the MCP server that answer are of the version that is installed here."""
    ours = version("owflex")
    said = {
        f"the chat at {chat_url}": await _of_chat(chat_url),
        f"the MCP server at {chat.mcp_server_url}": await _of_mcp_server(chat.mcp_server_url, key),
    }
    others = [f"{name} is of {other}" for name, other in said.items() if other not in (None, ours)]
    if others:
        return bad(
            "versions",
            f"OwFlex {ours} is installed here, but {' and '.join(others)}.",
            "Stop and start what is older; where it runs elsewhere, install the same version there.",
        )
    return fine("versions", f"OwFlex {ours} on Python {platform.python_version()}.")


def page_finding(folder: Path = STATIC_FOLDER) -> Finding:
    """Whether the page was built, and all that it names is there."""
    try:
        text = (folder / "index.html").read_text(encoding="utf-8")
    except OSError:
        return bad("page", "The chat page was not built.", REBUILD)
    missing = [name for name in PART.findall(text) if not (folder.parent / name).is_file()]
    if missing:
        return bad("page", f"The chat page lacks {', '.join(sorted(set(missing)))}.", REBUILD)
    return fine("page", "The chat page is built.")


async def _of_chat(url: str) -> str | None:
    """The version of the chat that answers there; None where none does."""
    try:
        async with asyncio.timeout(DIAGNOSIS_SECONDS), http_client(url) as http:
            said = OBJECT.validate_json((await http.get(f"{url}/config.json")).content)
    except (TimeoutError, httpx2.HTTPError, OSError, ValueError):
        return None
    return str(said["version"])[:50] if "version" in said and "chatkit" in said else None


async def _of_mcp_server(url: str, key: SecretStr | None) -> str | None:
    """The version of the MCP server that answers there; None where none does or lets us in."""
    if key is None:
        return None
    headers = {
        "Authorization": f"Bearer {mint_token(key, LOCAL_USER)}",
        "Accept": "application/json, text/event-stream",
    }
    try:
        async with asyncio.timeout(DIAGNOSIS_SECONDS), http_client(url) as http:
            answer = await http.post(url, json=INITIALIZE, headers=headers)
        lines = [line.removeprefix("data:") for line in answer.text.splitlines() if '"serverInfo"' in line]
        return str(json.loads(lines[0])["result"]["serverInfo"]["version"])[:50] if lines else None
    except (TimeoutError, httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError, LookupError, TypeError):
        return None
