"""The days that a user's words name, in all languages at once."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise

from agent_service.models.extractive.dates import read_day, span_in_days
from agent_service.models.extractive.language import Language, languages
from agent_service.models.extractive.templates import plain

MAX_WORDS = 60
LONGEST = 5
WEEK = timedelta(days=7)
UNITS = ("days", "weeks", "months_unit")
# Around a day, not within it.
MARKS = ',;:!?()"“”„«»'


def names_day(text: str, day: date, own_day: date | None, today: date) -> bool:
    """Whether a text asks for this day: by name, or so many days after the task's own (else after today).

    A weekday may be the next one or that of the week after.
    """
    pieces = list(_pieces(text))
    named = any(
        _is_named(piece, day, today, language) for language in languages().values() for piece in pieces
    )
    return named or any(day == (own_day or today) + span for span in _spans(text))


def _is_named(piece: str, day: date, today: date, language: Language) -> bool:
    read = read_day(piece, today, language)
    if read is None or day == read:
        return read is not None
    # "Friday" is the same day tomorrow, "in a week" is not.
    is_weekday = read_day(piece, today + timedelta(days=1), language) in (read, read + WEEK)
    return is_weekday and day == read + WEEK and not any(letter.isdigit() for letter in piece)


def _spans(text: str) -> Iterator[timedelta]:
    """Spans such as `two weeks`, forward and back."""
    parts = [plain(part).strip(MARKS) for part in text.split()[:MAX_WORDS]]
    for language in languages().values():
        units = frozenset[str]().union(*(language.words("dates", name) for name in UNITS))
        for count, unit in pairwise(parts):
            if unit in units:
                try:
                    days = span_in_days(count, unit, language)
                except (ValueError, KeyError):
                    continue
                yield timedelta(days=days)
                yield timedelta(days=-days)


def _pieces(text: str) -> Iterator[str]:
    parts = [part.strip(MARKS) for part in text.replace("’", "'").split()[:MAX_WORDS]]
    for begin in range(len(parts)):
        for end in range(begin + 1, min(begin + LONGEST, len(parts)) + 1):
            yield " ".join(parts[begin:end])
