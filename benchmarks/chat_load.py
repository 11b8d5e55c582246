"""Many chats at once against the real chat service and MCP server, with a language model that is a script."""

import argparse
import asyncio
import http.client
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Generator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import psutil
import psycopg
from mcp_process import Server, environment, fill
from scripted_llm import ScriptedLlm, Trace, free_port, served

from database.embedded import embedded_postgres

STORED = "select thread_id, data->>'type', data->'content'->0->>'text' from thread_items"
SECONDS_TO_START = 120
NO_LIMITS = httpx2.Limits(max_connections=None, max_keepalive_connections=None)
# Times in milliseconds, p50 / p95; CPU in milliseconds per turn.
HEADER = (
    "| chats | turns | CPU chat | CPU MCP | CPU client | to the model | tool call | of it search (mean) "
    "| answer to word | without model and search | /health (and longest) | MB | load |\n" + "|---:" * 13 + "|"
)


@dataclass
class Load:
    """What was asked and what came back; `run` tells the questions of one load from those of others."""

    run: str
    traces: dict[str, Trace]
    errors: Counter[str] = field(default_factory=Counter[str])

    def ask(self, who: int, turn: int) -> str:
        """The number of a new question, which is sent now."""
        number = f"{self.run}-{who}-{turn}"
        self.traces[number] = Trace(time.perf_counter())
        return number

    @property
    def sent(self) -> list[str]:
        """The numbers of all questions of this load."""
        return [number for number in self.traces if number.startswith(f"{self.run}-")]

    def heard(self) -> list[tuple[float, float, float]]:
        """The parts of each wait that ended with a word."""
        traces = [self.traces[number] for number in self.sent]
        return [trace.parts() for trace in traces if trace.first_word is not None]


async def chat(http: httpx2.AsyncClient, who: int, until: float, pause: float, load: Load) -> None:
    """One person who asks, reads the answer, thinks and asks again, in one conversation."""
    thread, turn = None, 0
    # Spread over the pause: nobody's questions come at one moment.
    await asyncio.sleep(pause * who / int(load.run) if load.run != "0" else 0)
    while time.monotonic() < until:
        number = load.ask(who, turn)
        try:
            thread = await ask(http, number, thread, load) or thread
        except httpx2.HTTPError as error:
            load.errors[type(error).__name__] += 1
        turn += 1
        await asyncio.sleep(pause)


async def ask(http: httpx2.AsyncClient, number: str, thread: str | None, load: Load) -> str | None:
    """One question; returns the conversation it began."""
    content = [{"type": "input_text", "text": f"This is question {number}"}]
    params: dict[str, Any] = {"input": {"content": content, "attachments": [], "inference_options": {}}}
    kind = "threads.create"
    if thread is not None:
        params["thread_id"], kind = thread, "threads.add_user_message"
    found, trace = None, load.traces[number]
    async with http.stream("POST", "/chatkit", json={"type": kind, "params": params}) as answer:
        if answer.status_code != 200:
            load.errors[f"HTTP {answer.status_code}"] += 1
            return None
        async for line in answer.aiter_lines():
            # Only what is needed is parsed: the client has the same processors as those it measures.
            if trace.first_word is None and "text_delta" in line:
                trace.first_word = time.perf_counter()
            elif line.startswith('data: {"type":"thread.created"'):
                found = json.loads(line[6:])["thread"]["id"]
            elif line.startswith('data: {"type":"error"'):
                load.errors[str(json.loads(line[6:]).get("code"))] += 1
    return found


def stalls(url: str, seconds: float) -> list[float]:
    """How long /health takes, 20 times a second: as long as the event loop does something else."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=60)
    taken: list[float] = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        began = time.perf_counter()
        connection.request("GET", "/health")
        connection.getresponse().read()
        taken.append(time.perf_counter() - began)
        time.sleep(0.05)
    return taken


@contextmanager
def chat_service(server: Server, llm: str) -> Generator[tuple[str, int]]:
    """The chat as a process of its own; its address and process id."""
    port = free_port()
    settings = {
        "AGENT_SERVICE_PORT": str(port),
        "OPENAI_BASE_URL": f"{llm}/v1",
        "MODEL_NAME": "scripted",
        "MCP_SERVER_URL": f"{server.url}/mcp",
        "CHAT_RATE_LIMIT_PER_MINUTE": "0",
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


def verdict(rows: list[tuple[str, str, str]], load: Load) -> str:
    """What the database says of every message that was sent; an answer counts in its question's thread."""
    asked, answers = Counter[str](), Counter[str]()
    for thread, kind, text in rows:
        if kind == "user_message":
            asked[text] += 1
            answers[f"{thread} {text.removeprefix('This is question ')}"] += 0
        elif kind == "assistant_message":
            # A line about missing citations may follow.
            answers[f"{thread} {text.partition('.')[0].removeprefix('Answer ')}"] += 1
    told = {key.partition(" ")[2]: count for key, count in answers.items()}
    questions = [asked[f"This is question {number}"] for number in load.sent]
    verified = [told.get(number, 0) for number in load.sent]
    return (
        f"{len(load.sent)} sent, {verified.count(1)} answered once, {verified.count(0)} not, "
        f"{sum(n > 1 for n in verified)} more often; questions lost {questions.count(0)}, "
        f"doubled {sum(n > 1 for n in questions)}; errors {dict(load.errors) or 'none'}"
    )


