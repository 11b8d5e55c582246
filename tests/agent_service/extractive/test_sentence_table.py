"""A table of sentences in four languages: which are about the user's tasks, and which ask the documents."""

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from agent_service.models.extractive.commands import AddTask, ChangeTask, ListTasks, PlanStated
from agent_service.models.extractive.language import language_of, languages
from agent_service.models.extractive.task_sentences import read_command

TODAY = date(2026, 11, 21)
TABLE = Path(__file__).with_name("sentences.tsv")
ROWS = [tuple(line.split("\t")) for line in TABLE.read_text(encoding="utf-8").splitlines()]
KINDS = {"list": ListTasks, "add": AddTask, "plan": PlanStated, "change": ChangeTask, "none": type(None)}


@pytest.mark.parametrize(("code", "kind", "sentence"), ROWS)
def test_a_sentence_is_about_tasks_or_about_the_documents(code: str, kind: str, sentence: str) -> None:
    assert isinstance(read_command(sentence, TODAY, languages()[code]), KINDS[kind])


@pytest.mark.parametrize(("code", "kind", "sentence"), ROWS)
def test_the_language_of_the_sentence_is_known(code: str, kind: str, sentence: str) -> None:
    assert language_of(sentence, (), code).code == code


def test_the_table_is_balanced() -> None:
    about_tasks = Counter(kind != "none" for _, kind, _ in ROWS)
    assert len(ROWS) >= 200
    assert min(about_tasks.values()) >= 0.4 * len(ROWS)
    assert {code for code, _, _ in ROWS} == set(languages())
