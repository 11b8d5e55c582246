"""Due days as people write them: 2026-12-01, tomorrow, next Friday, in 3 days, 1 December."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
UNIT_DAYS = {"day": 1, "week": 7}

_WEEKDAY = "|".join(WEEKDAYS)
_MONTH = "|".join(f"{month[:3]}(?:{month[3:]})?" if month != "may" else month for month in MONTHS)
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_YEAR = r"(?:,?\s+\d{4})?"
DAY = (
    rf"(?P<iso>\d{{4}}-\d{{1,2}}-\d{{1,2}})|(?P<word>today|tonight|tomorrow)"
    rf"|(?:this\s+|(?P<next>next\s+))?(?P<weekday>{_WEEKDAY})"
    rf"|in\s+(?P<count>\d{{1,3}}|an?|one|two|three)\s+(?P<unit>day|week)s?"
    rf"|(?:the\s+)?(?P<day_first>{_DAY}\s+(?:of\s+)?(?:{_MONTH}){_YEAR})"
    rf"|(?P<month_first>(?:{_MONTH})\s+{_DAY}{_YEAR})"
)
_UNNAMED_DAY = re.sub(r"\?P<\w+>", "?:", DAY)
BEFORE = r"(?:due|by|on|until|till|before|for)"
# Without a word before it, only what cannot be part of a title counts as a day.
BARE_DAY = rf"today|tonight|tomorrow|next\s+(?:{_WEEKDAY})|in\s+(?:\d{{1,3}}|an?|two|three)\s+(?:day|week)s?"
DUE_AT_END = re.compile(
    rf"[\s,;(]+(?:(?:{BEFORE}\s+)+(?P<day>{_UNNAMED_DAY})|(?P<bare>{BARE_DAY}))[).!\s]*$", re.IGNORECASE
)
DUE_AT_START = re.compile(
    rf"(?:{BEFORE}\s+)?(?P<day>{_UNNAMED_DAY})\s*(?::|,|to\b)\s*(?P<rest>.+)", re.IGNORECASE | re.DOTALL
)
WHOLE_DAY = re.compile(rf"(?:{DAY})", re.IGNORECASE)
COUNTS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3}


@dataclass(frozen=True)
class Due:
    """A text without its due day; `unreadable` is a day that the calendar does not have."""

    text: str
    day: date | None = None
    unreadable: str | None = None


def split_due(text: str, today: date) -> Due:
    """Take the due day off the end of a sentence."""
    found = DUE_AT_END.search(text)
    if not found:
        return Due(text)
    return _due(text[: found.start()].strip(), found["day"] or found["bare"], today)


def split_leading_due(text: str, today: date) -> Due:
    """Take the due day off the beginning: `tomorrow: call Bob`."""
    found = DUE_AT_START.fullmatch(text)
    return _due(found["rest"], found["day"], today) if found else Due(text)


def _due(text: str, written: str, today: date) -> Due:
    day = read_day(written, today)
    return Due(text, day) if day else Due(text, unreadable=written)


def read_day(text: str, today: date) -> date | None:
    """The day a text names, seen from `today`; None when it names none, or one that does not exist."""
    found = WHOLE_DAY.fullmatch(text.strip())
    if not found:
        return None
    try:
        return _day(found, today)
    except ValueError:
        return None


def _day(found: re.Match[str], today: date) -> date:
    if found["iso"]:
        year, month, day = (int(part) for part in found["iso"].split("-"))
        return date(year, month, day)
    if found["word"]:
        return today + timedelta(days=found["word"].lower() == "tomorrow")
    if found["weekday"]:
        return _next_weekday(found["weekday"].lower(), today)
    if found["unit"]:
        count = found["count"].lower()
        return today + timedelta(days=(COUNTS.get(count) or int(count)) * UNIT_DAYS[found["unit"].lower()])
    return _month_day(found["day_first"] or found["month_first"], today)


def _next_weekday(name: str, today: date) -> date:
    """The next day of that name after today."""
    ahead = (WEEKDAYS.index(name) - today.weekday() - 1) % 7 + 1
    return today + timedelta(days=ahead)


def _month_day(text: str, today: date) -> date:
    """Without a year: the next such day, today included."""
    numbers = [int(number) for number in re.findall(r"\d+", text)]
    short = next(word[:3] for word in re.findall(r"[a-z]{3,}", text.lower()) if _is_month(word))
    month = [name[:3] for name in MONTHS].index(short) + 1
    if len(numbers) > 1:
        return date(numbers[1], month, numbers[0])
    this_year = date(today.year, month, numbers[0])
    return this_year if this_year >= today else date(today.year + 1, month, numbers[0])


def _is_month(word: str) -> bool:
    return any(month.startswith(word[:3]) for month in MONTHS)
