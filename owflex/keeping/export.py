"""`owflex export`: documents, conversations, tasks and votes, to be read by people and by programs.

Each kind is there twice: as JSONL, from which `owflex import` puts it back, and as Markdown. Both databases
are read as of one moment each, that of the chat first, and row by row: memory does not grow with them.
"""

import json
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any, LiteralString

import psycopg

from knowledge_base.uploads import origin_of
from owflex.keeping import export_queries, readable
from owflex.keeping.bundles import BundleWriter
from owflex.keeping.places import Installation, Place, connected
from owflex.keeping.safe_names import safe_name, safe_path

FORMAT = 1
ABOUT = "owflex-export.json"
COLLECTIONS, ORIGINS, DOCUMENTS = "collections.jsonl", "origins.jsonl", "documents.jsonl"
GROUPS = "groups.jsonl"
CHATS, TASKS, VOTES = "chats.jsonl", "tasks.jsonl", "votes.jsonl"
FETCHED_AT_ONCE = 20
FILE = "select content from attachment_contents where attachment_id = %s"


@dataclass
class Counts:
    """What was written."""

    documents: int = 0
    chats: int = 0
    files: int = 0
    tasks: int = 0
    votes: int = 0


@dataclass(frozen=True)
class Exporter:
    """Writes what is in two databases, of one user or (None) of everybody."""

    chat: psycopg.Connection
    knowledge_base: psycopg.Connection
    bundle: BundleWriter
    user_id: str | None
    counts: Counts = field(default_factory=Counts)

    def run(self) -> Counts:
        """Write everything."""
        self._lines(self.knowledge_base, GROUPS, export_queries.GROUPS)
        self._lines(self.knowledge_base, COLLECTIONS, export_queries.COLLECTIONS)
        self._lines(self.knowledge_base, ORIGINS, export_queries.ORIGINS)
        self._lines(self.knowledge_base, DOCUMENTS, export_queries.DOCUMENTS)
        self._lines(self.knowledge_base, TASKS, export_queries.TASKS)
        self._lines(self.chat, CHATS, export_queries.THREADS)
        self._lines(self.chat, VOTES, export_queries.VOTES)
        self._documents()
        self._chats()
        self._files()
        self._tasks()
        self._votes()
        self._about()
        return self.counts

    def _lines(self, connection: psycopg.Connection, name: str, statement: LiteralString) -> None:
        self.bundle.add(name, (one_line(row[-1]) for row in self._rows(connection, statement)))

    def _rows(self, connection: psycopg.Connection, statement: LiteralString) -> Iterator[tuple[Any, ...]]:
        origin = None if self.user_id is None else origin_of(self.user_id)
        with connection.cursor(name="exported") as cursor:
            cursor.itersize = FETCHED_AT_ONCE
            cursor.execute(statement, {"user_id": self.user_id, "origin": origin})
            yield from cursor

    def _documents(self) -> None:
        for number, collection, source, text in self._rows(self.knowledge_base, export_queries.DOCUMENTS):
            path = f"documents/{safe_name(collection)}/{safe_path(source)}~{number}.md"
            self.bundle.add(path, [readable.document_text(json.loads(text)).encode("utf-8", "replace")])
            self.counts.documents += 1

    def _chats(self) -> None:
        for user_id, thread_id, text in self._rows(self.chat, export_queries.THREADS):
            path = f"chats/{safe_name(user_id)}/{safe_name(thread_id)}.md"
            self.bundle.add(path, [readable.thread_text(json.loads(text)).encode("utf-8", "replace")])
            self.counts.chats += 1

    def _files(self) -> None:
        for (attachment_id,) in self._rows(self.chat, export_queries.FILES):
            row = self.chat.execute(
                "select content from attachment_contents where attachment_id = %s",
                (attachment_id,),
                binary=True,
            ).fetchone()
            if row is not None:
                self.bundle.add(file_of(attachment_id), [row[0]])
                self.counts.files += 1

    def _tasks(self) -> None:
        def texts() -> Iterator[bytes]:
            whose = None
            for user_id, text in self._rows(self.knowledge_base, export_queries.TASKS):
                if user_id != whose:
                    whose = user_id
                    yield f"\n# Tasks of {user_id}\n\n".encode()
                yield readable.task_text(json.loads(text)).encode("utf-8", "replace")
                self.counts.tasks += 1

        self.bundle.add("tasks.md", texts())

    def _votes(self) -> None:
        def texts() -> Iterator[bytes]:
            yield b"# Votes on answers\n\n"
            for (text,) in self._rows(self.chat, export_queries.VOTES):
                yield readable.vote_text(json.loads(text)).encode("utf-8", "replace")
                self.counts.votes += 1

        self.bundle.add("votes.md", texts())

    def _about(self) -> None:
        about = {
            "format": FORMAT,
            "owflex": version("owflex"),
            "made_at": datetime.now(UTC).isoformat(),
            "user": self.user_id,
            "counts": vars(self.counts),
        }
        self.bundle.add(ABOUT, [json.dumps(about, indent=1).encode()])


def export(installation: Installation, bundle: BundleWriter, user_id: str | None = None) -> Counts:
    """Write what one user has, or everything. Raises `psycopg.Error`, `OSError`."""
    with _moment(installation.chat) as chat, _moment(installation.knowledge_base) as knowledge_base:
        return Exporter(chat, knowledge_base, bundle, user_id).run()


def one_line(text: str) -> bytes:
    """JSON as a line: its ends of lines stand between its parts, never in a text."""
    return text.replace("\r", " ").replace("\n", " ").encode() + b"\n"


def file_of(attachment_id: str) -> str:
    """Where the bytes of an attached file are in an export."""
    return f"attachments/{safe_name(attachment_id)}"


@contextmanager
def _moment(place: Place) -> Generator[psycopg.Connection]:
    with connected(place) as connection:
        connection.execute("begin isolation level repeatable read, read only")
        yield connection
        connection.execute("commit")
