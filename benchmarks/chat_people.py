"""People who talk to a chat: they ask, read the answer, think and ask again."""

import asyncio
import json
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx2
from scripted_llm import Trace


@dataclass
class Load:
    """What was asked and what came back; `run` tells the questions of one load from those of others."""

    people: int
    run: str
    traces: dict[str, Trace]
    threads: list[str] = field(default_factory=list[str])
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
    thread, turn = load.threads[who] if load.threads else None, 0
    # Spread over the pause: nobody's questions come at one moment.
    await asyncio.sleep(pause * who / load.people)
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
