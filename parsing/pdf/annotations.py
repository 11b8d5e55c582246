"""What lies on the pages of a PDF: filled form fields, comments and links."""

from collections import Counter
from collections.abc import Callable, Iterator
from ctypes import create_string_buffer
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from pypdfium2 import raw  # pyright: ignore[reportMissingTypeStubs]

from parsing.links import MAX_ADDRESS_LENGTH, readable_address
from parsing.pdf.parts import Box
from parsing.text import clean

MAX_ON_PAGE = 2_000
MAX_VALUE_LENGTH = 20_000
MAX_OPTIONS = 1_000
# Flags of annotations that nobody sees.
UNSEEN = int(raw.FPDF_ANNOT_FLAG_HIDDEN) | int(raw.FPDF_ANNOT_FLAG_NOVIEW)
COMMENTS = frozenset(
    int(kind)
    for kind in (
        *(raw.FPDF_ANNOT_TEXT, raw.FPDF_ANNOT_HIGHLIGHT, raw.FPDF_ANNOT_UNDERLINE, raw.FPDF_ANNOT_SQUIGGLY),
        *(raw.FPDF_ANNOT_STRIKEOUT, raw.FPDF_ANNOT_STAMP, raw.FPDF_ANNOT_CARET, raw.FPDF_ANNOT_INK),
        *(raw.FPDF_ANNOT_LINE, raw.FPDF_ANNOT_SQUARE, raw.FPDF_ANNOT_CIRCLE, raw.FPDF_ANNOT_POLYGON),
        *(raw.FPDF_ANNOT_POLYLINE, raw.FPDF_ANNOT_FILEATTACHMENT),
    )
)
BOXES = (raw.FPDF_FORMFIELD_CHECKBOX, raw.FPDF_FORMFIELD_RADIOBUTTON)
CHOICES = (raw.FPDF_FORMFIELD_COMBOBOX, raw.FPDF_FORMFIELD_LISTBOX)

Kind = Literal["value", "tick", "text", "comment", "link", "file"]


@dataclass(frozen=True)
class Laid:
    """Something that lies on a page, and where; a link or comment may mark several boxes of text.

    `name` is that of a form field, for people where there is one.
    """

    kind: Kind
    text: str
    boxes: tuple[Box, ...]
    name: str = ""


@dataclass
class Unread:
    """What lies on the pages and is not read, by its kind."""

    counts: Counter[str] = field(default_factory=Counter[str])

    def notes(self) -> Iterator[str]:
        """How much of each kind was left out, in sentences."""
        for kind, count in self.counts.items():
            yield f"{kind}: {count} left out."


def laid_on(document: Any, page: Any, unread: Unread) -> list[Laid]:
    """What lies on the page, in the order of the file."""
    count = cast(int, raw.FPDFPage_GetAnnotCount(page))  # pyright: ignore[reportUnknownMemberType]
    if count > MAX_ON_PAGE:
        unread.counts[f"Annotations beyond the first {MAX_ON_PAGE} of a page"] += count - MAX_ON_PAGE
    found: list[Laid] = []
    for index in range(min(count, MAX_ON_PAGE)):
        annotation = cast(Any, raw.FPDFPage_GetAnnot(page, index))  # pyright: ignore[reportUnknownMemberType, reportUnnecessaryCast]
        if annotation:
            found += _read(document, annotation, unread)
            raw.FPDFPage_CloseAnnot(annotation)
    return found


def _read(document: Any, annotation: Any, unread: Unread) -> Iterator[Laid]:
    kind = int(raw.FPDFAnnot_GetSubtype(annotation))
    seen = not raw.FPDFAnnot_GetFlags(annotation) & UNSEEN
    if kind == raw.FPDF_ANNOT_WIDGET:
        if document.formenv:
            yield from _field(document.formenv, annotation, unread, seen=seen)
        else:
            unread.counts["Form fields outside of a form"] += 1
    elif seen and kind == raw.FPDF_ANNOT_LINK:
        yield from _link(document, annotation, unread)
    elif seen and (kind == raw.FPDF_ANNOT_FREETEXT or kind in COMMENTS):
        yield from _comment(annotation, kind)
    elif kind in COMMENTS and _property(annotation, b"Contents"):
        unread.counts["Hidden comments"] += 1


