"""One page: which one is meant, its main points in their order, and what else it says."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agent_service.models.extractive.asked import Asked
from agent_service.models.extractive.calls import Calls
from agent_service.models.extractive.headings import is_changelog, is_empty_heading
from agent_service.models.extractive.language import Language, detected, languages
from agent_service.models.extractive.markdown_blocks import (
    as_plain_text,
    blocks_of,
    sentences_of,
    without_links,
)
from agent_service.models.extractive.quoting import without_marks
from agent_service.models.extractive.templates import plain
from agent_service.models.extractive.terms import terms
from agent_service.tools.schemas import Passage

FOUND = 20
MAX_READS = 5
AT_ONCE = 20
USUAL_POINTS = 7
SHORTEST_SUMMARY = 5
MAX_POINTS = 15
SHORTEST_SENTENCE = 40
LONGEST_SENTENCE = 420
CHANGELOG_FACTOR = 0.3
TITLE_WEIGHT = 1.5
NAME = re.compile(r"[^\W_]+")
ADDRESS = re.compile(r"\s*\(https?://[^\s()]*\)")
POINTS_BACK_FACTOR = 0.6
# The first sentence says what the page is about.
FIRST_FACTOR = 2.0
# What a page does not say, but only leads to.
LEADS_ON = re.compile(r"[:?]$|…$")


@dataclass(frozen=True)
class Page:
    """The passages of a document in order; `is_whole` is false when it is longer than what was read."""

    title: str
    source: str
    passages: Sequence[Passage]
    is_whole: bool = True


def read_page(calls: Calls, passage: Passage) -> Page:
    """The page that a passage is of. Raises `CallNeeded` and `CallFailedError`."""
    first = calls.around(passage.chunk_id, before=AT_ONCE, after=AT_ONCE)
    passages, back, on = list(first.passages), first.previous, first.next
    for _ in range(MAX_READS):
        if back is not None:
            more = calls.around(back, before=AT_ONCE, after=0)
            passages, back = [*more.passages, *passages], more.previous
        elif on is not None:
            more = calls.around(on, before=0, after=AT_ONCE)
            passages, on = [*passages, *more.passages], more.next
    return Page(first.title, first.source, passages, back is None and on is None)


@dataclass(frozen=True)
class Choice:
    """A passage of the page that a topic means, and how much of the topic the page's name has."""

    passage: Passage | None = None
    share: float = 0.0
    is_likely: bool = False


NO_PAGE = Choice()


def choose_page(calls: Calls, topic: str) -> Choice:
    """The page about a topic. Raises `CallNeeded` and `CallFailedError`."""
    searched = calls.search(topic, limit=FOUND)
    best = _best_document(searched.results, topic)
    share = _names(best, topic) if best is not None else 0.0
    likely = bool(searched.results) and not searched.is_beside_the_point
    if share < 1 and topic:
        listed = calls.documents(query=" ".join(NAME.findall(topic)), limit=AT_ONCE).documents
        guides = [entry for entry in listed if not _is_reference(entry.source)] or listed
        if guides:
            source = min(guides, key=lambda entry: len(entry.title)).source
            inside = calls.search(topic, limit=1, source=source, min_similarity=0.0).results
            return Choice(next(iter(inside), best), 1.0, is_likely=True)
    return Choice(best, share, likely)


def _is_reference(source: str) -> bool:
    return "reference" in plain(source)


def _best_document(found: Sequence[Passage], query: str) -> Passage | None:
    scores: defaultdict[int, float] = defaultdict(float)
    first: dict[int, Passage] = {}
    for place, passage in enumerate(found):
        first.setdefault(passage.document_id, passage)
        factor = CHANGELOG_FACTOR if is_changelog(passage) else 1.0
        scores[passage.document_id] += factor * passage.closeness / (1 + place / 3)
    for document, passage in first.items():
        scores[document] += TITLE_WEIGHT * _names(passage, query)
    best = max(scores, key=lambda document: scores[document], default=None)
    return first[best] if best is not None else None


def _names(passage: Passage, query: str) -> float:
    """The part of the topic's words that the page's title or place names."""
    wanted = terms(query)
    named = terms(f"{passage.title} {' '.join(NAME.findall(passage.source))}")
    return len(wanted & named) / len(wanted) if wanted else 0.0


