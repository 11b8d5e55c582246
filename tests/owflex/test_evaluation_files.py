"""The files that are measured with: good rows are read, bad ones name their line and the cure."""

from pathlib import Path

import pytest

from owflex.evaluation.corpus import read_test_set
from owflex.evaluation.corpus_text import read_text
from owflex.evaluation.errors import EvaluationError
from owflex.evaluation.measurement import Measured, Measurement, read_saved, save, summarize
from owflex.evaluation.metrics import ranking_metrics
from owflex.evaluation.plotting import write_plot
from owflex.evaluation.question_file import read_questions

GOOD = '{"query": "How long is a token valid?", "source": "handbook/tokens.md"}\n'


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_question_is_answerable_unless_it_says_otherwise(tmp_path: Path) -> None:
    path = written(tmp_path, "q.jsonl", GOOD + '\n{"query": "Why?", "answerable": false}\n')
    known, unknown = read_questions(path)
    assert (known.source, known.answerable, known.line) == ("handbook/tokens.md", True, 1)
    assert (unknown.source, unknown.answerable, unknown.line) == (None, False, 3)
    assert known.question_id != unknown.question_id


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("{query: 1}", "line 2: this is not JSON"),
        ("[1]", "line 2: this is not a JSON object"),
        ('{"source": "a.md"}', 'line 2: "query" is missing'),
        ('{"query": "Why?"}', 'line 2: where is the answer.*"answerable": false'),
        ('{"query": "Why?", "source": ""}', 'line 2: "source" must be a text'),
        ('{"query": "Why?", "answerable": "no"}', 'line 2: "answerable" must be true or false'),
        ('{"query": "Why?", "sorce": "a.md"}', 'line 2: "sorce" is not known. Known are: id, query'),
        ('{"query": "\\ud83d?", "answerable": false}', "line 2: half of a character is missing"),
        ("[" * 100_000, "line 2: this is not JSON"),
        (GOOD, "line 1: this question appears twice"),
    ],
)
def test_a_bad_row_is_named_with_its_cure(tmp_path: Path, row: str, problem: str) -> None:
    path = written(tmp_path, "q.jsonl", f"{GOOD}{row}\n")
    with pytest.raises(EvaluationError, match=problem):
        read_questions(path)


def test_a_file_that_is_missing_empty_or_no_text_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="cannot be read"):
        read_questions(tmp_path / "missing.jsonl")
    with pytest.raises(EvaluationError, match="There is no question"):
        read_questions(written(tmp_path, "empty.jsonl", "\n\n"))
    (tmp_path / "binary.jsonl").write_bytes(b"\xff\xfe\x00\xd8")
    with pytest.raises(EvaluationError, match="line 1: this is not UTF-8"):
        read_questions(tmp_path / "binary.jsonl")
    with pytest.raises(EvaluationError, match="cannot be read"):
        read_questions(tmp_path)


CORPUS = '{"id": "1", "title": "One", "text": "The first."}\n{"id": 2, "text": "The second."}\n'
QUERIES = (
    '{"id": "a", "text": "Which is first?"}\n{"id": "b", "text": "Which is last?", "answerable": false}\n'
)


def test_a_test_set_is_read_with_and_without_a_header(tmp_path: Path) -> None:
    corpus, queries = written(tmp_path, "c.jsonl", CORPUS), written(tmp_path, "q.jsonl", QUERIES)
    for header in ("", "query_id\tdoc_id\tscore\n"):
        qrels = written(tmp_path, "r.tsv", f"{header}a\t1\t2\na\t2\t0\n")
        test_set = read_test_set(corpus, queries, qrels)
        assert [document.document_id for document in test_set.documents] == ["1", "2"]
        assert [query.answerable for query in test_set.queries] == [True, False]
        assert test_set.gains == {"a": {"1": 2.0}}


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("c.jsonl", '{"text": "Without an id."}', 'line 1: "id" is missing'),
        ("c.jsonl", '{"id": "1", "text": 5}', 'line 1: "text" must be a text'),
        ("c.jsonl", CORPUS + CORPUS, 'line 3: the id "1" is used twice'),
        ("c.jsonl", '{"id": "a\\u0000", "text": "A null."}', 'line 1: "id" holds a null character'),
        ("q.jsonl", QUERIES + QUERIES, 'line 3: the id "a" is used twice'),
        ("q.jsonl", "\n", "There is nothing in .*q.jsonl"),
        ("c.jsonl", "", "There is nothing in"),
        ("q.jsonl", '{"id": "a"}', 'line 1: "text" is missing'),
        ("r.tsv", "a 1 2", "line 1: there must be three fields between tabs"),
        ("r.tsv", "a\t1\t2\na\t2\tmuch", 'line 2: the score "much" is not a number'),
        ("r.tsv", "a\t1\t2\na\t2\tnan", 'line 2: the score "nan" is not a number'),
        ("r.tsv", "a\t1\t1\na\t9\t1", 'r.tsv, line 2: there is no document "9" in .*c.jsonl'),
    ],
)
def test_a_bad_test_set_is_named_with_its_cure(tmp_path: Path, name: str, text: str, problem: str) -> None:
    files = {"c.jsonl": CORPUS, "q.jsonl": QUERIES, "r.tsv": "a\t1\t1"} | {name: text}
    corpus, queries, qrels = (written(tmp_path, each, content) for each, content in files.items())
    with pytest.raises(EvaluationError, match=problem):
        read_test_set(corpus, queries, qrels)


def test_a_text_is_read_as_what_it_looks_like() -> None:
    prose = read_text("A first paragraph.\n\nAnd (really) a second one.", "Title")
    assert [(block.kind, block.text) for block in prose.blocks] == [
        ("text", "A first paragraph."),
        ("text", "And (really) a second one."),
    ]
    markdown = read_text("# Top\n\nText.\n\n## Below\n\n- one\n- two\n", "Title")
    assert (markdown.title, [block.heading_path for block in markdown.blocks]) == (
        "Title › Top",
        [(), ("Below",)],
    )
    code = read_text(
        "import os\n\n\ndef one(a):\n    return os.path(a)\n\n\ndef two():\n    pass()\n", "Title"
    )
    assert {block.kind for block in code.blocks} == {"code"}
    assert {parsed.title for parsed in (prose, code)} == {"Title"}


def test_a_measurement_is_saved_read_back_and_drawn(tmp_path: Path) -> None:
    rows = [
        Measured(str(place), "q", place % 3 != 0, {"recall@1": 1.0}, place / 20, place / 30)
        for place in range(20)
    ]
    measurement = Measurement("hybrid", "model", rows)
    save(measurement, tmp_path / "saved.json")
    assert read_saved(tmp_path / "saved.json") == measurement
    (tmp_path / "other.json").write_text("{}")
    with pytest.raises(EvaluationError, match="not a saved measurement"):
        read_saved(tmp_path / "other.json")


def test_the_picture_is_a_png_file_and_needs_both_kinds_of_questions(tmp_path: Path) -> None:
    metrics = ranking_metrics(["right"], {"right": 1.0})
    rows = [
        Measured(str(place), "q", place > 9, metrics if place > 9 else None, place / 20, place / 30)
        for place in range(20)
    ]
    write_plot(summarize(Measurement("hybrid", "model", rows)), tmp_path / "plot.png")
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(EvaluationError, match="no curve to draw"):
        write_plot(summarize(Measurement("hybrid", "model", rows[10:])), tmp_path / "none.png")
