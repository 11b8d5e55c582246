"""Sentences about tasks, and sentences that only look like it; today is Saturday, 21 November 2026."""

from datetime import date

import pytest

from agent_service.models.extractive import task_sentences
from agent_service.models.extractive.commands import (
    AddTask,
    ChangeTask,
    Command,
    ListTasks,
    PlanStated,
    Target,
    Unclear,
)
from agent_service.models.extractive.language import languages

TODAY = date(2026, 11, 21)
MILK = AddTask("Buy milk")
BUY_MILK = Target("buy milk")


def read_command(sentence: str, today: date, code: str = "en") -> Command | None:
    return task_sentences.read_command(sentence, today, languages()[code])


def day(month: int, number: int) -> tuple[date, date]:
    return date(2026, month, number), date(2026, month, number)


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
        ("what do I have to do today?", ListTasks(period="day", days=day(11, 21))),
        ("what's overdue?", ListTasks(period="overdue")),
        ("which tasks are overdue", ListTasks(period="overdue")),
        ("what is due today", ListTasks(period="day", days=day(11, 21))),
        ("show completed tasks", ListTasks("done")),
        ("show all my tasks", ListTasks("all")),
        ("show my high priority tasks", ListTasks(priority="high")),
        ("show tasks tagged home", ListTasks(tag="home")),
        ("show my tasks with #home", ListTasks(tag="home")),
        ("what's due this week?", ListTasks(period="this_week")),
        ("anything due next week?", ListTasks(period="next_week")),
        ("what is due tomorrow?", ListTasks(period="day", days=day(11, 22))),
        ("what's due on Friday", ListTasks(period="day", days=day(11, 27))),
    ],
)
def test_a_wish_to_see_tasks_is_read(sentence: str, wanted: ListTasks) -> None:
    assert read_command(sentence, TODAY) == wanted


@pytest.mark.parametrize(
    ("sentence", "change"),
    [
        ("mark buy milk as done", ChangeTask("complete", BUY_MILK)),
        ("Mark the task “buy milk” as completed, please.", ChangeTask("complete", BUY_MILK)),
        ("mark task 12 as done", ChangeTask("complete", Target("task 12", 12))),
        ("mark #12 done", ChangeTask("complete", Target("#12", 12))),
        ("complete task 12", ChangeTask("complete", Target("task 12", 12))),
        ("tick buy milk off", ChangeTask("complete", BUY_MILK)),
        ("finish buy milk", ChangeTask("complete", BUY_MILK, is_certain=False)),
        ("I've finished the report", ChangeTask("complete", Target("report"), is_certain=False)),
        ("buy milk is done", ChangeTask("complete", BUY_MILK, is_certain=False)),
        ("reopen buy milk", ChangeTask("reopen", BUY_MILK)),
        ("mark buy milk as not done", ChangeTask("reopen", BUY_MILK)),
        ("mark it done", ChangeTask("complete", Target("it", reference="it"))),
        ("delete that task", ChangeTask("delete", Target("that task", reference="it"))),
        ("reopen both", ChangeTask("reopen", Target("both", reference="both"))),
        ("delete the second one", ChangeTask("delete", Target("the second one", reference="nth", nth=1))),
        ("delete the last one", ChangeTask("delete", Target("the last one", reference="last"))),
        (
            "change the certificate task to next Monday",
            ChangeTask("move", Target("certificate"), {"due_on": "2026-11-23"}),
        ),
        ("move buy milk to Friday", ChangeTask("move", BUY_MILK, {"due_on": "2026-11-27"})),
        ("postpone buy milk by a week", ChangeTask("move", BUY_MILK, days_later=7)),
        (
            "make buy milk high priority",
            ChangeTask("priority", BUY_MILK, {"priority": "high"}, is_certain=False),
        ),
        (
            "rename the task buy milk to buy oat milk",
            ChangeTask("rename", BUY_MILK, {"title": "Buy oat milk"}),
        ),
        ("tag task 3 with home", ChangeTask("tag", Target("task 3", 3), {"tag": "home"})),
        (
            "remove the due date of task 3",
            ChangeTask("clear_day", Target("task 3", 3), {"clear_due_on": True}),
        ),
        ("mark 12 as open again", ChangeTask("reopen", Target("12", 12))),
    ],
)
def test_a_change_of_a_task_is_read(sentence: str, change: ChangeTask) -> None:
    assert read_command(sentence, TODAY) == change


@pytest.mark.parametrize(
    ("sentence", "unclear"),
    [
        ("add a task", Unclear("ask_title")),
        ("add a task to ''", Unclear("ask_title")),
        ("add a task to pay rent by 2026-02-30", Unclear("bad_day", {"day": "2026-02-30"})),
        ("delete all my tasks", Unclear("one_at_a_time")),
        ("delete all done tasks", Unclear("one_at_a_time")),
        ("remove everything from my list", Unclear("one_at_a_time")),
    ],
)
def test_what_cannot_be_carried_out_is_explained(sentence: str, unclear: Unclear) -> None:
    assert read_command(sentence, TODAY) == unclear


@pytest.mark.parametrize(
    ("code", "sentence", "task"),
    [
        (
            "en",
            "I need to call Bob next Tuesday at 3pm",
            AddTask("Call Bob", date(2026, 11, 24), hour="at 3pm"),
        ),
        ("en", "I have a dentist appointment tomorrow", AddTask("Dentist appointment", date(2026, 11, 22))),
        ("en", "I must buy stamps", AddTask("Buy stamps")),
        ("de", "Ich muss morgen Bob anrufen", AddTask("Bob anrufen", date(2026, 11, 22))),
        ("fr", "je dois appeler Bob mardi prochain", AddTask("Appeler Bob", date(2026, 11, 24))),
        ("es", "tengo que llamar a Bob mañana", AddTask("Llamar a Bob", date(2026, 11, 22))),
    ],
)
def test_a_plan_stated_as_a_fact_is_read(code: str, sentence: str, task: AddTask) -> None:
    assert read_command(sentence, TODAY, code) == PlanStated(task)


def test_a_plan_that_may_begin_a_question_is_uncertain() -> None:
    assert read_command("I need to deploy with Docker", TODAY) == PlanStated(
        AddTask("Deploy with Docker"), is_certain=False
    )


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
@pytest.mark.timeout(60)
def test_hostile_sentences_cost_no_time(part: str) -> None:
    read_command(part * (499 // len(part)), TODAY)
    read_command("add a task to " + part * (480 // len(part)), TODAY)
    assert read_command(part * 50_000, TODAY) is None
