"""What is in a file and cannot be read as text: counted, and said in notes."""

from collections import Counter
from collections.abc import Iterator
from typing import Literal

Thing = Literal["picture", "object", "chart", "drawing", "macros", "part", "symbol", "subdocument"]
SENTENCES: dict[Thing, tuple[str, str]] = {
    "picture": (
        "1 picture without a description was left out.",
        "{} pictures without a description were left out.",
    ),
    "object": ("1 embedded object was left out.", "{} embedded objects were left out."),
    "chart": ("1 chart was left out.", "{} charts were left out."),
    "drawing": ("1 drawing was left out.", "{} drawings were left out."),
    "macros": ("The macros were left out.", "The macros were left out."),
    "part": ("1 part nested too deeply was left out.", "{} parts nested too deeply were left out."),
    "symbol": ("1 symbol of a special font was left out.", "{} symbols of special fonts were left out."),
    "subdocument": ("1 linked document was left out.", "{} linked documents were left out."),
}


class LeftOut:
    """How many things of each kind were left out, and other notes about what was not read."""

    def __init__(self) -> None:
        self._counts: Counter[Thing] = Counter()
        self._others: list[str] = []

    def add(self, thing: Thing) -> None:
        """One more of these."""
        self._counts[thing] += 1

    def say(self, *sentences: str) -> None:
        """Something else, in sentences of its own."""
        self._others += [sentence for sentence in sentences if sentence not in self._others]

    def notes(self) -> tuple[str, ...]:
        """A sentence for each kind."""
        return (*self._others, *self._sentences())

    def _sentences(self) -> Iterator[str]:
        for thing, (one, many) in SENTENCES.items():
            count = self._counts[thing]
            if count:
                yield one if count == 1 else many.format(count)
