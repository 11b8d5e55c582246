"""From passages that were found to passages worth reading: no copies, and neighbours in one piece."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from knowledge_base.hits import Hit

# What stands around words and says nothing; the sign of a number and of money does.
MARKS = ".,;:!?()[]{}<>|*_#~=`'\"´‘’‚“”„«»‹›…–—•·。、，；：！？「」『』（）"
# The tokens of copies differ by so much at most: by marks and case.
SAME_SIZE = 0.8
# Copies are about as similar to the question as each other.
NEAR = 0.05


def without_copies(hits: Sequence[Hit], limit: int) -> list[Hit]:
    """The first `limit` hits, without those that repeat a better one of another document."""
    kept: list[_Read] = []
    for hit in hits:
        if len(kept) == limit:
            break
        read = _Read(hit)
        alike = (earlier for earlier in kept if _may_repeat(hit, earlier.hit))
        # Another name, number, date or "not" is another statement, however alike the words around it are.
        if not any(read.words == earlier.words for earlier in alike):
            kept.append(read)
    return [read.hit for read in kept]


@dataclass(frozen=True)
class _Read:
    """A hit with its words, which are read when they are asked for."""

    hit: Hit

    @cached_property
    def words(self) -> Sequence[str]:
        """What it says: its words in their order, without case and the marks around them."""
        words = (part.strip(MARKS) for part in self.hit.content.casefold().split())
        return [word for word in words if any(map(str.isalnum, word))]


def _may_repeat(one: Hit, other: Hit) -> bool:
    """A quick look: most pairs need no other."""
    alike = one.estimated or other.estimated or abs(one.similarity - other.similarity) < NEAR
    near = alike and one.matched == other.matched
    sizes = one.token_count, other.token_count
    size = min(sizes) >= SAME_SIZE * max(sizes)
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
