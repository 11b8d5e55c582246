"""Numbers of lists whose items only have a mark: a reader sees 1, 2, 3."""

import re
from dataclasses import dataclass, field


@dataclass
class Counter:
    """How far the open lists have come, by what tells one from the other: margin or number of marks."""

    counts: dict[int, int] = field(default_factory=dict[int, int])

    def next(self, place: int) -> int:
        """The number of the next item; lists within the one before it have ended."""
        self.end(place + 1)
        self.counts[place] = self.counts.get(place, 0) + 1
        return self.counts[place]

    def end(self, place: int) -> None:
        """The lists at this place, and those within them, have ended."""
        self.counts = {known: count for known, count in self.counts.items() if known < place}


STATED = re.compile(r"\s*(\d{1,6})[.)]\s")
MARKED = re.compile(r"(\s*)#([.)])\s+")


def with_number(line: str, counter: Counter) -> str:
    """A line of reStructuredText with the number that `#.` stands for."""
    if not line.strip():
        return line
    margin = len(line) - len(line.lstrip())
    marked, stated = MARKED.match(line), STATED.match(line)
    if marked:
        return f"{marked[1]}{counter.next(margin)}{marked[2]} {line[marked.end() :]}"
    counter.end(margin)
    if stated:
        counter.counts[margin] = int(stated[1])
    return line


POINTS = re.compile(r"\s*(\.{1,5})\s+(?=\S)")


def with_number_of_points(line: str, counter: Counter) -> str:
    """A line of AsciiDoc with the number that its points stand for; more points are further in."""
    found = POINTS.match(line)
    if found is None:
        return line
    depth = len(found[1])
    return f"{'   ' * (depth - 1)}{counter.next(depth)}. {line[found.end() :]}"
