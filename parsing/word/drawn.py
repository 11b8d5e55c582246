"""What is drawn in a Word document: text boxes, pictures, charts, diagrams, embedded objects."""

from collections.abc import Iterable, Iterator

from parsing.archives.zipped import Element
from parsing.document import Block
from parsing.office.drawings import CHART, DIAGRAM, chart_blocks, description, diagram_lines
from parsing.office.package import RELATION_ID
from parsing.text import clean
from parsing.unseen import left_unseen
from parsing.word.names import OLE_OBJECT, VML, WORD
from parsing.word.places import is_off_page
from parsing.word.story import Story

BOX = f"{WORD}txbxContent"
PICTURE = "{http://schemas.openxmlformats.org/drawingml/2006/picture}pic"
PROPERTIES = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}docPr"


def drawn_items(drawings: Iterable[Element], story: Story) -> Iterator[Block | Element]:
    """Blocks, and the text boxes as the elements that hold their paragraphs."""
    for drawing in drawings:
        if is_off_page(drawing):
            left_unseen("text off the page", " ".join(text.text or "" for text in drawing.iter(f"{WORD}t")))
            continue
        yield from _outermost(drawing)
        yield from _charts(drawing, story)
        yield from _diagrams(drawing, story)
        yield from _pictures(drawing, story)


def _outermost(element: Element) -> Iterator[Element]:
    for box in element.iter(BOX):
        above = box.iterancestors()
        inside = next((one for one in above if one is element or one.tag == BOX), element)
        if inside.tag != BOX or inside is element:
            yield box


def _charts(drawing: Element, story: Story) -> Iterator[Block]:
    for name in _parts(drawing.iter(f"{CHART}chart"), "id", story):
        root = story.file.package.xml(name)
        blocks = list(chart_blocks(root)) if root is not None else []
        if not blocks:
            story.file.left_out.add("chart")
        yield from blocks


def _diagrams(drawing: Element, story: Story) -> Iterator[Block]:
    for name in _parts(drawing.iter(f"{DIAGRAM}relIds"), "dm", story):
        root = story.file.package.xml(name)
        lines = diagram_lines(root) if root is not None else []
        if lines:
            yield Block("\n".join(f"- {line}" for line in lines), "list")


def _parts(references: Iterable[Element], attribute: str, story: Story) -> Iterator[str]:
    relations = story.file.package.relations(story.part)
    for reference in references:
        relation = relations.get(reference.get(RELATION_ID + attribute, ""))
        if (
            relation is not None
            and not relation.is_external
            and story.file.first_use("part", relation.target)
        ):
            yield relation.target


def _pictures(drawing: Element, story: Story) -> Iterator[Block]:
    if next(drawing.iter(OLE_OBJECT, f"{WORD}control"), None) is not None:
        story.file.left_out.add("object")
        return
    stated = [*(one.get("descr") for one in drawing.iter(PROPERTIES))]
    stated += [one.get("alt") for one in drawing.iter(f"{VML}shape")]
    described = [words for text in stated if (words := description(text))]
    yield from (Block(f"Image: {clean(words)}") for words in described)
    pictures = sum(1 for _ in drawing.iter(PICTURE, f"{VML}imagedata"))
    for _ in range(pictures - len(described)):
        story.file.left_out.add("picture")
