"""What is known while one part of a Word document is read: the body, a header, a note."""

from dataclasses import dataclass, field

from parsing.archives.zipped import Element
from parsing.left_out import LeftOut
from parsing.office.package import OfficePackage
from parsing.word.numbering import Numbering
from parsing.word.sight import Sight
from parsing.word.styles import Styles


@dataclass(frozen=True)
class Note:
    """A footnote, endnote or comment: what it is called, its content, and the part that this stands in."""

    label: str
    content: Element
    part: str


@dataclass(frozen=True)
class WordFile:
    """What all parts share; notes are known by their kind and id."""

    package: OfficePackage
    styles: Styles
    numbering: Numbering
    notes: dict[tuple[str, str], Note]
    left_out: LeftOut
    sight: Sight
    # Notes and parts that the text has referred to: a thousand references must not multiply a file.
    used: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])

    def first_use(self, kind: str, name: str) -> bool:
        """Whether nothing has referred to this note or part before; from now on something has."""
        is_first = (kind, name) not in self.used
        self.used.add((kind, name))
        return is_first


@dataclass
class Field:
    """A field that is open: its instruction, and the words of its result so far."""

    instruction: str = ""
    words: str = ""
    in_result: bool = False
    # What it says is known from its instruction, or does not belong to the text.
    is_hidden: bool = False


@dataclass
class Story:
    """The part that is read; `drawn` is what its drawings hold, to be read after the paragraph."""

    file: WordFile
    part: str
    is_margin: bool = False
    depth: int = 0
    fields: list[Field] = field(default_factory=list[Field])
    drawn: list[Element] = field(default_factory=list[Element])

    @property
    def shows_nothing(self) -> bool:
        """Whether what comes next is the instruction of a field, or a result that is left out."""
        return any(one.is_hidden or not one.in_result for one in self.fields)

    def address(self, relation_id: str | None) -> str:
        """The address outside that a link of this part leads to; empty for places in the document."""
        relation = self.file.package.relations(self.part).get(relation_id or "")
        return relation.target if relation is not None and relation.is_external else ""
