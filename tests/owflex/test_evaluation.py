"""`owflex evaluate` as its users meet it, with the real model and a real Postgres; two in processes."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ingest.ingestion import Wanted, open_ingestion
from ingest.report import Silent
from ingest.settings import IngestSettings
from ingest.sync_run import run_sync
from knowledge_base.embedding import SentenceTransformerEmbedder
from owflex.__main__ import main
from owflex.evaluation.scratch_database import scratch_database
from tests.support.commands import run_here

Run = Callable[..., "subprocess.CompletedProcess[str]"]

TEXTS = {
    "bees": "Bees dance to tell each other where flowers with nectar grow.",
    "bread": "A sourdough loaf rises slowly because wild yeast works without sugar.",
    "bridge": "The cables of a suspension bridge carry the weight of its deck to the towers.",
    "chess": "In chess a pawn that reaches the last rank is promoted to another piece.",
    "coffee": "Espresso is brewed by pressing hot water through finely ground coffee.",
    "comet": "The tail of a comet points away from the sun because of the solar wind.",
    "glacier": "Glaciers carve valleys as ice flows downhill under its own weight.",
    "violin": "A violin has four strings which are tuned in perfect fifths.",
    "tides": "Tides rise and fall because the moon pulls at the water of the oceans.",
    "paper": "Paper is made from the fibres of wood that are pressed and dried.",
    "vaccine": "A vaccine trains the immune system with a harmless part of a germ.",
    "token": "A session token of the server is valid for ninety minutes and then refreshed.",
}
QUESTIONS = {
    "bees": "How do bees tell others where the flowers are?",
    "bread": "Why does sourdough rise slowly?",
    "bridge": "What carries the weight of a suspension bridge?",
    "chess": "What happens to a pawn on the last rank?",
    "comet": "In which direction does the tail of a comet point?",
    "violin": "How are the strings of a violin tuned?",
    "tides": "Why are there tides?",
    "token": "How long is a session token valid?",
}
UNKNOWN = ["Who won the football world cup?", "How is the tax on wine computed?"]


@pytest.fixture
def environment(knowledge_base_url: str, data_folder: Path) -> dict[str, str]:
    """A knowledge base of its own, in the session's data folder."""
    keys = ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENROUTER_API_KEY", "GEMINI_API_KEY", "MODEL_NAME")
    kept = {name: value for name, value in os.environ.items() if name not in keys}
    return kept | {
        "KNOWLEDGE_BASE_DATABASE_URL": knowledge_base_url,
        "OWFLEX_HOME": str(data_folder),
        "HF_HUB_OFFLINE": "1",
        "COLUMNS": "160",
        "NO_COLOR": "1",
    }


@pytest.fixture
def run(environment: dict[str, str], tmp_path: Path) -> Run:
    """What `owflex …` does, in a folder of its own."""

    def run(*arguments: str, **more: str) -> "subprocess.CompletedProcess[str]":
        return run_here(main, arguments, environment=environment | more, folder=tmp_path)

    return run


@pytest.fixture
def run_process(environment: dict[str, str], tmp_path: Path) -> Run:
    """`python -m owflex …` in a folder of its own."""

    def run(*arguments: str, **more: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "owflex", *arguments],
            env=environment | more,
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
        )

    return run


@pytest.fixture
def test_set(tmp_path: Path) -> list[str]:
    """The options that name a test set of twelve documents."""
    corpus = [{"id": name, "title": name.title(), "text": text} for name, text in TEXTS.items()]
    queries = [{"id": f"q-{name}", "text": text, "answerable": True} for name, text in QUESTIONS.items()]
    queries += [{"id": f"u{place}", "text": text, "answerable": False} for place, text in enumerate(UNKNOWN)]
    write_rows(tmp_path / "corpus.jsonl", corpus)
    write_rows(tmp_path / "queries.jsonl", queries)
    lines = ["query_id\tdoc_id\tscore", *(f"q-{name}\t{name}\t1" for name in QUESTIONS)]
    (tmp_path / "qrels.tsv").write_text("\n".join(lines) + "\n")
    return ["--corpus", "corpus.jsonl", "--queries", "queries.jsonl", "--qrels", "qrels.tsv"]


