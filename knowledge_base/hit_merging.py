"""From passages that were found to passages worth reading: no copies, and neighbours in one piece."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from knowledge_base.hits import Hit

DIGIT = re.compile(r"\d")
# Two passages that share so much of their words (Jaccard) say the same.
SAME = 0.9
# Copies are about as similar to the question as each other.
NEAR = 0.05


def without_copies(hits: Sequence[Hit], limit: int) -> list[Hit]:
    """The first `limit` hits, without those that repeat a better one of another document."""
    kept: list[_Counted] = []
    for hit in hits:
        if len(kept) == limit:
            break
        counted = _Counted(hit)
        alike = (earlier for earlier in kept if _may_repeat(hit, earlier.hit))
        if not any(_says_the_same(counted, earlier) for earlier in alike):
            kept.append(counted)
    return [counted.hit for counted in kept]


@dataclass(frozen=True)
class _Counted:
    """A hit with how often each word is in it, counted when it is asked for."""

    hit: Hit

    @cached_property
    def words(self) -> Counter[str]:
        """All of its words."""
        return Counter(self.hit.content.lower().split())

    @cached_property
    def numbers(self) -> dict[str, int]:
        """Its words that have a digit."""
        return {word: count for word, count in self.words.items() if DIGIT.search(word)}


def _may_repeat(one: Hit, other: Hit) -> bool:
    """A quick look: most pairs need no other."""
    alike = one.estimated or other.estimated or abs(one.similarity - other.similarity) < NEAR
    near = alike and one.matched == other.matched
    size = abs(one.token_count - other.token_count) <= (1 - SAME) * 2 * max(
        one.token_count, other.token_count
    )
    return one.document_id != other.document_id and near and size


def with_neighbours_joined(hits: Sequence[Hit]) -> list[Hit]:
    """The hits, those that follow each other in a document as one: it stands where the better one stood.

    It has the id, page and headings of the better one, the position of the first and the text of all.
    """
    joined: list[Hit] = []
    taken: set[int] = set()
    by_place = {(hit.document_id, hit.position): hit for hit in hits}
    for hit in hits:
        if hit.chunk_id in taken:
            continue
        run = _run(hit, by_place)
        taken |= {part.chunk_id for part in run}
        joined.append(_as_one(hit, run) if len(run) > 1 else hit)
    return joined


def _run(hit: Hit, by_place: dict[tuple[int, int], Hit]) -> list[Hit]:
    first = hit.position
    while (hit.document_id, first - 1) in by_place:
        first -= 1
    run: list[Hit] = []
    while (hit.document_id, first + len(run)) in by_place:
        run.append(by_place[hit.document_id, first + len(run)])
    return run


def _as_one(best: Hit, run: Sequence[Hit]) -> Hit:
    parts: list[str] = []
    shown = best.heading_path
    for part in run:
        if part.heading_path != shown and part.heading_path:
            parts.append(f"**{part.heading_path[-1]}**")
        shown = part.heading_path
        parts.append(part.content)
    return replace(
        best,
        position=run[0].position,
        content="\n\n".join(parts),
        token_count=sum(part.token_count for part in run),
        matched=sorted({lexeme for part in run for lexeme in part.matched}),
    )


def _says_the_same(one: _Counted, other: _Counted) -> bool:
    words, others = one.words.keys(), other.words.keys()
    if len(words & others) < SAME * len(words | others):
        return False
    # Another version, price or date is another statement, however alike the words around it are.
    return one.numbers == other.numbers
