"""From the answers to figures: a measurement that can be shown, saved and compared."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import TypeAdapter, ValidationError

from owflex.evaluation.errors import BadFileError, EvaluationError
from owflex.evaluation.metrics import METRICS, Floats, Interval, mean_interval
from owflex.evaluation.thresholds import Detection, Flags, detect
from serving.terminal import json_line

FORMAT = 1


@dataclass(frozen=True)
class Measured:
    """One question: its ranking metrics (None: nothing can be found) and how sure the search was."""

    question_id: str
    query: str
    answerable: bool
    metrics: dict[str, float] | None
    confidence: float
    similarity: float


@dataclass(frozen=True)
class Measurement:
    """All questions, asked in one way."""

    mode: str
    model: str
    questions: list[Measured]
    format: int = FORMAT


@dataclass(frozen=True)
class Summary:
    """The figures of a measurement; a detection is None when all questions are of one class."""

    metrics: dict[str, Interval]
    by_confidence: Detection | None
    by_similarity: Detection | None


MEASUREMENTS = TypeAdapter(Measurement)


def summarize(measurement: Measurement) -> Summary:
    """The figures: ranking over the questions that expect something, "is it in the documents" over all."""
    answerable = flags_of(measurement.questions)
    return Summary(
        {name: mean_interval(values_of(measurement.questions, name)) for name in METRICS},
        detect(answerable, scores_of(measurement.questions, "confidence")),
        detect(answerable, scores_of(measurement.questions, "similarity")),
    )


def values_of(questions: Sequence[Measured], metric: str) -> list[float]:
    """One ranking metric of every question that has it."""
    return [question.metrics[metric] for question in questions if question.metrics is not None]


def flags_of(questions: Sequence[Measured]) -> Flags:
    """Which questions have their answer in the documents."""
    return np.array([question.answerable for question in questions], dtype=np.bool_)


def scores_of(questions: Sequence[Measured], score: str) -> Floats:
    """`confidence` or `similarity` of every question."""
    return np.array([getattr(question, score) for question in questions], dtype=np.float64)


def save(measurement: Measurement, path: Path) -> None:
    """Write the measurement where `--compare` reads it. Raises `EvaluationError`."""
    try:
        path.write_bytes(MEASUREMENTS.dump_json(measurement, indent=1) + b"\n")
    except OSError as error:
        raise EvaluationError(f"{path} cannot be written ({error}). Name another file.") from error


def read_saved(path: Path) -> Measurement:
    """A measurement that `--save` wrote. Raises `BadFileError`."""
    try:
        saved = MEASUREMENTS.validate_json(path.read_bytes())
    except OSError as error:
        raise BadFileError(f"{path} cannot be read ({error}). Name a file that --save wrote.") from error
    except ValidationError as error:
        raise BadFileError(f"{path} is not a saved measurement. Name a file that --save wrote.") from error
    if saved.format != FORMAT:
        raise BadFileError(f"{path} was saved by another version of OwFlex. Measure the baseline again.")
    return saved


def as_json(measurement: Measurement, summary: Summary) -> dict[str, Any]:
    """The figures for programs."""
    return {
        "mode": measurement.mode,
        "model": measurement.model,
        "questions": len(measurement.questions),
        "answerable": sum(question.answerable for question in measurement.questions),
        "metrics": {name: rounded(asdict(interval)) for name, interval in summary.metrics.items()},
        "in_documents": {
            "positive_class": "answerable",
            "by_confidence": _detection(summary.by_confidence),
            "by_similarity": _detection(summary.by_similarity),
        },
    }


def print_json(value: dict[str, Any]) -> None:
    """One JSON object on standard output; a figure that cannot be had is null."""
    print(json_line(rounded(value)))  # noqa: T201 - the result itself


def _detection(detection: Detection | None) -> dict[str, Any] | None:
    return None if detection is None else asdict(detection)


def rounded(value: Any) -> Any:
    """The value with six digits after each point, and null for what JSON has no number for."""
    match value:
        case float():
            return round(value, 6) if np.isfinite(value) else None
        case dict():
            return {key: rounded(item) for key, item in value.items()}  # pyright: ignore[reportUnknownVariableType]
        case list():
            return [rounded(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
        case _:
            return value
