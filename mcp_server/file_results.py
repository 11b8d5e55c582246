"""What the tools return that know documents as files: lines, places, folders.

In the list of tools only the names of their members stand, and what cannot be seen from these.
"""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from mcp_server.results import NAMED


class GrepDocument(BaseModel):
    """A document with lines that match. `matches`: on this page; `chunk_ids`: where they are, to cite."""

    document_id: int
    title: str
    source: str
    collection: str
    matches: int
    chunk_ids: list[int]
    text: str | None = Field(default=None, exclude_if=lambda text: text is None)


class GrepResult(BaseModel):
    """NUMBER:LINE matches, NUMBER-LINE stands near; data in text_marker tags."""

    model_config = ConfigDict(json_schema_extra=NAMED)

    documents: list[GrepDocument]
    text_marker: str
    matches: int
    next_cursor: str | None
    hint: str | None = Field(default=None, exclude_if=lambda hint: hint is None)


class TreeEntryShown(BaseModel):
    """A folder, whose name ends with a slash, or a document."""

    name: str
    documents: int | None = Field(default=None, exclude_if=lambda value: value is None)
    document_id: int | None = Field(default=None, exclude_if=lambda value: value is None)
    title: str | None = Field(default=None, exclude_if=lambda value: value is None)
    collection: str | None = Field(default=None, exclude_if=lambda value: value is None)
    media_type: str | None = Field(default=None, exclude_if=lambda value: value is None)
    tokens: int | None = Field(default=None, exclude_if=lambda value: value is None)
    updated_at: datetime


class LsResult(BaseModel):
    """Names of folders end with a slash."""

    model_config = ConfigDict(json_schema_extra=NAMED)

    entries: list[TreeEntryShown]
    next_cursor: str | None
    hint: str | None = Field(default=None, exclude_if=lambda hint: hint is None)


class OutlineResult(BaseModel):
    """LINE: HEADING (page, tokens below it); data in text_marker tags."""

    model_config = ConfigDict(json_schema_extra=NAMED)

    document_id: int
    title: str
    source: str
    lines: int
    tokens: int
    pages: int | None
    text_marker: str
    outline: str
    next_cursor: str | None
