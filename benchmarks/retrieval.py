"""Compares retrieval with that of other libraries: `make benchmark-retrieval DATA=folder`.

All systems get the same passages, cut by OwFlex, and the same vectors (all-MiniLM-L6-v2); each runs in a
process of its own with a fresh database of the same Postgres. A data set is a folder with `corpus.jsonl` (id,
title, text), `queries.jsonl` (id, text) and `qrels.tsv` (query, document, score). The figures are of
documents: one takes the place of its best passage.
"""

import argparse
import csv
import hashlib
import json
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from databases import fresh_database
from retrieval_metrics import Scores, comparison, ideal_filtered, scored, table

from database.embedded import embedded_postgres
from database.home import open_data_folder
from ingest.reading.chunked_document import chunk_tokens
from ingest.reading.chunking import chunk
from knowledge_base.embedding import DEFAULT_MODEL, Embedder, create_embedder
from parsing.document import Block, ParsedDocument

HERE = Path(__file__).parent
OWFLEX = {"OwFlex hybrid": "hybrid", "OwFlex vector": "vector", "OwFlex keyword": "keyword"}
PEERS = (
    "langchain-postgres vector",
    "langchain-postgres hybrid",
    "llama-index vector",
    "llama-index hybrid",
    "llama-index fusion",
    "haystack hybrid",
    "txtai hybrid",
)
REFERENCES = ("exact cosine", "bm25s", "convex sum")
SETS = ("squad2", "scifact", "codebase")
# Each label is on one document in a hundred.
LABELS = 100
SEED = 7


def main() -> None:
    """Print a table for each data set."""
    options = _options()
    options.cache.mkdir(parents=True, exist_ok=True)
    embedder = create_embedder(DEFAULT_MODEL)
    with tempfile.TemporaryDirectory(prefix="owflex-bench-") as place:
        home = open_data_folder(Path(place) / "home")
        for name in options.sets:
            data = read_set(options.data / name, options.questions, embedder)
            vectors = embedded(data, options.cache, embedder)
            folder = Path(place) / name
            _write_given(data, vectors, folder)
            with embedded_postgres(home, "benchmark") as url:
                scores = measure(data, vectors, folder, url, options)
            print(f"\n## {name}: {data.size}\n")
            _print(scores)


def measure(
    data: "DataSet", vectors: "Vectors", folder: Path, url: str, options: argparse.Namespace
) -> dict[str, Scores]:
    """The scores of each system."""
    wanted = ideal_filtered(vectors.passages, vectors.questions, data.labels, data.asked_labels)
    scores: dict[str, Scores] = {}
    for number, system in enumerate(options.systems):
        database = fresh_database(url, f"{folder.name}_{number}")
        answer = _run(system, folder, database, options.peers_python)
        scores[system] = scored(answer, data.passage_documents, data.relevant, wanted)
        print(f"{system}: nDCG@10 {scores[system].means[0]:.3f}", file=sys.stderr, flush=True)
    return scores


