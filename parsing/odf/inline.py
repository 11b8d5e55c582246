"""The text within paragraphs of OpenDocument files."""

from collections.abc import Callable, Iterator

from parsing.archives.zipped import Element
from parsing.links import linked
from parsing.markdown.inline import marked_above, with_digits_above
from parsing.odf.names import CREATOR, DRAW, LINK, MAX_DEPTH, OFFICE, PRESENTATION, SVG, TEXT, count
from parsing.odf.open_file import OpenFile
from parsing.text import clean
from parsing.unseen import left_unseen

MAX_SPACES = 8
# What is no text of the document: deleted passages, generated lists of contents, forms.
LEFT_OUT = frozenset(
    {
        f"{TEXT}tracked-changes",
        *(f"{TEXT}{name}" for name in ("table-of-content", "alphabetical-index", "illustration-index")),
        *(f"{OFFICE}{name}" for name in ("forms", "annotation-end")),
        f"{PRESENTATION}notes",
    }
)
# What frames hold stands after the paragraph that they are anchored in.
FRAMED = frozenset({f"{DRAW}image", f"{DRAW}text-box", f"{DRAW}object-ole", f"{SVG}title", f"{SVG}desc"})
BLOCKS = frozenset({f"{TEXT}p", f"{TEXT}h", f"{TEXT}list-item"})
PAGE_NUMBERS = frozenset({f"{TEXT}page-number", f"{TEXT}page-count"})


def inline(element: Element, file: OpenFile) -> str:
    """What an element says, notes and comments in brackets where they are referred to."""
    return clean(with_digits_above("".join(_seen(element, "paragraph", file, 0))))


def _seen(element: Element, family: str, file: OpenFile, depth: int) -> Iterator[str]:
    """What an element says, unless nobody sees a text in its style: then its words are counted."""
    kind = file.unseen.get((family, element.get(f"{TEXT}style-name", "")))
    if kind is None:
        yield from _within(element, file, depth)
    else:
        left_unseen(kind, "".join(_within(element, file, depth)))


def embedded(element: Element, file: OpenFile) -> Element | None:
    """The root of the object that an element embeds."""
    name = element.get(LINK, "").removeprefix("./").rstrip("/")
    return file.xml(f"{name}/content.xml")


def _within(element: Element, file: OpenFile, depth: int) -> Iterator[str]:
    yield element.text or ""
    if depth > MAX_DEPTH:
        file.left_out.add("part")
        return
    for child in element:
        if isinstance(child.tag, str) and child.tag not in LEFT_OUT and child.tag not in FRAMED:
            yield from READERS.get(child.tag, _others)(child, file, depth + 1)
        yield child.tail or ""


def _others(child: Element, file: OpenFile, depth: int) -> Iterator[str]:
    if child.tag in BLOCKS:
        yield "\n"
        yield from _seen(child, "paragraph", file, depth)
    elif child.tag == f"{TEXT}hidden-text" and child.get(f"{TEXT}is-hidden") == "true":
        left_unseen("hidden text", child.get(f"{TEXT}string-value", ""))
    elif not (file.is_margin and child.tag in PAGE_NUMBERS):
        yield from _within(child, file, depth)


def _spaces(child: Element, _: OpenFile, __: int) -> Iterator[str]:
    yield " " * count(child, f"{TEXT}c", MAX_SPACES)


def _span(child: Element, file: OpenFile, depth: int) -> Iterator[str]:
    words = "".join(_seen(child, "text", file, depth))
    yield marked_above(words) if child.get(f"{TEXT}style-name") in file.raised else words


def _tab(_: Element, __: OpenFile, ___: int) -> Iterator[str]:
    yield "\t"


def _line_break(_: Element, __: OpenFile, ___: int) -> Iterator[str]:
    yield "\n"


def _link(child: Element, file: OpenFile, depth: int) -> Iterator[str]:
    yield linked("".join(_within(child, file, depth)), child.get(LINK, ""))


def _ruby(child: Element, file: OpenFile, depth: int) -> Iterator[str]:
    """The base text, then how it is read."""
    for part in child:
        words = "".join(_within(part, file, depth))
        yield f"({words})" if part.tag == f"{TEXT}ruby-text" and words else words


def _note(child: Element, file: OpenFile, _: int) -> Iterator[str]:
    body = child.find(f"{TEXT}note-body")
    words = " ".join(inline(body, file).split()) if body is not None else ""
    yield f" [Note: {words}]" if words else ""


def _comment(child: Element, file: OpenFile, _: int) -> Iterator[str]:
    words = " ".join(" ".join(inline(line, file) for line in child.iter(f"{TEXT}p")).split())
    author = clean(child.findtext(CREATOR, "")).strip()
    if words:
        yield f" [Comment by {author}: {words}]" if author else f" [Comment: {words}]"


def _formula(child: Element, file: OpenFile, _: int) -> Iterator[str]:
    """The formula of an embedded object as its author typed it."""
    root = embedded(child, file)
    notes = (
        root.iter("{http://www.w3.org/1998/Math/MathML}annotation", "annotation") if root is not None else ()
    )
    yield next((" ".join((note.text or "").split()) for note in notes), "")


def _control(child: Element, file: OpenFile, _: int) -> Iterator[str]:
    yield file.controls.get(child.get(f"{DRAW}control", ""), "")


READERS: dict[str, Callable[[Element, OpenFile, int], Iterator[str]]] = {
    f"{TEXT}s": _spaces,
    f"{TEXT}span": _span,
    f"{TEXT}tab": _tab,
    f"{TEXT}line-break": _line_break,
    f"{TEXT}a": _link,
    f"{TEXT}ruby": _ruby,
    f"{TEXT}note": _note,
    f"{OFFICE}annotation": _comment,
    f"{DRAW}object": _formula,
    f"{DRAW}control": _control,
}
