"""Places in a document: its headings with what is below each, and ranges of lines by heading or page."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from knowledge_base.document_lines import DocumentLines
from knowledge_base.errors import KnowledgeBaseError

# Small sections stand together in one passage, where their headings are written so.
HEADING_IN_TEXT = re.compile(r"\*\*(?!\s)([^*\n]{1,300})(?<!\s)\*\*")
SEPARATOR = " › "
RANGE = re.compile(r"\s*(\d{1,9})\s*(?:(-|–|\.\.)\s*(\d{1,9})?)?\s*")
AS_FAR_AS_IT_GOES = 10**9
SEE_OUTLINE = "Call outline to see the headings of the document with their lines."


class PlaceUnknownError(KnowledgeBaseError):
    """The document has no such place; the message says how to find one."""


@dataclass(frozen=True)
class Section:
    """A heading on a line, and where what belongs to it ends; `level` counts from 1, `tokens` are about."""

    heading: str
    level: int
    line: int
    last_line: int
    page: int | None
    tokens: int


@dataclass(frozen=True)
class Place:
    """What of a document is wanted: from one line to another, on some pages, or below a heading."""

    lines: str | None = None
    pages: str | None = None
    heading: str | None = None

    @property
    def is_given(self) -> bool:
        """Whether it names anything."""
        return any((self.lines, self.pages, self.heading))


@dataclass(frozen=True)
class _Headline:
    """A heading as it stands in the text, with those above it."""

    text: str
    path: tuple[str, ...]
    line: int
    page: int | None


def sections(document: DocumentLines) -> list[Section]:
    """The headings of a document in order; of passages whose content was not read only those above it."""
    found: list[_Headline] = []
    for place in range(len(document.parts)):
        for headline in _headlines_of(document, place):
            # A section that goes on in the next passage may have its heading there again.
            if not found or found[-1].path[: len(headline.path)] != headline.path:
                found.append(headline)
    lasts = [
        next((later.line for later in found[number:] if len(later.path) <= len(one.path)), document.count + 1)
        - 1
        for number, one in enumerate(found, 1)
    ]
    return [
        Section(
            one.text,
            len(one.path),
            one.line,
            last,
            one.page,
            round(document.tokens_before(last + 1) - document.tokens_before(one.line)),
        )
        for one, last in zip(found, lasts, strict=True)
    ]


def lines_at(document: DocumentLines, place: Place) -> tuple[int, int]:
    """The first and the last line of a place. Raises `PlaceUnknownError`."""
    if sum(each is not None for each in (place.lines, place.pages, place.heading)) > 1:
        raise PlaceUnknownError("Give one of lines, pages and heading, not several.")
    if place.lines is not None:
        return _of_lines(document, place.lines)
    if place.pages is not None:
        return _of_pages(document, place.pages)
    return _below(document, place.heading or "")


def within_tokens(document: DocumentLines, first: int, last: int, budget: int) -> int:
    """The last line up to which a text from `first` on costs no more tokens; at least `first`."""
    spent = document.tokens_before(first)
    fitting = bisect_right(
        range(first, last + 1), budget, key=lambda line: document.tokens_before(line + 1) - spent
    )
    return first + max(fitting, 1) - 1


def _headlines_of(document: DocumentLines, place: int) -> Iterator[_Headline]:
    """The headings that begin with a passage, and those in its text."""
    part = document.parts[place]
    line = document.firsts[place] + (1 if place else 0)
    written = document.new_headings(place)
    path = tuple(part.heading_path)
    for depth in range(len(path) - len(written) + 1, len(path) + 1):
        yield _Headline(" ".join(path[depth - 1].split()), path[:depth], line, part.page)
        line += 2
    before = ""
    for number, text in enumerate((part.content or "").split("\n"), line):
        heading = HEADING_IN_TEXT.fullmatch(text)
        if heading is not None and not before:
            yield _Headline(heading[1], (*path, *heading[1].split(SEPARATOR)), number, part.page)
        before = text


def _range(text: str, name: str) -> tuple[int, int]:
    given = RANGE.fullmatch(text)
    if given is None:
        raise PlaceUnknownError(f"{name}: give a number or a range, such as 120 or 120-180.")
    first = int(given[1])
    last = first if given[2] is None else int(given[3] or AS_FAR_AS_IT_GOES)
    if not 1 <= first <= last:
        raise PlaceUnknownError(f"{name}: a range begins at 1 or later, and ends no earlier than it begins.")
    return first, last


def _of_lines(document: DocumentLines, text: str) -> tuple[int, int]:
    first, last = _range(text, "lines")
    if first > document.count:
        raise PlaceUnknownError(f"lines: the document has {document.count} lines.")
    return first, min(last, document.count)


def _of_pages(document: DocumentLines, text: str) -> tuple[int, int]:
    first, last = _range(text, "pages")
    pages = [(place, part.page) for place, part in enumerate(document.parts) if part.page is not None]
    if not pages:
        raise PlaceUnknownError(
            "pages: the document has none. Read it by lines or heading, or from the start."
        )
    there = [place for place, page in pages if first <= page <= last]
    if not there:
        raise PlaceUnknownError(
            f"pages: there is no text on these; the pages with text go from {min(page for _, page in pages)} "
            f"to {max(page for _, page in pages)}."
        )
    return document.firsts[there[0]], document.firsts[there[-1] + 1] - 1


def _below(document: DocumentLines, wanted: str) -> tuple[int, int]:
    there = sections(document)
    plain = _plain(wanted)
    found = [one for one in there if _plain(one.heading) == plain] or [
        one for one in there if plain in _plain(one.heading)
    ]
    if not plain or not found:
        raise PlaceUnknownError(f"heading: the document has no such heading. {SEE_OUTLINE}")
    if len(found) > 1:
        lines = ", ".join(str(one.line) for one in found[:20])
        raise PlaceUnknownError(f"heading: several fit, on the lines {lines}. Pass one of these as lines.")
    return found[0].line, found[0].last_line


def _plain(heading: str) -> str:
    return " ".join(heading.strip("#* \t").casefold().split())
