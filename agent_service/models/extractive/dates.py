"""Days as people write them, in the words of their language: 2026-12-01, nächsten Montag, le 3 mai."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import cast

from agent_service.models.extractive.date_words import DayWords, day_words
from agent_service.models.extractive.language import Language
from agent_service.models.extractive.templates import choice, plain

ISO = re.compile(r"\s*(\d{4})-(\d{1,2})-(\d{1,2})")
BRACKETS = str.maketrans("()", ",,")
WEEK = 7
MONTHS_OF_YEAR = 12
CENTURY = 2000
WEEKEND = 5


@dataclass(frozen=True)
class Due:
    """A text without its due day and hour; `unreadable` is a day that the calendar does not have."""

    text: str
    day: date | None = None
    unreadable: str | None = None
    hour: str | None = None


def read_day(text: str, today: date, language: Language) -> date | None:
    """The day a text names, seen from `today`; None when it names none, or one that does not exist."""
    if not day_words(language.code).whole.fullmatch(f" {plain(text.strip())}"):
        return None
    try:
        return _Reader(language, today).day(plain(text.strip()))
    except ValueError:
        return None


def read_named_day(text: str, today: date, language: Language) -> date | None:
    """The day, where a word such as "on" or "until" may stand before it."""
    found = read_day(text, today, language)
    words = plain(text).strip()
    before = (plain(word) for word in cast(list[str], language.data["dates"]["before"]))
    kept = (text.strip()[len(word) :] for word in before if words.startswith(f"{word} "))
    return found or next(filter(None, (read_day(rest, today, language) for rest in kept)), None)


def split_due(text: str, today: date, language: Language) -> Due:
    """Take the due day off the end of a sentence, and an hour with it."""
    vocabulary = day_words(language.code)
    kept, hour = _split_hour(text, vocabulary)
    for pattern in (vocabulary.at_end, vocabulary.bare_at_end):
        found = pattern.search(f" {plain(kept).translate(BRACKETS)}")
        if found:
            written = f" {kept}"[slice(*found.span("day"))].strip(" ,;")
            rest = kept[: max(found.start() - 1, 0)].rstrip(" ,;(")
            day = read_day(written, today, language)
            if hour is None:
                rest, hour = _split_hour(rest, vocabulary)
            return Due(rest, day, None if day else written, hour)
    return Due(kept, hour=hour) if hour and kept else Due(text)


def split_leading_due(text: str, today: date, language: Language) -> Due:
    """Take the due day off the beginning: `tomorrow: call Bob`."""
    found = day_words(language.code).at_start.match(f" {plain(text)}")
    if not found:
        return Due(text)
    written = f" {text}"[slice(*found.span("day"))].strip(" ,;")
    rest = text[found.end() - 1 :].strip(" ,;:–—")
    day = read_day(written, today, language)
    return Due(rest, day, None if day else written)


def split_bare_leading_due(text: str, today: date, language: Language) -> Due:
    """Take the due day, and an hour, off the beginning where nothing parts it: `morgen Bob anrufen`."""
    found = day_words(language.code).bare_at_start.match(f" {plain(text)}")
    if not found:
        return Due(text)
    written = f" {text}"[slice(*found.span("day"))].strip(" ,;")
    day = read_day(written, today, language)
    hour = f" {text}"[slice(*found.span("hour"))].strip(" ,;") if found["hour"] else None
    return Due(f" {text}"[found.end() :].strip(" ,;"), day, None, hour) if day else Due(text)


def span_in_days(count: str, unit: str, language: Language) -> int:
    """How many days a span such as `two weeks` is. Raises `ValueError` for a number that is none."""
    reader = _Reader(language, date.min)
    return reader.days_in(plain(unit).strip(), reader.number(plain(count).strip()))


def _split_hour(text: str, vocabulary: DayWords) -> tuple[str, str | None]:
    found = vocabulary.hour_at_end.search(f" {plain(text)}")
    if not found or not found.start():
        return text, None
    return text[: found.start() - 1].strip(" ,;"), text[found.start() :].strip(" ,;.!?)") or None


class _Reader:
    """Reads days that fit the patterns."""

    def __init__(self, language: Language, today: date) -> None:
        self._language = language
        self._words = day_words(language.code)
        self._today = today

    def day(self, text: str) -> date:
        """The day. Raises `ValueError` for one that does not exist."""
        written = ISO.match(text)
        if written:
            return date(*(int(part) for part in written.groups()))
        for ahead, name in enumerate(("today", "tomorrow", "day_after_tomorrow")):
            if self._is(name, text):
                return self._today + timedelta(days=ahead)
        return self._by_words(text)

    def _is(self, name: str, text: str) -> bool:
        return self._fits(cast(list[str], self._language.data["dates"][name]), text)

    def _fits(self, forms: list[str], text: str) -> bool:
        return re.fullmatch(choice(forms, self._words.lists), f" {text}") is not None

    def _by_words(self, text: str) -> date:
        today = self._today
        ends = {
            "next_week_forms": WEEK - today.weekday(),
            "end_of_week_forms": (WEEKEND - 1 - today.weekday()) % WEEK,
        }
        named = next((days for name, days in ends.items() if self._is(name, text)), None)
        if named is not None:
            return today + timedelta(days=named)
        if self._is("next_month_forms", text):
            return _first_of_next_month(today)
        if self._is("end_of_month_forms", text):
            return _first_of_next_month(today) - timedelta(days=1)
        if self._is("relative_forms", text):
            return today + timedelta(days=self._span(text))
        return self._named(text)

    def _span(self, text: str) -> int:
        words = re.findall(r"\w+", text)
        count = next(self.number(word) for word in words if word.isdigit() or word in self._words.numbers)
        unit = next(word for word in words if self._unit(word))
        return self.days_in(unit, count)

    def number(self, word: str) -> int:
        """The number that a word or figures stand for."""
        return int(word) if word.isdigit() else self._words.numbers[word]

    def days_in(self, unit: str, count: int) -> int:
        """The days of so many units; a month has thirty."""
        return count * (self._unit(unit) or 1)

    def _unit(self, word: str) -> int | None:
        units = {"days": 1, "weeks": WEEK, "months_unit": 30}
        return next(
            (days for name, days in units.items() if word in self._language.words("dates", name)), None
        )

    def _named(self, text: str) -> date:
        words = re.findall(r"[^\W\d_]+", text)
        month = next((self._words.months[word] for word in words if word in self._words.months), None)
        figures = [int(figure) for figure in re.findall(r"\d+", text)]
        weekday = next((self._words.weekdays[word] for word in words if word in self._words.weekdays), None)
        if weekday is not None and not figures:
            ahead = (weekday - self._today.weekday() - 1) % WEEK + 1
            return self._today + timedelta(days=ahead)
        if month is None:
            return self._numeric(figures)
        return self._in_year(figures[0], month, figures[1] if len(figures) > 1 else None)

    def _numeric(self, figures: list[int]) -> date:
        if len(figures) == 1:
            return self._this_month(figures[0])
        year = figures[2] if len(figures) > len("dm") else None
        if year is not None and year < CENTURY // 20:
            year += CENTURY
        return self._in_year(figures[0], figures[1], year)

    def _this_month(self, day: int) -> date:
        """The next such day of a month."""
        start = self._today if day >= self._today.day else _first_of_next_month(self._today)
        return start.replace(day=day)

    def _in_year(self, day: int, month: int, year: int | None) -> date:
        """Without a year: the next such day, today included."""
        if year is not None:
            return date(year, month, day)
        this_year = date(self._today.year, month, day)
        return this_year if this_year >= self._today else date(self._today.year + 1, month, day)


def _first_of_next_month(today: date) -> date:
    years, month = divmod(today.month, MONTHS_OF_YEAR)
    return date(today.year + years, month + 1, 1)
