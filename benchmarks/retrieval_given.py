"""What every system of `retrieval.py` is given to search, and how its answers are written down."""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

# Passages folded to ten documents: a document may have several among the best.
DEPTH = 30
FILTERED = 10
# Numbers of the passages found for a question, best first; with a label only passages that have it.
Ask = Callable[[str, "str | None", int], Sequence[int]]


def answers(ask: Ask, given: "Given") -> dict[str, Any]:
    """What is found for each question, with and without its label, and the milliseconds without."""
    found: list[list[int]] = []
    filtered: list[list[int]] = []
    milliseconds: list[float] = []
    for question, label in given.questions:
        started = time.perf_counter()
        passages = ask(question, None, DEPTH)
        milliseconds.append((time.perf_counter() - started) * 1000)
        found.append([int(number) for number in passages])
        filtered.append([int(number) for number in ask(question, label, FILTERED)][:FILTERED])
    return {"found": found, "filtered": filtered, "milliseconds": milliseconds}


def read_given(folder: Path) -> "Given":
    """The passages, questions and vectors that `retrieval.py` wrote."""
    written = json.loads((folder / "given.json").read_text(encoding="utf-8"))
    chunks: list[Any] = written["chunks"]
    questions = [(one["text"], one["label"]) for one in written["questions"]]
    with np.load(folder / "vectors.npz") as vectors:
        passages, asked = vectors["passages"], vectors["questions"]
    texts = [f"{chunk['context']}\n{chunk['content']}" for chunk in chunks]
    known = dict(zip([*texts, *(text for text, _ in questions)], [*passages, *asked], strict=True))
    return Given(texts, [chunk["label"] for chunk in chunks], passages, questions, known)


@dataclass(frozen=True)
class Given:
    """What all systems search: passages with labels and vectors; questions with a label to filter by."""

    texts: Sequence[str]
    labels: Sequence[str]
    vectors: Any
    questions: Sequence[tuple[str, str]]
    known: Mapping[str, Any]
