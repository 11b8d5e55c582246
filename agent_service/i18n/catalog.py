"""What the service says in the chat, in the user's language: one file of `locales` for each language."""

import json
from datetime import date
from functools import cache
from pathlib import Path
from typing import cast

FOLDER = Path(__file__).parent / "locales"
FALLBACK = "en"
# Sentences that several places say.
DATABASE_GONE = "failed.database"
UNEXPECTED = "failed.unexpected"


def say(locale: str, key: str, /, **values: object) -> str:
    """The sentence `key` in the language of `locale`, else in English, with `values` put in.

    Raises `KeyError` for a key that no file has.
    """
    catalogues = load_catalogues()
    words = catalogues.get(language_of(locale), catalogues[FALLBACK])
    return words[key].format(**values)


def grouped(number: int) -> str:
    """A number that can be read: its thousands apart, as all our languages understand it."""
    return f"{number:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def written_day(locale: str, day: date) -> str:
    """A day as people write it in the language of `locale`: Friday, 4 December 2026."""
    weekday = say(locale, "day.weekdays").split()[day.weekday()]
    month = say(locale, "day.months").split()[day.month - 1]
    return say(locale, "day.format", weekday=weekday, day=day.day, month=month, year=day.year)


def knows(key: str) -> bool:
    """Whether there is such a sentence."""
    return key in load_catalogues()[FALLBACK]


def in_every_language(key: str) -> list[str]:
    """The sentence in all languages that we have."""
    return [words[key] for words in load_catalogues().values()]


def language_of(locale: str) -> str:
    """The language of a tag: `de` of `de-CH`."""
    return locale.partition("-")[0].lower()


@cache
def load_catalogues() -> dict[str, dict[str, str]]:
    """The sentences by language and key. Raises what reading the files raises."""
    return {
        file.stem: cast(dict[str, str], json.loads(file.read_text(encoding="utf-8")))
        for file in sorted(FOLDER.glob("*.json"))
    }
