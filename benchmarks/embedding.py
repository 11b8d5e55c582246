"""Compares the back ends of the embedding on this machine: `python benchmarks/embedding.py`.

Every back end lives in a process of its own; they take turns on the same texts, so that what else the machine
does slows all of them down alike. The reference is sentence-transformers as its documentation calls it.

*products* is the bound: the speed at which the same library multiplies matrices of the model's shapes in the
same precision, in the same process, each time right after a part of the texts. *of it* is the median of the
encoder's speed as a part of that; additions and multiplications for padding do not count as work.
"""

import argparse
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
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from matrix_products import MatrixProducts, encoder_flop
from tokenizers import Tokenizer

sys.path.insert(0, str(Path(__file__).parent.parent))

from knowledge_base.embedding import Vectors
from knowledge_base.embedding.encoder import Encoder, read_encoder
from knowledge_base.embedding.model import least_cosine
from knowledge_base.embedding.openvino_backend import OpenVinoBackend
from knowledge_base.embedding.runtime import has_bf16
from knowledge_base.embedding.source import DEFAULT_MODEL, find_model

if TYPE_CHECKING:
    from knowledge_base.embedding.torch_backend import TorchBackend

CHUNKS = 384
# Texts of a part that is compared with its bound, as ingestion embeds them at once; and how long the products
# are watched after it, in seconds.
PART, MAX_SECONDS = 64, 1.0
WORDS_PER_CHUNK = 120
ROUNDS = 3
QUERIES = 30
REFERENCE = "sentence-transformers"

Encode = Callable[[list[str]], Vectors]


