"""From passages that were found to passages worth reading: no copies, and neighbours in one piece."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice

from knowledge_base.hits import Hit

# What stands around words and says nothing; the sign of a number and of money does.
MARKS = ".,;:!?()[]{}<>|*_#~=`'\"´‘’‚“”„«»‹›…–—•·。、，；：！？「」『』（）"
# The tokens of copies differ by so much at most: by marks and case.
SAME_SIZE = 0.8
# Copies are about as similar to the question as each other.
NEAR = 0.05
# Words that are read of each passage.
BEGINNING = 4
NOT_SPACE = re.compile(r"\S+")


def without_copies(hits: Sequence[Hit], limit: int) -> list[Hit]:
    """The first `limit` hits, without those that repeat a better one of another document."""
    kept: list[Hit] = []
    # Copies begin alike and have the same of the question's words: few are compared with each other.
    alike: dict[tuple[Sequence[str], Sequence[str]], list[_Read]] = {}
    for hit in hits:
        if len(kept) == limit:
            break
        read = _Read(hit)
        earlier = alike.setdefault(_likeness(hit), [])
        # Another name, number, date or "not" is another statement, however alike the words around it are.
        if not any(_may_repeat(hit, one.hit) and read.words == one.words for one in earlier):
            kept.append(hit)
            earlier.append(read)
    return kept


@dataclass(frozen=True)
class _Read:
    """A hit with its words, which are read when they are asked for."""

    hit: Hit

    @cached_property
    def words(self) -> Sequence[str]:
        """What it says: its words in their order, without case and the marks around them."""
        return list(_words(self.hit.content))


def _likeness(hit: Hit) -> tuple[Sequence[str], Sequence[str]]:
    return tuple(hit.matched), tuple(islice(_words(hit.content), BEGINNING))


def _words(text: str) -> Iterator[str]:
    for part in NOT_SPACE.finditer(text):
        word = part[0].casefold().strip(MARKS)
        if word.isalnum() or any(map(str.isalnum, word)):
            yield word


def _may_repeat(one: Hit, other: Hit) -> bool:
    """A quick look: most pairs need no other."""
    near = one.estimated or other.estimated or abs(one.similarity - other.similarity) < NEAR
    sizes = one.token_count, other.token_count
    return near and one.document_id != other.document_id and min(sizes) >= SAME_SIZE * max(sizes)


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
