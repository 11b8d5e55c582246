"""The lists of OpenDocument files, with the numbers that each of their levels shows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from parsing.archives.zipped import Element
from parsing.list_numbers import numbered
from parsing.odf.names import STYLE, TEXT, count

BULLET = "-"
MAX_NUMBER = 1_000_000
MAX_LEVELS = 10


@dataclass(frozen=True)
class ListLevel:
    """How a level of a list counts, and how many levels above it are written before its number."""

    form: str = "1"
    before: str = ""
    after: str = "."
    start: int = 1
    shown_levels: int = 1


def list_levels(root: Element) -> Iterator[tuple[tuple[str, int], ListLevel | None]]:
    """Each level (from 1) of each list style by its name; None for bullets."""
    for style in root.iter(f"{TEXT}list-style"):
        name = style.get(f"{STYLE}name", "")
        for level in style:
            if level.tag == f"{TEXT}list-level-style-number":
                yield (name, count(level, f"{TEXT}level", MAX_LEVELS)), _level(level)
            elif isinstance(level.tag, str):
                yield (name, count(level, f"{TEXT}level", MAX_LEVELS)), None


def _level(element: Element) -> ListLevel:
    form = element.get(f"{STYLE}num-format", "1")
    return ListLevel(
        form,
        element.get(f"{STYLE}num-prefix", "").strip(),
        element.get(f"{STYLE}num-suffix", "." if element.get(f"{STYLE}num-prefix") is None else "").strip(),
        count(element, f"{TEXT}start-value", MAX_NUMBER),
        count(element, f"{TEXT}display-levels", MAX_LEVELS),
    )


@dataclass
class ListMarks:
    """Counts the items of one list; `above` are the numbers of the items that it stands in."""

    style: str
    depth: int
    above: tuple[str, ...]
    levels: Mapping[tuple[str, int], ListLevel | None]
    # Where each level of a style has come to, for lists that go on.
    reached: dict[tuple[str, int], int]
    number: str = ""
    _next: int = field(default=0, init=False)

    def begin(self, element: Element) -> None:
        """The list begins anew, or goes on where one of its style ended."""
        level = self._level()
        goes_on = element.get(f"{TEXT}continue-numbering") == "true" or element.get(f"{TEXT}continue-list")
        start = level.start if level else 1
        self._next = self.reached.get(self._place(), start - 1) + 1 if goes_on else start

    def mark(self, item: Element) -> str:
        """What stands before an item: "-", "3.", "b)", "2.1"; a heading of the list has nothing."""
        level = self._level()
        self.number = ""
        if level is None or item.tag == f"{TEXT}list-header":
            return BULLET if level is None else ""
        stated = item.get(f"{TEXT}start-value")
        self._next = count(item, f"{TEXT}start-value", MAX_NUMBER) if stated else self._next
        self.reached[self._place()] = self._next
        self.number = numbered(self._next, level.form) if level.form else ""
        self._next += 1
        shown = [*self.above[len(self.above) + 1 - level.shown_levels :], self.number]
        return f"{level.before}{'.'.join(filter(None, shown))}{level.after}" if self.number else BULLET

    def _level(self) -> ListLevel | None:
        # A style that says nothing of a level counts there as at its first.
        return self.levels.get((self.style, self.depth + 1), self.levels.get((self.style, 1)))

    def _place(self) -> tuple[str, int]:
        return self.style, self.depth
