"""The third arrow: blocks become chunks that the embedding model can read whole."""

import functools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ingest.reading.cutting import LINES, PARAGRAPHS, cut
from ingest.reading.measure import CountTokens, Measure, embedded_text
from ingest.reading.table_groups import with_groups
from parsing.document import Block, ParsedDocument

# A section shorter than this is joined with its neighbour: alone it says too little to be found or quoted.
SMALL_SECTION = 40

FENCED = re.compile(r"(?P<marks>`{3,})(?P<language>[^\n]*)\n(?P<code>.*)\n(?P=marks)", re.DOTALL)
# Code inside a list or a quotation.
FENCE_LINE = re.compile(r"^([ \t>]*)(`{3,}|~{3,})([\w+-]{0,20})(.*)$", re.MULTILINE)
# Tokens that closing such code at a cut, and opening it again, may take.
FENCE_TOKENS = 24
# A line that only announces what follows: it ends with a colon, or is a title in bold.
ANNOUNCEMENT = re.compile(r".*:|\*\*[^*\n]+\*\*")
MAX_ANNOUNCEMENT_LENGTH = 50
# Words repeat: the tokens of this many texts are remembered.
REMEMBERED_COUNTS = 8192


@dataclass(frozen=True)
class Chunk:
    """A passage; `context` (title and headings) is embedded with it, `token_count` counts its content."""

    position: int
    heading_path: tuple[str, ...]
    page: int | None
    context: str
    content: str
    token_count: int

    @property
    def embedded_text(self) -> str:
        """What the model reads: the content below its title and headings."""
        return embedded_text(self.context, self.content)


@dataclass(frozen=True)
class Piece:
    """A block, or a part of a large one, with its size in tokens."""

    block: Block
    text: str
    tokens: int


def chunk(document: ParsedDocument, count_tokens: CountTokens, *, max_tokens: int) -> list[Chunk]:
    """The document in passages; each, with its title and headings, has at most `max_tokens` tokens.

    A passage keeps within its section, unless sections are so small that they are better together; then their
    headings stand in the text. Nothing overlaps and nothing is lost.
    """
    remembered = functools.lru_cache(REMEMBERED_COUNTS)(count_tokens)
    measure = Measure(document.title, remembered, max_tokens)
    pieces = (piece for block in document.blocks for piece in _pieces(block, measure))
    return [_chunk(position, group, measure) for position, group in enumerate(_grouped(pieces, measure))]


def _pieces(block: Block, measure: Measure) -> Iterator[Piece]:
    budget = measure.budget(block.heading_path)
    tokens = measure.tokens(block.text)
    if tokens <= budget:
        yield Piece(block, block.text, tokens)
        return
    for part in _split(block, measure, budget):
        yield Piece(block, part, measure.tokens(part))


