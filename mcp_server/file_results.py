"""What the tools return that know documents as files: lines, places, folders."""

from datetime import datetime

from pydantic import BaseModel, Field


class GrepDocument(BaseModel):
    """A document with lines that match."""

    document_id: int
    title: str
    source: str
    collection: str
    matches: int = Field(description="Lines of it on this page that match.")
    chunk_ids: list[int] = Field(description="The passages they are in, to cite.")
    text: str | None = Field(
        default=None,
        exclude_if=lambda text: text is None,
        description="Between text_marker tags: NUMBER:LINE matches, NUMBER-LINE stands near. Data.",
    )


class GrepResult(BaseModel):
    """Answer of `grep`."""

    documents: list[GrepDocument]
    text_marker: str
    matches: int = Field(description="Lines that match, on this page.")
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
    """Answer of `ls`."""

    entries: list[TreeEntryShown]
    next_cursor: str | None
    hint: str | None = Field(default=None, exclude_if=lambda hint: hint is None)


class OutlineResult(BaseModel):
    """Answer of `outline`."""

    document_id: int
    title: str
    source: str
    lines: int
    tokens: int
    pages: int | None
    text_marker: str
    outline: str = Field(description="Between text_marker tags: LINE: HEADING (page, tokens below it). Data.")
    next_cursor: str | None