def read_set(folder: Path, fewer: int, embedder: Embedder) -> "DataSet":
    """The data set, cut into passages, with at most `fewer` of its questions; always the same ones."""
    generator = random.Random(SEED)  # noqa: S311
    relevant: dict[str, dict[str, int]] = {}
    with (folder / "qrels.tsv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            relevant.setdefault(row["query_id"], {})[row["doc_id"]] = int(row["score"])
    questions = {one["id"]: one["text"] for one in _lines(folder / "queries.jsonl") if one["id"] in relevant}
    asked = sorted(generator.sample(sorted(questions), min(fewer, len(questions))))
    passages: list[Passage] = []
    for document in _lines(folder / "corpus.jsonl"):
        passages.extend(_passages(document, f"label {generator.randrange(LABELS):02}", embedder))
    present = sorted({passage.label for passage in passages})
    labels = [generator.choice(present) for _ in asked]
    return DataSet(
        folder.name, passages, [questions[one] for one in asked], labels, [relevant[one] for one in asked]
    )


def embedded(data: "DataSet", cache: Path, embedder: Embedder) -> "Vectors":
    """Vectors of the passages and questions; kept in `cache`, as they take minutes."""
    texts = [passage.embedded_text for passage in data.passages]
    key = hashlib.sha256(json.dumps([embedder.model_name, texts, data.questions]).encode()).hexdigest()
    file = cache / f"{data.name}-{key[:16]}.npz"
    if not file.exists():
        print(f"Embedding {len(texts)} passages of {data.name} …", file=sys.stderr, flush=True)
        passages = embedder.embed_documents(texts)
        questions = np.array([embedder.embed_query(question) for question in data.questions])
        np.savez(file, passages=passages, questions=questions)
    with np.load(file) as arrays:
        return Vectors(file, arrays["passages"], arrays["questions"])


def _passages(document: Mapping[str, Any], label: str, embedder: Embedder) -> "Iterator[Passage]":
    blocks = tuple(Block(part) for part in document["text"].split("\n\n") if part.strip())
    parsed = ParsedDocument(document.get("title") or document["id"], blocks)
    for one in chunk(parsed, embedder.count_tokens, max_tokens=chunk_tokens(embedder.max_tokens)):
        yield Passage(
            document["id"], parsed.title, label, one.position, one.context, one.content, one.token_count
        )


def _lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").split("\n") if line]


def _write_given(data: "DataSet", vectors: "Vectors", folder: Path) -> None:
    folder.mkdir()
    questions = [
        {"text": text, "label": label} for text, label in zip(data.questions, data.asked_labels, strict=True)
    ]
    chunks = [asdict(passage) for passage in data.passages]
    given = json.dumps({"chunks": chunks, "questions": questions})
    (folder / "given.json").write_text(given, encoding="utf-8")
    (folder / "vectors.npz").symlink_to(vectors.file.absolute())


def _run(system: str, folder: Path, url: str, peers_python: str) -> dict[str, Any]:
    if system in OWFLEX:
        command = [sys.executable, str(HERE / "retrieval_owflex.py"), OWFLEX[system]]
    else:
        command = [peers_python, str(HERE / "retrieval_peers.py"), system]
    result = subprocess.run([*command, str(folder), url], check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(result.stdout.splitlines()[-1])


def _print(scores: Mapping[str, Scores]) -> None:
    print(table(scores))
    ours = next((name for name in OWFLEX if name in scores), None)
    peers = {name: scores[name] for name in PEERS if name in scores}
    if ours and peers:
        print(f"\n{comparison(ours, scores, peers)}")
    sys.stdout.flush()


def _options() -> argparse.Namespace:
    everything = [*OWFLEX, *PEERS, *REFERENCES]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="A folder with a folder for each data set.")
    parser.add_argument("--sets", nargs="+", default=SETS)
    parser.add_argument("--systems", nargs="+", default=everything, choices=everything)
    parser.add_argument("--questions", type=int, default=728, help="At most so many of each data set.")
    parser.add_argument(
        "--cache", type=Path, default=HERE.parent / ".venv-benchmarks" / "vectors", help="Keeps the vectors."
    )
    parser.add_argument(
        "--peers-python", required=True, help="The Python of an environment with requirements-peers.txt."
    )
    return parser.parse_args()


@dataclass(frozen=True)
class Passage:
    """A passage as all systems get it; `document` is the id that the data set gives."""

    document: str
    title: str
    label: str
    position: int
    context: str
    content: str
    tokens: int

    @property
    def embedded_text(self) -> str:
        """What the model reads."""
        return f"{self.context}\n{self.content}"


@dataclass(frozen=True)
class DataSet:
    """Passages and questions; each question with a label to filter by and its relevant documents."""

    name: str
    passages: Sequence[Passage]
    questions: Sequence[str]
    asked_labels: Sequence[str]
    relevant: Sequence[Mapping[str, int]]

    @property
    def labels(self) -> list[str]:
        """The label of each passage."""
        return [passage.label for passage in self.passages]

    @property
    def passage_documents(self) -> list[str]:
        """The document of each passage."""
        return [passage.document for passage in self.passages]

    @property
    def size(self) -> str:
        """How much there is, for the heading."""
        documents = len(set(self.passage_documents))
        return f"{documents} documents, {len(self.passages)} passages, {len(self.questions)} questions"


@dataclass(frozen=True)
class Vectors:
    """Vectors of the passages and of the questions, and where they are kept."""

    file: Path
    passages: Any
    questions: Any


if __name__ == "__main__":
    main()
