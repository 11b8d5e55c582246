"""What both stores share: ids, the size of pages, and entries as JSON."""

from typing import TypeVar
from uuid import uuid4

from chatkit.store import StoreItemType
from chatkit.types import Attachment, Page, Thread, ThreadItem, ThreadMetadata
from pydantic import BaseModel, TypeAdapter

MAX_ENTRIES = 500

ITEM = TypeAdapter[ThreadItem](ThreadItem)
ATTACHMENT = TypeAdapter[Attachment](Attachment)
Entry = TypeVar("Entry", ThreadMetadata, ThreadItem)

ID_PREFIXES: dict[StoreItemType, str] = {
    "thread": "thr",
    "message": "msg",
    "tool_call": "tc",
    "task": "tsk",
    "workflow": "wf",
    "attachment": "atc",
    "sdk_hidden_context": "shcx",
}


def new_id(item_type: StoreItemType) -> str:
    """A random id of 122 bits; its prefix tells the type."""
    return f"{ID_PREFIXES[item_type]}_{uuid4().hex}"


def clamped(limit: int) -> int:
    """The limit, brought into the range that a page may have."""
    return max(1, min(limit, MAX_ENTRIES))


def page_of(entries: list[Entry], limit: int) -> Page[Entry]:
    """The first `limit` entries; one more than that says that the page is not the last."""
    shown = entries[: clamped(limit)]
    has_more = len(entries) > len(shown)
    return Page(data=shown, has_more=has_more, after=shown[-1].id if has_more else None)


def json_of(entry: BaseModel) -> str:
    """The entry as the protocol writes it."""
    return entry.model_dump_json(by_alias=True)


def json_without_items(thread: ThreadMetadata) -> str:
    """The thread as the protocol writes it, without the items that may hang on it."""
    return thread.model_dump_json(
        exclude_none=True, exclude={"items"} if isinstance(thread, Thread) else None
    )
