"""The words of a language for days and hours, as patterns."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import cast

from agent_service.models.extractive.language import Language, languages
from agent_service.models.extractive.templates import GAP, choice, plain, regex_of

ISO_FORM = r"[\s,;]+\d{4}-\d{1,2}-\d{1,2}(?!\d)"
# 3.5.2027, 3/5/27 and 3. 5.: the day comes first, except in English, where nobody knows.
NUMERIC_FORM = r"[\s,;]+\d{1,2}(?:[./]\s?\d{1,2}(?:[./]\s?(?:\d{4}|\d{2}))?[.]?)(?!\d)"


@dataclass(frozen=True)
class DayWords:
    """The patterns of a language for days."""

    whole: re.Pattern[str]
    at_end: re.Pattern[str]
    bare_at_end: re.Pattern[str]
    at_start: re.Pattern[str]
    bare_at_start: re.Pattern[str]
    hour_at_end: re.Pattern[str]
    weekdays: Mapping[str, int]
    months: Mapping[str, int]
    numbers: Mapping[str, int]
    lists: Mapping[str, Sequence[str]]


@cache
def day_words(code: str) -> DayWords:
    """The patterns of the language `code`."""
    language = languages()[code]
    dates = language.data["dates"]
    lists = _date_lists(language)
    day = _any_day(language, lists)
    certain = _certain_day(language, lists)
    before = choice(cast(list[str], dates["before"]), lists)
    end = r"[\s.!?,]*$"
    hour = _hour(language, lists)
    return DayWords(
        whole=re.compile(f"(?:{day})"),
        at_end=re.compile(f"(?:{before}){{1,2}}(?P<day>{day}){end}"),
        bare_at_end=re.compile(f"(?P<day>{certain}){end}"),
        at_start=re.compile(f"(?:{before})?(?P<day>{day})(?:\\s*[:,–—]|{GAP}(?:to|zu|a|de)(?!\\w))"),
        bare_at_start=re.compile(f"(?:{before}){{0,2}}(?P<day>{day})(?P<hour>{hour})?{GAP}(?=\\w)"),
        hour_at_end=re.compile(f"(?:{hour}){end}"),
        weekdays=_numbered(cast(list[list[str]], dates["weekdays"]), 0),
        months=_numbered(cast(list[list[str]], dates["months"]), 1),
        numbers={plain(word): number for word, number in dates["numbers"].items()},
        lists=lists,
    )


def _date_lists(language: Language) -> dict[str, Sequence[str]]:
    dates = language.data["dates"]
    return {
        **language.lists,
        "weekday": [name for names in dates["weekdays"] for name in names],
        "month": [name for names in dates["months"] for name in names],
        "number": language.lists["counted"],
        "dom": ["#", "#.", *(f"#{ending}" for ending in dates["ordinal_endings"])],
        "year": ["##"],
    }


def _any_day(language: Language, lists: Mapping[str, Sequence[str]]) -> str:
    named = [_forms(language, lists, name) for name in ANY_DAY]
    numeric = [] if language.data["dates"]["order"] == "month_first" else [NUMERIC_FORM]
    return "|".join([ISO_FORM, *numeric, *named])


ANY_DAY = (
    "today",
    "tomorrow",
    "day_after_tomorrow",
    "day_first_forms",
    "month_first_forms",
    "weekday_forms",
    "relative_forms",
    "next_week_forms",
    "next_month_forms",
    "end_of_week_forms",
    "end_of_month_forms",
    "dom_forms",
)
# Without a word before it, only what cannot be part of a title counts as a day.
CERTAIN_DAY = (
    "today",
    "tomorrow",
    "day_after_tomorrow",
    "certain_weekday_forms",
    "relative_forms",
    "next_week_forms",
    "next_month_forms",
)


def _certain_day(language: Language, lists: Mapping[str, Sequence[str]]) -> str:
    return "|".join(_forms(language, lists, name) for name in CERTAIN_DAY)


def _forms(language: Language, lists: Mapping[str, Sequence[str]], name: str) -> str:
    pattern = choice(cast(list[str], language.data["dates"][name]), lists)
    # "Friday, 4 December" and "4 December" are the same day.
    return f"(?:{choice(lists['weekday'], lists)})?{pattern}" if name in WITH_WEEKDAY else pattern


WITH_WEEKDAY = ("day_first_forms", "month_first_forms")


def _hour(language: Language, lists: Mapping[str, Sequence[str]]) -> str:
    minutes = r"(?:(?:[:.]|\s?h\s?)\d{2})?"
    word = r"(?:\s?(?:a\.?m\.?|p\.?m\.?|uhr|heures?|horas?|o.clock|h))?"
    figure = rf"{GAP}\d{{1,2}}{minutes}{word}(?!\w)"
    named = choice(cast(list[str], language.data["dates"]["hours"]), lists)
    clocks = cast(list[str], language.data["dates"]["clock"])
    return "|".join(
        regex_of(line.replace("<hour>", "").strip(), lists) + f"(?:{figure}|{named})" for line in clocks
    )


def _numbered(names: list[list[str]], first: int) -> dict[str, int]:
    return {plain(name): number for number, entry in enumerate(names, first) for name in entry}
