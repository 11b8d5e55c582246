"""What a search knows of each passage that it looks at, for the questions of a labelled set.

For `retrieval_constants.py`: from these signals other constants order the same passages without searching
again.
"""

import asyncio
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from database.pool import Pool
from ingest.pipeline import open_ingest_pool
from knowledge_base import search as searching
from knowledge_base.bootstrap import migrate_knowledge_base
from knowledge_base.embedding import Embedder
from knowledge_base.hits import Hit
from knowledge_base.search import Question, SearchFilter, SearchOutcome, search
from owflex.evaluation.corpus import CorpusDocument
from owflex.evaluation.corpus_ingestion import ingest_corpus

SEED = 7
# Passages whose words are looked at closely: more than the product does, so that other constants find theirs.
LOOKED_AT, PASSAGES = 60, 200
NO_THRESHOLD = -1.0


@dataclass(frozen=True)
class Asked:
    """A question with what was found for it: `kind` is "answerable", "look-alike" (there is no answer, though
    it looks so) or "off-topic"; `relevant` documents with their scores.
    """

    kind: str
    text: str
    relevant: Mapping[str, float]
    hits: Sequence[Hit]
    weights: Mapping[str, Mapping[str, float]]
    passages: int

    def without_its_answer(self) -> "Asked":
        """The same where the documents that answer it were never there: what is left only looks like it."""
        hits = [hit for hit in self.hits if name_of(hit) not in self.relevant]
        return replace(self, kind="look-alike", relevant={}, hits=hits)


def name_of(hit: Hit) -> str:
    """The id of a hit's document in the set."""
    return hit.source.partition("/")[2]


def read_questions(folder: Path, most: int) -> list[tuple[str, str, Mapping[str, float]]]:
    """Kind, text and relevant documents of `most` questions of each kind, always the same ones."""
    relevant: dict[str, dict[str, float]] = {}
    for line in (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        query, document, score = line.split("\t")
        relevant.setdefault(query, {})[document] = float(score)
    queries = lines_of(folder / "queries.jsonl")
    answerable = [one for one in queries if one["id"] in relevant]
    others = [one for one in queries if one["id"] not in relevant and not one.get("answerable", True)]
    return [
        (kind, one["text"], relevant.get(one["id"], {}))
        for kind, some in (("answerable", answerable), ("look-alike", others))
        for one in _sample(some, most)
    ]


async def signals_of(
    url: str, folder: Path, embedder: Embedder, off_topic: Sequence[str], *, questions: int, documents: int
) -> list[Asked]:
    """What is found for the questions of a set, and for others, in a fresh database at `url`."""
    asked = read_questions(folder, questions) + [("off-topic", text, {}) for text in off_topic]
    needed = {document for _, _, relevant in asked for document in relevant}
    corpus = _documents(folder, needed, documents)
    await migrate_knowledge_base(url)
    async with open_ingest_pool(url) as pool:
        await ingest_corpus(pool, embedder, corpus, lambda _what, _done, _of: None)
        vectors = await asyncio.to_thread(embedder.embed_queries, [text for _, text, _ in asked])
        return [
            await _asked(pool, embedder.model_name, one, vector)
            for one, vector in zip(asked, vectors, strict=True)
        ]


async def _asked(
    pool: Pool, model_name: str, one: tuple[str, str, Mapping[str, float]], vector: Any
) -> Asked:
    kind, text, relevant = one
    outcome = await _everything(pool, Question(text, np.asarray(vector, np.float32), model_name))
    hits = sorted([*outcome.hits, *outcome.below], key=lambda hit: -hit.score)
    return Asked(kind, text, relevant, hits, outcome.weights, outcome.chunks_searched)


async def _everything(pool: Pool, question: Question) -> SearchOutcome:
    searching.LOOKED_AT = LOOKED_AT
    async with pool.connection() as connection:
        return await search(
            connection, question, limit=PASSAGES, min_similarity=NO_THRESHOLD, which=SearchFilter()
        )


def _documents(folder: Path, needed: set[str], most: int) -> list[CorpusDocument]:
    """The documents that answer the questions, and others until it is `most`."""
    corpus = lines_of(folder / "corpus.jsonl")
    wanted = [one for one in corpus if one["id"] in needed]
    others = _sample([one for one in corpus if one["id"] not in needed], max(most - len(wanted), 0))
    return [CorpusDocument(one["id"], one.get("title") or "", one["text"]) for one in wanted + others]


def _sample(some: Sequence[Any], most: int) -> list[Any]:
    return random.Random(SEED).sample(list(some), min(most, len(some)))  # noqa: S311


def lines_of(file: Path) -> list[dict[str, Any]]:
    """The objects of a file with one a line."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").split("\n") if line]
