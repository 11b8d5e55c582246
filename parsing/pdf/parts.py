"""Words on a page with their place, as the reader sees them."""

from dataclasses import dataclass, field

# Left, right, bottom and top.
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Part:
    """Words beside each other on a line, their box (from the lower left) and their type.

    `is_cell`: they are all the words of a cell with lines drawn around it, and the box is that of the cell.
    """

    text: str
    left: float
    right: float
    bottom: float
    top: float
    size: float
    bold: bool
    is_cell: bool = False


@dataclass
class PageText:
    """What a page says: its words, what lies on it without any, and how many words cannot be read."""

    parts: list[Part] = field(default_factory=list[Part])
    remarks: list[str] = field(default_factory=list[str])
    unreadable: int = 0

    @property
    def length(self) -> int:
        """Its characters."""
        return sum(len(part.text) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Sight:
    """How a page is looked at: turned by its degrees, and mirrored where it is read from right to left.

    So the beginning of each line is at the left for all that comes after. Boxes of turned and mirrored pages
    have their places only relative to each other.
    """

    rotation: int = 0
    mirrored: bool = False

    def seen(self, box: Box) -> Box:
        """The box as the reader sees it."""
        left, right, bottom, top = box
        match self.rotation:
            case 90:
                left, right, bottom, top = bottom, top, -right, -left
            case 180:
                left, right, bottom, top = -right, -left, -top, -bottom
            case 270:
                left, right, bottom, top = -top, -bottom, left, right
            case _:
                pass
        return (-right, -left, bottom, top) if self.mirrored else (left, right, bottom, top)
