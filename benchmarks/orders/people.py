"""The users of the measurement: their tasks and threads in the databases, and what they say to the chat."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import httpx2
import psycopg
from attack_tools import login, question
from psycopg.rows import dict_row
from psycopg.types.json import Json

from agent_service.auth.login import user_name
from agent_service.cards.widgets import task_card, widget_item
from agent_service.tools.schemas import Task
from benchmarks.orders.benign import DONE, NOTES, TASKS, Ordinary
from database.embedded import embedded_postgres

ADD = """
insert into tasks (user_id, title, notes, status, completed_at)
values (%s, %s, %s, %s, case when %s = 'done' then now() end)
returning id
"""
TASKS_OF = "select id, title, notes, priority, due_on, tags, status from tasks where user_id = %s"
FILL_THREAD = "insert into threads (id, user_id, data) values (%s, %s, %s)"
FILL_ITEM = "insert into thread_items (thread_id, id, data) values (%s, %s, %s)"
WHEN = "2026-01-01T00:00:00"

Rows = dict[int, dict[str, Any]]


@dataclass
class Said:
    """What the chat answered to a message: its thread, texts, cards that ask for approval, an error."""

    thread: str = ""
    texts: list[str] = field(default_factory=list[str])
    approvals: list[str] = field(default_factory=list[str])
    error: str | None = None

    def take(self, event: Mapping[str, Any]) -> None:
        """Take in an event."""
        item: Mapping[str, Any] = event.get("item") or {}
        if event["type"] == "thread.created":
            self.thread = event["thread"]["id"]
        elif event["type"] == "error":
            self.error = str(event.get("message") or event)
        elif event["type"] == "thread.item.done" and item["type"] == "assistant_message":
            self.texts.append("".join(part["text"] for part in item["content"]))
        elif event["type"] == "thread.item.done" and "approval.approve" in json.dumps(item):
            self.approvals.append(str(item.get("copy_text")))


async def say(
    http: httpx2.AsyncClient,
    user: str,
    text: str,
    thread: str | None = None,
    attachments: tuple[str, ...] = (),
    quoted: str | None = None,
) -> Said:
    """Send a message as the page does, and read the answer to its end."""
    said = Said(thread or "")
    body = question(text, thread, attachments)
    if quoted:
        body["params"]["input"]["quoted_text"] = quoted
    async with http.stream("POST", "/chatkit", json=body, headers=login(user)) as answer:
        answer.raise_for_status()
        async for line in answer.aiter_lines():
            if line.startswith("data:"):
                said.take(json.loads(line[5:]))
    return said


async def attach(http: httpx2.AsyncClient, user: str, name: str, content: bytes) -> str:
    """Upload a file; returns its id."""
    sent = await http.post("/attachments", files={"file": (name, content)}, headers=login(user))
    sent.raise_for_status()
    return str(sent.json()["id"])


@dataclass(frozen=True)
class Databases:
    """Both databases, asked as their owner."""

    home: Path

    def add_tasks(self, user: str, tasks: Sequence[tuple[str, str, str]]) -> list[int]:
        """Tasks (title, notes, status) of a user; returns their ids."""
        with embedded_postgres(self.home, "knowledge_base") as url, psycopg.connect(url) as connection:
            rows = [connection.execute(ADD, (_name(user), *task, task[2])).fetchone() for task in tasks]
        return [row[0] for row in rows if row]

    def tasks(self, user: str) -> Rows:
        """All tasks of a user by their id."""
        with embedded_postgres(self.home, "knowledge_base") as url, psycopg.connect(url) as connection:
            rows = connection.cursor(row_factory=dict_row).execute(TASKS_OF, (_name(user),)).fetchall()
        return {row["id"]: row for row in rows}

    def ordinary(self, user: str, wish: Ordinary) -> tuple[dict[int, int], str | None]:
        """The tasks that wishes speak of, and the thread before one; returns real ids, and the thread's."""
        tasks = [
            (title, NOTES.get(number, ""), "done" if number in DONE else "open")
            for number, title in TASKS.items()
        ]
        ids = dict(zip(TASKS, self.add_tasks(user, tasks), strict=True))
        if not (wish.earlier or wish.offer or wish.shown):
            return ids, None
        thread = f"thr_{user}"
        data = {"id": thread, "title": "Before", "created_at": WHEN, "status": {"type": "active"}}
        with embedded_postgres(self.home, "chat") as url, psycopg.connect(url) as connection:
            connection.execute(FILL_THREAD, (thread, _name(user), Json(data)))
            for number, item in enumerate(_items(thread, wish, ids)):
                name = f"msg_{user}_{number}"
                connection.execute(FILL_ITEM, (thread, name, Json({**item, "id": name})))
        return ids, thread


def _name(user: str) -> str:
    """Under which name the programs keep what is a user's."""
    return user_name("jwt", user)


def _items(thread: str, wish: Ordinary, ids: Mapping[int, int]) -> Iterator[dict[str, Any]]:
    """The messages before, oldest first, an answer to each, and the card."""
    earlier = list(wish.earlier[::-1]) or ["Hello"]
    for place, message in enumerate(earlier):
        yield _item(thread, "user_message", {"type": "input_text", "text": message}) | {
            "attachments": [],
            "inference_options": dict[str, str](),
        }
        answer = wish.offer if wish.offer and place == len(earlier) - 1 else "All right."
        yield _item(thread, "assistant_message", {"type": "output_text", "text": answer, "annotations": []})
    if wish.shown:
        shown = [Task(task_id=ids[number], title=TASKS[number]) for number in wish.shown]
        card = widget_item("card", thread, task_card(shown, date.today()), "The tasks")  # noqa: DTZ011
        yield card.model_dump(mode="json") | {"created_at": WHEN}


def _item(thread: str, kind: str, content: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": kind, "thread_id": thread, "created_at": WHEN, "content": [content]}


def today() -> date:
    """The day of this machine."""
    return datetime.now().astimezone().date()
