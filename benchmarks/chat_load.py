"""Many chats at once against the real chat service and MCP server, with a language model that is a script."""

import argparse
import asyncio
import json
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import psutil
import psycopg
import uvicorn
from mcp_load import DOCUMENTS, Server, environment, fill
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

from database.embedded import embedded_postgres

NUMBER = re.compile(r"question (\d+-\d+)")
STORED = "select data->>'type', data->'content'->0->>'text' from thread_items"
SECONDS_TO_START = 120


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class ScriptedLlm:
    """Searches once and then answers with the number of the question; keeps how long it took itself."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()

    def app(self) -> Starlette:
        """The server."""
        return Starlette(routes=[Route("/v1/chat/completions", self._answer, methods=["POST"])])

    async def _answer(self, request: Request) -> StreamingResponse:
        began = time.perf_counter()
        messages: list[dict[str, Any]] = (await request.json())["messages"]
        asked = [str(message["content"]) for message in messages if message["role"] == "user"]
        number = NUMBER.findall(asked[-1])[-1]
        if messages[-1]["role"] == "tool":
            deltas = [{"content": word} for word in ("Answer ", number, ".")]
        else:
            setting = int(number.partition("-")[2]) % DOCUMENTS
            arguments = json.dumps({"query": f"What does the setting number {setting} change?"})
            function = {"name": "search_documents", "arguments": arguments}
            call = {"index": 0, "id": f"call_{number}", "type": "function", "function": function}
            deltas = [{"tool_calls": [call]}]
        self.seconds[number] += time.perf_counter() - began
        return StreamingResponse(_stream(deltas), media_type="text/event-stream")


async def _stream(deltas: list[dict[str, Any]]) -> AsyncIterator[str]:
    for delta in deltas:
        yield _chunk([{"index": 0, "delta": {"role": "assistant"} | delta, "finish_reason": None}])
    reason = "tool_calls" if "tool_calls" in deltas[-1] else "stop"
    yield _chunk([{"index": 0, "delta": {}, "finish_reason": reason}])
    yield _chunk([], usage={"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110})
    yield "data: [DONE]\n\n"


def _chunk(choices: list[dict[str, Any]], **more: Any) -> str:
    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "m", "choices": choices}
    return f"data: {json.dumps(chunk | more)}\n\n"


@asynccontextmanager
async def served(app: Starlette) -> AsyncGenerator[str]:
    """The address of the app while it is served."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning", access_log=False))
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await running


@dataclass
class Load:
    """What was asked and what came back."""

    sent: list[str] = field(default_factory=list[str])
    first_word: dict[str, float] = field(default_factory=dict[str, float])
    errors: Counter[str] = field(default_factory=Counter[str])


async def chat(url: str, who: int, until: float, pause: float, load: Load) -> None:
    """One person who asks, reads the answer, thinks and asks again, in one conversation."""
    thread, turn = None, 0
    async with httpx2.AsyncClient(timeout=120) as http:
        await asyncio.sleep(pause * who / 50)
        while time.monotonic() < until:
            number = f"{who}-{turn}"
            load.sent.append(number)
            try:
                thread = await ask(http, url, number, thread, load) or thread
            except httpx2.HTTPError as error:
                load.errors[type(error).__name__] += 1
            turn += 1
            await asyncio.sleep(pause)


async def ask(http: httpx2.AsyncClient, url: str, number: str, thread: str | None, load: Load) -> str | None:
    """One question; returns the conversation it began."""
    content = [{"type": "input_text", "text": f"This is question {number}"}]
    params: dict[str, Any] = {"input": {"content": content, "attachments": [], "inference_options": {}}}
    kind = "threads.create"
    if thread is not None:
        params["thread_id"], kind = thread, "threads.add_user_message"
    found, began = None, time.perf_counter()
    async with http.stream("POST", f"{url}/chatkit", json={"type": kind, "params": params}) as answer:
        if answer.status_code != 200:
            load.errors[f"HTTP {answer.status_code}"] += 1
            return None
        async for line in answer.aiter_lines():
            event: dict[str, Any] = json.loads(line[6:]) if line.startswith("data: ") else {}
            if event.get("type") == "thread.created":
                found = event["thread"]["id"]
            elif event.get("type") == "error":
                load.errors[str(event.get("code"))] += 1
            elif "text_delta" in str(event.get("update", {}).get("type")):
                load.first_word.setdefault(number, time.perf_counter() - began)
    return found


