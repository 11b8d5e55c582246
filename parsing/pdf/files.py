"""Files attached to a PDF, and to places on its pages, as documents inside it."""

from collections.abc import Iterable, Iterator
from ctypes import c_ulong, create_string_buffer
from functools import partial
from itertools import islice
from typing import Any, cast

import pypdfium2 as pdfium  # pyright: ignore[reportMissingTypeStubs]
from pypdfium2 import raw  # pyright: ignore[reportMissingTypeStubs]

from parsing.archives.members import Entry, collect
from parsing.document import Member
from parsing.errors import FileProblemError
from parsing.pdf.annotations import MAX_ON_PAGE, string_of

MAX_FILES = 1_000


def attached_files(document: Any, pages: Iterable[int]) -> tuple[tuple[Member, ...], tuple[str, ...]]:
    """The documents attached to the PDF and to these pages, and notes on what was left out."""
    entries = _entries(document, pages)
    try:
        members, notes = collect(islice(entries, MAX_FILES))
    except (FileProblemError, pdfium.PdfiumError) as error:
        return (), (f"Attached files were left out: {error}",)
    if next(entries, None) is not None:
        notes = (*notes, f"Only the first {MAX_FILES} attached files were read.")
    return members, notes


def _entries(document: Any, pages: Iterable[int]) -> Iterator[Entry]:
    for index in range(int(raw.FPDFDoc_GetAttachmentCount(document))):
        file = raw.FPDFDoc_GetAttachment(document, index)  # pyright: ignore[reportUnknownMemberType]
        if file:
            yield _entry(file)
    for number in pages:
        yield from _pinned(document, number - 1)


def _pinned(document: Any, index: int) -> Iterator[Entry]:
    """The files that are pinned to a page."""
    page = document.get_page(index)
    try:
        count = cast(int, raw.FPDFPage_GetAnnotCount(page))  # pyright: ignore[reportUnknownMemberType]
        for number in range(min(count, MAX_ON_PAGE)):
            annotation = cast(Any, raw.FPDFPage_GetAnnot(page, number))  # pyright: ignore[reportUnknownMemberType, reportUnnecessaryCast]
            is_file = (
                bool(annotation) and raw.FPDFAnnot_GetSubtype(annotation) == raw.FPDF_ANNOT_FILEATTACHMENT
            )
            file: Any = raw.FPDFAnnot_GetFileAttachment(annotation) if is_file else None  # pyright: ignore[reportUnknownMemberType]
            if file:
                yield _entry(file)
            if annotation:
                raw.FPDFPage_CloseAnnot(annotation)
    finally:
        page.close()


def _entry(file: Any) -> Entry:
    name = string_of(lambda *room: raw.FPDFAttachment_GetName(file, *room))
    # A name that begins with a dot would count as hidden.
    return Entry(name.lstrip("./\\ ") or "attachment", partial(_bytes_of, file))


def _bytes_of(file: Any, limit: int) -> bytes:
    size = c_ulong()
    raw.FPDFAttachment_GetFile(file, None, 0, size)
    if size.value > limit:
        # Whoever asks for one byte too many only wants to know that it is there.
        return bytes(limit)
    room = create_string_buffer(size.value)
    raw.FPDFAttachment_GetFile(file, room, size.value, size)
    return room.raw[: size.value]
