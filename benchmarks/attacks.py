"""Attacks on the chat and the MCP server: what they answer, how long their event loops stall, who else waits.

Both servers run with the limits that they have by default, for users who log in, and with a scripted model.
"""

import argparse
import asyncio
import json
import os
import re
import signal
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from attack_kinds import Attack
from attack_mcp import ALL_ATTACKS
from attack_tools import AUDIENCE, ISSUER, SHARED_KEY, Target, figures, waits_of_another
from chat_process import chat_process
from mcp_process import Server, fill
from scripted_llm import free_port, served
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

HEADER = (
    "| attack | answers | longest stall of the chat, of the MCP server, ms "
    "| another's first word before, during, ms (p50 / longest) | not answered to others "
    "| MB of the chat, of the MCP server | load |\n" + "|---" * 7 + "|"
)
LAG = re.compile(r'event_loop_lag_seconds_bucket\{le="([^"]+)"\} (\S+)')
SLOW = re.compile(r"SLOW (\d+)")
# Users log in, and have the usual limits.
LOGIN = {
    "AGENT_SERVICE_AUTH": "jwt",
    "AGENT_SERVICE_JWT_ISSUER": ISSUER,
    "AGENT_SERVICE_JWT_AUDIENCE": AUDIENCE,
    "AGENT_SERVICE_JWT_KEY": SHARED_KEY,
    "AGENT_SERVICE_METRICS_TOKEN": SHARED_KEY,
}


async def _words(words: list[str], pause: float) -> AsyncIterator[str]:
    for word in words:
        yield _chunk([{"index": 0, "delta": {"role": "assistant", "content": word}, "finish_reason": None}])
        await asyncio.sleep(pause)
    yield _chunk([{"index": 0, "delta": {}, "finish_reason": "stop"}])
    yield "data: [DONE]\n\n"


async def _search() -> AsyncIterator[str]:
    function = {
        "name": "search_documents",
        "arguments": '{"query": "What does the setting number 7 change?"}',
    }
    call = {"index": 0, "id": f"call_{time.monotonic_ns()}", "type": "function", "function": function}
    yield _chunk([{"index": 0, "delta": {"role": "assistant", "tool_calls": [call]}, "finish_reason": None}])
    yield _chunk([{"index": 0, "delta": {}, "finish_reason": "tool_calls"}])
    yield "data: [DONE]\n\n"


def _chunk(choices: list[dict[str, Any]]) -> str:
    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "m", "choices": choices}
    return f"data: {json.dumps(chunk)}\n\n"


async def _answer(request: Request) -> StreamingResponse:
    messages: list[dict[str, Any]] = (await request.json())["messages"]
    asked = json.dumps([message["content"] for message in messages if message["role"] == "user"][-1:])
    if slow := SLOW.search(asked):
        content = _words(["word "] * int(slow[1]), 0.2)
    elif messages[-1]["role"] == "tool":
        content = _words(["An ", "answer."], 0)
    else:
        content = _search()
    return StreamingResponse(content, media_type="text/event-stream")


async def lags(target: Target) -> list[dict[float, float]]:
    """How often each event loop was so late, at most, so far."""
    pages = [await figures(target.chat), await figures(target.mcp)]
    return [{float(most): float(count) for most, count in LAG.findall(page)} for page in pages]


def longest(before: dict[float, float], after: dict[float, float]) -> str:
    """The bound below which all delays between two looks are, in milliseconds."""
    new = {most: after[most] - before.get(most, 0) for most in after}
    bound = min(most for most, count in new.items() if count == max(new.values()))
    return f"≤ {bound * 1000:.0f}" if bound < float("inf") else "> 5000"


async def waits(target: Target, attack: Attack | None, seconds: float) -> list[tuple[int, float]]:
    """How long another user waits while the attack runs, or for so many seconds of peace."""
    ended = asyncio.Event()
    other = asyncio.create_task(waits_of_another(target.chat, "other", ended))
    await asyncio.sleep(0.5)
    await (asyncio.sleep(seconds) if attack is None else attack(target, seconds))
    ended.set()
    return await other


def told(found: list[tuple[int, float]]) -> str:
    """Median and longest in milliseconds."""
    taken = [1000 * seconds for status, seconds in found if status == 200] or [float("nan")]
    return f"{statistics.median(taken):.0f} / {max(taken):.0f}"


async def measure(target: Target, name: str, seconds: float, before: list[tuple[int, float]]) -> str:
    """One line of the table."""
    target.answers = Counter()
    lag, memory = await lags(target), target.memory()
    during = await waits(target, ALL_ATTACKS[name], seconds)
    stalls = [longest(*pair) for pair in zip(lag, await lags(target), strict=True)]
    grown = [f"{was:.0f} → {now:.0f}" for was, now in zip(memory, target.memory(), strict=True)]
    answers = ", ".join(f"{count} × {status}" for status, count in target.answers.most_common())
    failed = Counter(status for status, _ in during if status != 200)
    others = ", ".join(f"{count} × {status}" for status, count in failed.items()) or "0"
    return (
        f"| {name} | {answers} | {', '.join(stalls)} | {told(before)}, {told(during)} "
        f"| {others} of {len(during)} | {', '.join(grown)} | {os.getloadavg()[0]:.1f} |"
    )


async def attack_all(target: Target, options: argparse.Namespace) -> None:
    """Run one attack after the other and print the table."""
    before = await waits(target, None, options.seconds)
    print(HEADER, flush=True)
    for name in [name for name in ALL_ATTACKS if not options.only or options.only in name]:
        print(await measure(target, name, options.seconds, before), flush=True)


async def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=8, help="seconds of each attack")
    parser.add_argument("--only", help="only the attacks with this in their name")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="owflex-attacks-") as folder:
        os.environ["TMPDIR"] = folder
        server = Server(Path(folder) / "home", free_port())
        fill(server.home)
        server.start(MCP_RATE_LIMIT_PER_MINUTE="600")
        try:
            await server.until_ready()
            async with served(
                Starlette(routes=[Route("/v1/chat/completions", _answer, methods=["POST"])])
            ) as llm:
                with chat_process(server, llm, **LOGIN) as service:
                    await service.until_ready()
                    token = (server.home / "mcp-token").read_text().strip()
                    target = Target(service.url, server.url, token, service.pid, server.pid)
                    await attack_all(target, options)
        finally:
            server.kill(signal.SIGTERM)


if __name__ == "__main__":
    asyncio.run(main())