@contextmanager
def chat_service(server: Server, llm: str) -> Iterator[tuple[str, int]]:
    """The chat as a process of its own; its address and process id."""
    port = free_port()
    settings = {
        "AGENT_SERVICE_PORT": str(port),
        "OPENAI_BASE_URL": f"{llm}/v1",
        "MODEL_NAME": "scripted",
        "MCP_SERVER_URL": f"{server.url}/mcp",
    }
    with (server.home.parent / "chat.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "agent_service"],
            cwd=server.home.parent,
            env=environment(server.home, server.port) | settings,
            stderr=log,
        )
    try:
        yield f"http://127.0.0.1:{port}", process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


async def until_ready(url: str) -> None:
    """Wait until a question could be answered."""
    async with asyncio.timeout(SECONDS_TO_START), httpx2.AsyncClient() as http:
        while True:
            try:
                if (await http.get(f"{url}/ready")).status_code == 200:
                    return
            except httpx2.HTTPError:
                pass
            await asyncio.sleep(0.2)


def lost_and_doubled(home: Path, load: Load) -> str:
    """What the database says of every message that was sent."""
    with embedded_postgres(home, "chat") as url, psycopg.connect(url) as connection:
        rows = connection.execute(STORED).fetchall()
    asked = Counter(str(text) for kind, text in rows if kind == "user_message")
    # A line about missing citations may follow.
    answers = Counter(str(text).partition("\n")[0] for kind, text in rows if kind == "assistant_message")
    questions = [asked[f"This is question {number}"] for number in load.sent]
    answered = [answers[f"Answer {number}."] for number in load.sent]
    return (
        f"{len(load.sent)} sent; questions lost {questions.count(0)}, "
        f"doubled {sum(n > 1 for n in questions)}; answers missing {answered.count(0)}, "
        f"doubled {sum(n > 1 for n in answered)}; "
        f"errors {dict(load.errors) or 'none'}"
    )


def search_seconds(figures: str) -> float:
    """The mean duration of a search in the MCP server, which is mostly the embedding."""
    found = dict(
        re.findall(r'owflex_tool_call_seconds_(sum|count)\{tool="search_documents"\} (\S+)', figures)
    )
    return float(found["sum"]) / float(found["count"])


def spread(seconds: list[float]) -> str:
    """Median and 95th percentile in milliseconds."""
    ordered = sorted(seconds)
    p95 = ordered[int(0.95 * (len(ordered) - 1))]
    return f"p50 {statistics.median(ordered) * 1e3:.0f} ms, p95 {p95 * 1e3:.0f} ms"


def megabytes(pid: int) -> float:
    """Resident memory of a process."""
    return psutil.Process(pid).memory_info().rss / 2**20


async def measure(server: Server, people: int, seconds: float, pause: float) -> None:
    """Run the load and print what it brought."""
    llm, load = ScriptedLlm(), Load()
    async with served(llm.app()) as llm_url:
        with chat_service(server, llm_url) as (url, pid):
            await until_ready(url)
            await chat(url, 0, time.monotonic() + 0.1, 0.2, Load())
            before, began = megabytes(pid), time.monotonic()
            chats = (chat(url, who, began + seconds, pause, load) for who in range(1, people + 1))
            await asyncio.gather(*chats)
            after = megabytes(pid)
    searching = search_seconds(await server.figures())
    own = [taken - llm.seconds[number] - searching for number, taken in load.first_word.items()]
    print(f"{people} chats, {seconds:.0f} s, a pause of {pause:.0f} s; load {os.getloadavg()[0]:.1f}")
    print(lost_and_doubled(server.home, load))
    print(f"first word: {spread(list(load.first_word.values()))}")
    print(f"a search in the MCP server: {searching * 1e3:.0f} ms on average")
    print(f"first word without model and search: {spread(own)}")
    print(f"memory of the chat: {before:.0f} MB before, {after:.0f} MB after")


async def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chats", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--pause", type=float, default=5, help="seconds between answer and next question")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="owflex-load-") as folder:
        server = Server(Path(folder) / "home", free_port())
        fill(server.home)
        server.start()
        try:
            await server.until_ready()
            await measure(server, options.chats, options.seconds, options.pause)
        finally:
            server.kill(signal.SIGTERM)


if __name__ == "__main__":
    asyncio.run(main())
