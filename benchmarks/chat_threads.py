"""The threads of a load of the chat in its database: filled before it, and looked at after it."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import psycopg
from psycopg.types.json import Json

from database.embedded import embedded_postgres

STORED = "select thread_id, data->>'type', data->'content'->0->>'text' from thread_items"
FILL_THREADS = "insert into threads (id, user_id, data) values (%s, 'local', %s)"
FILL_ITEMS = "insert into thread_items (thread_id, id, data) values (%s, %s, %s)"
WHEN = "2026-01-01T00:00:00"


def fill_threads(home: Path, names: list[str], items: int) -> None:
    """Threads with these names and so many items each: questions of three words, answers of 120."""
    threads = [(name, Json(_thread(name))) for name in names]
    rows = [(name, f"msg_{number}", Json(_item(name, number))) for name in names for number in range(items)]
    with embedded_postgres(home, "chat") as url, psycopg.connect(url) as connection:
        connection.cursor().executemany(FILL_THREADS, threads)
        connection.cursor().executemany(FILL_ITEMS, rows)


def _thread(name: str) -> dict[str, object]:
    return {"id": name, "title": "Long", "created_at": WHEN, "status": {"type": "active"}}


def _item(thread: str, number: int) -> dict[str, object]:
    item: dict[str, object] = {"id": f"msg_{number}", "thread_id": thread, "created_at": WHEN}
    if number % 2 == 0:
        text = {"type": "input_text", "text": f"What was setting {number}?"}
        return item | {
            "type": "user_message",
            "content": [text],
            "attachments": [],
            "inference_options": dict[str, str](),
        }
    words: dict[str, object] = {
        "type": "output_text",
        "text": "It changes what a program prints. " * 20,
        "annotations": [],
    }
    return item | {"type": "assistant_message", "content": [words]}


def verdict(rows: list[tuple[str, str, str]], sent: list[str], errors: Mapping[str, int]) -> str:
    """What the database says of every message that was sent; an answer counts in its question's thread."""
    asked, answers = Counter[str](), Counter[str]()
    for thread, kind, text in rows:
        if kind == "user_message":
            asked[text] += 1
            answers[f"{thread} {text.removeprefix('This is question ')}"] += 0
        elif kind == "assistant_message":
            # A line about missing citations may follow.
            answers[f"{thread} {text.partition('.')[0].removeprefix('Answer ')}"] += 1
    told = {key.partition(" ")[2]: count for key, count in answers.items()}
    questions = [asked[f"This is question {number}"] for number in sent]
    verified = [told.get(number, 0) for number in sent]
    return (
        f"{len(sent)} sent, {verified.count(1)} answered once, {verified.count(0)} not, "
        f"{sum(n > 1 for n in verified)} more often; questions lost {questions.count(0)}, "
        f"doubled {sum(n > 1 for n in questions)}; errors {dict(errors) or 'none'}"
    )


def stored(home: Path) -> list[tuple[str, str, str]]:
    """All messages in the database of the chat: thread, kind, text."""
    with embedded_postgres(home, "chat") as url, psycopg.connect(url) as connection:
        return [(str(thread), str(kind), str(text)) for thread, kind, text in connection.execute(STORED)]
