"""PDF: text in reading order, with headings, lists and tables found by their look."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, cast

import pypdfium2 as pdfium  # pyright: ignore[reportMissingTypeStubs]
from pypdfium2 import raw  # pyright: ignore[reportMissingTypeStubs]

from parsing.detection import PROTECTED
from parsing.document import Block, Kind, ParsedDocument
from parsing.errors import FileFormatError
from parsing.pdf.files import attached_files
from parsing.pdf.frame import without_frame
from parsing.pdf.layout import HEADING_RATIO, Piece, body_size, pieces_of
from parsing.pdf.pages import Scan, notes_of, read_pages
from parsing.pdf.parts import Part
from parsing.pdf.sight import Looking
from parsing.pdf.tables import Table
from parsing.pdf.words import hyphenated_words
from parsing.text import clean, title_from

MAX_BOOKMARKS = 10_000
MAX_TITLE_LENGTH = 300
MAX_HEADING_LENGTH = 200
# The title itself, and perhaps a second line or a heading in its size.
MAX_TITLES_ALIKE = 2
MAX_BOLD_HEADING_LENGTH = 80
# Below the levels of the bookmarks come those of the sizes, below these what is only bold.
FIRST_SIZE_LEVEL = 100
BOLD_LEVEL = 1_000
PDF_DATE = re.compile(r"D?:?(\d{4})(\d\d)?(\d\d)?")
NO_TITLE = re.compile(
    r"(?:untitled|unbenannt|document\d*|microsoft \w+ - .*|.*\.(?:docx?|pptx?|xlsx?|indd|tex|dvi|pdf|odt))",
    re.IGNORECASE,
)
# What programs write when nobody told them.
UNSTATED = re.compile(r"\(?(?:anonymous|unspecified|unknown|none|user|admin)\)?", re.IGNORECASE)
SECTION_NUMBER = re.compile(r"\d{1,3}(?:\.\d{1,3})*\.?\s")
XFA_FORM = "The form is made with XFA, whose values are not read. Print it to a PDF to read them."
BROKEN_FORM = "The fields of the form are damaged and were left out."
METADATA = (("Author", "author"), ("Subject", "subject"), ("Keywords", "keywords"))


def parse(data: bytes, source: str) -> ParsedDocument:
    """The blocks of a PDF by page. Raises `FileFormatError` for a protected or damaged file."""
    document = _opened(data)
    try:
        return _parsed(document, source, has_layers=b"/OCProperties" in data)
    finally:
        document.close()


def _opened(data: bytes) -> Any:
    try:
        return pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        if cast(int, error.err_code) == raw.FPDF_ERR_PASSWORD:  # pyright: ignore[reportUnknownMemberType]
            raise FileFormatError(PROTECTED) from None
        raise FileFormatError(f"The file is damaged ({error}).") from None


def _form_notes(document: Any) -> tuple[str, ...]:
    """Make the form readable, before any page is; and a note where that does not go."""
    match document.get_formtype():
        case raw.FORMTYPE_NONE:
            return ()
        case raw.FORMTYPE_XFA_FULL:
            return (XFA_FORM,)
        case _:
            try:
                document.init_forms()
            except pdfium.PdfiumError:
                return (BROKEN_FORM,)
            return ()


def _parsed(document: Any, source: str, *, has_layers: bool) -> ParsedDocument:
    scan = Scan(looking=Looking(has_layers=has_layers))
    about_form = _form_notes(document)
    read = list(read_pages(document, scan))
    body = body_size([part for page in read for part in page.parts])
    pages, frame = without_frame([page.parts for page in read], body)
    pieces = _pieces(pages, body)
    for number, page in enumerate(read):
        beside = [*page.remarks, *frame.kept.get(number, ())]
        pieces[number] += [Piece("\n".join(beside), "text", body)] if beside else []
    stated = _stated(document)
    title = _title(stated.get("Title", ""), pieces, body) or title_from(source)
    outline = _outline(document)
    blocks = tuple(_blocks(pieces, outline, body, title[:MAX_TITLE_LENGTH], scan))
    members, left_out = attached_files(document, scan.with_files)
    notes = (
        *notes_of(scan, len(read), len(document), any_text=bool(blocks)),
        *about_form,
        *frame.notes(),
        *left_out,
    )
    return ParsedDocument(title[:MAX_TITLE_LENGTH], blocks, _metadata(stated), members, notes)


def _pieces(pages: Sequence[list[Part]], body: float) -> list[list[Piece]]:
    """The pieces of each page; a table goes on where the page before ends with it."""
    vocabulary = hyphenated_words(pages)
    found: list[list[Piece]] = []
    above: Table | None = None
    for parts in pages:
        pieces = pieces_of(parts, body, vocabulary, above) if parts else []
        above = pieces[-1].table if pieces else None
        found.append(pieces)
    return found


def _blocks(
    pages: Sequence[list[Piece]],
    outline: "Mapping[int, list[_Bookmark]]",
    body: float,
    title: str,
    scan: Scan,
) -> Iterator[Block]:
    levels = _levels(pages, body)
    place = _Place(title)
    for number, pieces in enumerate(pages, start=1):
        yield from _page_blocks(number, pieces, outline.get(number, []), levels, place)
        if text := scan.recognised.get(number):
            yield place.block(text, "text", number)
    yield from place.left_alone()


def _page_blocks(
    number: int, pieces: list[Piece], bookmarks: "list[_Bookmark]", levels: "_Levels", place: "_Place"
) -> Iterator[Block]:
    starts = _placed(bookmarks, pieces)
    for index, piece in enumerate(pieces or [Piece("", "text")]):
        for mark in starts.get(index, []):
            yield from place.enter(mark.level, mark.title, None)
        if any(_same(mark.title, piece.text) for mark in starts.get(index, [])):
            continue
        text, level = clean(piece.text).strip(), levels(piece)
        if level is not None:
            yield from place.enter(level, _one_line(text).rstrip(":"), number)
        elif any(map(str.isalnum, text)):
            yield place.block(text, piece.kind, number)


def _levels(pages: Sequence[list[Piece]], body: float) -> "_Levels":
    found = {_step(piece.size) for pieces in pages for piece in pieces if _is_large(piece, body)}
    characters = [(piece.bold, len(piece.text)) for pieces in pages for piece in pieces]
    bold = sum(length for is_bold, length in characters if is_bold)
    return _Levels(body, sorted(found, reverse=True), bold * 4 < sum(length for _, length in characters))


def _step(size: float) -> float:
    return round(size * 2) / 2


def _is_large(piece: Piece, body: float) -> bool:
    large = piece.kind == "text" and piece.size >= HEADING_RATIO * body
    return large and len(piece.text) <= MAX_HEADING_LENGTH and any(letter.isalpha() for letter in piece.text)


def _is_bold_heading(piece: Piece) -> bool:
    short = piece.kind == "text" and len(piece.text) <= MAX_BOLD_HEADING_LENGTH
    return piece.bold and short and piece.text[-1:] not in ".,;" and any(map(str.isalpha, piece.text))


def _title(stated: str, pages: Sequence[list[Piece]], body: float) -> str:
    """The title the file states, if it looks like one, else the largest text of the first page.

    What several parts of the document are headed by in the same size is no title of it.
    """
    if len(stated) > 2 and not NO_TITLE.fullmatch(stated) and any(map(str.isalpha, stated)):
        return stated
    first = pages[0] if pages else []
    large = [piece for piece in first if _is_large(piece, body) and not SECTION_NUMBER.match(piece.text)]
    if not large:
        return ""
    largest = max(large, key=lambda piece: piece.size)
    alike = sum(
        _is_large(piece, body) and _step(piece.size) >= _step(largest.size)
        for pieces in pages
        for piece in pieces
    )
    return _one_line(largest.text) if alike <= MAX_TITLES_ALIKE else ""


def _stated(document: Any) -> dict[str, str]:
    stated: dict[str, str] = document.get_metadata_dict(skip_empty=True)
    return {key: text for key, value in stated.items() if not UNSTATED.fullmatch(text := _one_line(value))}


def _metadata(stated: Mapping[str, str]) -> dict[str, Any]:
    metadata: dict[str, Any] = {name: stated[key] for key, name in METADATA if stated.get(key)}
    date = PDF_DATE.match(stated.get("CreationDate", ""))
    if date:
        metadata["date"] = "-".join(part for part in date.groups() if part)
    return metadata


def _outline(document: Any) -> "dict[int, list[_Bookmark]]":
    outline: dict[int, list[_Bookmark]] = {}
    for bookmark in islice(document.get_toc(), MAX_BOOKMARKS):
        target = bookmark.get_dest()
        page = target.get_index() if target else None
        title = _one_line(bookmark.get_title())
        if page is not None and title:
            outline.setdefault(page + 1, []).append(_Bookmark(bookmark.level, title[:MAX_HEADING_LENGTH]))
    return outline


def _placed(bookmarks: "Iterable[_Bookmark]", pieces: Sequence[Piece]) -> "dict[int, list[_Bookmark]]":
    """Before which piece of its page each bookmark's part begins."""
    starts: dict[int, list[_Bookmark]] = {}
    place = 0
    for mark in bookmarks:
        same = (index for index in range(place, len(pieces)) if _same(mark.title, pieces[index].text))
        place = next(same, place)
        starts.setdefault(place, []).append(mark)
    return starts


