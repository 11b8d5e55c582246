"""The attempts of one side to reach what is not theirs: every tool, every argument, and strange names."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.mcp_server.two_sides import NOTHING, Target

Arguments = dict[str, Any]
QUESTION = "Who moves at four o'clock?"
OLD, FAR = "2000-01-01T00:00:00Z", "2100-01-01T00:00:00Z"


@dataclass(frozen=True)
class Attempt:
    """A call that reaches for what is not the caller's; some are not answered alike, because they make
    something or ask something else.
    """

    tool: str
    arguments: Callable[[Target], Arguments]
    alike: bool = True


def _search(**more: Callable[[Target], Any]) -> Attempt:
    return Attempt(
        "search_documents",
        lambda target: (
            {"query": QUESTION, "min_similarity": 0, "limit": 20}
            | {name: value(target) for name, value in more.items()}
        ),
    )


def _change(tool: str, **more: Any) -> Attempt:
    return Attempt(tool, lambda target: {"task_id": target.task_id, **more})


def _strange_names(target: Target) -> list[str]:
    """The other's collection with what SQL, arrays, LIKE and JSON might take for syntax."""
    name = target.collection
    return [
        f"' or collection = '{name}' --",
        f"'; set owflex.all_collections = 'yes'; select '{name}",
        f"{{{name}}}",
        f'"{name}"',
        f"{name}\x00",
        f"\x00{name}",
        name.upper(),
        f" {name} ",
        "%",
        "_" * len(name),
        f"{name}%",
        "*",
        "",
        "$$",
        "\\",
    ]


def _strange(tool: str, number: int) -> Attempt:
    more = {"query": QUESTION, "min_similarity": 0} if tool == "search_documents" else {}
    return Attempt(tool, lambda target: more | {"collection": _strange_names(target)[number]})


STRANGE = [
    _strange(tool, number)
    for number in range(len(_strange_names(NOTHING)))
    for tool in ("search_documents", "list_documents")
]
CHANGES: list[Arguments] = [
    {"title": "mine"},
    {"notes": "mine"},
    {"priority": "high"},
    {"due_on": "2027-01-01"},
    {"clear_due_on": True},
    {"tags": []},
    {"status": "done"},
]
ATTEMPTS = [
    _search(),
    _search(collection=lambda target: target.collection),
    _search(source=lambda target: target.source),
    _search(source=lambda target: target.source.split("/")[0]),
    _search(source=lambda target: "%"),
    _search(filters=lambda target: {"team": target.team}),
    _search(filters=lambda target: {"team": [target.team, "x"]}),
    _search(filters=lambda target: {"collection": target.collection}),
    _search(filters=lambda target: {"team' or '1'='1": target.team}),
    _search(filters=lambda target: {"te\x00am": target.team}),
    _search(since=lambda target: OLD, until=lambda target: FAR),
    _search(since=lambda target: FAR),
    Attempt("search_documents", lambda target: {"query": target.title, "min_similarity": 0}, alike=False),
    _search(query=lambda target: "' or 1=1; select * from documents; --"),
    _search(explain=lambda target: True),
    Attempt("search_documents", lambda target: {"query": target.title, "explain": True}, alike=False),
    _search(format=lambda target: "compact"),
    Attempt("search_documents", lambda target: {"query": target.title, "format": "compact"}, alike=False),
    *STRANGE,
    Attempt("get_document", lambda target: {"document_id": target.document_id}),
    Attempt("get_document", lambda target: {"document_id": target.document_id, "from_position": 1}),
    Attempt("get_document", lambda target: {"document_id": f"{target.document_id} or 1=1"}),
    Attempt("read_chunks", lambda target: {"chunk_id": target.chunk_id}),
    Attempt("read_chunks", lambda target: {"chunk_id": target.chunk_id, "before": 20, "after": 20}),
    Attempt("list_documents", lambda target: {"limit": 200}),
    Attempt("list_documents", lambda target: {"collection": target.collection}),
    Attempt("list_documents", lambda target: {"source": target.source}),
    Attempt("list_documents", lambda target: {"source": target.source.split("/")[0], "sort": "newest"}),
    Attempt("list_documents", lambda target: {"title": target.title}),
    Attempt("list_documents", lambda target: {"title": "%"}),
    Attempt("list_documents", lambda target: {"query": target.title}),
    Attempt("list_documents", lambda target: {"query": "%"}),
    Attempt("list_documents", lambda target: {"filters": {"team": target.team}}),
    Attempt("list_collections", lambda target: {"limit": 200}),
    Attempt("get_document", lambda target: {"document_id": target.document_id, "lines": "1-9"}),
    Attempt("get_document", lambda target: {"document_id": target.document_id, "heading": target.title}),
    Attempt("get_document", lambda target: {"document_id": target.document_id, "pages": "1"}),
    Attempt("outline", lambda target: {"document_id": target.document_id}),
    Attempt("ls", lambda target: {"limit": 200}),
    Attempt("ls", lambda target: {"path": target.source}),
    Attempt("ls", lambda target: {"path": target.source.split("/")[0]}),
    Attempt("ls", lambda target: {"path": "**", "collection": target.collection}),
    Attempt("grep", lambda target: {"pattern": "."}),
    Attempt("grep", lambda target: {"pattern": "E", "ignore_case": True, "context": 20, "limit": 200}),
    Attempt("grep", lambda target: {"pattern": target.title, "fixed": True}, alike=False),
    Attempt("grep", lambda target: {"pattern": ".", "source": target.source}),
    Attempt("grep", lambda target: {"pattern": ".", "source": target.source[:-1] + "*", "count_only": True}),
    Attempt("grep", lambda target: {"pattern": ".", "collection": target.collection}),
    Attempt("grep", lambda target: {"pattern": ".", "filters": {"team": target.team}}),
    Attempt("add_document", lambda target: _upload(target) | {"text": "Mine.", "name": "mine"}),
    Attempt("add_document", lambda target: _upload(target) | {"url": "https://example.org/page"}),
    Attempt(
        "add_document",
        lambda target: _upload(target) | {"file": "TWluZS4=", "name": "mine.md", "wait_seconds": 0},
    ),
    Attempt("get_upload", lambda target: {"upload_id": target.upload_id}),
    Attempt("remove_document", lambda target: {"document_id": target.document_id}),
    Attempt("remove_document", lambda target: {"document_id": target.document_id, "wait_seconds": 0}),
    Attempt("list_tasks", lambda target: {"status": "all", "limit": 200}),
    Attempt("list_tasks", lambda target: {"tag": target.tag, "status": "all"}),
    Attempt("list_tasks", lambda target: {"query": target.tag, "priority": "normal"}),
    Attempt("list_tasks", lambda target: {"query": "' or user_id <> '", "due": "any"}),
    Attempt("list_tasks", lambda target: {"due_from": OLD[:10], "due_to": FAR[:10], "time_zone": "UTC"}),
    _change("complete_task"),
    _change("delete_task"),
    _change("undo_task_change"),
    Attempt("undo_task_change", lambda target: {"change_id": target.task_id}),
    *[_change("update_task", **change) for change in CHANGES],
    Attempt("add_task", lambda target: {"title": "t", "idempotency_key": target.key}, alike=False),
    Attempt(
        "add_task",
        lambda target: {
            "title": "x'); delete from tasks; --",
            "notes": "${owflex.user}",
            "priority": "low",
            "due_on": "2027-01-01",
            "tags": [target.tag],
        },
        alike=False,
    ),
]


def _upload(target: Target) -> Arguments:
    return {
        "collection": target.collection,
        "idempotency_key": target.key,
        "metadata": {"team": target.team},
    }
