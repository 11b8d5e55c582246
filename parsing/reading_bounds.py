"""How much of a file is wanted: what lies beyond is not read, and a note says so."""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class ReadingBounds:
    """`max_characters` of one document (None: all), and the seconds that reading its pictures may take."""

    max_characters: int | None = None
    picture_seconds: float = 40

    def enough(self, characters: int) -> bool:
        """Whether so many characters of a document are all that is wanted."""
        return self.max_characters is not None and characters >= self.max_characters


@contextmanager
def bounded_by(bounds: ReadingBounds) -> Generator[None]:
    """Parsers within the block read no more than that."""
    token = _BOUNDS.set(bounds)
    try:
        yield
    finally:
        _BOUNDS.reset(token)


def reading_bounds() -> ReadingBounds:
    """How much whoever reads now wants."""
    return _BOUNDS.get()


EVERYTHING = ReadingBounds()
# Not an argument of each parser: most formats are read whole whatever is wanted of them.
_BOUNDS: ContextVar[ReadingBounds] = ContextVar("reading_bounds", default=EVERYTHING)