@pytest.fixture
async def library(
    knowledge_base_url: str, embedder: SentenceTransformerEmbedder, tmp_path: Path
) -> list[dict[str, Any]]:
    """The same documents in the knowledge base, and labelled questions about them."""
    folder = tmp_path / "library"
    folder.mkdir()
    for name, text in TEXTS.items():
        (folder / f"{name}.md").write_text(f"# {name.title()}\n\n## About the {name}\n\n{text * 3}\n")
    async with open_ingestion(IngestSettings(), knowledge_base_url, embedder, Silent()) as ingestion:  # pyright: ignore[reportCallIssue]
        task = await ingestion.folder_task(folder, Wanted())
        await run_sync(ingestion.database, task, ingestion.pipeline.process, Silent())
        await ingestion.finish()
    known = [
        {"query": text, "source": f"library/{name}.md", "text": TEXTS[name][:40]}
        for name, text in QUESTIONS.items()
    ]
    return [*known, *({"query": text, "answerable": False} for text in UNKNOWN)]


def write_rows(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def scratch_databases(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "select datname from pg_database where datname like 'owflex\\_evaluation%'"
        ).fetchall()
    return [row[0] for row in rows]


@pytest.mark.parametrize("mode", ["hybrid", "vector", "keyword"])
def test_a_test_set_is_measured_in_a_database_that_is_gone_afterwards(
    run: Run, test_set: list[str], knowledge_base_url: str, mode: str
) -> None:
    result = run("evaluate", *test_set, "--mode", mode, "--json")
    assert result.returncode == 0, result.stderr
    figures = json.loads(result.stdout)
    assert (figures["mode"], figures["documents"], figures["queries"]) == (mode, 12, 10)
    assert figures["chunks"] == 12
    assert figures["ndcg@10"] > 0.9
    assert figures["recall@5"] == 1
    found = figures["unanswerable"]
    assert found["positive_class"] == "unanswerable"
    assert found["roc_auc"] > 0.9
    assert 0 <= found["recommended_threshold"] <= 1
    assert "Documents: 12 of 12" in result.stderr
    assert scratch_databases(knowledge_base_url) == []


def test_ctrl_c_leaves_no_database_behind(
    environment: dict[str, str], test_set: list[str], tmp_path: Path, knowledge_base_url: str
) -> None:
    rows = [{"id": str(place), "text": f"{place}: {TEXTS['bees']}"} for place in range(5_000)]
    write_rows(
        tmp_path / "corpus.jsonl", [*rows, *({"id": name, "text": text} for name, text in TEXTS.items())]
    )
    running = subprocess.Popen(
        [sys.executable, "-m", "owflex", "evaluate", *test_set],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        # A shell starts background programs, such as these tests, with Ctrl+C switched off.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert running.stderr is not None
    assert "Documents:" in running.stderr.readline()
    assert len(scratch_databases(knowledge_base_url)) == 1
    running.send_signal(signal.SIGINT)
    running.communicate()
    assert running.returncode == 130
    assert scratch_databases(knowledge_base_url) == []


@pytest.mark.parametrize(("number", "expected"), [(None, ValueError), (signal.SIGTERM, KeyboardInterrupt)])
def test_the_database_is_gone_after_an_error_and_a_signal(
    knowledge_base_url: str, number: int | None, expected: type[BaseException]
) -> None:
    def work() -> None:
        with scratch_database(knowledge_base_url) as scratch:
            assert len(scratch_databases(scratch)) == 1
            if number is not None:
                os.kill(os.getpid(), number)
            raise ValueError

    with pytest.raises(expected):
        work()
    assert scratch_databases(knowledge_base_url) == []


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("corpus.jsonl", None, "corpus.jsonl cannot be read"),
        ("corpus.jsonl", "", "There is nothing in corpus.jsonl"),
        ("queries.jsonl", "{\n", "queries.jsonl, line 1: this is not JSON"),
        (
            "qrels.tsv",
            "q-bees\tbees\t1\nq-bees\twasps\t1\n",
            'qrels.tsv, line 2: there is no document "wasps"',
        ),
    ],
)
def test_a_wrong_file_of_a_test_set_is_named_in_one_line_before_anything_is_made(
    run: Run, test_set: list[str], tmp_path: Path, name: str, text: str | None, sentence: str
) -> None:
    if text is None:
        (tmp_path / name).unlink()
    else:
        (tmp_path / name).write_text(text)
    result = run("evaluate", *test_set, "--json")
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert sentence in result.stderr


