"""Answers from the documents: each kind of question with the calls that it needs."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from agent_service.models.extractive import catalogue, pages
from agent_service.models.extractive.asked import Asked
from agent_service.models.extractive.calls import Calls
from agent_service.models.extractive.finding import MANY_CALLS, Finder, Found, is_worth_quoting
from agent_service.models.extractive.follow_ups import distinctive_words, needs_the_one_before
from agent_service.models.extractive.language import FALLBACK, Language, detected, languages
from agent_service.models.extractive.markdown_blocks import as_plain_text
from agent_service.models.extractive.naming import unspoken
from agent_service.models.extractive.questions import Wish, core_of, parts_of, read_wish
from agent_service.models.extractive.quoting import choose_quotes, quoted, render_quotes
from agent_service.models.extractive.search_replies import found_reply, lead_of, refusal, worth_quoting
from agent_service.models.extractive.sections import (
    best_section,
    first_steps,
    is_of_named_page,
    render_section,
    whole_section,
)
from agent_service.models.extractive.task_sentences import bare_sentence
from agent_service.models.extractive.terms import terms
from agent_service.models.extractive.translation import translated
from agent_service.tools.schemas import Passage

# Passages read on each side of the best one, so that steps are not cut off where a passage ends.
AROUND = 2
AROUND_STEPS = 6
# As many as can be read at once: a page that the question names is read from its beginning.
FROM_START = 20
AROUND_COMPARED = 5
QUOTES_OF_PART = 2


@dataclass(frozen=True)
class Library:
    """What questions about the documents are answered with.

    `earlier` are the questions before and `said` the answers, both the last one first; `quoted` is the
    passage of the conversation that the question points to.
    """

    calls: Calls
    language: Language
    earlier: Sequence[str] = ()
    said: Sequence[str] = ()
    quoted: str = ""
    depth: int = field(default=0)

    def reply(self, question: str) -> str:
        """The answer to a question. Raises `CallNeeded` and `CallFailedError`."""
        question = core_of(question, self.language)
        parts = [] if self.quoted else parts_of(bare_sentence(question, self.language), self.language)
        if len(parts) > 1:
            return self._parts(parts)
        wish = read_wish(bare_sentence(question, self.language), self.language)
        return self._one(question, self._as_before(wish, question))

    def _as_before(self, wish: Wish, question: str) -> Wish:
        """ "And on a Mac?" asks for steps where the question before it did."""
        if wish.kind != "plain" or not self.earlier or not needs_the_one_before(question, self.language):
            return wish
        before = read_wish(bare_sentence(self.earlier[0], self.language), self.language)
        return replace(wish, kind=before.kind) if before.kind in ("how", "code") else wish

    def find(self, question: str) -> Found:
        """The search for an answer. Raises `CallNeeded` and `CallFailedError`."""
        return self._finder.find(core_of(question, self.language), self._maker_of(question))

    def search_once(self, query: str) -> Found:
        """One search, without other attempts. Raises `CallNeeded` and `CallFailedError`."""
        return Found(self.calls.search(query), query, self.language)

    @cached_property
    def _finder(self) -> Finder:
        return Finder(self.calls, self.language, self.earlier, self.quoted)

    def _maker_of(self, question: str) -> str:
        """What is asked for the one who made it; empty for other questions."""
        asks = self.language.match("questions", "maker", bare_sentence(question, self.language))
        return asks["topic"] if asks else ""

    def _one(self, question: str, wish: Wish) -> str:
        match wish.kind:
            case "overview" | "how_many" | "collections" | "which" | "how_many_about":
                return self._catalogue(wish)
            case "summarise":
                return self._summary(wish)
            case "compare":
                return self._compared(question, wish)
            case "more":
                return self._more()
            case "vague":
                return self._vague(question)
            case "how" | "code":
                return self._steps(question, wish)
            case _:
                return self._quotes(question, wish)

    def _catalogue(self, wish: Wish) -> str:
        if wish.kind == "overview":
            return catalogue.overview(self.calls, self.language)
        if wish.kind in ("how_many", "collections"):
            return catalogue.counted(self.calls, self.language)
        return self._pages(wish.topic)

    def _asked(self, found: Found, question: str, subject: str = "") -> Asked:
        return Asked(found.query, found.language, self.said, subject, question=question, spoken=self.language)

    def _quotes(self, question: str, wish: Wish) -> str:
        found = self.find(question)
        subject = wish.topic if wish.kind == "define" else ""
        lead = "found_together" if found.is_carried else "found"
        return found_reply(found, self._asked(found, question, subject), self.language, lead=lead)

    def _steps(self, question: str, wish: Wish) -> str:
        """Steps or code whole, else quotes."""
        found = self.find(question)
        asked = self._asked(found, question)
        shown = self._section(found, asked, wants_code=wish.kind == "code")
        if not shown or asked.has_said(shown):
            lead = "found_together" if found.is_carried else "found"
            return found_reply(found, asked, self.language, lead=lead)
        lead = "found_code" if wish.kind == "code" and "```" in shown else "found_steps"
        return f"{lead_of(found, shown, self.language, lead)}\n\n{shown}"

    def _section(self, found: Found, asked: Asked, *, wants_code: bool) -> str:
        """The section that tells how, with what stands around the best passage; empty without one."""
        fitting = [] if found.is_beside else found.result.results
        section = best_section(asked, fitting, wants_code=wants_code)
        if section is None:
            return ""
        named = is_of_named_page(section, asked) and not wants_code
        before = max(AROUND, min(section.passage.position, FROM_START)) if named else AROUND
        around = self.calls.around(section.passage.chunk_id, before=before, after=AROUND_STEPS).passages
        section = first_steps(section, around, asked) if named else section
        whole = whole_section(section, around, asked)
        if unspoken(found, [part.passage for part in whole.parts], asked.asked_as, self.language):
            return ""
        return render_section(whole, asked)

    def _pages(self, topic: str) -> str:
        for query, language in self._topics(topic):
            asked = Asked(query, language)
            listed = catalogue.pages_about(self.calls, topic, asked, self.language)
            if listed is not None:
                return listed
        return self._no_page(topic)

    def _topics(self, topic: str) -> list[tuple[str, Language]]:
        """The topic as it is named, and in English, as far as the glossary knows its words."""
        english = languages()[FALLBACK]
        other = translated(topic, self.language, english) if self.language is not english else ""
        return [(topic, self.language), *([(other, english)] if other and other != topic else [])]

    def _no_page(self, topic: str) -> str:
        said = self.language.phrase("no_page", topic=as_plain_text(topic))
        return f"{said} {self.language.phrase('advice')}"

    def _summary(self, wish: Wish) -> str:
        topics = self._topics(wish.topic)
        found = [pages.choose_page(self.calls, topic) for topic, _ in topics]
        best = max(found, key=lambda choice: choice.share, default=pages.NO_PAGE)
        if best.passage is None or (best.share == 0 and not best.is_likely):
            return self._no_page(wish.topic)
        return pages.summary(pages.read_page(self.calls, best.passage), wish.count, self.language)

    def _vague(self, question: str) -> str:
        """A question back; with a conversation before, the question may speak of that."""
        if not self.earlier or self.depth:
            return self.language.phrase("vague")
        found = self.find(question)
        if not found.is_carried or found.is_beside:
            return self.language.phrase("vague")
        return found_reply(found, self._asked(found, question), self.language, lead="found_together")

    def _more(self) -> str:
        """More of the page that the last answer quoted."""
        if not self.earlier:
            return self.language.phrase("more_of_what")
        before = replace(self, earlier=self.earlier[1:], said=(), depth=self.depth + 1)
        found = before.find(self.earlier[0])
        quoted_now = [one for one in found.result.results if self._was_quoted(one)] or found.result.results[
            :1
        ]
        if not quoted_now or found.is_beside:
            return refusal(found, self.language)
        page = pages.read_page(self.calls, quoted_now[0])
        asked = Asked(found.query, found.language, self.said)
        blocks = pages.unsaid(page, asked, quoted_now[0].position)
        title = as_plain_text(page.title)
        if not blocks:
            return self.language.phrase("no_more", title=title)
        shown = "\n\n".join(quoted(passage, text) for passage, text in blocks)
        return f"{self.language.phrase('found_more', title=title)}\n\n{shown}"

    def _was_quoted(self, passage: Passage) -> bool:
        quotes = choose_quotes(Asked("", self.language, ()), [passage])
        said = Asked("", self.language, self.said[:1])
        return any(said.has_said(sentence) for quote in quotes for sentence in [quote.markdown]) or any(
            said.has_said(block.text) for block in pages.blocks_of(passage.text)
        )

    def _compared(self, question: str, wish: Wish) -> str:
        """A part for each side, from what speaks of both and from what speaks of one."""
        one, other = _sides(wish)
        found = self.find(question)
        pool = [] if found.is_beside else list(found.result.results)
        if pool and _mentions(pool[0], one) and _mentions(pool[0], other):
            pool += self.calls.around(pool[0].chunk_id, before=1, after=AROUND_COMPARED).passages
        parts = [self._side(one, other, pool), self._side(other, one, pool)]
        if not any(parts):
            return found_reply(found, self._asked(found, question), self.language)
        names = (one, other)
        said = [
            f"**{as_plain_text(name)}**\n\n{part or self.language.phrase('part_nothing')}"
            for name, part in zip(names, parts, strict=True)
        ]
        return "\n\n".join([self._lead_of_parts("compared", said), *said])

    def _side(self, name: str, other: str, pool: Sequence[Passage]) -> str:
        """What the passages say about one side and not about the other alone."""
        own = terms(name) - terms(other)
        foreign = frozenset[str]() if own else frozenset(terms(other) - terms(name))
        asked = Asked(name, languages()[FALLBACK], (), name, foreign)
        searched = self.calls.search(name)
        found = searched.results if is_worth_quoting(searched) else []
        unique = list({passage.chunk_id: passage for passage in [*pool, *found]}.values())
        wanted = own or terms(name)
        quotes = choose_quotes(asked, unique, most=2 * QUOTES_OF_PART)
        fitting = [quote for quote in quotes if wanted & quote.words]
        return render_quotes(fitting[:QUOTES_OF_PART], self.language)

    def _parts(self, parts: Sequence[str]) -> str:
        """An answer for each question of a sentence."""
        said = [
            f"**{as_plain_text(part[:1].upper() + part[1:])}?**\n\n{self._part(part, parts[:place])}"
            for place, part in enumerate(parts)
        ]
        return "\n\n".join(said)

    def _part(self, part: str, before: Sequence[str]) -> str:
        inner = replace(self, earlier=[*reversed(before), *self.earlier], depth=self.depth + 1)
        found = inner.find(part)
        names = [word for one in before for word in _names(one, self.language)]
        if names and not found.is_sure and self.calls.made < MANY_CALLS:
            again = inner.search_once(" ".join([part, *names]))
            found = again if (again.result.confidence or 0) >= (found.result.confidence or 0) else found
        if found.is_beside:
            return self.language.phrase("part_nothing")
        shown = self._shown_of_part(part, found)
        if not shown:
            return self.language.phrase("part_nothing")
        if found.result.confidence is not None and not found.is_sure:
            return f"{self.language.phrase('part_hedged')}\n\n{shown}"
        return shown

    def _shown_of_part(self, part: str, found: Found) -> str:
        asked = self._asked(found, part)
        wish = read_wish(part, self.language)
        steps = self._section(found, asked, wants_code=False) if wish.kind == "how" else ""
        if steps:
            return steps
        subject = wish.topic if wish.kind == "define" else ""
        quotes = worth_quoting(found, replace(asked, subject=subject))[:QUOTES_OF_PART]
        return render_quotes(quotes, self.language)

    def _lead_of_parts(self, lead: str, said: Sequence[str]) -> str:
        spoken = detected("\n".join(said))
        if spoken is None or spoken is self.language:
            return self.language.phrase(lead)
        return self.language.phrase("foreign", language=self.language.name_of(spoken))


def _names(question: str, language: Language) -> list[str]:
    """The names in a question: words with a capital letter inside it, or with signs of identifiers."""
    words = distinctive_words(question, language)
    return [word for word in words if not word.islower() or not word.isalpha()] or words[:2]


def _sides(wish: Wish) -> tuple[str, str]:
    """Both sides whole: "Query and Path parameters" compares Query parameters with Path parameters."""
    one, other = wish.topic.strip(), wish.other.strip()
    words, others = one.split(), other.split()
    if (
        len(words) == 1
        and len(others) > 1
        and others[-1].lower() != words[0].lower()
        and words[0].lower() not in other.lower().split()
    ):
        return f"{one} {others[-1]}", other
    return one, other


def _mentions(passage: Passage, side: str) -> bool:
    return terms(side) <= terms(" ".join([passage.title, *passage.heading_path, passage.text]))