@dataclass(frozen=True)
class _Point:
    place: int
    section: tuple[str, ...]
    text: str
    passage: Passage
    score: float


def main_points(page: Page, count: int | None) -> list[tuple[str, Passage]]:
    """The sentences that say most of what each section is about, in the page's order."""
    points = _points(page)
    sections = list(dict.fromkeys(point.section for point in points))
    wanted = min(count or min(USUAL_POINTS, max(len(sections), SHORTEST_SUMMARY)), MAX_POINTS)
    best = [max(_of(points, section), key=lambda point: point.score) for section in sections]
    chosen = sorted(best, key=lambda point: -point.score)[:wanted]
    rest = [point for point in sorted(points, key=lambda point: -point.score) if point not in chosen]
    chosen += rest[: max(wanted - len(chosen), 0)]
    return [(point.text, point.passage) for point in sorted(chosen, key=lambda point: point.place)]


def _of(points: Sequence[_Point], section: tuple[str, ...]) -> list[_Point]:
    return [point for point in points if point.section == section]


def _points(page: Page) -> list[_Point]:
    sentences = list(_sentences(page))
    counts = Counter(word for _, text in sentences for word in terms(text))
    title = terms(page.title)
    seen: dict[tuple[str, ...], int] = {}
    points: list[_Point] = []
    for place, (passage, text) in enumerate(sentences):
        section = tuple(passage.heading_path[:2])
        rank = seen[section] = seen.get(section, 0) + 1
        words = terms(text)
        weight = sum(counts[word] for word in words) / (len(words) + 3)
        score = weight * (1.5 if words & title else 1.0) / rank**0.5
        if not place:
            score *= FIRST_FACTOR
        if _points_back(text):
            score *= POINTS_BACK_FACTOR
        points.append(_Point(place, section, text, passage, score))
    return points


def _points_back(text: str) -> bool:
    """Whether a sentence begins with a word for something before it: "All of them must …"."""
    words = plain(text).split()[:3]
    return any(not one.words("text", "references").isdisjoint(words) for one in languages().values())


def _sentences(page: Page) -> Iterator[tuple[Passage, str]]:
    seen: set[str] = set()
    for passage in page.passages:
        if passage.heading_path and is_empty_heading(passage.heading_path[-1]):
            continue
        for block in blocks_of(passage.text):
            texts = sentences_of(without_links(block.text)) if block.kind == "text" else []
            for text in map(_without_addresses, texts):
                is_long = SHORTEST_SENTENCE <= len(text) <= LONGEST_SENTENCE
                if is_long and not LEADS_ON.search(text) and text not in seen:
                    seen.add(text)
                    yield passage, text


def _without_addresses(text: str) -> str:
    return ADDRESS.sub("", text)


def summary(page: Page, count: int | None, language: Language) -> str:
    """The main points as a list, each with its mark."""
    points = main_points(page, count)
    head = language.phrase("summary", title=as_plain_text(page.title))
    lines = [f"- {without_marks(text)} [[{passage.chunk_id}]]" for text, passage in points]
    notes = [] if page.is_whole else [language.phrase("summary_part", count=_sections(page))]
    spoken = detected("\n".join(lines))
    if spoken is not None and spoken is not language:
        notes.append(language.phrase("page_foreign", language=language.name_of(spoken)))
    return "\n\n".join([head, "\n".join(lines), *notes])


def _sections(page: Page) -> int:
    return len({tuple(passage.heading_path) for passage in page.passages})


def unsaid(page: Page, asked: Asked, start: int, limit: int = 1200) -> list[tuple[Passage, str]]:
    """What the page says behind the passage at position `start` and was not quoted: blocks in their order."""
    found: list[tuple[Passage, str]] = []
    length = 0
    ordered = [passage for passage in page.passages if passage.position >= start]
    for passage in [*ordered, *(one for one in page.passages if one.position < start)]:
        for block in blocks_of(passage.text):
            text = block.text if block.kind == "code" else without_links(block.text)
            if asked.has_said(text) or (found and length + len(text) > limit):
                continue
            if block.kind == "text" and len(text) < SHORTEST_SENTENCE:
                continue
            found.append((passage, text))
            length += len(text)
            if length >= limit / 2:
                return found
    return found
