"""The real chat service as a process of its own, for the measurements."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx2
from mcp_process import Server, environment
from scripted_llm import free_port

SECONDS_TO_START = 120


@dataclass(frozen=True)
class ChatService:
    """Where the chat listens, and its process."""

    url: str
    pid: int

    async def until_ready(self) -> None:
        """Wait until a question could be answered."""
        async with asyncio.timeout(SECONDS_TO_START), httpx2.AsyncClient() as http:
            while True:
                try:
                    if (await http.get(f"{self.url}/ready")).status_code == 200:
                        return
                except httpx2.HTTPError:
                    pass
                await asyncio.sleep(0.2)


@contextmanager
def chat_process(server: Server, llm: str, **settings: str) -> Generator[ChatService]:
    """The chat beside an MCP server, with these settings besides the usual ones."""
    port = free_port()
    usual = {
        "AGENT_SERVICE_PORT": str(port),
        "OPENAI_BASE_URL": f"{llm}/v1",
        "MODEL_NAME": "scripted",
        "MCP_SERVER_URL": f"{server.url}/mcp",
    }
    with (server.home.parent / f"chat-{port}.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "agent_service"],
            cwd=server.home.parent,
            env=environment(server.home, server.port) | usual | settings,
            stderr=log,
        )
    try:
        yield ChatService(f"http://127.0.0.1:{port}", process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
