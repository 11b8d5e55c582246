"""Many chats at once against the real chat service and MCP server, with a language model that is a script."""

import argparse
import asyncio
import http.client
import os
import re
import signal
import tempfile
import time
from collections.abc import Generator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import psutil
from chat_people import Load, chat
from chat_process import ChatService, chat_process
from chat_threads import fill_threads, stored, verdict
from mcp_process import ROOT, Server, fill
from scripted_llm import ScriptedLlm, Trace, free_port, served

NO_LIMITS = httpx2.Limits(max_connections=None, max_keepalive_connections=None)
SECONDS_AT_REST = 4.0
# All chats are those of one user, who may otherwise not have so many.
LIMITS = (
    "CHAT_RATE_LIMIT_PER_MINUTE",
    "CHAT_ANSWERS_AT_ONCE",
    "CHAT_REQUESTS_PER_MINUTE",
    "CHAT_REQUESTS_AT_ONCE",
)
# Times in milliseconds, p50 / p95; CPU in milliseconds per turn, that of the chat without what it takes at
# rest while /health is asked.
HEADER = (
    "| side | chats | turns | CPU chat | CPU MCP | CPU client | to the model | tool call "
    "| of it search (mean) | answer to word "
    "| without model and search | /health (and longest) | MB | load |\n" + "|---:" * 14 + "|"
)


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


@dataclass(frozen=True)
class Side(ChatService):
    """A chat that is measured, and the checkout it is of."""

    name: str


@dataclass(frozen=True)
class Row:
    """A line of the table, and what is compared: CPU in milliseconds per turn, waits in seconds."""

    line: str
    cpu: float
    waits: list[float]

    def beside(self, other: "Row") -> str:
        """This one as a part of the other one."""
        parts = [(self.cpu, other.cpu), *((at(self.waits, q), at(other.waits, q)) for q in (0.5, 0.95))]
        return " / ".join(f"{ours / theirs:.2f}" for ours, theirs in parts)


@contextmanager
def side_of(server: Server, llm: str, checkout: Path = ROOT) -> Generator[Side]:
    """The chat of a checkout as a process of its own."""
    settings = {**dict.fromkeys(LIMITS, "0"), "PYTHONPATH": str(checkout)}
    with chat_process(server, llm, **settings) as service:
        yield Side(service.url, service.pid, checkout.name)


def searches(figures: str) -> tuple[float, int]:
    """Seconds and number of the searches in the MCP server so far; most of the time is the embedding."""
    found = dict(
        re.findall(r'owflex_tool_call_seconds_(sum|count)\{tool="search_documents"\} (\S+)', figures)
    )
    return float(found["sum"]), int(float(found["count"]))


def spread(seconds: list[float]) -> str:
    """Median and 95th percentile in milliseconds."""
    return f"{at(seconds, 0.5) * 1e3:.0f} / {at(seconds, 0.95) * 1e3:.0f}"


def at(values: list[float], share: float) -> float:
    """The value below which this share of them lies."""
    return sorted(values)[int(share * (len(values) - 1))]


def cpu(pid: int) -> float:
    """Seconds of a processor that a process took so far."""
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


def megabytes(pid: int) -> float:
    """Resident memory of a process."""
    return psutil.Process(pid).memory_info().rss / 2**20


async def at_rest(side: Side, executor: ProcessPoolExecutor) -> float:
    """Seconds of a processor in a second without a question, while /health is asked as it is under load."""
    began = cpu(side.pid)
    await asyncio.get_running_loop().run_in_executor(executor, stalls, side.url, SECONDS_AT_REST)
    return (cpu(side.pid) - began) / SECONDS_AT_REST