def main() -> None:
    """Print the table."""
    options = _options()
    names = [REFERENCE, *options.back_ends]
    with tempfile.TemporaryDirectory(prefix="owflex-benchmark-") as folder:
        tables = {
            threads: _measure(names, threads, Path(folder), options.chunks, options.rounds)
            for threads in options.threads
        }
    print(f"{options.chunks} passages; load of the machine {os.getloadavg()[0]:.1f}\n")
    print(
        "| back end | cores | passages/s | x | GFLOP/s | products | of it | query ms | cosine | start | MB |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
    for name in names:
        for threads, table in tables.items():
            print(_line(name, threads, table[name]))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chunks", type=int, default=CHUNKS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    ours = ["torch", *(["bf16"] if has_bf16() else []), "f32"]
    parser.add_argument("--back-ends", nargs="+", choices=ours, default=ours)
    return parser.parse_args()


def _line(name: str, threads: int, row: "Row") -> str:
    bound = f"{row.flops / 1e9:.0f} | {row.products / 1e9:.0f} | {row.share:.0%}" if row.share else " | | "
    return (
        f"| {name} | {threads} | {row.speed:.1f} | {row.ratio:.2f} | {bound} | {row.query_ms:.1f} "
        f"| {row.cosine:.6f} | {row.start:.2f} | {row.megabytes:.0f} |"
    )


def chunks(count: int = CHUNKS) -> list[str]:
    """So many texts of about 190 tokens from the handbook of this repository."""
    files = sorted((Path(__file__).parent.parent / "docs").glob("*.md"))
    words = " ".join(file.read_text(encoding="utf-8") for file in files).split()
    cut = [" ".join(words[at : at + WORDS_PER_CHUNK]) for at in range(0, len(words), WORDS_PER_CHUNK)]
    return (cut * (1 + count // len(cut)))[:count]


def serve(name: str, threads: int, count: int) -> None:
    """Be one back end: embed the texts once for every line that comes in."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    model = _reference() if name == REFERENCE else _ours(name)
    bound = Bound(model) if isinstance(model, OpenVinoBackend) else None
    encode = model if callable(model) else partial(model.encode, prompt="")
    encode(["ready"])
    print("ready", flush=True)
    texts = chunks(count)
    for line in sys.stdin:
        started = time.perf_counter()
        vectors = encode(texts)
        seconds = time.perf_counter() - started
        np.save(line.strip(), vectors)
        answer = {"seconds": seconds, "query": _query_ms(encode), "megabytes": _megabytes()}
        print(json.dumps({**answer, "bound": bound.pairs(texts) if bound else []}), flush=True)


class Bound:
    """A back end beside the matrix products of its model."""

    def __init__(self, model: OpenVinoBackend) -> None:
        encoder = _encoder()
        self._model = model
        self._sizes = encoder.sizes
        self._products = MatrixProducts(encoder.sizes, model.name.split()[-1])
        self._tokenizer = Tokenizer.from_str(model.tokenizer_json)
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(  # pyright: ignore[reportUnknownMemberType]
            model.facts.max_tokens
        )

    def pairs(self, texts: list[str]) -> list[tuple[float, float]]:
        """The speed of each part of the texts, and of products right after it, in operations a second."""
        parts = (texts[start : start + PART] for start in range(0, len(texts), PART))
        return [self._pair(part) for part in parts]

    def _pair(self, part: list[str]) -> tuple[float, float]:
        flop = encoder_flop(self._sizes, [len(one.ids) for one in self._tokenizer.encode_batch(part)])
        started = time.perf_counter()
        self._model.encode(part, "")
        seconds = time.perf_counter() - started
        return flop / seconds, self._products.speed(min(seconds, MAX_SECONDS))


def _measure(names: list[str], threads: int, folder: Path, count: int, rounds: int) -> dict[str, "Row"]:
    workers = {name: _Worker(name, threads, folder, count) for name in names}
    answers = {name: cast(list[dict[str, Any]], []) for name in names}
    for _ in range(rounds):
        for name, worker in workers.items():
            answers[name].append(worker.ask())
    reference = [answer["seconds"] for answer in answers[REFERENCE]]
    wanted = workers[REFERENCE].vectors()
    rows = {name: _row(answers[name], reference, workers[name], wanted) for name in names}
    for worker in workers.values():
        worker.end()
    return rows


def _row(answers: list[dict[str, Any]], reference: list[float], worker: "_Worker", wanted: Vectors) -> "Row":
    seconds = [answer["seconds"] for answer in answers]
    pairs = [pair for answer in answers for pair in answer["bound"]] or [(0.0, 1.0)]
    return Row(
        speed=len(wanted) / statistics.median(seconds),
        # Of neighbours in time, not of the medians: the load of the machine changes between rounds.
        ratio=statistics.median(slow / fast for slow, fast in zip(reference, seconds, strict=True)),
        query_ms=min(answer["query"] for answer in answers),
        cosine=least_cosine(wanted, worker.vectors()),
        start=worker.start,
        megabytes=answers[-1]["megabytes"],
        flops=statistics.median(encoder for encoder, _ in pairs),
        products=statistics.median(products for _, products in pairs),
        share=statistics.median(encoder / products for encoder, products in pairs),
    )


def _reference() -> Encode:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(find_model(DEFAULT_MODEL)))
    return lambda texts: np.asarray(
        model.encode(texts),  # pyright: ignore[reportUnknownMemberType]
        dtype=np.float32,
    )


def _ours(name: str) -> "TorchBackend | OpenVinoBackend":
    if name == "torch":
        from knowledge_base.embedding.torch_backend import load_torch

        return load_torch(DEFAULT_MODEL, str(find_model(DEFAULT_MODEL)))
    return OpenVinoBackend(_encoder(), name)


def _encoder() -> Encoder:
    folder = find_model(DEFAULT_MODEL)
    assert folder is not None
    return read_encoder(folder)


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
    """One line of the table; without a bound its last three are nothing."""

    speed: float
    ratio: float
    query_ms: float
    cosine: float
    start: float
    megabytes: float
    flops: float
    products: float
    share: float


class _Worker:
    def __init__(self, name: str, threads: int, folder: Path, count: int) -> None:
        self._vectors = folder / f"{name.replace(' ', '-')}.npy"
        started = time.perf_counter()
        command = [sys.executable, __file__, "serve", name, str(threads), str(count)]
        self._process: Any = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        while self._process.stdout.readline().strip() != "ready":
            if self._process.poll() is not None:
                raise SystemExit(f"{name} does not start")
        self.start = time.perf_counter() - started

    def ask(self) -> dict[str, Any]:
        self._process.stdin.write(f"{self._vectors}\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def vectors(self) -> Vectors:
        return np.load(self._vectors)

    def end(self) -> None:
        self._process.communicate()


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    else:
        main()
