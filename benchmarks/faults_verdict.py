"""What the databases say at the end of each message that was sent, each task, and what was there before."""

from collections import Counter
from dataclasses import dataclass

import psycopg
from faults_people import Tally

ITEMS = "select thread_id, data->>'type', data->'content'->0->>'text' from thread_items order by sequence"
TASKS = "select title from tasks where title like 'Job %'"
# Of tests/support/filled.py.
BEFORE = "select count(*) from thread_items where thread_id in ('thr_anna', 'thr_bob')"
TASKS_BEFORE = "select count(*) from tasks where title in ('Call anna', 'Call bob')"


@dataclass(frozen=True)
class Verdict:
    """How many messages, answers and tasks are missing, and how many are there more than once."""

    messages_lost: int
    messages_doubled: int
    answers_lost: int
    answers_doubled: int
    tasks_lost: int
    tasks_doubled: int
    kept: bool

    @property
    def is_good(self) -> bool:
        """Whether nothing is lost and nothing doubled."""
        return self.kept and not any(
            (
                *(self.messages_lost, self.messages_doubled, self.answers_lost),
                *(self.answers_doubled, self.tasks_lost, self.tasks_doubled),
            )
        )


def verdict(urls: dict[str, str], tally: Tally, *, has_filling: bool) -> Verdict:
    """Compare what was sent with what is stored."""
    with psycopg.connect(urls["chat"]) as connection:
        asked, answers = _messages(connection, tally)
        items = _count(connection, BEFORE)
    with psycopg.connect(urls["knowledge_base"]) as connection:
        tasks = Counter(str(title).removeprefix("Job ") for (title,) in connection.execute(TASKS))
        tasks_before = _count(connection, TASKS_BEFORE)
    wanted = {name for name, words in tally.sent.items() if words.startswith("Add")}
    answered = [name for name in tally.sent if name not in tally.unanswered]
    return Verdict(
        messages_lost=sum(asked[name] == 0 for name in tally.sent),
        messages_doubled=sum(count > 1 for count in asked.values()),
        answers_lost=sum(answers[name] == 0 for name in answered),
        answers_doubled=sum(count > 1 for count in answers.values()),
        tasks_lost=sum(tasks[name] == 0 for name in wanted if name in answered),
        tasks_doubled=sum(count > 1 for count in tasks.values()),
        kept=not has_filling or (items, tasks_before) == (4, 2),
    )


def _messages(connection: psycopg.Connection, tally: Tally) -> tuple[Counter[str], Counter[str]]:
    names = {words: name for name, words in tally.sent.items()}
    asked, answers = Counter[str](), Counter[str]()
    for _, kind, text in connection.execute(ITEMS):
        if kind == "user_message" and text in names:
            asked[names[text]] += 1
        elif kind == "assistant_message" and str(text).startswith("Answer "):
            answers[str(text).removeprefix("Answer ").partition(".")[0]] += 1
    return asked, answers


def _count(connection: psycopg.Connection, statement: str) -> int:
    row = connection.execute(statement.encode()).fetchone()
    assert row is not None
    return int(row[0])
