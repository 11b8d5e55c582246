"""What parsers of marked-up text write to: paragraphs, code and tables below the headings above them."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from parsing.document import Block, Kind
from parsing.outline import Outline
from parsing.tables import table_blocks

LIST_ITEM = re.compile(r"\s*(?:[-*+•]{1,6}|\.{1,5}|\d{1,3}[.)]|#\.)\s")


@dataclass
class SectionWriter:
    """Blocks as they come, and how much of which kind was left out."""

    blocks: list[Block] = field(default_factory=list[Block])
    left_out: Counter[str] = field(default_factory=Counter[str])
    outline: Outline = field(default_factory=Outline)
    paragraph: list[str] = field(default_factory=list[str])
    first_heading: str = ""

    def heading(self, level: int, title: str) -> None:
        """Go on below a heading; 1 is the outermost level."""
        self.end_paragraph()
        words = " ".join(title.split())
        self.first_heading = self.first_heading or words
        self.blocks.extend(self.outline.enter(level, words))

    def line(self, text: str) -> None:
        """A line of a paragraph; an empty one ends it."""
        if text.strip():
            self.paragraph.append(text.rstrip())
        else:
            self.end_paragraph()

    def end_paragraph(self) -> None:
        """What comes next is another block."""
        lines, self.paragraph = self.paragraph, []
        if lines:
            self.block("\n".join(lines), "list" if LIST_ITEM.match(lines[0]) else "text")

    def block(self, text: str, kind: Kind = "text") -> None:
        """A block of its own."""
        self.end_paragraph()
        if text.strip():
            self.outline.alone = False
            self.blocks.append(Block(text, kind, self.outline.path))

    def code(self, lines: Sequence[str], language: str = "") -> None:
        """Code as it is written, without the indentation that all of it has."""
        self.end_paragraph()
        code = "\n".join(dedented(lines)).strip("\n")
        if code.strip():
            marks = "`" * max(3, 1 + max(map(len, re.findall("`+", code)), default=0))
            self.block(f"{marks}{language}\n{code}\n{marks}", "code")

    def table(self, rows: Sequence[Sequence[str]]) -> None:
        """A table whose first row names the columns."""
        self.end_paragraph()
        blocks = list(table_blocks([row for row in rows if any(row)], self.outline.path))
        self.outline.alone = self.outline.alone and not blocks
        self.blocks.extend(blocks)

    def finish(self) -> list[Block]:
        """All blocks; a heading at the end that nothing stands below is one, too."""
        self.heading(0, "")
        return self.blocks

    def notes(self) -> Iterator[str]:
        """A sentence for each kind of what was left out."""
        for kind, count in self.left_out.items():
            if count:
                yield f"{kind}: {count} left out"


def dedented(lines: Sequence[str]) -> list[str]:
    """The lines without the indentation that all of them have."""
    margins = [len(line) - len(line.lstrip()) for line in lines if line.strip()]
    margin = min(margins, default=0)
    return [line[margin:].rstrip() for line in lines]


def indented_below(lines: Sequence[str], start: int, margin: int = 0) -> int:
    """Where the lines end that are indented more than `margin` columns, from `start` on."""
    end = number = start
    while number < len(lines):
        line = lines[number]
        if line.strip():
            if len(line) - len(line.lstrip()) <= margin:
                break
            end = number + 1
        number += 1
    return end
