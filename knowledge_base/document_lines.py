"""The text of a document as numbered lines: its passages in order, each heading where it begins.

Lines count from 1 over the whole document, as `get_document` shows it. Passages do not overlap, so no line is
there twice.
"""

from bisect import bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

Connection = AsyncConnection[TupleRow]

# The title is the first level.
LOWEST_LEVEL = 6


@dataclass(frozen=True)
class Part:
    """A passage in its document; its content has so many line ends, and is None where it was not read."""

    chunk_id: int
    position: int
    heading_path: list[str]
    page: int | None
    token_count: int
    line_ends: int
    content: str | None


@dataclass(frozen=True)
class DocumentLines:
    """A document as lines; `parts` are all of its passages, in order."""

    parts: Sequence[Part]

    @cached_property
    def firsts(self) -> Sequence[int]:
        """The number of the first line of each passage, and one behind the last line."""
        counts = (
            (1 if place else 0) + 2 * len(self.new_headings(place)) + part.line_ends + 1
            for place, part in enumerate(self.parts)
        )
        return list(accumulate(counts, initial=1))

    @property
    def count(self) -> int:
        """How many lines there are."""
        return self.firsts[-1] - 1

    def new_headings(self, place: int) -> list[str]:
        """The headings that begin with a passage, as lines of Markdown."""
        before = self.parts[place - 1].heading_path if place else []
        return new_headings(before, self.parts[place].heading_path)

    def lines_of(self, place: int) -> list[str]:
        """The lines of a passage whose content was read, from the blank one before it on."""
        content = self.parts[place].content
        assert content is not None
        headings = [line for heading in self.new_headings(place) for line in (heading, "")]
        return [*([""] if place else []), *headings, *content.split("\n")]

    def place_at(self, line: int) -> int:
        """In which passage a line is."""
        return min(max(bisect_right(self.firsts, line) - 1, 0), len(self.parts) - 1)

    def lines(self, first: int, last: int) -> list[tuple[int, str]]:
        """These lines with their numbers, as far as their passages were read."""
        found: list[tuple[int, str]] = []
        if not self.parts or first > last:
            return found
        for place in range(self.place_at(first), self.place_at(last) + 1):
            if self.parts[place].content is not None:
                found += enumerate(self.lines_of(place), self.firsts[place])
        return [(number, line) for number, line in found if first <= number <= last]

    def tokens_before(self, line: int) -> float:
        """How many tokens the lines before this one cost, about."""
        if not self.parts:
            return 0
        place = self.place_at(line)
        first, behind = self.firsts[place : place + 2]
        share = min((line - first) / max(behind - first, 1), 1)
        return self._tokens[place] + share * self.parts[place].token_count

    @cached_property
    def _tokens(self) -> Sequence[int]:
        return list(accumulate((part.token_count for part in self.parts), initial=0))


def new_headings(before: Sequence[str], path: Sequence[str]) -> list[str]:
    """The headings of `path` that are not those of the passage before, as lines of Markdown."""
    if list(before) == list(path):
        return []
    same = 0
    while same < min(len(before), len(path)) and before[same] == path[same]:
        same += 1
    # Back from a section to the one that holds it: its heading stands there again.
    first = min(same, max(len(path) - 1, 0))
    return [
        f"{'#' * min(depth + 2, LOWEST_LEVEL)} {' '.join(path[depth].split())}"
        for depth in range(first, len(path))
    ]


async def read_lines(
    connection: Connection,
    document_ids: Collection[int],
    *,
    with_content: Collection[tuple[int, int]] | None = None,
    with_bold: bool = False,
) -> dict[int, DocumentLines]:
    """Documents as lines by their ids, those that the caller may see.

    `with_content`: documents and positions of the passages whose content is read; None reads that of all.
    `with_bold` reads that of passages with bold text as well, which can be headings.
    """
    rows = await connection.execute(
        """
        select document_id, id, position, heading_path, page, token_count,
               length(content) - length(replace(content, E'\\n', '')),
               case
                   when %(of)s::bigint[] is null
                       or (document_id, position) in (
                           select * from unnest(%(of)s::bigint[], %(at)s::integer[])
                       )
                       or (%(bold)s and strpos(content, '**') > 0)
                   then content
               end
        from chunks
        where document_id = any(%(documents)s)
        order by document_id, position
        """,
        {
            "documents": list(document_ids),
            "of": None if with_content is None else [document_id for document_id, _ in with_content],
            "bold": with_bold,
            "at": None if with_content is None else [position for _, position in with_content],
        },
    )
    parts: dict[int, list[Part]] = {}
    for document_id, *rest in await rows.fetchall():
        parts.setdefault(document_id, []).append(Part(*rest))
    return {document_id: DocumentLines(found) for document_id, found in parts.items()}