async def measure(server: Server, side: Side, load: Load, options: argparse.Namespace) -> Row:
    """Run the load."""
    seconds: float = options.seconds
    pids = (side.pid, server.pid, os.getpid())
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as other:
        resting = await at_rest(side, other)
        before, used = megabytes(side.pid), [cpu(each) for each in pids]
        spent, done = searches(await server.figures())
        until = time.monotonic() + seconds
        probe = loop.run_in_executor(other, stalls, side.url, seconds)
        async with httpx2.AsyncClient(base_url=side.url, timeout=120, limits=NO_LIMITS) as http:
            chats = (chat(http, who, until, options.pause, load) for who in range(load.people))
            await asyncio.gather(*chats)
        waits = sorted(await probe)
    used = [cpu(each) - start for each, start in zip(pids, used, strict=True)]
    used[0] -= resting * seconds
    each = [1e3 * taken / len(load.sent) for taken in used]
    spent_now, done_now = searches(await server.figures())
    searching = (spent_now - spent) / (done_now - done)
    to_model, tool, to_word = zip(*load.heard(), strict=True)
    own = [sum(parts) - searching for parts in load.heard()]
    line = (
        f"| {side.name} | {load.people} | {len(load.sent)} | {each[0]:.0f} | {each[1]:.0f} | {each[2]:.0f} "
        f"| {spread([*to_model])} | {spread([*tool])} | {searching * 1e3:.0f} | {spread([*to_word])} "
        f"| {spread(own)} | {spread(waits)} / {waits[-1] * 1e3:.0f} "
        f"| {before:.0f} → {megabytes(side.pid):.0f} | {os.getloadavg()[0]:.1f} |"
    )
    return Row(line, each[0], own)


async def warm_up(side: Side, number: int, traces: dict[str, Trace]) -> None:
    """Some turns before it counts."""
    await side.until_ready()
    load = Load(1, f"0{number}", traces)
    async with httpx2.AsyncClient(base_url=side.url, timeout=120) as http:
        for _ in range(3):
            await chat(http, 0, time.monotonic() + 0.1, 0.05, load)


def load_of(people: int, number: int, server: Server, options: argparse.Namespace, traces: Any) -> Load:
    """A load of so many people; each begins in a thread of `--items`, if that is asked for."""
    load = Load(people, f"{people}{number}", traces)
    if options.items:
        load.threads = [f"thr_{load.run}_{who}" for who in range(people)]
        fill_threads(server.home, load.threads, options.items)
    return load


async def measure_all(server: Server, options: argparse.Namespace) -> None:
    """Run one load after the other, each with one side after the other, and print what they brought."""
    traces: dict[str, Trace] = {}
    loads: list[Load] = []
    lines: list[str] = []
    async with served(ScriptedLlm(traces).app()) as llm:
        with ExitStack() as stack:
            checkouts = [ROOT, *options.beside]
            sides = [stack.enter_context(side_of(server, llm, checkout)) for checkout in checkouts]
            for number, side in enumerate(sides):
                await warm_up(side, number, traces)
            for people in options.chats:
                numbers = range(len(loads), len(loads) + len(sides))
                both = [load_of(people, number, server, options, traces) for number in numbers]
                pairs = zip(sides, both, strict=True)
                rows = [await measure(server, side, load, options) for side, load in pairs]
                lines += [row.line for row in rows]
                for side, row in list(zip(sides, rows, strict=True))[1:]:
                    print(
                        f"{people} chats, CPU / p50 / p95 as a part of {side.name}'s: {rows[0].beside(row)}"
                    )
                loads += both
    print(f"\n{options.seconds:.0f} s each, a pause of {options.pause:.1f} s, {options.items} items before")
    print(HEADER, *lines, sep="\n")
    messages = stored(server.home)
    for load in loads:
        print(f"{load.people} chats: {verdict(messages, load.sent, load.errors)}")


async def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chats", type=int, nargs="+", default=[1, 10, 50])
    parser.add_argument("--seconds", type=float, default=60, help="seconds of each load")
    parser.add_argument("--pause", type=float, default=5, help="seconds between answer and next question")
    parser.add_argument("--items", type=int, default=0, help="items in each thread before the first question")
    parser.add_argument(
        "--beside", type=Path, nargs="*", default=[], help="other checkouts, whose chat is measured in turn"
    )
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
