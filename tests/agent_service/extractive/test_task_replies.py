"""What is said of no tasks: some languages say it in another case or number."""

from datetime import date
from typing import Any

import pytest

from agent_service.models.extractive.commands import ListTasks
from agent_service.models.extractive.language import languages
from agent_service.models.extractive.task_replies import listed
from agent_service.tools.schemas import TaskList

TODAY = date(2026, 11, 30)


@pytest.mark.parametrize(
    ("code", "wanted", "said"),
    [
        ("de", {}, "Du hast keine offenen Aufgaben."),
        ("de", {"status": "done"}, "Du hast keine erledigten Aufgaben."),
        ("de", {"period": "overdue"}, "Du hast keine überfälligen Aufgaben."),
        ("de", {"period": "today"}, "Du hast keine Aufgaben für heute."),
        ("en", {}, "You have no open tasks."),
        ("en", {"status": "open", "tag": "home"}, "You have no open tasks tagged #home."),
        ("fr", {}, "Tu n'as aucune tâche à faire."),
        ("fr", {"status": "done"}, "Tu n'as aucune tâche terminée."),
        ("es", {"period": "overdue"}, "No tienes ninguna tarea con retraso."),
        ("es", {}, "No tienes ninguna tarea por hacer."),
    ],
)
def test_no_tasks_are_said_as_the_language_says_none(code: str, wanted: dict[str, Any], said: str) -> None:
    assert listed(TaskList(tasks=[], total=0), ListTasks(**wanted), TODAY, languages()[code]) == said
