"""The cards by themselves."""

from datetime import date

import pytest

from agent_service.cards.approvals import WaitingCall
from agent_service.cards.widgets import (
    MAX_ROWS,
    approval_card,
    approval_text,
    decided_card,
    task_card,
    task_text,
    tasks_on,
    widget_item,
)
from agent_service.tools.schemas import Task

TODAY = date(2026, 11, 21)
CALLS = [WaitingCall("call_1", "delete_task", {"task_id": 3}, "Delete a task: “Rest” (task 3)")]


def test_a_card_knows_its_tasks_in_their_order_also_in_a_form() -> None:
    tasks = [Task(task_id=number, title=f"Task {number}") for number in (7, 3, 12)]
    card = widget_item("wdg_1", "thr_1", task_card(tasks, TODAY, editing=3), "")
    assert tasks_on(card) == [7, 3, 12]


def test_an_approval_shows_no_tasks() -> None:
    assert tasks_on(widget_item("wdg_1", "thr_1", approval_card(CALLS), "")) == []


@pytest.mark.parametrize(
    ("due", "status", "label"),
    [
        (date(2026, 11, 20), "open", "Overdue Friday, 20 November 2026"),
        (date(2026, 11, 21), "open", "Due Saturday, 21 November 2026"),
        (date(2026, 11, 20), "done", "Due Friday, 20 November 2026"),
    ],
)
def test_only_an_open_task_is_overdue(due: date, status: str, label: str) -> None:
    task = Task.model_validate({"task_id": 1, "title": "Rest", "due_on": due, "status": status})
    assert label in str(task_card([task], TODAY))


def test_no_more_rows_than_fit_and_a_count_of_the_rest() -> None:
    tasks = [Task(task_id=number, title=f"Task {number}") for number in range(1, MAX_ROWS + 3)]
    card = task_card(tasks, TODAY, total=50)
    assert len(tasks_on(widget_item("wdg_1", "thr_1", card, ""))) == MAX_ROWS
    assert f"… and {50 - MAX_ROWS} more" in str(card)


def test_without_tasks_the_card_says_so() -> None:
    assert "These tasks no longer exist." in str(task_card([], TODAY))
    assert task_text([]) == "These tasks no longer exist."


def test_a_decided_card_has_no_buttons() -> None:
    assert "Button" in str(approval_card(CALLS))
    for outcome in ("approved", "denied", "expired"):
        assert "Button" not in str(decided_card(CALLS, outcome))
    assert approval_text(CALLS, "denied") == "Delete a task: “Rest” (task 3). Denied: nothing was done."
