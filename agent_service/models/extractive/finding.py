"""Searches until something fits: the question itself, with words it lacks, in the documents' language."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from agent_service.models.extractive.asked import MONEY, asks_for_money
from agent_service.models.extractive.calls import CallFailedError, Calls
from agent_service.models.extractive.follow_ups import (
    carried_over,
    distinctive_words,
    needs_the_one_before,
    own_terms,
)
from agent_service.models.extractive.language import FALLBACK, Language, detected, languages
from agent_service.models.extractive.templates import plain
from agent_service.models.extractive.terms import WORD, is_alike, stem, terms
from agent_service.models.extractive.translation import translated
from agent_service.tools.schemas import LEAST_CONFIDENCE, Passage, SearchResult

# `confidence` is how likely the passages answer the question, so this is odds: two in five.
SURE_CONFIDENCE = 0.4
# Fewer words of its own than this are not worth a search without the others, in English; elsewhere the search
# is less sure of a whole question.
WRAPPED_WORDS = 3
# Forms of one word in a question and in a passage are so much alike; "Bescheid" and "Entscheid" are not.
LEAST_ALIKE = 0.84
# A turn may have ten steps: from this many calls on nothing more is tried.
MANY_CALLS = 5


@dataclass(frozen=True)
class Found:
    """A search with what it looked for: the words, their language, and whether some were carried over.

    `has_all_words` says that the passages have every word that names what is asked, whatever the search
    thinks of them; `is_doubted` that they lack some, though the search thinks much of them.
    """

    result: SearchResult
    query: str
    language: Language
    is_carried: bool = False
    has_all_words: bool = False
    is_doubted: bool = False

    @property
    def is_sure(self) -> bool:
        """Whether the passages probably answer the question."""
        return is_confident(self.result) and not self.is_doubted

    @property
    def is_beside(self) -> bool:
        """Whether the passages are probably beside the point."""
        return not self.result.results or not (self.has_all_words or is_worth_quoting(self.result))


@dataclass(frozen=True)
class Finder:
    """Searches for the answer to a question; `earlier` are the questions before, the last one first."""

    calls: Calls
    language: Language
    earlier: Sequence[str] = ()
    quoted: str = ""
    retries: bool = field(default=True)

    def find(self, question: str, made: str = "") -> Found:
        """The best of a few searches; `made` is what a question for its maker is about.

        Raises `CallNeeded` and `CallFailedError`.
        """
        maker_words = f"{self.language.data['text']['maker_words']} " if made else ""
        alone = self._search(f"{question} {maker_words}{self.quoted}", self.language)
        if self._is_enough(alone, question):
            return alone
        best = self._only_near(alone, question)
        carried = None if self.quoted else carried_over(question, self.earlier, self.language)
        for query, language, is_carried in self._others(question, carried, alone, made):
            if self.calls.made >= MANY_CALLS:
                break
            other = self._search(query, language, is_carried=is_carried)
            if _is_better(other, best, question, self.language):
                best = self._judged(other, question)
            if best.is_sure and best.query != alone.query:
                break
        best = self._with_those_held_back(best)
        if not best.is_beside:
            return best
        if made:
            return self._by_maker(made, best)
        # Words carried over find their passages by themselves: the question needs words of its own.
        has_own = carried is None or bool(own_terms(question, self.language))
        return self._by_all_words(carried or question, best) if has_own else best

    def _is_enough(self, found: Found, question: str) -> bool:
        if not self.retries:
            return True
        needs_more = not self.quoted and bool(self.earlier) and needs_the_one_before(question, self.language)
        return found.is_sure and not needs_more

    def _only_near(self, alone: Found, question: str) -> Found:
        """A follow-up by itself, doubted where nothing found has a word of it: "And for children?"."""
        own = own_terms(question, self.language)
        if not self.earlier or not own or not needs_the_one_before(question, self.language):
            return alone
        return alone if _has_any(own, alone.result, self.language) else replace(alone, is_doubted=True)

    def _judged(self, found: Found, question: str) -> Found:
        """Few words find with more confidence than a question; it counts where a passage has all of them."""
        if found.is_carried or found.language is not self.language or not found.is_sure:
            return found
        wanted = own_terms(question, self.language)
        sure = any(
            _has_all(wanted, one, self.language, asks_for_money(question, self.language))
            for one in found.result.results
        )
        return found if sure else replace(found, is_doubted=True)

    def _others(
        self, question: str, carried: str | None, alone: Found, made: str
    ) -> Iterator[tuple[str, Language, bool]]:
        """What to search for besides the question, with its language, and whether words were carried over."""
        if made:
            yield question, self.language, False
        if carried:
            yield carried, self.language, True
        else:
            yield from self._keywords(question)
        for other in self._document_languages(alone):
            words = translated(carried or question, self.language, other)
            if words and words != " ".join(distinctive_words(carried or question, self.language)):
                yield words, other, carried is not None

    def _keywords(self, question: str) -> Iterator[tuple[str, Language, bool]]:
        """The question without its wrapping, when it has some."""
        words = distinctive_words(question, self.language)
        least = WRAPPED_WORDS if self.language.code == FALLBACK else 1
        if words and len(WORD.findall(question)) - len(words) >= least:
            yield " ".join(words), self.language, False

    def _document_languages(self, alone: Found) -> list[Language]:
        """Other languages that the documents may be in: that of what was found, or listed."""
        spoken = detected(" ".join(passage.text for passage in alone.result.results[:3]))
        codes = [spoken.code, FALLBACK] if spoken is not None else self._listed_languages()
        return [languages()[code] for code in dict.fromkeys(codes) if code != self.language.code]

    def _listed_languages(self) -> list[str]:
        """The languages of the documents that this model speaks; its own where nothing can be listed."""
        codes = {str(name).lower(): code for code, name in languages()[FALLBACK].data["names"].items()}
        try:
            listed = self.calls.collections().collections
        except CallFailedError:
            return [FALLBACK]
        return [codes[name] for entry in listed for name in entry.languages if name in codes]

    def _with_those_held_back(self, best: Found) -> Found:
        """The same search with passages that were not similar enough, where they are likely all the same."""
        result = best.result
        if result.results or not result.below_threshold.count or self.calls.made > MANY_CALLS:
            return best
        if result.confidence is None or result.confidence < LEAST_CONFIDENCE:
            return best
        return replace(best, result=self.calls.search(best.query, min_similarity=0.0))

    def _by_all_words(self, question: str, best: Found) -> Found:
        """The passages that have all words of the question, where the search thinks little of them."""
        words = " ".join(distinctive_words(question, self.language))
        wanted = own_terms(question, self.language)
        if not wanted or self.quoted or self.calls.made > MANY_CALLS:
            return best
        money = asks_for_money(question, self.language)
        for result in self._results(words, best):
            fitting = [one for one in result.results if _has_all(wanted, one, self.language, money)]
            if fitting:
                found = result.model_copy(update={"results": fitting})
                return Found(found, words, self.language, best.is_carried, has_all_words=True)
        return best

    def _by_maker(self, made: str, best: Found) -> Found:
        """The passages that name the thing, and say that somebody made it."""
        forms = {form for one in languages().values() for form in one.words("text", "maker_forms")}
        wanted = own_terms(made, self.language)
        fitting = [
            one
            for one in best.result.results
            if _has_all(wanted, one, self.language, wants_money=False)
            and not forms.isdisjoint(plain(one.text).split())
        ]
        if not fitting:
            return best
        found = best.result.model_copy(update={"results": fitting})
        query = f"{made} {' '.join(sorted(forms))}"
        return Found(found, query, self.language, best.is_carried, has_all_words=True)

    def _results(self, words: str, best: Found) -> Iterator[SearchResult]:
        yield best.result
        if best.result.below_threshold.count:
            yield self.calls.search(words, min_similarity=0.0)

    def _search(self, query: str, language: Language, *, is_carried: bool = False) -> Found:
        return Found(self.calls.search(query), query, language, is_carried)


def _has_all(wanted: set[str], passage: Passage, language: Language, wants_money: bool) -> bool:
    """Whether the passage, with its title and headings, has each of the words in some form.

    An amount of money stands for the words that ask for it.
    """
    there = terms(" ".join([passage.title, *passage.heading_path, passage.text]), language)
    if wants_money and MONEY.search(passage.text):
        wanted = wanted - {stem(word, language) for word in language.words("text", "price_words")}
    return bool(wanted) and all(any(is_alike(word, other, LEAST_ALIKE) for other in there) for word in wanted)


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
    if other.is_carried and other.language is language and own and not _has_any(own, other.result, language):
        return False
    if other.result.confidence is None or best.result.confidence is None:
        return bool(other.result.results)
    return other.result.confidence >= best.result.confidence


def _has_any(own: set[str], result: SearchResult, language: Language) -> bool:
    """Whether the passages, with their titles and headings, have one of the words in some form."""
    there = {
        word
        for passage in result.results
        for word in terms(" ".join([passage.title, *passage.heading_path, passage.text]), language)
    }
    return any(is_alike(word, other, LEAST_ALIKE) for word in own for other in there)
