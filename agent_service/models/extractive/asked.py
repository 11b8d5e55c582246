"""A question as its answer needs it: its words, what was said already, and what it wants to know."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property

from agent_service.models.extractive.language import Language, languages
from agent_service.models.extractive.templates import plain
from agent_service.models.extractive.terms import question_terms, stem

# A word that nothing found has is taken for a misspelt one of these.
LEAST_ALIKE = 0.8
LEAST_LENGTH = 5
SPACE = re.compile(r"\W+")
SHORTEST_REPEAT = 25
MONEY = re.compile(r"[€$£¥]|\b(?:euros?|dollars?|eur|usd|gbp|chf|pounds?|franken|francs?)\b", re.IGNORECASE)
NUMBERED = re.compile(r"(?<![\w.])\d+(?:\.\d+)+(?![\w])")


@dataclass(frozen=True)
class Asked:
    """The words to look for (`query`) in their language, and the answers before, which are not repeated.

    `subject` is what a question of the kind "what is X" is about; what has one of the words `avoid` speaks of
    something else. `question` is what was asked, in the language `spoken`, where other words are looked for.
    """

    query: str
    language: Language
    said: Sequence[str] = ()
    subject: str = ""
    avoid: frozenset[str] = frozenset()
    question: str = ""
    spoken: Language | None = None

    @property
    def asked_as(self) -> str:
        """The question as it was asked, where it was searched in other words."""
        return self.question or self.query

    @cached_property
    def terms(self) -> set[str]:
        """The comparable words of the question."""
        return question_terms(self.query, self.language)

    @property
    def about_versions(self) -> bool:
        """Whether it asks what a version brought."""
        words = set(SPACE.split(plain(self.query)))
        if NUMBERED.search(self.query):
            return True
        return any(not words.isdisjoint(one.words("text", "release_words")) for one in languages().values())

    @cached_property
    def wants_money(self) -> bool:
        """Whether it asks for a price or an amount."""
        return asks_for_money(self.asked_as, self.spoken or self.language)

    def names(self, heading: str) -> bool:
        """Whether the question has the words of a heading in their order: "the whole route"."""
        asked, named = plain(self.asked_as), plain(heading)
        if f" {_flat(named)} " in f" {_flat(asked)} " and named.strip():
            return True
        wanted = [word for word in _flat(named).split() if word not in self.language.stop_words]
        kept = [word for word in _flat(asked).split() if word not in self.language.stop_words]
        return len(wanted) > 1 and f" {' '.join(wanted)} " in f" {' '.join(kept)} "

    @cached_property
    def versions(self) -> list[str]:
        """The versions that it names."""
        return NUMBERED.findall(self.asked_as)

    def is_of_version(self, heading: str) -> int:
        """1 below the heading of a version that is asked for, -1 below that of another one, else 0."""
        named = NUMBERED.findall(heading)
        if not self.versions or not named:
            return 0
        return (
            1 if any(f"{one}.".startswith(f"{wanted}.") for one in named for wanted in self.versions) else -1
        )

    @cached_property
    def wants_number(self) -> bool:
        """Whether it asks for a number or a date."""
        spoken = self.spoken or self.language
        return not spoken.words("text", "number_words").isdisjoint(SPACE.split(plain(self.asked_as)))

    def counts(self, text: str) -> bool:
        """Whether the text has a number of what "how many hours" asks for: "38 hours"."""
        return self._counted is not None and self._counted.search(plain(text)) is not None

    @cached_property
    def _counted(self) -> re.Pattern[str] | None:
        spoken = self.spoken or self.language
        words = _flat(self.asked_as).split()
        asking = spoken.words("text", "number_words")
        rest = next((words[place + 1 :] for place, word in enumerate(words) if word in asking), list[str]())
        noun = next((word for word in rest[:2] if word not in spoken.stop_words), None)
        return re.compile(rf"\d[\d.,]*\s+\w*{re.escape(stem(noun, spoken))}") if noun else None

    def terms_in(self, found: Iterable[frozenset[str]]) -> set[str]:
        """The words of the question, misspelt ones as they stand in what was found.

        What could not be translated is no misspelling: "stelle" is not "still".
        """
        if self.spoken is not None and self.spoken is not self.language:
            return self.terms
        known = frozenset[str]().union(*found)
        return {self._corrected(word, known) for word in self.terms}

    @staticmethod
    def _corrected(word: str, known: frozenset[str]) -> str:
        if word in known or len(word) < LEAST_LENGTH:
            return word
        close = get_close_matches(word, known, n=1, cutoff=LEAST_ALIKE)
        return close[0] if close else _compound_of(word, known)

    def has_said(self, text: str) -> bool:
        """Whether an answer before has these words already."""
        wanted = _flat(text)
        return len(wanted) >= SHORTEST_REPEAT and any(wanted in said for said in self._flat_said)

    @cached_property
    def _flat_said(self) -> list[str]:
        return [_flat(text) for text in self.said]

    def is_defined_by(self, sentence: str) -> bool:
        """Whether the sentence begins with the subject, and a verb such as "is" follows."""
        subject = _flat(self.subject)
        words = _flat(sentence)
        if not subject or not self._begins_with(words, subject):
            return False
        rest = words.partition(subject)[2].split()[:DEFINED_WITHIN]
        return any(not set(rest).isdisjoint(one.words("text", "copulas")) for one in languages().values())

    @staticmethod
    def _begins_with(words: str, subject: str) -> bool:
        return 0 <= words.find(subject) <= MAX_LEAD


def asks_for_money(question: str, language: Language) -> bool:
    """Whether a question asks for a price or an amount."""
    return not language.words("text", "price_words").isdisjoint(SPACE.split(plain(question)))


def _compound_of(word: str, known: frozenset[str]) -> str:
    """The longest word known that begins like this one, or that this one begins like; else the word."""
    fitting = [
        other
        for other in known
        if len(other) >= LEAST_LENGTH and (word.startswith(other) or other.startswith(word))
    ]
    return max(fitting, key=len, default=word)


DEFINED_WITHIN = 6
# An article, a bracket or "The so-called" may stand before the subject.
MAX_LEAD = 12


def _flat(text: str) -> str:
    return " ".join(SPACE.split(plain(text))).strip()
