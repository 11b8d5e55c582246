"""What each system of `search_peers.py` is given, and how it is asked: in a process of its own, line by line.

The environments of OwFlex and of its peers both use it; it needs numpy alone.
"""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from made_passages import Floats, Made, fingerprint

LIMIT = 10
WARM_UP = 3


@dataclass(frozen=True)
class Question:
    """Its text and its vector (384)."""

    text: str
    vector: Floats


@dataclass(frozen=True)
class Given:
    """The passages, and the questions about them."""

    made: Made
    questions: list[Question]

    @property
    def vectors(self) -> dict[str, Floats]:
        """The vector of each question's text, for what must ask an embedding model."""
        return {question.text: question.vector for question in self.questions}


# A question, the key that must be "yes" in the metadata (None: no filter), and the number of the client that
# asks, from 0; what comes back are the numbers of passages, best first.
Ask = Callable[[Question, str | None, int], Awaitable[list[int]]]


@dataclass(frozen=True)
class System:
    """How to ask it, whether it has filters, and what filling it took: seconds and bytes by name."""

    ask: Ask
    filters: bool = True
    setup: dict[str, float] = field(default_factory=dict[str, float])


def write_given(file: Path, made: Made, questions: int) -> Given:
    """Write down what is given; passages are not written, as every process makes the same ones."""
    asked = made.questions(questions)
    file.write_text(
        json.dumps(
            {
                "size": made.size,
                "fingerprint": fingerprint(made),
                "texts": asked.texts,
                "vectors": asked.vectors.tolist(),
            }
        )
    )
    return read_given(file)


def read_given(file: Path) -> Given:
    """What was written. Exits when this environment makes other passages than the one that wrote."""
    given = json.loads(file.read_text())
    made = Made(given["size"])
    if fingerprint(made) != given["fingerprint"]:
        raise SystemExit("This environment's numpy makes other passages: install the same version in both.")
    vectors = np.array(given["vectors"], dtype=np.float32)
    return Given(made, [Question(*both) for both in zip(given["texts"], vectors, strict=True)])


async def serve(system: System, given: Given) -> None:
    """Say that it is ready, then carry out orders until there are no more of them."""
    say({"filters": system.filters, "setup": system.setup})
    while line := await asyncio.to_thread(sys.stdin.readline):
        order = json.loads(line)
        say(
            await (
                _together(system, given, **order) if "clients" in order else _alone(system, given, **order)
            )
        )


def say(answer: Any) -> None:
    """Answer with one line."""
    print(json.dumps(answer), flush=True)


async def _alone(system: System, given: Given, *, which: str | None, first: int, count: int) -> Any:
    """One question after the other: milliseconds and passages of each."""
    asked = given.questions[first : first + count]
    for question in asked[:WARM_UP]:
        await system.ask(question, which, 0)
    milliseconds: list[float] = []
    found: list[list[int]] = []
    for question in asked:
        began = time.perf_counter()
        numbers = await system.ask(question, which, 0)
        milliseconds.append((time.perf_counter() - began) * 1000)
        found.append(numbers)
    return {"milliseconds": milliseconds, "found": found}


async def _together(system: System, given: Given, *, clients: int, seconds: float) -> Any:
    """So many clients, each with one question after the other: milliseconds of each, and how long it took."""
    milliseconds: list[float] = []
    began = time.perf_counter()

    async def ask(client: int) -> None:
        for number in count(client):
            asked = time.perf_counter()
            await system.ask(given.questions[number * 7 % len(given.questions)], None, client)
            now = time.perf_counter()
            milliseconds.append((now - asked) * 1000)
            if now - began > seconds:
                return

    await asyncio.gather(*(ask(client) for client in range(clients)))
    return {"milliseconds": milliseconds, "seconds": time.perf_counter() - began}
