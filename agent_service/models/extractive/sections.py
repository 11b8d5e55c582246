"""Steps and code quoted whole: a contiguous part of a section, in its order."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent_service.models.extractive.asked import Asked
from agent_service.models.extractive.markdown_blocks import (
    LIST_ITEM,
    Block,
    as_plain_text,
    blocks_of,
    list_items_of,
    without_links,
)
from agent_service.models.extractive.quoting import is_changelog, quoted
from agent_service.models.extractive.terms import terms
from agent_service.tools.schemas import Passage

MAX_CHARACTERS = 1800
# Shorter steps are only the first ones of a page.
SHORT_CHARACTERS = 1400
MIN_SHARE = 0.34
# What a section with steps or code is worth more, when steps or code are asked for.
STEPS_BONUS = 0.35
CODE_BONUS = 0.6
# What is to be typed tells how; a list may only name what there is.
COMMANDS_BONUS = 0.15
# A page whose whole title is asked for is about the question.
TITLE_BONUS = 0.4
HEADING_WEIGHT = 0.5
CHANGELOG_FACTOR = 0.5
ORDER_WEIGHT = 0.25
# Of what is told to do, "Restart the server." is among the shortest: these are words on average.
LEAST_WORDS_OF_STEP = 4


@dataclass(frozen=True)
class Part:
    """A block with its passage; `section` counts the headings of the page before it."""

    passage: Passage
    block: Block
    section: tuple[str, int]

    @property
    def heading(self) -> str:
        """The heading above; empty at the beginning of a page."""
        return self.block.heading or (self.passage.heading_path or [""])[-1]


@dataclass(frozen=True)
class Section:
    """The blocks below one heading, in order."""

    parts: Sequence[Part]
    heading: str
    score: float

    @property
    def has_code(self) -> bool:
        """Whether there is code among them."""
        return any(part.block.kind == "code" for part in self.parts)

    @property
    def has_steps(self) -> bool:
        """Whether there is a list or code among them."""
        return any(part.block.kind == "code" or _is_list_of_steps(part.block) for part in self.parts)


def _is_list_of_steps(block: Block) -> bool:
    """Whether a list tells what to do: most of its items begin with a word, not with a name or a number.

    A list of a word or two each names what there is.
    """
    if block.kind != "list":
        return False
    items = [LIST_ITEM.sub("", item, count=1) for item in list_items_of(block.text)]
    says = sum(len(item.split()) for item in items) >= LEAST_WORDS_OF_STEP * len(items)
    return says and 2 * sum(item[:1].isalpha() for item in items) > len(items)


def best_section(asked: Asked, passages: Sequence[Passage], *, wants_code: bool) -> Section | None:
    """The section that tells best how; None when none shares enough with the question, or has any steps."""
    sections = [
        _section(parts, asked, len(passages), place, wants_code=wants_code)
        for place, passage in enumerate(passages)
        for parts in _by_heading([passage])
    ]
    fitting = [section for section in sections if (section.has_code if wants_code else section.has_steps)]
    best = max(fitting, key=lambda section: section.score, default=None)
    return best if best is not None and _share(best.parts, best.heading, asked) >= MIN_SHARE else None


def whole_section(section: Section, neighbours: Sequence[Passage], asked: Asked) -> Section:
    """The same section as far as the passages around it go on below the same heading.

    A short one goes on with the sections behind it, as long as they speak of what is asked.
    """
    known = {part.block.text for part in section.parts}
    sections = _by_heading(neighbours)
    places = (
        number for number, parts in enumerate(sections) if any(part.block.text in known for part in parts)
    )
    start = next(places, None)
    if start is None:
        return section
    joined = list(sections[start])
    for parts in sections[start + 1 :]:
        size = sum(len(part.block.text) for part in [*joined, *parts])
        if size > SHORT_CHARACTERS or not asked.terms & _words(parts, asked):
            break
        joined += parts
    return Section(joined, section.heading, section.score)


def _words(parts: Sequence[Part], asked: Asked) -> set[str]:
    return terms(" ".join(part.block.text for part in parts), asked.language)


def render_section(section: Section, asked: Asked) -> str:
    """The section in block quotes with a mark for each passage; cut between blocks where it is long."""
    shown: list[Part] = []
    length = 0
    start = _start(section, asked)
    for part in section.parts[start:]:
        if shown and length + len(part.block.text) > MAX_CHARACTERS:
            break
        shown.append(part)
        length += len(part.block.text)
    while len(shown) > 1 and shown[-1].block.text.rstrip().endswith(":"):
        shown.pop()
    return _rendered(shown)


def _start(section: Section, asked: Asked) -> int:
    """Where to begin: at the beginning, unless the block with most of the words lies too far behind it."""
    shares = [len(asked.terms & terms(part.block.text, asked.language)) for part in section.parts]
    best = shares.index(max(shares))
    before = sum(len(part.block.text) for part in section.parts[: best + 1])
    return 0 if before <= MAX_CHARACTERS else max(best - 1, 0)


def _rendered(parts: Sequence[Part]) -> str:
    """The parts as one quote for each section, below its heading where there are several."""
    groups: list[list[Part]] = []
    for part in parts:
        if groups and groups[-1][-1].heading == part.heading:
            groups[-1].append(part)
        else:
            groups.append([part])
    quotes = ["\n>\n".join(_quotes(group)) for group in groups]
    headings = [f"**{as_plain_text(group[0].heading)}**\n\n" if group[0].heading else "" for group in groups]
    return "\n\n".join(
        f"{heading if place else ''}{quote}"
        for place, (heading, quote) in enumerate(zip(headings, quotes, strict=True))
    )


def _quotes(parts: Sequence[Part]) -> list[str]:
    pieces: list[str] = []
    for place, part in enumerate(parts):
        text = part.block.text if part.block.kind == "code" else without_links(part.block.text)
        is_last = place + 1 == len(parts) or parts[place + 1].passage.chunk_id != part.passage.chunk_id
        if is_last and part.block.kind != "text":
            pieces.append(quoted(part.passage, text) if part.block.kind != "list" else _below(part, text))
        elif is_last:
            pieces.append(quoted(part.passage, text))
        else:
            pieces.append("\n".join(f"> {line}".rstrip() for line in text.replace("[[", "[\\[").split("\n")))
    return pieces


def _below(part: Part, text: str) -> str:
    lines = "\n".join(f"> {line}".rstrip() for line in text.replace("[[", "[\\[").split("\n"))
    return f"{lines} [[{part.passage.chunk_id}]]"


def _by_heading(passages: Sequence[Passage]) -> list[list[Part]]:
    """The blocks of passages in order, cut where a heading begins."""
    found: list[list[Part]] = []
    for passage in passages:
        for block in blocks_of(passage.text):
            own = [block.heading] if block.heading else passage.heading_path[-1:]
            place = (" › ".join(own), 0 if own else block.section)
            part = Part(passage, block, place)
            if found and found[-1][-1].section == place:
                found[-1].append(part)
            else:
                found.append([part])
    return found


def _section(parts: list[Part], asked: Asked, count: int, place: int, *, wants_code: bool) -> Section:
    passage = parts[0].passage
    heading = f"{passage.title} {parts[0].heading}"
    section = Section(parts, heading, 0.0)
    score = _share(parts, heading, asked) + passage.closeness
    score += ORDER_WEIGHT * (count - place) / max(count, 1)
    if section.has_steps:
        score += STEPS_BONUS + COMMANDS_BONUS * section.has_code
    title = terms(passage.title, asked.language)
    if title and title <= asked.terms:
        score += TITLE_BONUS
    if not any(part.block.kind != "code" for part in parts):
        score -= STEPS_BONUS
    if wants_code and section.has_code:
        score += CODE_BONUS
    if is_changelog(passage) and not asked.about_versions:
        score *= CHANGELOG_FACTOR
    return Section(parts, heading, score)


def _share(parts: Sequence[Part], heading: str, asked: Asked) -> float:
    """The part of the question's words that the blocks have; those of the heading count half."""
    wanted = asked.terms
    body = terms(" ".join(part.block.text for part in parts), asked.language)
    above = terms(heading, asked.language) - body
    return (len(wanted & body) + HEADING_WEIGHT * len(wanted & above)) / (len(wanted) or 1)
