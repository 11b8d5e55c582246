"""What the MCP tools return, as far as this service reads it."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

from mcp_types import CallToolResult
from pydantic import BaseModel, ConfigDict, ValidationError

SEARCH = "search_documents"
LIST_DOCUMENTS = "list_documents"
LIST_COLLECTIONS = "list_collections"
READ_CHUNKS = "read_chunks"
TASK_TOOLS = {"add_task", "list_tasks", "complete_task", "update_task", "delete_task", "undo_task_change"}
# As long as a question of the search tool may be.
MAX_QUERY_CHARACTERS = 6000
DOCUMENT_TOOLS = {SEARCH, LIST_DOCUMENTS, LIST_COLLECTIONS, READ_CHUNKS, "get_document"}
# For agents that work as on files. The chat's model searches first, and cites what that found: a limit of the
# user's and the check of citations hold for what the tools above return.
FILE_TOOLS = {"grep", "ls", "outline"}
# They change nothing.
READING_TOOLS = DOCUMENT_TOOLS | {"list_tasks"}


class Passage(BaseModel):
    """A passage that a search returned; `text` is the passage without the fence around it."""

    model_config = ConfigDict(frozen=True)

    chunk_id: int
    document_id: int
    title: str
    source: str
    heading_path: list[str] = []
    page: int | None = None
    position: int = 0
    content: str
    similarity: float
    similarity_is_estimated: bool = False
    score: float | None = None

    @property
    def closeness(self) -> float:
        """The similarity; where it is higher, the score (at most 1) of a search that also looks at words."""
        return max(self.similarity, min(self.score or 0.0, 1.0))

    @property
    def text(self) -> str:
        """The passage itself, free of the tags that mark it as data."""
        return without_fence(self.content)


# `confidence` is how likely passages answer a question: below about one in seven nobody should rest on them.
LEAST_CONFIDENCE = 0.15


class BelowThreshold(BaseModel):
    """The passages that were not similar enough."""

    count: int = 0
    best_similarity: float | None = None
    threshold: float = 0.0


class Searched(BaseModel):
    """How much was searched, how much of it by meaning too, and why not all of it was.

    For words that no passage has, those were searched that `corrected` names. `missing` are rare words of the
    question that none of the results has.
    """

    chunks: int = 0
    by_meaning: int = 0
    waits_for: Literal["model", "vectors"] | None = None
    corrected: dict[str, str] = {}
    missing: list[str] = []


class SearchResult(BaseModel):
    """Answer of `search_documents`; `confidence` is missing where the server does not judge its results."""

    results: list[Passage]
    searched: Searched = Searched()
    below_threshold: BelowThreshold = BelowThreshold()
    confidence: float | None = None
    hint: str | None = None

    @property
    def is_beside_the_point(self) -> bool:
        """Whether there are passages, which probably do not answer the question."""
        unlikely = self.confidence is not None and self.confidence < LEAST_CONFIDENCE
        return bool(self.results) and unlikely


class Neighbour(BaseModel):
    """A passage in its place."""

    chunk_id: int
    position: int
    heading_path: list[str] = []
    page: int | None = None
    content: str


class Neighbours(BaseModel):
    """Answer of `read_chunks`; `previous` and `next` are the passages to read on with."""

    document_id: int
    title: str
    source: str
    chunks: list[Neighbour]
    previous: int | None = None
    next: int | None = None

    @property
    def passages(self) -> list[Passage]:
        """The passages, which were not compared with anything: their similarity is 0."""
        place = {"document_id": self.document_id, "title": self.title, "source": self.source}
        unknown = {"similarity": 0.0, "similarity_is_estimated": True}
        return [Passage.model_validate(chunk.model_dump() | place | unknown) for chunk in self.chunks]


class DocumentEntry(BaseModel):
    """A document in a list."""

    title: str
    source: str
    collection: str = ""


class CollectionEntry(BaseModel):
    """A collection in a list; `languages` of its documents by their English names."""

    name: str
    documents: int = 0
    languages: list[str] = []


class CollectionList(BaseModel):
    """Answer of `list_collections`."""

    collections: list[CollectionEntry]
    next_cursor: str | None = None


class DocumentList(BaseModel):
    """Answer of `list_documents`; `next_cursor` is set when there are more."""

    documents: list[DocumentEntry]
    next_cursor: str | None = None


class Task(BaseModel):
    """A task of the user."""

    task_id: int
    title: str
    notes: str = ""
    priority: Literal["low", "normal", "high"] = "normal"
    due_on: date | None = None
    tags: list[str] = []
    status: Literal["open", "done"] = "open"


class MadeChange(BaseModel):
    """A change that can be undone, as the server tells it beside a result."""

    change_id: int
    task_id: int
    title: str = ""


class UndoneChange(BaseModel):
    """Answer of `undo_task_change`: the tasks as they are again, and those whose adding was undone."""

    tasks: list[Task] = []
    removed: list[dict[str, Any]] = []
    repeated: bool = False


class TaskList(BaseModel):
    """Answer of `list_tasks`."""

    tasks: list[Task]
    total: int


FENCED = re.compile(r"<(?P<tag>document-text-[0-9a-f]+)>\n(?P<text>.*)\n</(?P=tag)>", re.DOTALL)


def without_fence(content: str) -> str:
    """Document text free of the tags that mark it as data."""
    fenced = FENCED.fullmatch(content)
    return fenced["text"] if fenced else content


def with_texts(tool: str, arguments: dict[str, Any] | None) -> dict[str, Any] | None:
    """The arguments of a call; those of a search without what leaves out the passages, which are cited."""
    if tool != SEARCH or not arguments or "format" not in arguments:
        return arguments
    return {name: value for name, value in arguments.items() if name != "format"}


def change_in(result: CallToolResult) -> MadeChange | None:
    """The change that a call made; None when it made none, or the server does not tell."""
    try:
        return MadeChange.model_validate((result.meta or {}).get("owflex/change"))
    except ValidationError:
        return None


def search_result_in(structured: Mapping[str, Any] | None) -> SearchResult | None:
    """The search result; None when the content is something else."""
    try:
        return SearchResult.model_validate(structured)
    except ValidationError:
        return None


def neighbours_in(structured: Mapping[str, Any] | None) -> Neighbours | None:
    """The passages that were read; None when the content is something else."""
    try:
        return Neighbours.model_validate(structured)
    except ValidationError:
        return None
