"""What stands on an Excel sheet beside its cells: comments, text boxes, charts, pictures."""

import re
from collections.abc import Iterator

from parsing.archives.zipped import Element
from parsing.document import Block
from parsing.left_out import LeftOut
from parsing.office.drawings import CHART, DRAWING, chart_blocks, description
from parsing.office.package import RELATION_ID, OfficePackage
from parsing.sheets.places import area_of
from parsing.sheets.sheet import Sheet
from parsing.sheets.sheet_xml import MAX_COLUMNS, MAX_ROWS, stored_text
from parsing.text import clean

SHAPE = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}"
MAX_COMMENTS = 10_000
# Excel begins old notes with their author's name.
AUTHOR = re.compile(r"^[^\n:]{1,80}:\n")


def add_comments(sheet: Sheet, package: OfficePackage, part: str) -> None:
    """Write comments and notes behind the texts of their cells."""
    threads = list(_threaded(package, part))
    # For programs that know no threads, each is there as a note, too.
    known = {place for place, _ in threads}
    notes = [(place, words) for place, words in _notes(package, part) if place not in known]
    for place, words in [*threads, *notes][:MAX_COMMENTS]:
        area = area_of(place)
        if area is not None and area.top < MAX_ROWS and area.left < MAX_COLUMNS:
            sheet.write(area.top, area.left, f"{sheet.cell(area.top, area.left)} [{words}]".strip())


def _threaded(package: OfficePackage, part: str) -> Iterator[tuple[str, str]]:
    people = {
        person.get("id", ""): person.get("displayName", "")
        for name in package.archive.namelist()
        if name.startswith("xl/persons/") and name.endswith(".xml")
        for person in _iterated(package.xml(name), "person")
    }
    for name in package.related(part, "threadedComment"):
        for comment in _iterated(package.xml(name), "threadedComment"):
            words = " ".join(clean(comment.findtext("{*}text", "")).split())
            yield comment.get("ref", ""), _comment(people.get(comment.get("personId", ""), ""), words)


def _notes(package: OfficePackage, part: str) -> Iterator[tuple[str, str]]:
    for name in package.related(part, "comments"):
        root = package.xml(name)
        authors = [clean(author.text or "") for author in _iterated(root, "author")]
        for comment in _iterated(root, "comment"):
            number = comment.get("authorId", "")
            author = authors[int(number)] if number.isdecimal() and int(number) < len(authors) else ""
            text = AUTHOR.sub("", stored_text(comment))
            if text:
                yield comment.get("ref", ""), _comment(author, " ".join(text.split()))


def _comment(author: str, words: str) -> str:
    return f"Comment by {author}: {words}" if author.strip() else f"Comment: {words}"


def _iterated(root: Element | None, name: str) -> Iterator[Element]:
    if root is not None:
        yield from root.iter(f"{{*}}{name}")


def add_drawings(sheet: Sheet, package: OfficePackage, part: str, left_out: LeftOut) -> None:
    """Add texts of shapes, descriptions of pictures and the charts, whose values mostly stand in cells."""
    for relation in package.relations(part).values():
        if relation.kind in ("oleObject", "package"):
            left_out.add("object")
    for name in package.related(part, "drawing"):
        root = package.xml(name)
        if root is not None:
            sheet.blocks += [*_shapes(root, left_out), *_charts(root, package, name, left_out)]


def _shapes(root: Element, left_out: LeftOut) -> Iterator[Block]:
    for shape in root.iter(f"{SHAPE}sp"):
        paragraphs = (
            "".join(text.text or "" for text in line.iter(f"{DRAWING}t"))
            for line in shape.iter(f"{DRAWING}p")
        )
        text = "\n".join(line for paragraph in paragraphs if (line := " ".join(clean(paragraph).split())))
        if text:
            yield Block(text)
    for picture in root.iter(f"{SHAPE}pic"):
        words = next((description(one.get("descr")) for one in picture.iter(f"{SHAPE}cNvPr")), "")
        if words:
            yield Block(f"Image: {words}")
        else:
            left_out.add("picture")


def _charts(root: Element, package: OfficePackage, name: str, left_out: LeftOut) -> Iterator[Block]:
    relations = package.relations(name)
    for chart in root.iter(f"{CHART}chart"):
        relation = relations.get(chart.get(f"{RELATION_ID}id", ""))
        found = package.xml(relation.target) if relation is not None and not relation.is_external else None
        blocks = list(chart_blocks(found)) if found is not None else []
        if not blocks:
            left_out.add("chart")
        yield from blocks
