"""Compares the back ends of the embedding on this machine: `python benchmarks/embedding.py`.

Every back end lives in a process of its own; they take turns on the same texts, so that what else the machine
does slows all of them down alike. The reference is sentence-transformers as its documentation calls it.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from knowledge_base.embedding import Vectors
from knowledge_base.embedding.encoder import read_encoder
from knowledge_base.embedding.model import least_cosine
from knowledge_base.embedding.openvino_backend import OpenVinoBackend
from knowledge_base.embedding.runtime import has_bf16
from knowledge_base.embedding.source import DEFAULT_MODEL, find_model

CHUNKS = 384
WORDS_PER_CHUNK = 120
ROUNDS = 3
QUERIES = 30
REFERENCE = "sentence-transformers"

Encode = Callable[[list[str]], Vectors]


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory(prefix="owflex-benchmark-") as folder:
        names = [REFERENCE, "torch", *(["bf16"] if has_bf16() else []), "f32"]
        rows = {threads: _measure(names, threads, Path(folder)) for threads in (1, 2)}
    print(f"{'':22}{'1 thread':>16}{'2 threads':>16}{'query ms':>10}{'cosine':>10}{'start s':>9}{'MB':>7}")
    for name in names:
        one, two = rows[1][name], rows[2][name]
        speeds = "".join(f"{row.speed:8.1f} ({row.ratio:4.2f}x)" for row in (one, two))
        print(f"{name:22}{speeds}{two.query_ms:10.1f}{two.cosine:10.6f}{two.start:9.2f}{two.megabytes:7.0f}")


def chunks() -> list[str]:
    """Texts of about 190 tokens from the handbook of this repository."""
    files = sorted((Path(__file__).parent.parent / "docs").glob("*.md"))
    words = " ".join(file.read_text(encoding="utf-8") for file in files).split()
    cut = [" ".join(words[at : at + WORDS_PER_CHUNK]) for at in range(0, len(words), WORDS_PER_CHUNK)]
    return (cut * (1 + CHUNKS // len(cut)))[:CHUNKS]


def serve(name: str, threads: int) -> None:
    """Be one back end: embed the texts once for every line that comes in."""
    if threads:
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    encode = _reference() if name == REFERENCE else _ours(name)
    encode(["ready"])
    print("ready", flush=True)
    texts = chunks()
    for line in sys.stdin:
        started = time.perf_counter()
        vectors = encode(texts)
        seconds = time.perf_counter() - started
        np.save(line.strip(), vectors)
        print(
            json.dumps({"seconds": seconds, "query": _query_ms(encode), "megabytes": _megabytes()}),
            flush=True,
        )


def _measure(names: list[str], threads: int, folder: Path) -> dict[str, "Row"]:
    workers = {name: _Worker(name, threads, folder) for name in names}
    answers = {name: cast(list[dict[str, float]], []) for name in names}
    for _ in range(ROUNDS):
        for name, worker in workers.items():
            answers[name].append(worker.ask())
    reference = [answer["seconds"] for answer in answers[REFERENCE]]
    wanted = workers[REFERENCE].vectors()
    rows = {name: _row(answers[name], reference, workers[name], wanted) for name in names}
    for worker in workers.values():
        worker.end()
    return rows


def _row(
    answers: list[dict[str, float]], reference: list[float], worker: "_Worker", wanted: Vectors
) -> "Row":
    seconds = [answer["seconds"] for answer in answers]
    return Row(
        speed=CHUNKS / statistics.median(seconds),
        # Of neighbours in time, not of the medians: the load of the machine changes between rounds.
        ratio=statistics.median(slow / fast for slow, fast in zip(reference, seconds, strict=True)),
        query_ms=min(answer["query"] for answer in answers),
        cosine=least_cosine(wanted, worker.vectors()),
        start=worker.start,
        megabytes=answers[-1]["megabytes"],
    )


def _reference() -> Encode:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(find_model(DEFAULT_MODEL)))
    return lambda texts: np.asarray(
        model.encode(texts),  # pyright: ignore[reportUnknownMemberType]
        dtype=np.float32,
    )


def _ours(name: str) -> Encode:
    folder = find_model(DEFAULT_MODEL)
    assert folder is not None
    if name == "torch":
        from knowledge_base.embedding.torch_backend import load_torch

        model = load_torch(DEFAULT_MODEL, str(folder))
    else:
        model = OpenVinoBackend(read_encoder(folder), name)
    return lambda texts: model.encode(texts, "")


def _query_ms(encode: Encode) -> float:
    def one() -> float:
        started = time.perf_counter()
        encode(["How long does the bearer token of a session last?"])
        return 1000 * (time.perf_counter() - started)

    return statistics.median(one() for _ in range(QUERIES))


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    speed: float
    ratio: float
    query_ms: float
    cosine: float
    start: float
    megabytes: float


class _Worker:
    def __init__(self, name: str, threads: int, folder: Path) -> None:
        self._vectors = folder / f"{name.replace(' ', '-')}.npy"
        started = time.perf_counter()
        command = [sys.executable, __file__, name, str(threads)]
        self._process: Any = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        while self._process.stdout.readline().strip() != "ready":
            if self._process.poll() is not None:
                raise SystemExit(f"{name} does not start")
        self.start = time.perf_counter() - started

    def ask(self) -> dict[str, float]:
        self._process.stdin.write(f"{self._vectors}\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def vectors(self) -> Vectors:
        return np.load(self._vectors)

    def end(self) -> None:
        self._process.communicate()


if __name__ == "__main__":
    if len(sys.argv) == 3:
        serve(sys.argv[1], int(sys.argv[2]))
    else:
        main()
