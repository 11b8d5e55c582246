"""The third arrow: blocks become chunks that the embedding model can read whole."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from ingest.parsing.document import Block, ParsedDocument

CountTokens = Callable[[str], int]

# What a tokenizer adds to every text ([CLS] and [SEP]).
SPECIAL_TOKENS = 2
# A section shorter than this is joined with its neighbour: alone it says too little to be found or quoted.
SMALL_SECTION = 60
# Title and headings may take this part of a chunk's tokens; beyond, the outer headings are left out.
LARGEST_PREFIX = 1 / 4
# A word without spaces counts as one unknown token however long it is: characters are bounded too.
CHARACTERS_A_TOKEN = 8

FENCED = re.compile(r"(?P<marks>`{3,})(?P<language>[^\n]*)\n(?P<code>.*)\n(?P=marks)", re.DOTALL)
# Where a text may be cut, best first: paragraphs, lines, sentences, words.
CUTS = (re.compile(r"\n{2,}"), re.compile(r"\n"), re.compile(r"(?<=[.!?…。！？])\s+"), re.compile(r"\s+"))
GLUE = ("\n\n", "\n", " ", " ")


@dataclass(frozen=True)
class Chunk:
    """A passage; `token_count` counts its content as the embedding model does."""

    position: int
    heading_path: tuple[str, ...]
    page: int | None
    content: str
    token_count: int


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
    pieces = [
        piece
        for block in document.blocks
        for piece in _pieces(document.title, block, count_tokens, max_tokens)
    ]
    groups = _grouped(pieces, document.title, count_tokens, max_tokens)
    return [_chunk(position, group, count_tokens) for position, group in enumerate(groups)]


def embedding_text(title: str, chunk: Chunk) -> str:
    """What is embedded for a chunk: its content below its title and headings."""
    return f"{_prefix(title, chunk.heading_path)}\n{chunk.content}"


def _prefix(title: str, heading_path: Sequence[str]) -> str:
    return " › ".join([title[:200], *(heading[:200] for heading in heading_path[-2:])])


def _pieces(title: str, block: Block, count_tokens: CountTokens, max_tokens: int) -> Iterator[Piece]:
    budget = max_tokens - _prefix_tokens(title, block.heading_path, count_tokens, max_tokens)
    tokens = _tokens(block.text, count_tokens)
    if _fits(block.text, tokens, budget):
        yield Piece(block, block.text, tokens)
        return
    for part in _split(block, count_tokens, budget):
        yield Piece(block, part, _tokens(part, count_tokens))


def _prefix_tokens(title: str, path: Sequence[str], count_tokens: CountTokens, max_tokens: int) -> int:
    return min(count_tokens(_prefix(title, path)), int(max_tokens * LARGEST_PREFIX)) + SPECIAL_TOKENS


def _tokens(text: str, count_tokens: CountTokens) -> int:
    return max(count_tokens(text) - SPECIAL_TOKENS, 1)


def _fits(text: str, tokens: int, budget: int) -> bool:
    return tokens <= budget and len(text) <= budget * CHARACTERS_A_TOKEN


def _split(block: Block, count_tokens: CountTokens, budget: int) -> Iterator[str]:
    """Parts of a block that is too large, each readable by itself."""
    fenced = FENCED.fullmatch(block.text)
    if fenced:
        opening, closing = fenced["marks"] + fenced["language"], fenced["marks"]
        room = budget - _tokens(opening, count_tokens) - _tokens(closing, count_tokens) - 1
        for part in _cut(fenced["code"], count_tokens, max(room, 16), first=1):
            yield f"{opening}\n{part}\n{closing}"
        return
    if block.kind == "table" and block.text.count("\n") >= 2:
        header, rows = _table(block.text)
        room = budget - _tokens(header, count_tokens)
        if room >= budget // 2:
            for part in _cut(rows, count_tokens, room, first=1):
                yield f"{header}\n{part}"
            return
    yield from _cut(block.text, count_tokens, budget)


def _table(text: str) -> tuple[str, str]:
    lines = text.split("\n")
    return "\n".join(lines[:2]), "\n".join(lines[2:])


def _cut(text: str, count_tokens: CountTokens, budget: int, first: int = 0) -> Iterator[str]:
    """The text in parts that fit, cut at the best places; `first` is the coarsest kind of cut to try."""
    if first == len(CUTS):
        yield from (text[start : start + budget] for start in range(0, len(text), budget))
        return
    part, size = "", 0
    for unit in _units(text, first):
        tokens = _tokens(unit, count_tokens)
        if part and not _fits(part + unit, size + tokens + 1, budget):
            yield part
            part, size = "", 0
        if not _fits(unit, tokens, budget):
            yield from _cut(unit, count_tokens, budget, first + 1)
            continue
        part = f"{part}{GLUE[first]}{unit}" if part else unit
        size += tokens + 1
    if part:
        yield part


def _units(text: str, kind: int) -> list[str]:
    return [unit for unit in CUTS[kind].split(text) if unit.strip()]


def _grouped(
    pieces: Iterable[Piece], title: str, count_tokens: CountTokens, max_tokens: int
) -> Iterator[list[Piece]]:
    group: list[Piece] = []
    size = 0
    for section in _sections(pieces):
        total = sum(piece.tokens for piece in section)
        path = section[0].block.heading_path
        budget = max_tokens - _prefix_tokens(title, path, count_tokens, max_tokens)
        if group and not _joins(group, section, size, total, budget):
            yield group
            group, size = [], 0
        if group:
            size += _tokens(_heading_line(group[0].block.heading_path, path), count_tokens)
        for piece in section:
            if group and size + piece.tokens > budget:
                yield group
                group, size = [], 0
            group.append(piece)
            size += piece.tokens + 1
    if group:
        yield group


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


def _joins(group: Sequence[Piece], section: Sequence[Piece], size: int, total: int, budget: int) -> bool:
    """Whether a section continues the group before it: one of both is small, and they fit together."""
    above, path = group[0].block.heading_path, section[0].block.heading_path
    related = len(_common(above, path)) >= min(len(above), len(path), 1)
    small = min(size, total) < SMALL_SECTION
    heading_room = 24
    return (
        related
        and small
        and size + total + heading_room <= budget
        and group[0].block.page == section[0].block.page
    )


def _chunk(position: int, group: Sequence[Piece], count_tokens: CountTokens) -> Chunk:
    path = group[0].block.heading_path
    for piece in group:
        path = _common(path, piece.block.heading_path)
    content = "\n\n".join(_texts(group, path))
    return Chunk(position, path, group[0].block.page, content, _tokens(content, count_tokens))


def _texts(group: Sequence[Piece], path: tuple[str, ...]) -> Iterator[str]:
    """The pieces, each heading that the chunk's path does not name as a line before its section."""
    before = path
    for piece in group:
        here = piece.block.heading_path
        if here != before and here != path:
            yield _heading_line(path, here)
        before = here
        yield piece.text


def _heading_line(above: Sequence[str], path: Sequence[str]) -> str:
    return f"**{' › '.join(path[len(_common(above, path)) :])}**"


def _common(one: Sequence[str], other: Sequence[str]) -> tuple[str, ...]:
    same: list[str] = []
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        same.append(left)
    return tuple(same)
