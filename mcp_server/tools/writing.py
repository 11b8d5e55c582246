"""Tools that add documents and remove such; workers of ingestion do what is written down here."""

import asyncio
import base64
import binascii
import json
import re
from dataclasses import dataclass
from typing import Annotated

from fastmcp.exceptions import ToolError
from pydantic import AfterValidator, BaseModel, Field

from knowledge_base.access import acting_for, acting_with
from knowledge_base.own_collections import OWN_TITLE
from knowledge_base.reads import Reads
from knowledge_base.uploads import (
    NewUpload,
    Result,
    Status,
    Upload,
    add_upload,
    get_upload,
    removal_of,
)
from mcp_server.auth.callers import Caller, current_caller
from mcp_server.calls.arguments import MAX_ID
from mcp_server.tools.detached import leave_waiting
from mcp_server.tools.upload_place import DEFAULT, place_for

# A request may have 4 MiB; in JSON a text takes more than its own bytes.
MAX_TEXT_BYTES = 3_000_000
MAX_METADATA_BYTES = 10_000
# How long a call waits for a worker, in seconds, and between two looks.
MAX_WAIT_SECONDS, SHARE_OF_TIMEOUT = 20, 0.7
FIRST_PAUSE_SECONDS, MAX_PAUSE_SECONDS = 0.05, 1.0
DATA_URL = re.compile(r"\Adata:[^,]{0,200},", re.IGNORECASE)

MetadataValue = str | int | float | bool | list[str | int | float | bool]


def _clean(text: str) -> str:
    return text.replace("\x00", "").strip()


def _a_name(name: str) -> str:
    name = _clean(name)
    if not name:
        raise ValueError("must not be blank")
    if "/" in name or not name.isprintable():
        raise ValueError("must be one line without a slash")
    return name


def _an_address(url: str) -> str:
    url = _clean(url)
    if not url.lower().startswith(("http://", "https://")):
        raise ValueError("must begin with http:// or https://")
    return url


def _not_too_long(text: str) -> str:
    if len(text.encode("utf-8", "replace")) > MAX_TEXT_BYTES:
        raise ValueError(f"must not be longer than {MAX_TEXT_BYTES} bytes; split it")
    if not _clean(text):
        raise ValueError("must not be blank")
    return text


def _not_too_much(metadata: dict[str, MetadataValue]) -> dict[str, MetadataValue]:
    said = json.dumps(metadata)
    if len(said) > MAX_METADATA_BYTES:
        raise ValueError(f"must not be longer than {MAX_METADATA_BYTES} bytes of JSON")
    if "\\u0000" in said:
        raise ValueError("must not hold the character NUL")
    return metadata


