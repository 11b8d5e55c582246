"""The days that a user's words name, in all languages at once."""

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise

from agent_service.models.extractive.dates import read_day, span_in_days
from agent_service.models.extractive.language import Language, languages
from agent_service.models.extractive.templates import plain
from agent_service.wishes.cues import flat, has

MAX_WORDS = 60
LONGEST = 5
WEEK = timedelta(days=7)
UNITS = ("days", "weeks", "months_unit")
PART_OF_DAY = re.compile(r"(?<=tag)(?:früh|morgen|vormittag|mittag|nachmittag|abend|nacht)$", re.IGNORECASE)
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
    return (
        named
        or any(day == (own_day or today) + span for span in _spans(text))
        or any(has(f"periods.{name}", flat(text)) and day in days for name, days in _periods(today).items())
    )


def _periods(today: date) -> dict[str, Sequence[date]]:
    """The days of times that are named as a whole."""
    saturday = today + timedelta(days=(5 - today.weekday()) % 7)
    sunday = today + timedelta(days=6 - today.weekday())
    return {
        "today": [today],
        "weekend": [saturday, saturday + timedelta(days=1)],
        "this_week": [today + timedelta(days=later) for later in range((sunday - today).days + 1)],
        "next_week": [sunday + timedelta(days=later) for later in range(1, 8)],
    }


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
    parts = [_without_stop(part.strip(MARKS)) for part in text.replace("’", "'").split()[:MAX_WORDS]]
    for begin in range(len(parts)):
        for end in range(begin + 1, min(begin + LONGEST, len(parts)) + 1):
            yield " ".join(parts[begin:end])


def _without_stop(part: str) -> str:
    """The word without the end of its sentence and the time of the day; "3." is a day."""
    return part if any(letter.isdigit() for letter in part) else PART_OF_DAY.sub("", part.rstrip("."))
