"""Documents, conversations, tasks and votes as Markdown for people; texts of others stay texts."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import yaml

Json = Mapping[str, Any]
# Fields of a document that are no metadata for a reader.
NOT_SHOWN = {"passages", "members", "content_hash", "recipe", "given"}


def document_text(document: Json) -> str:
    """Front matter with what is known of it, then its passages in order, each heading once."""
    known = {
        key: value for key, value in document.items() if key not in NOT_SHOWN and value not in (None, [])
    }
    head = _front_matter(known)
    parts = [f"---\n{head}---\n", *_passages(document)]
    for member in _list(document, "members"):
        inner = cast(Json, member["document"])
        parts += [f"# {_line(inner.get('title'))} ({_line(member['path'])})\n", *_passages(inner)]
    return "\n".join(parts)


def _passages(document: Json) -> Iterator[str]:
    shown: Sequence[str] = ()
    for passage in _list(document, "passages"):
        headings = tuple(str(one) for one in passage.get("heading_path") or ())
        for depth, heading in enumerate(headings):
            if headings[: depth + 1] != tuple(shown[: depth + 1]):
                yield f"{'#' * min(depth + 2, 6)} {_line(heading)}\n"
        shown = headings
        yield f"{passage['content']}\n"


def thread_text(thread: Json) -> str:
    """A conversation: who said what, when, with which files."""
    data = cast(Json, thread.get("data") or {})
    head = _front_matter({"user": thread["user_id"], "id": thread["id"], "created_at": thread["created_at"]})
    parts = [f"---\n{head}---\n", f"# {_line(data.get('title')) or 'Conversation'}\n"]
    for item in _list(thread, "items"):
        said = cast(Json, item["data"])
        who = {"user_message": "User", "assistant_message": "Assistant"}.get(str(said.get("type")))
        if who is not None:
            parts.append(f"## {who}, {item['created_at']}\n\n{spoken(said)}\n")
    files = [cast(Json, one["data"]).get("name") for one in _list(thread, "attachments")]
    if files:
        parts.append("## Files\n\n" + "\n".join(f"- {_line(name)}" for name in files) + "\n")
    return "\n".join(parts)


def task_text(task: Json) -> str:
    """A task as an item of a list, with its notes below."""
    done = "x" if task.get("status") == "done" else " "
    details = [f"due {task['due_on']}" if task.get("due_on") else "", str(task.get("priority") or "")]
    details += [f"#{_line(tag)}" for tag in cast("list[str]", task.get("tags") or [])]
    notes = "".join(f"\n  {line}" for line in str(task.get("notes") or "").splitlines())
    return f"- [{done}] {_line(task['title'])} ({', '.join(filter(None, details))}){notes}\n"


def vote_text(vote: Json) -> str:
    """A vote with the question and the answer it is about."""
    sign = "👍" if vote["kind"] == "positive" else "👎"
    reason = f"\nWhy: {_line(vote['reason'])}\n" if vote.get("reason") else ""
    question = cast(Json, vote.get("question") or {})
    return (
        f"## {sign} {_line(vote['user_id'])}, {vote['created_at']}\n{reason}\n"
        f"Question: {spoken(question)}\n\nAnswer: {spoken(cast(Json, vote['answer']))}\n"
    )


def spoken(message: Json) -> str:
    """The words of a message."""
    return "".join(str(part.get("text") or "") for part in _list(message, "content"))


def _front_matter(known: Json) -> str:
    dumped: str = yaml.safe_dump(  # pyright: ignore[reportUnknownMemberType]
        dict(known), allow_unicode=True, sort_keys=False
    )
    return dumped


def _list(value: Json, key: str) -> list[Json]:
    return cast("list[Json]", value.get(key) or [])


def _line(text: object) -> str:
    return " ".join(str(text or "").split())
