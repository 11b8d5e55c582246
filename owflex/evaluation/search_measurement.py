"""Measures the search: with labelled questions on the user's documents, or with a test set of its own."""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from database.home import open_data_folder
from database.pool import Pool
from database.settings import read_settings
from ingest.pipeline import open_ingest_pool
from knowledge_base.bootstrap import embedder_for, knowledge_base_url, migrate_knowledge_base
from knowledge_base.embedding import Embedder
from knowledge_base.embedding_spaces import count_awaiting, model_in_use
from knowledge_base.hits import Hit
from knowledge_base.search import Mode, SearchFilter
from knowledge_base.settings import KnowledgeBaseSettings
from owflex.evaluation.batch_search import Answer, Asking, Report, ask
from owflex.evaluation.corpus import TestSet
from owflex.evaluation.corpus_ingestion import ingest_corpus, source_of
from owflex.evaluation.errors import EvaluationError
from owflex.evaluation.label_matching import EXPECTED, names_of_results, unmatched
from owflex.evaluation.measurement import Measured, Measurement, flags_of, scores_of, values_of
from owflex.evaluation.metrics import DEPTH, mean_interval, ranking_metrics
from owflex.evaluation.question_file import LabelledQuestion
from owflex.evaluation.scratch_database import scratch_database
from owflex.evaluation.thresholds import detect

SHOWN = ("ndcg@10", "mrr@10", "recall@10", "recall@5", "recall@1")


@dataclass(frozen=True)
class Opened:
    """A knowledge base that is up to date, and the model that embeds for it."""

    pool: Pool
    embedder: Embedder


@dataclass(frozen=True)
class OfTestSet:
    """A measurement with a test set, how large it was and how long it took."""

    measurement: Measurement
    documents: int
    chunks: int
    seconds: float


def measure_questions(
    questions: Sequence[LabelledQuestion], collection: str | None, mode: Mode, report: Report
) -> tuple[Measurement, list[str]]:
    """The measurement on the user's knowledge base, and warnings about labels that fit no document.

    Raises `EvaluationError` when there is nothing to search.
    """
    settings = _settings()
    folder = open_data_folder(settings.owflex_home)

    async def work(url: str) -> tuple[Measurement, list[str]]:
        async with open_knowledge_base(url, url, settings) as opened:
            asking = Asking(opened.pool, opened.embedder, mode, SearchFilter(collection), report)
            return await _measure_questions(asking, questions)

    with knowledge_base_url(settings, folder) as url:
        return asyncio.run(work(url))


def measure_test_set(test_set: TestSet, mode: Mode, report: Report) -> OfTestSet:
    """The measurement in a database of its own, which is dropped afterwards. Raises `EvaluationError`."""
    settings = _settings()
    folder = open_data_folder(settings.owflex_home)
    with knowledge_base_url(settings, folder) as url, scratch_database(url) as scratch:
        started = time.perf_counter()

        async def work() -> OfTestSet:
            async with open_knowledge_base(scratch, url, settings) as opened:
                chunks = await ingest_corpus(opened.pool, opened.embedder, test_set.documents, report)
                asking = Asking(opened.pool, opened.embedder, mode, SearchFilter(), report)
                measurement = await _measure_test_set(asking, test_set)
            seconds = time.perf_counter() - started
            return OfTestSet(measurement, len(test_set.documents), chunks, seconds)

        return asyncio.run(work())


@asynccontextmanager
async def open_knowledge_base(
    url: str, users_url: str, settings: KnowledgeBaseSettings
) -> AsyncGenerator[Opened]:
    """The knowledge base at `url`, with the model that the user's one (at `users_url`) is searched with."""
    await migrate_knowledge_base(users_url)
    if url != users_url:
        await migrate_knowledge_base(url)
    embedder = await embedder_for(settings, users_url)
    async with open_ingest_pool(url) as pool:
        yield Opened(pool, embedder)