def _same(heading: str, text: str) -> bool:
    """Whether the text is the heading, perhaps with a number in front."""
    if len(text) > len(heading) + 20:
        return False
    letters, words = (re.sub(r"[\W\d_]+", "", part).lower() for part in (text, heading))
    return letters == words


def _one_line(text: str) -> str:
    return " ".join(clean(text).split())


@dataclass
class _Place:
    """The headings above what is read next. One with nothing below it becomes a block."""

    title: str
    headings: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    alone: Block | None = None

    def enter(self, level: int, heading: str, page: int | None) -> Iterator[Block]:
        """Below the heading from now on; the page is None when the page does not show it."""
        if self.headings and self.headings[-1][0] >= level:
            yield from self.left_alone()
        self.headings = [(depth, text) for depth, text in self.headings if depth < level]
        shown = page is not None and heading != self.title
        self.alone = Block(heading, "text", self._path(), page) if shown else None
        self.headings.append((level, heading))

    def block(self, text: str, kind: Kind, page: int) -> Block:
        """A block under these headings."""
        self.alone = None
        return Block(text, kind, self._path(), page)

    def left_alone(self) -> Iterator[Block]:
        """The last heading, if nothing came below it."""
        if self.alone:
            yield self.alone
        self.alone = None

    def _path(self) -> tuple[str, ...]:
        return tuple(text for _, text in self.headings if text != self.title)


@dataclass(frozen=True)
class _Bookmark:
    level: int
    title: str


@dataclass(frozen=True)
class _Levels:
    """How deep a piece is as a heading; None when it is none."""

    body: float
    sizes: Sequence[float]
    bold_stands_out: bool

    def __call__(self, piece: Piece) -> int | None:
        if _is_large(piece, self.body):
            return FIRST_SIZE_LEVEL + self.sizes.index(_step(piece.size))
        return BOLD_LEVEL if self.bold_stands_out and _is_bold_heading(piece) else None
