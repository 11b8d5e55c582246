"""Searches until something fits: the question itself, with words it lacks, in the documents' language."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from agent_service.models.extractive.calls import Calls
from agent_service.models.extractive.follow_ups import (
    carried_over,
    distinctive_words,
    needs_the_one_before,
    own_terms,
)
from agent_service.models.extractive.language import FALLBACK, Language, detected, languages
from agent_service.models.extractive.terms import WORD, terms
from agent_service.models.extractive.translation import translated
from agent_service.tools.schemas import LEAST_CONFIDENCE, SearchResult

# `confidence` is how likely the passages answer the question, so this is odds: two in five.
SURE_CONFIDENCE = 0.4
# Fewer words of its own than this are not worth a search without the others.
WRAPPED_WORDS = 3


@dataclass(frozen=True)
class Found:
    """A search with what it looked for: the words, their language, and whether some were carried over."""

    result: SearchResult
    query: str
    language: Language
    is_carried: bool = False

    @property
    def is_sure(self) -> bool:
        """Whether the passages probably answer the question."""
        return is_confident(self.result)

    @property
    def is_beside(self) -> bool:
        """Whether the passages are probably beside the point."""
        return not self.result.results or not is_worth_quoting(self.result)


@dataclass(frozen=True)
class Finder:
    """Searches for the answer to a question; `earlier` are the questions before, the last one first."""

    calls: Calls
    language: Language
    earlier: Sequence[str] = ()
    quoted: str = ""
    retries: bool = field(default=True)

    def find(self, question: str) -> Found:
        """The best of a few searches. Raises `CallNeeded` and `CallFailedError`."""
        alone = self._search(f"{question} {self.quoted}", self.language)
        if self._is_enough(alone, question):
            return alone
        best = alone
        for query, language, is_carried in self._others(question, alone):
            other = self._search(query, language, is_carried=is_carried)
            if _is_better(other, best, question, self.language):
                best = other
            if best.is_sure and best is not alone:
                break
        return best

    def _is_enough(self, found: Found, question: str) -> bool:
        if not self.retries:
            return True
        needs_more = not self.quoted and bool(self.earlier) and needs_the_one_before(question, self.language)
        return found.is_sure and not needs_more

    def _others(self, question: str, alone: Found) -> list[tuple[str, Language, bool]]:
        carried = None if self.quoted else carried_over(question, self.earlier, self.language)
        others: list[tuple[str, Language, bool]] = []
        if carried:
            others.append((carried, self.language, True))
        for other in self._document_languages(alone):
            words = translated(carried or question, self.language, other)
            if words:
                others.append((words, other, carried is not None))
        return others or self._keywords(question)

    def _keywords(self, question: str) -> list[tuple[str, Language, bool]]:
        """The question without its wrapping, when it has some."""
        words = distinctive_words(question, self.language)
        wrapped = len(WORD.findall(question)) - len(words)
        return [(" ".join(words), self.language, False)] if words and wrapped >= WRAPPED_WORDS else []

    def _document_languages(self, alone: Found) -> list[Language]:
        """Other languages that the documents may be in: that of what was found so far, and English."""
        spoken = detected(" ".join(passage.text for passage in alone.result.results[:3]))
        likely = dict.fromkeys(one.code for one in (spoken, languages()[FALLBACK]) if one is not None)
        return [languages()[code] for code in likely if code != self.language.code]

    def _search(self, query: str, language: Language, *, is_carried: bool = False) -> Found:
        return Found(self.calls.search(query), query, language, is_carried)


def is_confident(result: SearchResult) -> bool:
    """Whether the passages probably answer the question."""
    return result.confidence is not None and result.confidence >= SURE_CONFIDENCE


def is_worth_quoting(result: SearchResult) -> bool:
    """Whether the passages are not probably beside the point."""
    return result.confidence is None or result.confidence >= LEAST_CONFIDENCE


def _is_better(other: Found, best: Found, question: str, language: Language) -> bool:
    if other.language is not language:
        # Words of the glossary find their like in any language; only those that were meant count.
        spoken = detected(" ".join(passage.text for passage in other.result.results[:3]))
        if spoken is not None and spoken is not other.language:
            return False
    own = own_terms(question, language)
    # The words carried over find their passages by themselves; they must not pass for the question's answer.
    if other.is_carried and other.language is language and own and own.isdisjoint(_words_of(other.result)):
        return False
    if other.result.confidence is None or best.result.confidence is None:
        return bool(other.result.results)
    return other.result.confidence >= best.result.confidence


def _words_of(result: SearchResult) -> set[str]:
    """The comparable words of all passages, with their titles and headings."""
    return {
        word
        for passage in result.results
        for word in terms(" ".join([passage.title, *passage.heading_path, passage.text]))
    }