def result_of_test_set(result: OfTestSet) -> dict[str, Any]:
    """The one JSON object of a measurement with a test set."""
    measurement = result.measurement
    means = {name: mean_interval(values_of(measurement.questions, name)).value for name in SHOWN}
    found = unanswerable(measurement)
    return {
        "mode": measurement.mode,
        "model": measurement.model,
        "queries": len(measurement.questions),
        "documents": result.documents,
        "chunks": result.chunks,
        **means,
        **({} if found is None else {"unanswerable": found}),
        "seconds": round(result.seconds, 1),
    }


def unanswerable(measurement: Measurement) -> dict[str, Any] | None:
    """How well low confidence finds the questions without an answer; None when there are none, or no others.

    `recommended_threshold` is a confidence: below it, the answer is not in the documents.
    """
    found = detect(~flags_of(measurement.questions), 1 - scores_of(measurement.questions, "confidence"))
    if found is None:
        return None
    return {
        "positive_class": "unanswerable",
        "average_precision": found.average_precision,
        "recommended_threshold": 1 - found.threshold.value,
        "recommended_threshold_interval": [1 - found.threshold.high, 1 - found.threshold.low],
        "best_f1": found.best_f1,
        "precision": found.precision,
        "recall": found.recall,
        "roc_auc": found.roc_auc,
    }


async def _measure_questions(
    asking: Asking, questions: Sequence[LabelledQuestion]
) -> tuple[Measurement, list[str]]:
    async with asking.pool.connection() as connection:
        awaiting = await count_awaiting(connection)
        if not awaiting and await model_in_use(connection) is None:
            raise EvaluationError("There is nothing to search yet. Add documents with: owflex ingest PATH")
    answers = await _answers(asking, questions)
    missed = [
        question
        for question, answer in zip(questions, answers, strict=True)
        if question.answerable and EXPECTED not in answer.ranked
    ]
    async with asking.pool.connection() as connection:
        warnings = await unmatched(connection, missed, asking.which.collection)
    if awaiting:
        warnings.insert(0, f"{awaiting} passages have no vector yet: they were found by their words only.")
    return _measurement(asking, questions, answers), warnings


async def measure_asked(asking: Asking, questions: Sequence[LabelledQuestion]) -> Measurement:
    """The measurement with labelled questions in a knowledge base that is open already."""
    return _measurement(asking, questions, await _answers(asking, questions))


async def _answers(asking: Asking, questions: Sequence[LabelledQuestion]) -> list[Answer]:
    def names(number: int, hits: Sequence[Hit]) -> list[str]:
        return names_of_results(questions[number], hits)

    return await ask(asking, [question.query for question in questions], names, DEPTH)


def _measurement(
    asking: Asking, questions: Sequence[LabelledQuestion], answers: Sequence[Answer]
) -> Measurement:
    measured = [
        _measured_question(question, answer) for question, answer in zip(questions, answers, strict=True)
    ]
    return Measurement(asking.mode, asking.embedder.model_name, measured)


def _measured_question(question: LabelledQuestion, answer: Answer) -> Measured:
    metrics = ranking_metrics(answer.ranked, {EXPECTED: 1.0}) if question.answerable else None
    return Measured(
        question.question_id,
        question.query,
        question.answerable,
        metrics,
        answer.confidence,
        answer.similarity,
    )


async def _measure_test_set(asking: Asking, test_set: TestSet) -> Measurement:
    def names(_: int, hits: Sequence[Hit]) -> list[str]:
        return [hit.source for hit in hits]

    answers = await ask(asking, [query.text for query in test_set.queries], names, DEPTH)
    measured: list[Measured] = []
    for query, answer in zip(test_set.queries, answers, strict=True):
        gains = {source_of(name): gain for name, gain in test_set.gains.get(query.query_id, {}).items()}
        metrics = ranking_metrics(answer.ranked, gains) if gains else None
        measured.append(
            Measured(
                query.query_id, query.text, query.answerable, metrics, answer.confidence, answer.similarity
            )
        )
    return Measurement(asking.mode, asking.embedder.model_name, measured)


def _settings() -> KnowledgeBaseSettings:
    return read_settings(KnowledgeBaseSettings)
