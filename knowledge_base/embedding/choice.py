"""Which back end is fastest on this CPU without changing what the model says: measured, then written down."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import TypeAdapter

from knowledge_base.embedding.model import Backend, Vectors
from knowledge_base.embedding.store import write_whole

# What a vector may differ from the reference; the order of the found documents does not notice it.
LEAST_COSINE = 0.999
ROUNDS = 2
CLEARLY = 1.3
TEXTS = 32
PROSE = (
    "Before the quarterly report leaves the office, every figure is compared with the ledger of the branch "
    "that sent it. The pump's manual asks for a pressure of 2.4 bar; lower values wear the bearing out "
    "within months. Guests who arrive after 22:00 find their keys in box 17, and the code changes each "
    "Monday. A customer may return goods for thirty days, provided that the packaging was not opened. "
    "Set max_connections to 200 and restart the database, otherwise the migration stops halfway. Our "
    "committee discussed whether photosynthesis, rainfall or soil explains the smaller harvest in Évora."
)


def choose(reference: Backend, candidates: Sequence[Backend]) -> "Choice":
    """The fastest of `reference` and those `candidates` whose vectors are the reference's; takes seconds.

    A candidate also starts in a tenth of the time, so the reference has to be faster by `CLEARLY`.
    """
    texts = sample_texts()
    seconds, wanted = _timed(reference, texts)
    # The first run of a candidate prepares it for each length of text, and shows what it computes.
    cosine = {backend.name: least_cosine(wanted, backend.encode(texts, "")) for backend in candidates}
    faithful = [backend for backend in candidates if cosine[backend.name] >= LEAST_COSINE]
    best = {reference.name: seconds}
    for _ in range(ROUNDS):
        # In turns, so that a clock that falls meanwhile slows all of them down alike.
        for backend in (*faithful, reference):
            best[backend.name] = min(best.get(backend.name, np.inf), _timed(backend, texts)[0])
    speed = {name: round(len(texts) / seconds, 1) for name, seconds in best.items()}
    faithful_best = min(
        (backend.name for backend in faithful), key=lambda name: best[name], default=reference.name
    )
    chosen = reference.name if best[faithful_best] > CLEARLY * best[reference.name] else faithful_best
    return Choice(chosen, speed, cosine)


def sample_texts() -> list[str]:
    """Texts of about 20 to 250 tokens, the same at every call."""
    lengths = [15 + 5 * number for number in range(TEXTS)]
    prose = PROSE.split()
    words = prose * (2 + lengths[-1] // len(prose))
    starts = [7 * number % len(prose) for number in range(TEXTS)]
    return [" ".join(words[start : start + length]) for start, length in zip(starts, lengths, strict=True)]


def least_cosine(wanted: Vectors, found: Vectors) -> float:
    """The smallest cosine between a row of one and the same row of the other, all of them of length 1."""
    return float((wanted * found).sum(axis=1).min())


def read_choice(file: Path) -> "Choice | None":
    """The choice in `file`; None if there is none that can be read."""
    try:
        return _CHOICE.validate_json(file.read_bytes())
    except (OSError, ValueError):
        return None


def write_choice(file: Path, choice: "Choice") -> None:
    """Write `choice` to `file`. Raises `OSError`."""
    write_whole(file, _CHOICE.dump_json(choice, indent=1))


def _timed(backend: Backend, texts: list[str]) -> tuple[float, Vectors]:
    # Of the CPU, not of the clock: that one would measure what else the machine does.
    started = time.process_time()
    vectors = backend.encode(texts, "")
    return time.process_time() - started, vectors


@dataclass(frozen=True)
class Choice:
    """The chosen back end; of each measured one the texts per second of CPU time and the least cosine."""

    backend: str
    texts_per_cpu_second: dict[str, float]
    cosine: dict[str, float]


_CHOICE = TypeAdapter(Choice)
