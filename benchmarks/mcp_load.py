"""Many searches at once against the real MCP server, and what clients see when it or Postgres is killed."""

import argparse
import asyncio
import contextlib
import os
import re
import signal
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import psutil
from mcp_process import Server, fill, running

# How long /ready may say that Postgres is away before the supervisor starts the server anew.
SECONDS_WITHOUT_POSTGRES = 5
HEADER = "| answered | failed | p50 ms | p95 ms | errors |\n|---|---:|---:|---:|---:|---|"


@dataclass
class Outcome:
    """What a number of searches brought."""

    seconds: list[float] = field(default_factory=list[float])
    errors: Counter[str] = field(default_factory=Counter[str])

    def line(self, name: str) -> str:
        """A row of the table."""
        if not self.seconds:
            return f"| {name} | 0 | {sum(self.errors.values())} | | | {dict(self.errors)} |"
        ordered = sorted(self.seconds)
        p50, p95 = statistics.median(ordered), ordered[int(0.95 * (len(ordered) - 1))]
        count, failed = len(ordered), sum(self.errors.values())
        return (
            f"| {name} | {count} | {failed} | {p50 * 1e3:.0f} | {p95 * 1e3:.0f} | {dict(self.errors) or ''} |"
        )


async def search(server: Server, question: str, outcome: Outcome) -> None:
    """One search with a connection of its own, as a client of its own would."""
    began = time.perf_counter()
    try:
        async with server.client() as client:
            await client.call_tool("search_documents", {"query": question})
    except Exception as error:  # noqa: BLE001 - every kind of failure is counted
        text = re.sub(r"[0-9.:]+", "", str(error).splitlines()[0] if str(error) else "")
        outcome.errors[f"{type(error).__name__}: {text[:70]}"] += 1
    else:
        outcome.seconds.append(time.perf_counter() - began)


async def alone(server: Server, count: int) -> Outcome:
    """Searches one after the other."""
    outcome = Outcome()
    for number in range(count):
        await search(server, f"Which setting has the number {number}?", outcome)
    return outcome


async def together(server: Server, count: int, marker: str) -> Outcome:
    """Distinct searches, all at once."""
    outcome = Outcome()
    questions = [f"What does the {marker} setting number {number} do?" for number in range(count)]
    await asyncio.gather(*(search(server, question, outcome) for question in questions))
    return outcome


async def steadily(server: Server, outcome: Outcome, stop: asyncio.Event, callers: int) -> None:
    """Callers that ask one question after the other until they are told to stop."""

    async def ask(caller: int) -> None:
        number = 0
        while not stop.is_set():
            number += 1
            await search(server, f"How do I change {caller} {number}?", outcome)
            # Nobody who gets an error asks again within the same millisecond.
            await asyncio.sleep(0.05)

    await asyncio.gather(*(ask(caller) for caller in range(callers)))


async def supervise(server: Server) -> None:
    """Start the server again when it has ended, or when Postgres stays away, which it starts with itself."""
    away_since: float | None = None
    while True:
        await asyncio.sleep(0.2)
        assert server.process is not None
        if server.process.poll() is not None:
            server.start()
            away_since = None
            continue
        with contextlib.suppress(httpx2.HTTPError):
            async with httpx2.AsyncClient() as http:
                state = (await http.get(f"{server.url}/ready", timeout=10)).json()
            away = state["database"] != "ok"
            away_since = (away_since or time.monotonic()) if away else None
        if away_since is not None and time.monotonic() - away_since > SECONDS_WITHOUT_POSTGRES:
            server.kill(signal.SIGTERM)


async def killed(server: Server, victim: Callable[[], int], callers: int) -> tuple[Outcome, float]:
    """What callers saw when a process was killed, and the seconds until the server was ready again."""
    outcome, stop = Outcome(), asyncio.Event()
    asking = asyncio.create_task(steadily(server, outcome, stop, callers))
    await asyncio.sleep(3)
    supervising = asyncio.create_task(supervise(server))
    os.kill(victim(), signal.SIGKILL)
    began = time.perf_counter()
    await asyncio.sleep(0.3)
    await server.until_ready()
    seconds = time.perf_counter() - began
    await asyncio.sleep(3)
    stop.set()
    await asking
    supervising.cancel()
    return outcome, seconds


def postgres_of(home: Path) -> int:
    """The process id of the embedded Postgres."""
    return int((home / "postgres" / "postmaster.pid").read_text().splitlines()[0])


def backend_of(home: Path) -> int:
    """The process id of one of its connections."""
    children = psutil.Process(postgres_of(home)).children()
    return next(child.pid for child in children if _is_backend(child))


def _is_backend(process: psutil.Process) -> bool:
    return any("knowledge_base" in part for part in process.cmdline())


async def measure(server: Server, count: int, callers: int) -> None:
    """Print the tables."""
    print(f"ready after {await server.until_ready():.1f} s; load {os.getloadavg()[0]:.1f}\n")
    await alone(server, 5)
    print(f"| searches {HEADER}")
    print((await alone(server, 30)).line("one after the other"), flush=True)
    before = lag_counts(await server.figures())
    print((await together(server, count, "first")).line(f"{count} at once"), flush=True)
    after = lag_counts(await server.figures())
    print(f"\nlongest stall of the event loop meanwhile: below {longest(before, after)} s")
    print(f"\n| killed under load {HEADER}")
    for name, victim in (
        ("the server", lambda: server.pid),
        ("a connection of Postgres", lambda: backend_of(server.home)),
        ("Postgres", lambda: postgres_of(server.home)),
    ):
        outcome, seconds = await killed(server, victim, callers)
        print(outcome.line(f"{name}: ready again after {seconds:.1f} s"), flush=True)
    print(f"\nstarts of the server: {server.starts}")


def lag_counts(figures: str) -> dict[str, float]:
    """How many delays were at most this long."""
    found = re.findall(r'owflex_event_loop_lag_seconds_bucket\{le="([^"]+)"\} (\S+)', figures)
    return {bound: float(count) for bound, count in found}


def longest(before: dict[str, float], after: dict[str, float]) -> str:
    """The bound below which all delays between the two looks were."""
    total = after["+Inf"] - before["+Inf"]
    return next(bound for bound in after if after[bound] - before[bound] == total)


def main() -> None:
    """Fill, start, measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--searches", type=int, default=200)
    parser.add_argument("--callers", type=int, default=20, help="callers while something is killed")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="owflex-") as folder:
        home = Path(folder) / "home"
        fill(home)
        with running(home) as server:
            asyncio.run(measure(server, options.searches, options.callers))


if __name__ == "__main__":
    main()
