"""The languages of the built-in model: one file of `languages` for each, with all it understands and says."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, cast

from agent_service.models.extractive.templates import Template, choice, plain, template

FOLDER = Path(__file__).parent / "languages"
FALLBACK = "en"
WORD = re.compile(r"[^\W\d_]+")
# Words enough to tell one language from another, and how far it must be ahead.
LEAST_KNOWN = 1
SIGNS = (
    ("text", "question_words"),
    ("tasks", "list_nouns"),
    ("tasks", "list_signs"),
    ("tasks", "list_fillers"),
    ("tasks", "plan_verbs"),
    ("dates", "today"),
    ("dates", "tomorrow"),
    ("dates", "this_week"),
    ("dates", "next_week"),
    ("text", "signs"),
)
CODE = re.compile(r"`[^`]*`|https?://\S+|^(?:```|~~~).*?^(?:```|~~~)", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Language:
    """One file: `code` is its name, `data` its tables."""

    code: str
    data: Mapping[str, Mapping[str, Any]]

    def phrase(self, key: str, /, **values: object) -> str:
        """What is said, with the values put in. Raises `KeyError` for an unknown key."""
        return str(self.data["say"][key]).format(**values)

    def begins(self, table: str, key: str, text: str) -> bool:
        """Whether the text begins with one of the entries."""
        return _beginning(self.code, table, key).match(f" {plain(text)}") is not None

    def words(self, table: str, key: str) -> frozenset[str]:
        """The words of a text or a list, as they are compared."""
        value = self.data[table][key]
        text = value if isinstance(value, str) else " ".join(cast(list[str], value))
        return frozenset(plain(text).split())

    @cached_property
    def lists(self) -> Mapping[str, Sequence[str]]:
        """The word lists that templates may name."""
        dates = self.data["dates"]
        units = [*dates["days"], *dates["weeks"], *dates["months_unit"]]
        counted = [*dates["numbers"], "#"]
        return {**_string_lists(dates), **self.data["words"], "unit": units, "counted": counted}

    def templates(self, table: str, key: str) -> list[Template]:
        """The patterns of a key."""
        return _templates(self.code, table, key)

    def match(self, table: str, key: str, text: str) -> dict[str, str] | None:
        """The slots of the first pattern that the sentence fits; None when it fits none."""
        return next(self.matches(table, key, text), None)

    def matches(self, table: str, key: str, text: str) -> Iterator[dict[str, str]]:
        """The slots of each pattern that the sentence fits."""
        found = (pattern.match(text) for pattern in self.templates(table, key))
        return (slots for slots in found if slots is not None)

    @cached_property
    def common(self) -> frozenset[str]:
        """The words that say nothing about a subject."""
        return self.words("text", "common")

    @cached_property
    def stop_words(self) -> frozenset[str]:
        """The common words as they are written, and as they are compared."""
        return self.common | frozenset(str(self.data["text"]["common"]).split())

    def name_of(self, other: "Language") -> str:
        """What this language calls another."""
        return str(self.data["names"][other.code])


def _string_lists(table: Mapping[str, Any]) -> dict[str, list[str]]:
    return {
        key: cast(list[str], value)
        for key, value in table.items()
        if isinstance(value, list) and all(isinstance(entry, str) for entry in cast(list[object], value))
    }


@cache
def _templates(code: str, table: str, key: str) -> list[Template]:
    language = languages()[code]
    return [template(line, language.lists) for line in cast(list[str], language.data[table][key])]


@cache
def _beginning(code: str, table: str, key: str) -> re.Pattern[str]:
    language = languages()[code]
    return re.compile(choice(cast(list[str], language.data[table][key]), language.lists))


@cache
def languages() -> dict[str, Language]:
    """The languages by code. Raises what reading the files raises."""
    return {
        file.stem: Language(file.stem, tomllib.loads(file.read_text(encoding="utf-8")))
        for file in sorted(FOLDER.glob("*.toml"))
    }


def language_of(message: str, earlier: Iterable[str], locale: str) -> Language:
    """The language of a message: by its own words, else those of the messages before, else the page's."""
    for text in (message, *earlier):
        known = detected(text)
        if known is not None:
            return known
    return languages().get(locale.partition("-")[0].lower(), languages()[FALLBACK])


def detected(text: str) -> Language | None:
    """The language whose own little words a text has most of; None when that is not plain."""
    words = WORD.findall(plain(CODE.sub(" ", text)))
    scores = {code: _known(words, code) for code in languages()}
    first, second = sorted(scores.values(), reverse=True)[:2]
    if first < LEAST_KNOWN or first == second:
        return None
    return languages()[max(scores, key=lambda code: scores[code])]


def _known(words: Sequence[str], code: str) -> int:
    """How many of the words are common ones of the language, those of no other one counting twice."""
    weights = _weights(code)
    return sum(weights.get(word, 0) for word in words)


@cache
def _weights(code: str) -> dict[str, int]:
    own = _signs(code)
    others = frozenset[str]().union(*(_signs(name) for name in languages() if name != code))
    return dict.fromkeys(own & others, 1) | dict.fromkeys(own - others, 2)


@cache
def _signs(code: str) -> frozenset[str]:
    """The little words of a language, and those of short sentences to the assistant."""
    language = languages()[code]
    named = (language.words(*place) for place in SIGNS)
    return language.common.union(*named)
