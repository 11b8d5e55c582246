"""What the tools return that know documents as files: lines, places, folders."""

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