def test_labelled_questions_are_measured_shown_and_drawn(
    run_process: Run, library: list[dict[str, Any]], tmp_path: Path
) -> None:
    write_rows(tmp_path / "q.jsonl", library)
    shown = run_process("evaluate", "q.jsonl", "--plot", "curve.png")
    assert shown.returncode == 0, shown.stderr
    assert all(metric in shown.stdout for metric in ("recall@5", "ndcg@10", "threshold on confidence"))
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")
    figures = json.loads(run_process("evaluate", "q.jsonl", "--json").stdout)
    assert (figures["questions"], figures["answerable"]) == (10, 8)
    assert figures["metrics"]["recall@5"]["value"] == 1
    assert figures["in_documents"]["positive_class"] == "answerable"
    assert figures["in_documents"]["by_confidence"]["roc_auc"] > 0.9


def test_a_label_that_fits_nothing_is_named(
    run_process: Run, library: list[dict[str, Any]], tmp_path: Path
) -> None:
    library[0]["source"] = "library/gone.md"
    library[1]["text"] = "a text that was rewritten"
    write_rows(tmp_path / "q.jsonl", library)
    result = run_process("evaluate", "q.jsonl", "--json")
    assert result.returncode == 0
    assert 'Line 1: there is no document "library/gone.md"' in " ".join(result.stderr.split())
    assert "Line 2: no passage holds the text" in " ".join(result.stderr.split())


@pytest.mark.slow
def test_a_regression_is_told_by_the_exit_code(
    run: Run, library: list[dict[str, Any]], tmp_path: Path
) -> None:
    write_rows(tmp_path / "q.jsonl", library)
    assert run("evaluate", "q.jsonl", "--save", "baseline.json").returncode == 0
    same = run("evaluate", "q.jsonl", "--compare", "baseline.json")
    assert same.returncode == 0, same.stdout
    assert "Compared over 10 questions" in same.stdout
    (tmp_path / "library" / "bees.md").unlink()
    for name in QUESTIONS:
        (tmp_path / "library" / f"{name}.md").write_text("Nothing is left of this document.")
    assert run("ingest", "sync", "library").returncode == 0
    worse = run("evaluate", "q.jsonl", "--compare", "baseline.json", "--json")
    assert worse.returncode == 3
    compared = json.loads(worse.stdout)["comparison"]
    assert compared["worse"]
    assert compared["metrics"]["recall@5"]["worse"]


def test_what_cannot_be_measured_is_said_in_a_sentence(run: Run, tmp_path: Path) -> None:
    write_rows(tmp_path / "q.jsonl", [{"query": "Why?", "source": "a.md"}])
    empty = run("evaluate", "q.jsonl")
    assert (empty.returncode, empty.stdout) == (1, "")
    assert "There is nothing to search yet" in empty.stderr
    (tmp_path / "q.jsonl").write_text("no json\n")
    broken = run("evaluate", "q.jsonl")
    assert (broken.returncode, broken.stdout, broken.stderr.count("\n")) == (2, "", 1)
    assert "q.jsonl, line 1: this is not JSON" in broken.stderr
    assert "--queries" in run("evaluate", "--corpus", "corpus.jsonl").stderr
    assert "owflex ingest PATH" in run("evaluate", "make").stderr


@pytest.mark.slow
@pytest.mark.usefixtures("library")
def test_proposed_questions_can_be_measured_with_at_once(run: Run, tmp_path: Path) -> None:
    made = run("evaluate", "make", "--questions", "12", "--output", "q.jsonl")
    assert made.returncode == 0, made.stderr
    rows = [json.loads(line) for line in (tmp_path / "q.jsonl").read_text().splitlines()]
    assert len(rows) == 12
    assert [row["answerable"] for row in rows] == [True] * 9 + [False] * 3
    assert {row["made_by"] for row in rows} == {"heuristic"}
    everything = " ".join(TEXTS.values()).lower()
    for row in rows[9:]:
        assert any(word not in everything for word in row["query"].lower().strip("?").split())
    again = run("evaluate", "make", "--output", "q.jsonl")
    assert (again.returncode, "already exists" in again.stderr) == (1, True)
    measured = run("evaluate", "q.jsonl", "--json")
    assert "Line" not in measured.stderr
    assert json.loads(measured.stdout)["metrics"]["recall@10"]["value"] == 1


@pytest.mark.usefixtures("library")
def test_a_language_model_that_does_not_answer_is_replaced_by_rules(run: Run) -> None:
    nobody = {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1", "MODEL_NAME": "none"}
    made = run("evaluate", "make", "--questions", "4", **nobody)
    assert made.returncode == 0, made.stderr
    assert len(made.stdout.splitlines()) == 4
    assert "some questions were made by rules" in " ".join(made.stderr.split())
