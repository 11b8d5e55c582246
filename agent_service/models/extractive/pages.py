"""One page: which one is meant, its main points in their order, and what else it says."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agent_service.models.extractive.asked import Asked
from agent_service.models.extractive.calls import Calls
from agent_service.models.extractive.language import Language, languages
from agent_service.models.extractive.markdown_blocks import (
    as_plain_text,
    blocks_of,
    sentences_of,
    without_links,
)
from agent_service.models.extractive.quoting import is_changelog, without_marks
from agent_service.models.extractive.templates import plain
from agent_service.models.extractive.terms import terms
from agent_service.tools.schemas import Passage

FOUND = 20
MAX_READS = 5
AT_ONCE = 20
USUAL_POINTS = 7
MAX_POINTS = 15
SHORTEST_SENTENCE = 40
LONGEST_SENTENCE = 420
CHANGELOG_FACTOR = 0.3
TITLE_WEIGHT = 1.5
NAME = re.compile(r"[^\W_]+")
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


def choose_page(calls: Calls, topic: str, query: str, language: Language) -> Passage | None:
    """A passage of the page about a topic; None when there is none. Raises `CallNeeded`, `CallFailedError`.

    `query` is the topic in the language of the documents.
    """
    found = calls.search(query, limit=FOUND).results
    best = _best_document(found, query, language)
    if best is not None and _names(best, query) >= 1:
        return best
    listed = calls.documents(query=" ".join(NAME.findall(query)), limit=AT_ONCE).documents if query else []
    guides = [entry for entry in listed if not _is_reference(entry.source)] or listed
    if guides:
        source = min(guides, key=lambda entry: len(entry.title)).source
        inside = calls.search(query, limit=1, source=source, min_similarity=0.0).results
        return next(iter(inside), best)
    return best


def _is_reference(source: str) -> bool:
    return "reference" in plain(source)


def _best_document(found: Sequence[Passage], query: str, language: Language) -> Passage | None:
    scores: Counter[int] = Counter()
    first: dict[int, Passage] = {}
    for place, passage in enumerate(found):
        first.setdefault(passage.document_id, passage)
        factor = CHANGELOG_FACTOR if is_changelog(passage) else 1.0
        scores[passage.document_id] += factor * passage.closeness / (1 + place / 3)  # type: ignore[assignment]
    for document, passage in first.items():
        scores[document] += TITLE_WEIGHT * _names(passage, query)  # type: ignore[assignment]
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
    wanted = min(count or min(USUAL_POINTS, max(len(sections), 3)), MAX_POINTS)
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
        points.append(_Point(place, section, text, passage, score))
    return points


def _sentences(page: Page) -> Iterator[tuple[Passage, str]]:
    seen: set[str] = set()
    for passage in page.passages:
        for block in blocks_of(passage.text):
            texts = sentences_of(without_links(block.text)) if block.kind == "text" else []
            for text in texts:
                is_long = SHORTEST_SENTENCE <= len(text) <= LONGEST_SENTENCE
                if is_long and not LEADS_ON.search(text) and text not in seen:
                    seen.add(text)
                    yield passage, text


def summary(page: Page, count: int | None, language: Language) -> str:
    """The main points as a list, each with its mark."""
    points = main_points(page, count)
    head = language.phrase("summary", title=as_plain_text(page.title))
    lines = [f"- {without_marks(text)} [[{passage.chunk_id}]]" for text, passage in points]
    part = [] if page.is_whole else [language.phrase("summary_part", count=_sections(page))]
    return "\n\n".join([head, "\n".join(lines), *part])


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


def is_empty_heading(heading: str) -> bool:
    """Whether a heading names no subject: "More info", "Recap"."""
    words = [word for word in re.findall(r"\w+", plain(heading)) if not word.isdigit()]
    return any(set(words) <= one.words("text", "empty_headings") | one.common for one in languages().values())
