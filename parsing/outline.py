"""The headings that a reader is below, while a text is read from its beginning to its end."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from parsing.document import Block


@dataclass
class Outline:
    """The headings above the place that is read, with their levels.

    `title` is the document's, which stands above all of it anyway; `alone`: nothing has been read below the
    innermost heading yet.
    """

    title: str = ""
    headings: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    alone: bool = False

    @property
    def path(self) -> tuple[str, ...]:
        """The headings from the outermost to the innermost."""
        return tuple(heading for _, heading in self.headings if heading)

    def enter(self, level: int, heading: str) -> Iterator[Block]:
        """Go on below a heading (1 is the outermost level, 0 the end of the text).

        Gives the heading before as a text of its own, where nothing stands below it: it would be lost.
        """
        ends = self.alone and self.headings and self.headings[-1][0] >= level
        if ends and self.path not in ((), (self.title,)):
            yield Block(self.path[-1], "text", self.path[:-1])
        self.headings = [(depth, above) for depth, above in self.headings if depth < level]
        self.headings.append((level, heading))
        self.alone = bool(heading)
