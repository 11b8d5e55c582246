"""Reads a public test set: a corpus, queries and judgements (qrels), one folder of three files."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from owflex.evaluation.errors import BadRowError, EvaluationError
from owflex.evaluation.labelled import flag_of, read_lines, read_rows, text_of

CORPUS_ROW = '{"id": "7", "title": "Tokens", "text": "A token is valid for an hour."}'
QUERY_ROW = '{"id": "q1", "text": "How long is a token valid?", "answerable": true}'
QRELS_ROW = "q1<tab>7<tab>1"


@dataclass(frozen=True)
class CorpusDocument:
    """A document of the test set."""

    document_id: str
    title: str
    text: str


@dataclass(frozen=True)
class Query:
    """A question of the test set; `answerable`: its answer is in the corpus."""

    query_id: str
    text: str
    answerable: bool


@dataclass(frozen=True)
class TestSet:
    """Documents, questions, and how relevant which document is for which question (only scores above 0)."""

    documents: list[CorpusDocument]
    queries: list[Query]
    gains: dict[str, dict[str, float]]


def read_test_set(corpus: Path, queries: Path, qrels: Path) -> TestSet:
    """The three files. Raises `EvaluationError` naming file, line and cure."""
    documents = [_document(corpus, line, row) for line, row in read_rows(corpus)]
    asked = [_query(queries, line, row) for line, row in read_rows(queries)]
    if not documents or not asked:
        empty, example = (queries, QUERY_ROW) if documents else (corpus, CORPUS_ROW)
        raise EvaluationError(f"There is nothing in {empty}. Write one row a line, such as {example}")
    _check_unique(corpus, (document.document_id for document in documents))
    _check_unique(queries, (query.query_id for query in asked))
    gains = _read_qrels(qrels)
    known = {document.document_id for document in documents}
    if not any(name in known for row in gains.values() for name in row):
        raise EvaluationError(f"No document that {qrels} names is in {corpus}. Name files of the same set.")
    return TestSet(documents, asked, gains)


def _document(path: Path, line: int, row: dict[str, Any]) -> CorpusDocument:
    title = row.get("title") or ""
    text = row.get("text")
    if not isinstance(text, str) or not isinstance(title, str):
        raise BadRowError(path, line, f'"text" must be a text. Write rows such as {CORPUS_ROW}')
    return CorpusDocument(_id(path, line, row, CORPUS_ROW), title, text)


def _query(path: Path, line: int, row: dict[str, Any]) -> Query:
    text = text_of(path, line, row, "text")
    if text is None:
        raise BadRowError(path, line, f'"text" is missing. Write rows such as {QUERY_ROW}')
    return Query(_id(path, line, row, QUERY_ROW), text, flag_of(path, line, row, "answerable"))


def _id(path: Path, line: int, row: dict[str, Any], example: str) -> str:
    value = row.get("id")
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise BadRowError(path, line, f'"id" is missing. Write rows such as {example}')
    return str(value)


def _check_unique(path: Path, ids: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in ids:
        if name in seen:
            raise EvaluationError(f'{path}: the id "{name}" is there twice. Give each row an id of its own.')
        seen.add(name)


def _read_qrels(path: Path) -> dict[str, dict[str, float]]:
    gains: dict[str, dict[str, float]] = {}
    for line, text in read_lines(path):
        fields = text.rstrip("\r\n").split("\t")
        if len(fields) != 3:
            raise BadRowError(path, line, f"there must be three fields between tabs, such as {QRELS_ROW}")
        score = _number(fields[2])
        if score is None:
            if line == 1:  # a header
                continue
            raise BadRowError(path, line, f'the score "{fields[2]}" is no number. Write {QRELS_ROW}')
        if score > 0:
            gains.setdefault(fields[0], {})[fields[1]] = score
    return gains


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
