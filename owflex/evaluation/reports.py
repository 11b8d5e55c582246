"""Reports of measurements, kept for the page: small JSON files with figures, without any question."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from database.home import default_data_folder
from database.settings import ProgramSettings, read_settings
from owflex.evaluation.errors import EvaluationError
from owflex.evaluation.measurement import (
    Measured,
    Measurement,
    Summary,
    as_json,
    flags_of,
    rounded,
    scores_of,
)

MAX_REPORTS = 20
BINS = 20
# Sorts by time, and tells our files from others in the folder.
NAME = "%Y%m%dT%H%M%S%fZ"


class ReportSettings(ProgramSettings):
    """Where reports are kept."""

    evaluation_reports: Path | None = None

    @property
    def folder(self) -> Path:
        """The folder, as the agent service finds it."""
        home = (self.owflex_home or default_data_folder()).expanduser()
        return self.evaluation_reports or home / "evaluations"


def keep_report(
    measurement: Measurement, summary: Summary, *, collection: str | None = None, test_set: bool = False
) -> Path:
    """The file of the new report; only the newest 20 stay. Raises `EvaluationError`."""
    now = datetime.now(UTC)
    folder = read_settings(ReportSettings).folder
    head = {"measured_at": now.isoformat(timespec="seconds"), "collection": collection, "test_set": test_set}
    figures = head | as_json(measurement, summary) | {"histograms": histograms(measurement.questions)}
    path = folder / f"{now.strftime(NAME)}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Nobody shall read half a report.
        unfinished = path.with_suffix(".part")
        unfinished.write_text(json.dumps(rounded(figures), ensure_ascii=False) + "\n", encoding="utf-8")
        unfinished.rename(path)
        _drop_old(folder)
    except OSError as error:
        raise EvaluationError(
            f"The report cannot be kept in {folder} ({error.strerror}). Set EVALUATION_REPORTS to a folder "
            "that can be written."
        ) from error
    return path


def histograms(questions: Sequence[Measured]) -> dict[str, Any]:
    """How confidence and best similarity are spread, for questions with an answer and for those without."""
    return {score: _histogram(questions, score) for score in ("confidence", "similarity")}


def _histogram(questions: Sequence[Measured], score: str) -> dict[str, list[float]]:
    answerable = flags_of(questions)
    # The cosine of what has nothing to do with each other can be a little below 0.
    scores = np.clip(scores_of(questions, score), 0, 1)
    edges = np.linspace(0, 1, BINS + 1)
    return {
        "edges": edges.tolist(),
        "answerable": np.histogram(scores[answerable], edges)[0].tolist(),
        "unanswerable": np.histogram(scores[~answerable], edges)[0].tolist(),
    }


def _drop_old(folder: Path) -> None:
    for path in sorted(folder.glob("*.json"), reverse=True)[MAX_REPORTS:]:
        if _is_ours(path.stem):
            path.unlink(missing_ok=True)


def _is_ours(name: str) -> bool:
    try:
        datetime.strptime(name, NAME)  # noqa: DTZ007 - only whether it is one
    except ValueError:
        return False
    return True
