"""Sentences about tasks, and sentences that only look like it; today is Saturday, 21 November 2026."""

from datetime import date

import pytest

from agent_service.models.extractive.task_sentences import (
    AddTask,
    ChangeTask,
    ListTasks,
    Unclear,
    read_command,
)

TODAY = date(2026, 11, 21)
MILK = AddTask("Buy milk")


@pytest.mark.parametrize(
    ("sentence", "task"),
    [
        ("add a task to buy milk", MILK),
        ("Add a new task: buy milk.", MILK),
        ("please create a task called 'buy milk'", MILK),
        ("Can you add “buy milk” to my to-do list?", MILK),
        ("I want you to add buy milk to my tasks please", MILK),
        ("remind me to buy milk", MILK),
        ("todo: buy milk", MILK),
        ("add a task\nto buy milk", MILK),
        ("add a task to buy milk by 2026-12-01", AddTask("Buy milk", date(2026, 12, 1))),
        ("add a task for tomorrow: buy milk", AddTask("Buy milk", date(2026, 11, 22))),
        ("remind me to buy milk on Friday", AddTask("Buy milk", date(2026, 11, 27))),
        ("put buy milk on my list for tomorrow", AddTask("Buy milk", date(2026, 11, 22))),
        ("add an urgent task to buy milk", AddTask("Buy milk", priority="high")),
        ("add a task: buy milk (low priority)", AddTask("Buy milk", priority="low")),
        (
            "add a task to buy milk by Friday with high priority #shop #home",
            AddTask("Buy milk", date(2026, 11, 27), "high", ("shop", "home")),
        ),
        (
            "add a task to email the team about Q3 by friday",
            AddTask("Email the team about Q3", date(2026, 11, 27)),
        ),
    ],
)
def test_a_task_to_add_is_read(sentence: str, task: AddTask) -> None:
    assert read_command(sentence, TODAY) == task


@pytest.mark.parametrize(
    ("sentence", "wanted"),
    [
        ("show my tasks", ListTasks()),
        ("Show me my tasks, please!", ListTasks()),
        ("list tasks", ListTasks()),
        ("my tasks", ListTasks()),
        ("tasks", ListTasks()),
        ("What are my open to-dos?", ListTasks()),
        ("what tasks do I have?", ListTasks()),
        ("what's on my list?", ListTasks()),
        ("what do I have to do today?", ListTasks(due="today")),
        ("what's overdue?", ListTasks(due="overdue")),
        ("which tasks are overdue", ListTasks(due="overdue")),
        ("what is due today", ListTasks(due="today")),
        ("show completed tasks", ListTasks("done")),
        ("show all my tasks", ListTasks("all")),
        ("show my high priority tasks", ListTasks(priority="high")),
        ("show tasks tagged home", ListTasks(tag="home")),
        ("show my tasks with #home", ListTasks(tag="home")),
    ],
)
def test_a_wish_to_see_tasks_is_read(sentence: str, wanted: ListTasks) -> None:
    assert read_command(sentence, TODAY) == wanted


@pytest.mark.parametrize(
    ("sentence", "change"),
    [
        ("mark buy milk as done", ChangeTask("complete", "buy milk")),
        ("Mark the task “buy milk” as completed, please.", ChangeTask("complete", "buy milk")),
        ("mark task 12 as done", ChangeTask("complete", "task 12", 12)),
        ("mark #12 done", ChangeTask("complete", "#12", 12)),
        ("complete task 12", ChangeTask("complete", "task 12", 12)),
        ("tick buy milk off", ChangeTask("complete", "buy milk")),
        ("finish buy milk", ChangeTask("complete", "buy milk", is_certain=False)),
        ("I've finished the report", ChangeTask("complete", "the report", is_certain=False)),
        ("buy milk is done", ChangeTask("complete", "buy milk", is_certain=False)),
        ("reopen buy milk", ChangeTask("reopen", "buy milk")),
        ("mark buy milk as not done", ChangeTask("reopen", "buy milk")),
        ("mark 12 as open again", ChangeTask("reopen", "12", 12)),
    ],
)
def test_a_change_of_a_task_is_read(sentence: str, change: ChangeTask) -> None:
    assert read_command(sentence, TODAY) == change


@pytest.mark.parametrize(
    ("sentence", "answer"),
    [
        ("add a task", "What should the task say?"),
        ("add a task to ''", "What should the task say?"),
        ("add a task to pay rent by 2026-02-30", "“2026-02-30” is not a day I can read."),
        ("delete all my tasks", "one task at a time"),
        ("remove everything from my list", "one task at a time"),
    ],
)
def test_what_cannot_be_carried_out_is_explained(sentence: str, answer: str) -> None:
    command = read_command(sentence, TODAY)
    assert isinstance(command, Unclear)
    assert answer in command.answer


@pytest.mark.parametrize(
    "sentence",
    [
        "",
        "How do I add a task to the list?",
        "How do background tasks work?",
        "What are tasks?",
        "What is a background task?",
        "What is a task list?",
        "How can I run startup code?",
        "how do I know the job is done",
        "add background tasks to my app",
        "add tasks to the router",
        "create a task queue with celery",
        "What is due process?",
        "When is a task complete?",
        "Does the server list tools?",
        "show me how tasks are stored",
    ],
)
def test_questions_about_the_documents_are_no_commands(sentence: str) -> None:
    assert read_command(sentence, TODAY) is None


@pytest.mark.parametrize(
    "part",
    [
        "add ",
        "mark x ",
        "add a task to by ",
        "add a task ",
        "#a ",
        "please ",
        "due by on ",
        " ",
        "(",
        "x is done ",
    ],
)
@pytest.mark.timeout(5)
def test_hostile_sentences_cost_no_time(part: str) -> None:
    read_command(part * (499 // len(part)), TODAY)
    read_command("add a task to " + part * (480 // len(part)), TODAY)
    assert read_command(part * 50_000, TODAY) is None
