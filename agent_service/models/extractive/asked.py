"""A question as its answer needs it: its words, what was said already, and what it wants to know."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property

from agent_service.models.extractive.language import Language, languages
from agent_service.models.extractive.templates import plain
from agent_service.models.extractive.terms import question_terms

# A word that nothing found has is taken for a misspelt one of these.
LEAST_ALIKE = 0.8
LEAST_LENGTH = 5
SPACE = re.compile(r"\W+")
SHORTEST_REPEAT = 25
NUMBERED = re.compile(r"\d+\.\d+")


@dataclass(frozen=True)
class Asked:
    """The words to look for (`query`) in their language, and the answers before, which are not repeated.

    `subject` is what a question of the kind "what is X" is about; what has one of the words `avoid` speaks of
    something else.
    """

    query: str
    language: Language
    said: Sequence[str] = ()
    subject: str = ""
    avoid: frozenset[str] = frozenset()
    question: str = ""

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
    def wants_number(self) -> bool:
        """Whether it asks for a number or a date."""
        return not self.language.words("text", "number_words").isdisjoint(SPACE.split(plain(self.asked_as)))

    def terms_in(self, found: Iterable[frozenset[str]]) -> set[str]:
        """The words of the question, misspelt ones as they stand in what was found."""
        known = frozenset[str]().union(*found)
        return {self._corrected(word, known) for word in self.terms}

    @staticmethod
    def _corrected(word: str, known: frozenset[str]) -> str:
        if word in known or len(word) < LEAST_LENGTH:
            return word
        return next(iter(get_close_matches(word, known, n=1, cutoff=LEAST_ALIKE)), word)

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


DEFINED_WITHIN = 6
# An article, a bracket or "The so-called" may stand before the subject.
MAX_LEAD = 12


def _flat(text: str) -> str:
    return " ".join(SPACE.split(plain(text))).strip()
