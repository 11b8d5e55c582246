"""Labelled questions: what is asked, and where the answer is, or that there is none."""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from owflex.evaluation.errors import BadFileError, BadRowError

KNOWN_KEYS = ("id", "query", "source", "text", "answerable", "made_by")
EXAMPLE = '{"query": "How long is a token valid?", "source": "handbook/tokens.md", "answerable": true}'

# JSON can write half of a pair that makes a character; UTF-8 and Postgres cannot.
HALF = "\\ud"
LONE_HALF = re.compile("[\\ud800-\\udfff]")


@dataclass(frozen=True)
class LabelledQuestion:
    """A question, and the document (`source`) or passage (a piece of its `text`) that answers it.

    `line` is where it stands in the file.
    """

    question_id: str
    query: str
    source: str | None
    text: str | None
    answerable: bool
    line: int


def read_questions(path: Path) -> list[LabelledQuestion]:
    """The questions of a JSONL file. Raises `BadFileError` naming the line and the cure."""
    questions = [_question(path, line, row) for line, row in read_rows(path)]
    if not questions:
        raise BadFileError(f"There is no question in {path}. Write one a line, such as {EXAMPLE}")
    return _with_unique_ids(path, questions)


def read_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The JSON objects of a JSONL file with their lines, without empty ones. Raises `BadFileError`."""
    for line, text in read_lines(path):
        try:
            row = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise BadRowError(path, line, f"this is not JSON ({error}). Write one object a line.") from error
        if not isinstance(row, dict):
            raise BadRowError(path, line, f"this is not a JSON object. Write one a line, such as {EXAMPLE}")
        if HALF in text.lower() and LONE_HALF.search(json.dumps(row, ensure_ascii=False)):
            raise BadRowError(path, line, f"half of a character is missing ({HALF}… stands alone).")
        yield line, row


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of a text file that are not empty, counted from 1. Raises `BadFileError`."""
    try:
        with path.open("rb") as file:
            for line, raw in enumerate(file, 1):
                text = _decoded(path, line, raw)
                if text.strip():
                    yield line, text
    except OSError as error:
        raise BadFileError(f"{path} cannot be read ({error.strerror}). Name a text file in UTF-8.") from error


def text_of(path: Path, line: int, row: dict[str, Any], key: str) -> str | None:
    """The text under a key; None when there is none. Raises `BadRowError` when it is something else."""
    value = row.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip():
        raise BadRowError(path, line, f'"{key}" must be a text that is not empty, or be left out.')
    return value


def flag_of(path: Path, line: int, row: dict[str, Any], key: str) -> bool:
    """The truth value under a key, true without one. Raises `BadRowError` when it is something else."""
    value = row.get(key, True)
    if not isinstance(value, bool):
        raise BadRowError(path, line, f'"{key}" must be true or false, without quotation marks.')
    return value


def _question(path: Path, line: int, row: dict[str, Any]) -> LabelledQuestion:
    unknown = sorted(set(row) - set(KNOWN_KEYS))
    if unknown:
        raise BadRowError(path, line, f'"{unknown[0]}" is not known. Known are: {", ".join(KNOWN_KEYS)}.')
    query = text_of(path, line, row, "query")
    if query is None:
        raise BadRowError(path, line, f'"query" is missing. Write rows such as {EXAMPLE}')
    source, text = text_of(path, line, row, "source"), text_of(path, line, row, "text")
    answerable = flag_of(path, line, row, "answerable")
    if answerable and source is None and text is None:
        raise BadRowError(
            path,
            line,
            'where is the answer? Add "source" (as `owflex ingest list` shows it) or "text" (a piece of the '
            'passage), or "answerable": false.',
        )
    question_id = text_of(path, line, row, "id") or _hash(query)
    return LabelledQuestion(question_id, query, source, text, answerable, line)


def _decoded(path: Path, line: int, raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig" if line == 1 else "utf-8")
    except UnicodeDecodeError as error:
        raise BadRowError(
            path, line, f"this is not UTF-8 ({error.reason}). Save the file as UTF-8."
        ) from error


def _hash(query: str) -> str:
    return hashlib.sha256(query.encode()).hexdigest()[:12]


def _with_unique_ids(path: Path, questions: Sequence[LabelledQuestion]) -> list[LabelledQuestion]:
    counts = Counter(question.question_id for question in questions)
    for question in questions:
        if counts[question.question_id] > 1:
            raise BadRowError(
                path,
                question.line,
                "this question appears twice. Remove one, or give each its own id.",
            )
    return list(questions)
