"""Reports of measurements that the page shows."""

import json
from pathlib import Path

import pytest

from owflex.evaluation.errors import EvaluationError
from owflex.evaluation.measurement import Measured, Measurement, summarize
from owflex.evaluation.metrics import METRICS
from owflex.evaluation.reports import histograms, keep_report


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the reports; nothing else is set."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("EVALUATION_REPORTS", raising=False)
    monkeypatch.setenv("OWFLEX_HOME", str(tmp_path / "home"))
    return tmp_path / "home" / "evaluations"


def measurement_of(confidences: dict[float, bool]) -> Measurement:
    """One question for each confidence; the flag says whether it can be answered."""
    questions = [
        Measured(
            f"q{place}",
            f"A secret question {place}?",
            answerable,
            dict.fromkeys(METRICS, 1.0) if answerable else None,
            confidence,
            confidence - 0.2,
        )
        for place, (confidence, answerable) in enumerate(confidences.items())
    ]
    return Measurement("hybrid", "a model", questions)


def test_a_report_has_curves_histograms_and_metrics_but_no_question(folder: Path) -> None:
    measurement = measurement_of({0.9: True, 0.8: True, 0.31: False, 0.1: False})
    path = keep_report(measurement, summarize(measurement), collection="hr")
    assert path.parent == folder
    report = json.loads(path.read_text())
    assert (report["mode"], report["collection"], report["test_set"]) == ("hybrid", "hr", False)
    assert (report["questions"], report["answerable"]) == (4, 2)
    detection = report["in_documents"]["by_confidence"]
    assert 0.31 < detection["threshold"]["value"] < 0.8
    assert set(detection["curve"][0]) == {"threshold", "precision", "recall", "f1"}
    assert "secret" not in path.read_text()


def test_histograms_count_every_question_once() -> None:
    found = histograms(measurement_of({1.0: True, 0.0: False, 0.5: True, 0.52: True}).questions)
    confidence = found["confidence"]
    assert len(confidence["edges"]) == len(confidence["answerable"]) + 1 == 21
    assert (confidence["answerable"][10], confidence["answerable"][19]) == (2, 1)
    assert confidence["unanswerable"][0] == 1
    # A similarity below 0 is in the first bar.
    assert found["similarity"]["unanswerable"][0] == 1


def test_questions_of_one_class_give_a_report_without_curves() -> None:
    measurement = measurement_of({0.3: False, 0.2: False})
    report = json.loads(keep_report(measurement, summarize(measurement)).read_text())
    assert report["in_documents"]["by_confidence"] is None
    assert report["metrics"]["recall@10"]["value"] is None
    assert report["histograms"]["confidence"]["answerable"] == [0] * 20


def test_only_the_newest_reports_stay_and_other_files_are_left_alone(folder: Path) -> None:
    measurement = measurement_of({0.9: True, 0.1: False})
    summary = summarize(measurement)
    folder.mkdir(parents=True)
    (folder / "0-mine.json").write_text("{}")
    kept = [keep_report(measurement, summary) for _ in range(23)]
    left = {path.name for path in folder.iterdir()}
    assert left == {"0-mine.json", *(path.name for path in kept[-20:])}


def test_a_folder_that_cannot_be_written_is_said_so(folder: Path) -> None:
    folder.parent.mkdir()
    folder.write_text("a file")
    measurement = measurement_of({0.9: True, 0.1: False})
    with pytest.raises(EvaluationError, match="EVALUATION_REPORTS"):
        keep_report(measurement, summarize(measurement))
