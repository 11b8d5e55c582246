"""Reads a public test set: a corpus, queries and judgements (qrels), one folder of three files."""

import math
from collections.abc import Callable, Container
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from owflex.evaluation.errors import BadFileError, BadRowError
from owflex.evaluation.question_file import flag_of, read_lines, read_rows, text_of

CORPUS_ROW = '{"id": "7", "title": "Tokens", "text": "A token is valid for an hour."}'
QUERY_ROW = '{"id": "q1", "text": "How long is a token valid?", "answerable": true}'
QRELS_ROW = "q1<tab>7<tab>1"

Row = TypeVar("Row")


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
    """The three files. Raises `BadFileError` naming file, line and cure."""
    documents = _read(corpus, CORPUS_ROW, _document)
    asked = _read(queries, QUERY_ROW, _query)
    return TestSet(list(documents.values()), list(asked.values()), _read_qrels(qrels, documents, corpus))


def _read(path: Path, example: str, made: Callable[[Path, int, dict[str, Any]], Row]) -> dict[str, Row]:
    """The rows by their ids, in the order of the file."""
    rows: dict[str, Row] = {}
    for line, row in read_rows(path):
        name = _id(path, line, row, example)
        if name in rows:
            raise BadRowError(path, line, f'the id "{name}" is used twice. Give each row its own.')
        rows[name] = made(path, line, {**row, "id": name})
    if not rows:
        raise BadFileError(f"There is nothing in {path}. Write one row a line, such as {example}")
    return rows


def _document(path: Path, line: int, row: dict[str, Any]) -> CorpusDocument:
    title = row.get("title") or ""
    text = row.get("text")
    if not isinstance(text, str) or not isinstance(title, str):
        raise BadRowError(path, line, f'"text" must be a text. Write rows such as {CORPUS_ROW}')
    return CorpusDocument(row["id"], title, text)


def _query(path: Path, line: int, row: dict[str, Any]) -> Query:
    text = text_of(path, line, row, "text")
    if text is None:
        raise BadRowError(path, line, f'"text" is missing. Write rows such as {QUERY_ROW}')
    return Query(row["id"], text, flag_of(path, line, row, "answerable"))


def _id(path: Path, line: int, row: dict[str, Any], example: str) -> str:
    value = row.get("id")
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise BadRowError(path, line, f'"id" is missing. Write rows such as {example}')
    if "\x00" in str(value):
        raise BadRowError(path, line, f'"id" holds a null character. Write rows such as {example}')
    return str(value)


def _read_qrels(path: Path, known: Container[str], corpus: Path) -> dict[str, dict[str, float]]:
    gains: dict[str, dict[str, float]] = {}
    for line, text in read_lines(path):
        fields = text.rstrip("\r\n").split("\t")
        if len(fields) != 3:
            raise BadRowError(path, line, f"there must be three fields between tabs, such as {QRELS_ROW}")
        query_id, document_id, score = fields[0], fields[1], _number(fields[2])
        if score is None:
            if line == 1:  # a header
                continue
            raise BadRowError(path, line, f'the score "{fields[2]}" is not a number. Write {QRELS_ROW}')
        if document_id not in known:
            raise BadRowError(
                path, line, f'there is no document "{document_id}" in {corpus}. Name files of the same set.'
            )
        if score > 0:
            gains.setdefault(query_id, {})[document_id] = score
    return gains


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