def stored(home: Path) -> list[tuple[str, str, str]]:
    """All messages in the database of the chat: thread, kind, text."""
    with embedded_postgres(home, "chat") as url, psycopg.connect(url) as connection:
        return [(str(thread), str(kind), str(text)) for thread, kind, text in connection.execute(STORED)]


def searches(figures: str) -> tuple[float, int]:
    """Seconds and number of the searches in the MCP server so far; most of the time is the embedding."""
    found = dict(
        re.findall(r'owflex_tool_call_seconds_(sum|count)\{tool="search_documents"\} (\S+)', figures)
    )
    return float(found["sum"]), int(float(found["count"]))


def spread(seconds: list[float]) -> str:
    """Median and 95th percentile in milliseconds."""
    ordered = sorted(seconds)
    p95 = ordered[int(0.95 * (len(ordered) - 1))]
    return f"{statistics.median(ordered) * 1e3:.0f} / {p95 * 1e3:.0f}"


def cpu(pid: int) -> float:
    """Seconds of a processor that a process took so far."""
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


def megabytes(pid: int) -> float:
    """Resident memory of a process."""
    return psutil.Process(pid).memory_info().rss / 2**20


async def measure(server: Server, url: str, pid: int, load: Load, options: argparse.Namespace) -> str:
    """Run the load; returns its row of the table."""
    people, seconds = int(load.run), options.seconds
    pids = (pid, server.pid, os.getpid())
    before, used = megabytes(pid), [cpu(each) for each in pids]
    spent, done = searches(await server.figures())
    loop, until = asyncio.get_running_loop(), time.monotonic() + seconds
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as other:
        probe = loop.run_in_executor(other, stalls, url, seconds)
        async with httpx2.AsyncClient(base_url=url, timeout=120, limits=NO_LIMITS) as http:
            chats = (chat(http, who, until, options.pause, load) for who in range(people))
            await asyncio.gather(*chats)
        waits = sorted(await probe)
    used = [(cpu(each) - start) / len(load.sent) * 1e3 for each, start in zip(pids, used, strict=True)]
    spent_now, done_now = searches(await server.figures())
    searching = (spent_now - spent) / (done_now - done)
    to_model, tool, to_word = zip(*load.heard(), strict=True)
    own = [sum(parts) - searching for parts in load.heard()]
    return (
        f"| {people} | {len(load.sent)} | {used[0]:.0f} | {used[1]:.0f} | {used[2]:.0f} "
        f"| {spread([*to_model])} | {spread([*tool])} | {searching * 1e3:.0f} | {spread([*to_word])} "
        f"| {spread(own)} | {spread(waits)} / {waits[-1] * 1e3:.0f} | {before:.0f} → {megabytes(pid):.0f} "
        f"| {os.getloadavg()[0]:.1f} |"
    )


async def measure_all(server: Server, options: argparse.Namespace) -> None:
    """Run one load after the other in one service and print what they brought."""
    traces: dict[str, Trace] = {}
    loads = [Load(str(people), traces) for people in options.chats]
    async with served(ScriptedLlm(traces).app()) as llm_url:
        with chat_service(server, llm_url) as (url, pid):
            await until_ready(url)
            async with httpx2.AsyncClient(base_url=url, timeout=120) as http:
                for _ in range(3):
                    await chat(http, 0, time.monotonic() + 0.1, 0.05, Load("0", traces))
            rows = [await measure(server, url, pid, load, options) for load in loads]
    print(f"{options.seconds:.0f} s each, a pause of {options.pause:.0f} s")
    print(HEADER, *rows, sep="\n")
    messages = stored(server.home)
    for load in loads:
        print(f"{load.run} chats: {verdict(messages, load)}")


async def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chats", type=int, nargs="+", default=[1, 10, 50])
    parser.add_argument("--seconds", type=float, default=60, help="seconds of each load")
    parser.add_argument("--pause", type=float, default=5, help="seconds between answer and next question")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="owflex-load-") as folder:
        server = Server(Path(folder) / "home", free_port())
        fill(server.home)
        server.start()
        try:
            await server.until_ready()
            await measure_all(server, options)
        finally:
            server.kill(signal.SIGTERM)


if __name__ == "__main__":
    asyncio.run(main())
