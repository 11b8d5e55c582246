"""What attacks are made of: raw connections, a person who asks besides, what servers say of themselves."""

import asyncio
import json
import struct
import time
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
import jwt
import psutil

ISSUER, AUDIENCE = "attacks", "chat"
SHARED_KEY = "a-key-for-the-attacks-that-is-long-enough"


@dataclass
class Target:
    """The servers under attack, and what they answered to it."""

    chat: str
    mcp: str
    mcp_token: str
    chat_pid: int
    mcp_pid: int
    answers: Counter[str] = field(default_factory=Counter[str])

    @property
    def chat_port(self) -> int:
        """Where the chat listens."""
        return int(self.chat.rpartition(":")[2])

    @property
    def mcp_port(self) -> int:
        """Where the MCP server listens."""
        return int(self.mcp.rpartition(":")[2])

    def note(self, status: int | str) -> None:
        """Count an answer."""
        self.answers[str(status)] += 1

    def memory(self) -> tuple[float, float]:
        """Megabytes of the chat and of the MCP server, without their children."""
        chat, mcp = (psutil.Process(pid).memory_info().rss / 2**20 for pid in (self.chat_pid, self.mcp_pid))
        return chat, mcp


def login(user: str) -> dict[str, str]:
    """The headers of a user of the chat."""
    claims = {"sub": user, "iss": ISSUER, "aud": AUDIENCE, "exp": int(time.time()) + 3600}
    return {"authorization": f"Bearer {jwt.encode(claims, SHARED_KEY, 'HS256')}"}


def question(text: str, thread_id: str | None = None, attachments: tuple[str, ...] = ()) -> dict[str, Any]:
    """A message as the page sends it."""
    given: dict[str, Any] = {
        "content": [{"type": "input_text", "text": text}],
        "attachments": list(attachments),
        "inference_options": {},
    }
    if thread_id is None:
        return {"type": "threads.create", "params": {"input": given}}
    return {"type": "threads.add_user_message", "params": {"thread_id": thread_id, "input": given}}


def head(
    target: str, user: str, length: int, *, method: str = "POST", kind: str = "application/json"
) -> bytes:
    """The head of a request with a body of this length."""
    token = login(user)["authorization"]
    return (
        f"{method} {target} HTTP/1.1\r\nhost: localhost\r\nauthorization: {token}\r\n"
        f"content-type: {kind}\r\ncontent-length: {length}\r\n\r\n"
    ).encode()


@asynccontextmanager
async def connection(port: int) -> AsyncGenerator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection of nobody's library."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=4096)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def raw(target: Target, port: int, sent: bytes, seconds: float = 20) -> None:
    """Send bytes and note the status of what comes back."""
    try:
        async with asyncio.timeout(seconds), connection(port) as (reader, writer):
            writer.write(sent)
            line = await reader.readline()
            target.note(line.split()[1].decode() if len(line.split()) > 1 else "closed")
    except TimeoutError:
        target.note("no answer")
    except OSError:
        target.note("closed")


async def ask(
    http: httpx2.AsyncClient, user: str, text: str, thread_id: str | None = None
) -> tuple[int, float, str]:
    """Status, seconds to the first word (to the answer where there is none), and the thread."""
    began, thread = time.perf_counter(), thread_id or ""
    async with http.stream("POST", "/chatkit", json=question(text, thread_id), headers=login(user)) as answer:
        if answer.status_code != 200:
            return answer.status_code, time.perf_counter() - began, thread
        first: float | None = None
        async for line in answer.aiter_lines():
            if '"thread.created"' in line[:60]:
                thread = str(json.loads(line[6:])["thread"]["id"])
            if first is None and "text_delta" in line:
                first = time.perf_counter() - began
            if line.startswith('data: {"type":"error"'):
                return 599, time.perf_counter() - began, thread
    return (200, first, thread) if first is not None else (598, time.perf_counter() - began, thread)


async def waits_of_another(
    url: str, user: str, until: asyncio.Event, pause: float = 0.4
) -> list[tuple[int, float]]:
    """How long a person who asks one question after the other waits for each first word."""
    waits: list[tuple[int, float]] = []
    # One of twenty people each time: a single one may not ask so often.
    async with httpx2.AsyncClient(base_url=url, timeout=60) as http:
        while True:
            try:
                status, seconds, _ = await ask(http, f"{user}-{len(waits) % 20}", "question of another")
            except httpx2.HTTPError as error:
                status, seconds = 597, 60.0
                print(f"  the other user: {type(error).__name__}: {error}")
            waits.append((status, seconds))
            if until.is_set():
                return waits
            await asyncio.sleep(pause)


async def figures(url: str) -> str:
    """The page of /metrics."""
    async with httpx2.AsyncClient() as http:
        return (
            await http.get(f"{url}/metrics", timeout=60, headers={"authorization": f"Bearer {SHARED_KEY}"})
        ).text


def entries(count: int) -> bytes:
    """A ZIP file with so many entries in its directory, all of them one."""
    local = struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 0, 0, 0, 0, 0, 0, 0, 1, 0) + b"a"
    entry = struct.pack("<4s6H3I5H2I", b"PK\x01\x02", 20, 20, *[0] * 7, 1, *[0] * 6) + b"a"
    size = len(entry) * count
    end64 = struct.pack("<4sQ2H2I4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, size, len(local))
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, len(local) + size, 1)
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return local + entry * count + end64 + locator + end


def mcp_headers(target: Target) -> dict[str, str]:
    """The headers of a client with the local token."""
    return {"authorization": f"Bearer {target.mcp_token}", "accept": "application/json, text/event-stream"}


def mcp_head(target: Target, length: int) -> bytes:
    """The head of a message with a body of this length."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in mcp_headers(target).items())
    start = "POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
    return f"{start}{lines}content-length: {length}\r\n\r\n".encode()
