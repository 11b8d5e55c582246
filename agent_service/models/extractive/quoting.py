"""Answers a question with what the documents say: the sentences of the passages that share most with it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agent_service.models.extractive.asked import MONEY, Asked
from agent_service.models.extractive.headings import is_changelog
from agent_service.models.extractive.language import FALLBACK, Language, languages
from agent_service.models.extractive.markdown_blocks import (
    Block,
    as_plain_text,
    blocks_of,
    list_items_of,
    sentences_of,
    without_links,
)
from agent_service.models.extractive.terms import terms
from agent_service.models.extractive.weights import Weights, weigh
from agent_service.tools.schemas import Passage

MAX_QUOTES = 3
MAX_CHARACTERS = 900
WHOLE_PARAGRAPH = 360
SHORT_PARAGRAPH = 160
MAX_LIST_CHARACTERS = 700
MAX_CODE_CHARACTERS = 1500
SHORTEST_SENTENCE = 25
# A heading says what a passage is about, a sentence says it; closeness decides between equals.
HEADING_WEIGHT = 0.6
CODE_WEIGHT = 0.25
CLOSENESS_WEIGHT = 2.0
LEAD_WEIGHT = 0.1
DEFINITION_WEIGHT = 0.6
# What was quoted before gives way to what was not, unless it alone answers.
NUMBER_WEIGHT = 0.15
# Below a heading that the question has word for word.
NAMED_WEIGHT = 0.4
# A number of what "how many" asks for.
COUNTED_WEIGHT = 0.3
# An amount where one is asked for.
MONEY_WEIGHT = 0.3
# Under the heading of the version that is asked for, or of another one.
VERSION_WEIGHT = 1.0
# A table or list that is longer than an answer.
LONG_WEIGHT = 0.3
SAID_WEIGHT = 0.2
# Of the best score, what a guide needs to be quoted before the notes of a version.
GUIDE_SHARE = 0.55
SAYS_AS_MUCH = 0.7
VERSION = re.compile(r"\d+\.\d+|\b(?:19|20)\d\d\b")
# Of the best quote's score, what another quote needs to stand beside it.
WORTH_SHOWING = 0.8
MAX_OF_ONE_PASSAGE = 2
# A sentence that shares no more than this with the question, in a passage that is not very close either,
# does not answer it.
LEAST_SHARED = 0.2
SURELY_CLOSE = 0.5
ALREADY_SAID = 0.8
CAPTION = re.compile(r"\*\*[^*]+\*\*|__[^_]+__|[^.!?:…。]{1,50}")


@dataclass(frozen=True)
class Quote:
    """A piece of a passage in Markdown, and how much it has to do with the question (higher is more)."""

    passage: Passage
    markdown: str
    words: frozenset[str]
    score: float
    shared: float
    heading: str = ""

    @property
    def is_sure(self) -> bool:
        """False when nothing but a faint closeness speaks for it."""
        return self.shared > LEAST_SHARED or self.passage.closeness >= SURELY_CLOSE


def choose_quotes(asked: Asked, passages: Sequence[Passage], *, most: int = MAX_QUOTES) -> list[Quote]:
    """The quotes that answer best, the best first: a few at most, from different places, none twice."""
    candidates = sorted(_candidates(asked, passages), key=lambda quote: quote.score, reverse=True)
    chosen: list[Quote] = []
    length = 0
    for quote in _guides_first(candidates, asked):
        if len(chosen) == most or (chosen and quote.score < WORTH_SHOWING * chosen[0].score):
            break
        fits = not chosen or length + len(quote.markdown) <= MAX_CHARACTERS
        if fits and _is_new(quote, chosen):
            chosen.append(quote)
            length += len(quote.markdown)
    return chosen


def _guides_first(candidates: list[Quote], asked: Asked) -> list[Quote]:
    """Without notes of old versions where a guide says as much, and the newest of them first."""
    if asked.about_versions:
        return candidates
    guides = [quote for quote in candidates if not is_changelog(quote.passage)]
    best = candidates[0] if candidates else None
    good = [
        quote
        for quote in guides
        if best is not None
        and quote.score >= GUIDE_SHARE * best.score
        and quote.shared >= SAYS_AS_MUCH * best.shared
    ]
    if good:
        return good
    return sorted(candidates, key=lambda quote: (-round(quote.score, 1), quote.passage.position))


def render_quotes(quotes: Sequence[Quote], language: Language | None = None) -> str:
    """The quotes as Markdown block quotes, each with the mark that cites its passage.

    What stands in the notes of a version is introduced by that version.
    """
    spoken = language or languages()[FALLBACK]
    return "\n\n".join(f"{_dated(quote, spoken)}{quoted(quote.passage, quote.markdown)}" for quote in quotes)


def _dated(quote: Quote, language: Language) -> str:
    passage = quote.passage
    headings = [*passage.heading_path, quote.heading]
    version = next((part for part in reversed(headings) if VERSION.search(part)), "")
    if not version or not is_changelog(passage):
        return ""
    title, version = as_plain_text(passage.title), as_plain_text(version)
    return language.phrase("from_changelog", title=title, version=version) + "\n\n"


@dataclass(frozen=True)
class _Piece:
    """A sentence, list, table or code with its surroundings."""

    passage: Passage
    block: int
    text: str
    words: frozenset[str]


def _candidates(asked: Asked, passages: Sequence[Passage]) -> Iterator[Quote]:
    language = asked.language
    parsed = [(passage, blocks_of(passage.text)) for passage in passages]
    pieces = [piece for passage, blocks in parsed for piece in _pieces(passage, blocks, language)]
    pieces = [piece for piece in pieces if asked.avoid.isdisjoint(piece.words)]
    question = asked.terms_in(piece.words for piece in pieces)
    compounds = asked.language.code != FALLBACK
    weights = weigh(question, [piece.words for piece in pieces], compounds=compounds)
    for passage, blocks in parsed:
        for piece in (piece for piece in pieces if piece.passage is passage):
            yield _quote(piece, blocks, weights, asked)


def _pieces(passage: Passage, blocks: list[Block], language: Language) -> list[_Piece]:
    """What can be quoted of a passage; its first code where there is no text."""
    pieces = list(_text_pieces(passage, blocks, language))
    if pieces or not blocks:
        return pieces
    return [_Piece(passage, 0, blocks[0].text, frozenset(terms(blocks[0].text, language)))]


def _text_pieces(passage: Passage, blocks: list[Block], language: Language) -> Iterator[_Piece]:
    for number, block in enumerate(blocks):
        for text in _quotable(block):
            words = frozenset(terms(text, language))
            if words:
                yield _Piece(passage, number, text, words)


def _quotable(block: Block) -> list[str]:
    """The parts of a block that can stand alone: sentences, items of a long list, a short list whole."""
    if block.kind == "code":
        return []
    if block.kind == "text":
        return [text for text in sentences_of(block.text) if _is_sentence(text)]
    if block.kind == "list" and len(block.text) > WHOLE_PARAGRAPH:
        return list_items_of(block.text)
    return [block.text]


def _is_sentence(text: str) -> bool:
    """Not a caption in bold type, nor a lone word."""
    return len(text) >= SHORTEST_SENTENCE and not CAPTION.fullmatch(text)


def _above(piece: _Piece, blocks: list[Block]) -> str:
    """The title and the headings above a piece; a passage may have headings of its own inside."""
    path, own = piece.passage.heading_path, blocks[piece.block].heading
    return " ".join([piece.passage.title, *(path[:-1] if own else path), own])


def _quote(piece: _Piece, blocks: list[Block], weights: Weights, asked: Asked) -> Quote:
    introduced = _introduced(piece, blocks)
    above = _above(piece, blocks)
    heading = terms(above, asked.language)
    shared = weights.share(piece.words)
    with_heading = weights.share(piece.words | heading) - shared
    code = terms(introduced.text, asked.language) if introduced else set[str]()
    with_code = weights.share(piece.words | code) - shared if introduced else 0.0
    score = (
        shared
        + HEADING_WEIGHT * with_heading
        + CODE_WEIGHT * with_code
        + CLOSENESS_WEIGHT * piece.passage.closeness
        + LEAD_WEIGHT * (piece.block == 0)
        + DEFINITION_WEIGHT * asked.is_defined_by(piece.text)
        + NUMBER_WEIGHT * (asked.wants_number and any(map(str.isdigit, piece.text)))
        + COUNTED_WEIGHT * asked.counts(piece.text)
        + MONEY_WEIGHT * (asked.wants_money and MONEY.search(piece.text) is not None)
        + NAMED_WEIGHT * asked.names(blocks[piece.block].heading)
        + VERSION_WEIGHT * asked.is_of_version(above)
        - LONG_WEIGHT * (len(piece.text) > MAX_LIST_CHARACTERS)
        - SAID_WEIGHT * asked.has_said(without_links(piece.text))
    )
    markdown = _with_surroundings(piece, blocks)
    if introduced is not None:
        markdown = f"{markdown}\n\n{introduced.text}"
    words = frozenset(terms(markdown, asked.language))
    speaks = max(shared, shared + with_heading * HEADING_WEIGHT)
    return Quote(piece.passage, markdown, words, score, speaks, blocks[piece.block].heading)


def _introduced(piece: _Piece, blocks: list[Block]) -> Block | None:
    """The code or list that the piece's paragraph leads to, when it is short enough to be shown whole."""
    if blocks[piece.block].kind != "text" or piece.block + 1 >= len(blocks):
        return None
    following = blocks[piece.block + 1]
    if following.section != blocks[piece.block].section:
        return None
    is_last_sentence = blocks[piece.block].text.endswith(piece.text)
    if following.kind == "code" and len(following.text) <= MAX_CODE_CHARACTERS and is_last_sentence:
        return following
    leads_on = is_last_sentence and piece.text.endswith(":")
    if following.kind == "list" and leads_on and len(following.text) <= MAX_LIST_CHARACTERS:
        return Block("list", without_links(following.text))
    return None