OneLine = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_a_name)]
Text = Annotated[
    Annotated[str, AfterValidator(_not_too_long)] | None, Field(description="The text, as Markdown.")
]
File = Annotated[
    Annotated[str, Field(min_length=1, max_length=4 * -(-MAX_TEXT_BYTES // 3))] | None,
    Field(description="Bytes of a file (PDF, DOCX and so on) in Base64; the ending of its name counts."),
]
Url = Annotated[
    Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(_an_address)] | None,
    Field(description="Public web page or file to fetch instead, e.g. https://example.com/a.pdf"),
]
Name = Annotated[
    OneLine | None,
    Field(description='What it is called, e.g. "Meeting of 2 May" or "prices.csv"; a url needs none.'),
]
Collection = Annotated[
    Annotated[OneLine, Field(max_length=100)] | None,
    Field(
        description=f'Where to; else "{DEFAULT}", or "{OWN_TITLE}" (only the user\'s) where they may not add.'
    ),
]
Metadata = Annotated[
    Annotated[dict[str, MetadataValue], Field(max_length=50), AfterValidator(_not_too_much)] | None,
    Field(description='What searches can filter by, e.g. {"year": 2026}'),
]
Key = Annotated[
    str | None,
    Field(
        min_length=1,
        max_length=200,
        description="Any text of your own: a call repeated with it adds nothing.",
    ),
]
UploadId = Annotated[int, Field(ge=1, le=MAX_ID, description="From add_document or remove_document.")]
Wait = Annotated[float, Field(ge=0, le=MAX_WAIT_SECONDS, description="Longest wait, in seconds.")]
DocumentId = Annotated[int, Field(ge=1, le=MAX_ID, description="From add_document or list_documents.")]


class UploadEntry(BaseModel):
    """How something that was handed in stands."""

    upload_id: int
    status: Status = Field(description="waiting, working: not over yet.")
    outcome: Result | None = Field(description="null until it is over.")
    collection: str
    source: str = Field(description="Its name in searches.")
    document_ids: list[int] = Field(description="It, then those inside it.")
    chunks: int = Field(description="Passages that can be found.")
    reason: str | None = Field(description="Why it failed.")
    hint: str | None = Field(description="What to do next.")


@dataclass(frozen=True)
class WritingTools:
    """The tools that write documents; `stdio_caller` is served where calls carry no token.

    How an upload stands is always asked of the primary.
    """

    reads: Reads
    stdio_caller: Caller | None
    timeout: float

    async def add_document(
        self,
        text: Text = None,
        url: Url = None,
        name: Name = None,
        collection: Collection = None,
        metadata: Metadata = None,
        idempotency_key: Key = None,
        file: File = None,
        wait_seconds: Wait = MAX_WAIT_SECONDS,
    ) -> UploadEntry:
        """Add a text, file or web page to the documents, for all who may search the collection.

        Give text and name, file and name, or url; the same name or url replaces the document. For to-dos use
        add_task. Returns its state: when waiting or working, ask get_upload.
        """
        caller = current_caller(self.stdio_caller)
        content = _content_of(text, file)
        kind, called = "url" if content is None else "text", _name_of(content, url, name)
        async with acting_with(self.reads.primary, caller.access) as (connection, access):
            place = await place_for(connection, caller, access, collection)
            new = NewUpload(
                place,
                kind,
                called,
                content=content,
                url=url,
                metadata=metadata or {},
                idempotency_key=idempotency_key,
            )
            upload = await add_upload(connection, caller.user, new)
        return await self._wait_for(caller, upload, wait_seconds)

    async def get_upload(self, upload_id: UploadId) -> UploadEntry:
        """Ask how an add_document or remove_document stands that was not over when it answered.

        Returns its state and document_ids; an unknown upload_id is an error.
        """
        caller = current_caller(self.stdio_caller)
        async with acting_for(self.reads.primary, caller.access) as connection:
            upload = await get_upload(connection, caller.user, upload_id)
        return await self.entry_of(caller, upload)

    async def remove_document(
        self, document_id: DocumentId, wait_seconds: Wait = MAX_WAIT_SECONDS
    ) -> UploadEntry:
        """Remove a document that was added with add_document, for good; only when the user asks for it.

        It must be the user's, or in a collection they manage; anything else is an error. Returns its state,
        as add_document does.
        """
        caller = current_caller(self.stdio_caller)
        async with acting_for(self.reads.primary, caller.access) as connection:
            removal = await removal_of(connection, caller.user, document_id)
            upload = await add_upload(connection, caller.user, removal)
        return await self._wait_for(caller, upload, wait_seconds)

    async def _wait_for(self, caller: Caller, upload: Upload, seconds: float) -> UploadEntry:
        """How it ended, or how it stands when the call has waited long enough."""
        if not upload.over and leave_waiting(upload.upload_id):
            return await self.entry_of(caller, upload)
        loop = asyncio.get_running_loop()
        give_up = loop.time() + min(seconds, self.timeout * SHARE_OF_TIMEOUT)
        pause = FIRST_PAUSE_SECONDS
        while not upload.over and loop.time() < give_up:
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, MAX_PAUSE_SECONDS)
            async with acting_for(self.reads.primary, caller.access) as connection:
                upload = await get_upload(connection, caller.user, upload.upload_id)
        return await self.entry_of(caller, upload)

    async def entry_of(self, caller: Caller, upload: Upload) -> UploadEntry:
        """The answer; what it says is done, the caller's next search finds."""
        if upload.over:
            await self.reads.wrote(caller.user)
        return _entry(upload, caller)


def _content_of(text: str | None, file: str | None) -> bytes | None:
    """What is handed in; None for an address. Raises `ToolError`."""
    if file is None:
        return None if text is None else text.encode("utf-8", "replace")
    if text is not None:
        raise ToolError("Give only one of text, file and url.")
    try:
        content = base64.b64decode(_plain_base64(file), altchars="-_", validate=True)
    except (binascii.Error, ValueError):
        raise ToolError("file is not Base64.") from None
    if not content:
        raise ToolError("The file is empty.")
    return content


def _plain_base64(file: str) -> str:
    """The Base64 itself, of either alphabet, from what browsers and programs put around and leave out."""
    text = "".join(DATA_URL.sub("", file.strip()).split()).rstrip("=")
    return text.replace("+", "-").replace("/", "_") + "=" * (-len(text) % 4)


def _name_of(content: bytes | None, url: str | None, name: str | None) -> str:
    """What the document is called. Raises `ToolError` when not exactly one of content and url is given."""
    if (content is None) == (url is None):
        raise ToolError("Give either text or file (with a name), or url; it must not be blank or empty.")
    if name is not None:
        return name
    if url is None:
        raise ToolError(
            "A text or a file needs a name, which must not be blank: the same name again replaces it."
        )
    return url


def _entry(upload: Upload, caller: Caller) -> UploadEntry:
    return UploadEntry(
        upload_id=upload.upload_id,
        status=upload.status,
        outcome=upload.outcome,
        collection=caller.shown_name(upload.collection),
        source=upload.source,
        document_ids=list(upload.document_ids),
        chunks=upload.chunks,
        reason=upload.reason,
        hint=_hint(upload),
    )


def _hint(upload: Upload) -> str | None:
    later = f"Ask get_upload with upload_id {upload.upload_id} later."
    match upload.status:
        case "waiting":
            return (
                f"It is kept, but no worker has taken it yet. {later} If it is still waiting then, no worker "
                "is running: `owflex up` has one, and `owflex ingest worker` starts one."
            )
        case "working":
            return f"A worker is working on it. {later}"
        case "done" | "failed":
            return None