def _field(form: Any, annotation: Any, unread: Unread, *, seen: bool) -> Iterator[Laid]:
    kind = int(raw.FPDFAnnot_GetFormFieldType(form, annotation))
    box = (_box_of(annotation),)
    name = _name(form, annotation)
    if kind in BOXES:
        if seen:
            yield Laid("tick", "[x]" if raw.FPDFAnnot_IsChecked(form, annotation) else "[ ]", box, name)
        return
    if kind != raw.FPDF_FORMFIELD_TEXTFIELD and kind not in CHOICES:
        return
    value = _chosen(form, annotation) if kind in CHOICES else ""
    value = value or string_of(lambda *room: raw.FPDFAnnot_GetFormFieldValue(form, annotation, *room))
    if not value:
        return
    if raw.FPDFAnnot_GetFormFieldFlags(form, annotation) & raw.FPDF_FORMFLAG_TEXT_PASSWORD:
        unread.counts["Form fields for passwords"] += 1
    elif not seen:
        unread.counts["Hidden form fields"] += 1
    else:
        yield Laid("value", value, box, name)


def _name(form: Any, annotation: Any) -> str:
    told = string_of(lambda *room: raw.FPDFAnnot_GetFormFieldAlternateName(form, annotation, *room))
    return told or string_of(lambda *room: raw.FPDFAnnot_GetFormFieldName(form, annotation, *room))


def _chosen(form: Any, annotation: Any) -> str:
    """The options of a list that are chosen, as people see them."""
    count = min(int(raw.FPDFAnnot_GetOptionCount(form, annotation)), MAX_OPTIONS)
    chosen = [index for index in range(count) if raw.FPDFAnnot_IsOptionSelected(form, annotation, index)]
    return ", ".join(_option(form, annotation, index) for index in chosen)


def _option(form: Any, annotation: Any, index: int) -> str:
    return string_of(lambda *room: raw.FPDFAnnot_GetOptionLabel(form, annotation, index, *room))


def _link(document: Any, annotation: Any, unread: Unread) -> Iterator[Laid]:
    link = raw.FPDFAnnot_GetLink(annotation)  # pyright: ignore[reportUnknownMemberType]
    action = raw.FPDFLink_GetAction(link) if link else None  # pyright: ignore[reportUnknownMemberType]
    if not action or raw.FPDFAction_GetType(action) != raw.PDFACTION_URI:
        return
    size = int(raw.FPDFAction_GetURIPath(document, action, None, 0))
    if size > MAX_ADDRESS_LENGTH:
        unread.counts[f"Links with more than {MAX_ADDRESS_LENGTH:,} characters in their address"] += 1
        return
    room = create_string_buffer(size)
    raw.FPDFAction_GetURIPath(document, action, room, size)
    address = readable_address(clean(room.value.decode("utf-8", "replace")))
    if address:
        yield Laid("link", address, _boxes_of(annotation))


def _comment(annotation: Any, kind: int) -> Iterator[Laid]:
    if kind == raw.FPDF_ANNOT_FILEATTACHMENT:
        yield Laid("file", "", (_box_of(annotation),))
    if kind == raw.FPDF_ANNOT_FREETEXT:
        yield Laid("text", _property(annotation, b"Contents"), (_box_of(annotation),))
        return
    text = " ".join(_property(annotation, b"Contents").split())
    author = " ".join(_property(annotation, b"T").split())
    if text:
        by = f" by {author}" if author else ""
        yield Laid("comment", f"[Comment{by}: {text}]", _boxes_of(annotation))


def _box_of(annotation: Any) -> Box:
    box = raw.FS_RECTF()
    raw.FPDFAnnot_GetRect(annotation, box)
    return float(box.left), float(box.right), float(box.bottom), float(box.top)


def _boxes_of(annotation: Any) -> tuple[Box, ...]:
    """The lines that a link or a comment marks; where it does not say which, its own box."""
    boxes: list[Box] = []
    quad = raw.FS_QUADPOINTSF()
    for index in range(min(int(raw.FPDFAnnot_CountAttachmentPoints(annotation)), MAX_OPTIONS)):
        if raw.FPDFAnnot_GetAttachmentPoints(annotation, index, quad):
            across = [float(quad.x1), float(quad.x2), float(quad.x3), float(quad.x4)]
            up = [float(quad.y1), float(quad.y2), float(quad.y3), float(quad.y4)]
            boxes.append((min(across), max(across), min(up), max(up)))
    return tuple(boxes) or (_box_of(annotation),)


def _property(annotation: Any, key: bytes) -> str:
    return string_of(lambda *room: raw.FPDFAnnot_GetStringValue(annotation, key, *room))


def string_of(ask: Callable[..., Any]) -> str:
    """A text that PDFium writes as UTF-16 into the room it is given; at most the beginning of a long one."""
    size = int(ask(None, 0))
    if size <= 2:
        return ""
    room = (raw.FPDF_WCHAR * (size // 2 + 1))()
    ask(room, size)
    return clean(bytes(room)[: size - 2].decode("utf-16-le", "replace"))[:MAX_VALUE_LENGTH].strip()