def _with_surroundings(piece: _Piece, blocks: list[Block]) -> str:
    """A short paragraph whole, a long one from the sentence on as far as fits, a long list cut."""
    block = blocks[piece.block]
    if block.kind == "code":
        return block.text
    if block.kind != "text":
        return without_links(_first_lines(piece.text, MAX_LIST_CHARACTERS))
    if len(block.text) <= WHOLE_PARAGRAPH:
        return without_links(_not_too_short(piece.block, blocks))
    text = ""
    sentences = sentences_of(block.text)
    for sentence in sentences[sentences.index(piece.text) :]:
        if text and len(text) + len(sentence) > WHOLE_PARAGRAPH:
            break
        text = f"{text} {sentence}".strip()
    return without_links(text)


def _not_too_short(number: int, blocks: list[Block]) -> str:
    """The paragraph, with those behind it as far as they fit when it says little alone."""
    text = blocks[number].text
    for block in blocks[number + 1 :]:
        is_near = block.kind == "text" and block.section == blocks[number].section
        if len(text) >= SHORT_PARAGRAPH or not is_near or len(text) + len(block.text) >= WHOLE_PARAGRAPH:
            break
        text = f"{text} {block.text}"
    return text


def _first_lines(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    return text[:limit].rpartition("\n")[0] or text[:limit].rpartition(" ")[0] + " …"


def _is_new(quote: Quote, chosen: Sequence[Quote]) -> bool:
    same_passage = sum(other.passage is quote.passage for other in chosen)
    return same_passage < MAX_OF_ONE_PASSAGE and not any(_is_said(quote, other) for other in chosen)


def _is_said(quote: Quote, other: Quote) -> bool:
    smaller = min(len(quote.words), len(other.words)) or 1
    return len(quote.words & other.words) / smaller >= ALREADY_SAID


def quoted(passage: Passage, markdown: str) -> str:
    """A block quote; its mark stands behind the words, before the code they lead to, or below a table."""
    mark = f"[[{passage.chunk_id}]]"
    if markdown.startswith(("`" * 3, "~~~", "|")):
        marked = f"{markdown}\n\n{mark}"
    else:
        words, gap, introduced = markdown.partition("\n\n")
        marked = f"{without_marks(words)} {mark}{gap}{introduced}"
    return "\n".join(f"> {line}".rstrip() for line in marked.split("\n"))


def without_marks(text: str) -> str:
    """Brackets of the document's own must not be taken for our marks."""
    return text.replace("[[", "[\\[")
