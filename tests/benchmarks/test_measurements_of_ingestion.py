"""The measurements of ingestion still run and say what they promise; how fast it was, no test asks."""

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def tables(name: str, *options: str) -> list[list[str]]:
    """The cells of the lines that a measurement prints, without the heads of its tables."""
    command = [sys.executable, str(BENCHMARKS / name), *options]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert ran.returncode == 0, ran.stderr[-2000:]
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in ran.stdout.splitlines()
        if line.startswith("|")
    ]
    rules = [place for place, row in enumerate(rows) if set("".join(row)) <= {"-", ":"}]
    return [row for place, row in enumerate(rows) if place not in rules and place + 1 not in rules]


@pytest.mark.slow
def test_writing() -> None:
    rows = tables("writing.py", "--passages", "600", "--alone-seconds", "1")
    written, searched = rows[:3], rows[3:]
    assert [row[0] for row in written] == ["first third", "alone", "beside searches"]
    assert [row[0] for row in searched] == ["nothing", "storing", "indexing"]
    assert all(float(cell) > 0 for row in written for cell in row[1:])
    assert all(int(row[1]) > 1 for row in searched)


def test_a_sync_of_what_is_there_already() -> None:
    first, median = tables("resync.py", "--files", "40", "--rounds", "1")
    assert first[0] == "1"
    assert float(first[1]) == float(median[1]) > 0


@pytest.mark.slow
def test_workers_beside_each_other() -> None:
    first, _ = tables("workers.py", "--files", "6", "--rounds", "1")
    assert first[2].endswith("x")
    assert all(float(seconds) > 0 for seconds in first[3].split(", "))


@pytest.mark.timeout(600)
@pytest.mark.slow
def test_embedding_beside_the_products_of_its_matrices() -> None:
    pytest.importorskip("sentence_transformers")
    options = ["--chunks", "16", "--rounds", "1", "--threads", "1", "--back-ends", "f32"]
    rows = {row[0]: row for row in tables("embedding.py", *options)}
    exact = rows["f32"]
    assert float(exact[5]) > 0
    assert exact[6].endswith("%")
    assert float(exact[8]) >= 0.9999