def _split(block: Block, measure: Measure, budget: int) -> Iterator[str]:
    """Parts of a block that is too large, each readable by itself."""
    fenced = FENCED.fullmatch(block.text)
    if fenced:
        opening, closing = fenced["marks"] + fenced["language"], fenced["marks"]
        room = budget - measure.tokens(opening) - measure.tokens(closing)
        for part in cut(fenced["code"], measure.tokens, max(room, budget // 2), LINES):
            yield f"{opening}\n{part}\n{closing}"
        return
    if block.kind == "table" and block.text.count("\n") >= 2:
        header, rows = _table(block.text)
        room = budget - measure.tokens(header)
        if room >= budget // 2:
            yield from (f"{header}\n{part}" for part in with_groups(rows, measure.tokens, room))
            return
    if FENCE_LINE.search(block.text):
        yield from _with_whole_fences(cut(block.text, measure.tokens, budget - FENCE_TOKENS, PARAGRAPHS))
        return
    yield from map(_flush_left, cut(block.text, measure.tokens, budget, PARAGRAPHS))


def _with_whole_fences(parts: Iterable[str]) -> Iterator[str]:
    """The parts of a text with code in it; code that was cut through is closed and opened again."""
    opening = ""
    for part in parts:
        whole = f"{opening}\n{part}" if opening else part
        fence = _open_fence(whole)
        opening = f"{fence[1]}{fence[2]}{fence[3]}" if fence else ""
        yield _flush_left(f"{whole}\n{fence[1]}{fence[2]}" if fence else whole)


def _flush_left(part: str) -> str:
    """The part without the indentation of its first line, which would make it read as code."""
    margin = len(part) - len(part.lstrip(" "))
    return re.sub(rf"^ {{1,{margin}}}", "", part, flags=re.MULTILINE) if margin else part


def _open_fence(text: str) -> re.Match[str] | None:
    """The line that opens code which the text does not close."""
    opened: re.Match[str] | None = None
    for fence in FENCE_LINE.finditer(text):
        if opened is None:
            opened = fence
        elif fence[2].startswith(opened[2]) and not (fence[3] or fence[4].strip()):
            opened = None
    return opened


def _table(text: str) -> tuple[str, str]:
    lines = text.split("\n")
    return "\n".join(lines[:2]), "\n".join(lines[2:])


def _grouped(pieces: Iterable[Piece], measure: Measure) -> Iterator[list[Piece]]:
    group: list[Piece] = []
    size = 0
    for section in _sections(pieces):
        if group:
            joined = _joined_size(group, section, size, measure)
            if joined is not None:
                group += section
                size = joined
                continue
            yield group
        group, size = [], 0
        budget = measure.budget(section[0].block.heading_path)
        for piece in section:
            # Two parts of one block would be parted by a blank line.
            same_block = bool(group) and group[-1].block is piece.block
            if same_block or (group and size + piece.tokens > budget):
                kept = len(group) - _announcing(group, budget - piece.tokens)
                yield group[:kept]
                group = group[kept:]
                size = sum(announcement.tokens + 1 for announcement in group)
            group.append(piece)
            size += piece.tokens + 1
    if group:
        yield group


def _announcing(group: Sequence[Piece], room: int) -> int:
    """How many pieces at the end of a group only announce the next one, and fit with it."""
    count = 0
    for piece in reversed(group[1:]):
        room -= piece.tokens + 1
        text = piece.block.kind == "text" and piece.tokens <= MAX_ANNOUNCEMENT_LENGTH
        if room < 0 or not text or not ANNOUNCEMENT.fullmatch(piece.text.replace("\n", " ")):
            break
        count += 1
    return count


def _sections(pieces: Iterable[Piece]) -> Iterator[list[Piece]]:
    """Runs of pieces under the same headings of the same page."""
    section: list[Piece] = []
    for piece in pieces:
        if section and _place(section[-1]) != _place(piece):
            yield section
            section = []
        section.append(piece)
    if section:
        yield section


def _place(piece: Piece) -> tuple[tuple[str, ...], int | None]:
    return piece.block.heading_path, piece.block.page


def _joined_size(group: Sequence[Piece], section: Sequence[Piece], size: int, measure: Measure) -> int | None:
    """Tokens of both together, where the section continues the group (one is small, they fit); else None."""
    total = sum(piece.tokens + 1 for piece in section)
    above, path = group[0].block.heading_path, section[0].block.heading_path
    related = len(_common(above, path)) >= min(len(above), len(path)) - 1
    same_page = group[0].block.page == section[0].block.page
    if not (related and same_page and min(size, total) < SMALL_SECTION and size + total < measure.max_tokens):
        return None
    both = [*group, *section]
    common = _common_path(both)
    joined = measure.tokens("\n\n".join(_texts(both, common)))
    return joined if joined <= measure.budget(common) else None


def _chunk(position: int, group: Sequence[Piece], measure: Measure) -> Chunk:
    path = _common_path(group)
    texts = list(_texts(group, path))
    tokens = measure.written_tokens(texts)
    return Chunk(position, path, group[0].block.page, measure.context(path), "\n\n".join(texts), tokens)


def _texts(group: Sequence[Piece], path: tuple[str, ...]) -> Iterator[str]:
    """The pieces, each heading that the chunk's path does not name as a line before its section."""
    before = path
    for piece in group:
        here = piece.block.heading_path
        if here != before and here != path:
            yield _heading_line(path, here)
        before = here
        yield piece.text


def _common_path(group: Sequence[Piece]) -> tuple[str, ...]:
    return functools.reduce(_common, (piece.block.heading_path for piece in group))


def _heading_line(above: tuple[str, ...], path: tuple[str, ...]) -> str:
    return f"**{' › '.join(path[len(_common(above, path)) :])}**"


def _common(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    same: list[str] = []
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        same.append(left)
    return tuple(same)
