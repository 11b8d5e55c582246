"""Steps and code quoted whole: a contiguous part of a section, in its order."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent_service.models.extractive.asked import Asked
from agent_service.models.extractive.headings import is_changelog
from agent_service.models.extractive.markdown_blocks import (
    LIST_ITEM,
    Block,
    as_plain_text,
    blocks_of,
    list_items_of,
    without_links,
)
from agent_service.models.extractive.quoting import quoted
from agent_service.models.extractive.terms import terms
from agent_service.tools.schemas import Passage

MAX_CHARACTERS = 1800
# Shorter steps are only the first ones of a page.
SHORT_CHARACTERS = 1400
MIN_SHARE = 0.3
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
# Of the closest passage's closeness, what one needs whose steps are to answer.
CLOSE_ENOUGH = 0.7


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
    def passage(self) -> Passage:
        """The passage that it begins in."""
        return self.parts[0].passage

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
    closest = max((passage.closeness for passage in passages), default=0.0)
    fitting = [
        section
        for section in sections
        if (section.has_code if wants_code else section.has_steps)
        and (
            section.passage.closeness >= CLOSE_ENOUGH * closest or asked.names(section.parts[0].block.heading)
        )
    ]
    best = max(fitting, key=lambda section: section.score, default=None)
    named = [section for section in sections if asked.names(section.parts[0].heading)]
    if best is not None and named and best not in named and not wants_code:
        return None  # what is asked for stands in plain words under a heading of its own
    if best is not None and _is_old_news(best.passage, passages, asked):
        return None
    return best if best is not None and _share(best.parts, best.heading, asked) >= MIN_SHARE else None


def _is_old_news(passage: Passage, passages: Sequence[Passage], asked: Asked) -> bool:
    """Whether a list of changes would tell how, where a guide was found, too."""
    has_guide = any(not is_changelog(one) for one in passages)
    return has_guide and is_changelog(passage) and not asked.about_versions


def first_steps(section: Section, page: Sequence[Passage], asked: Asked) -> Section:
    """The first steps of a page that is asked for by its title, unless a section has words of its own.

    A word that stands all over the page picks no section.
    """
    rest = asked.terms - _title_terms(section.passage, asked)
    sections = [Section(parts, section.heading, section.score) for parts in _by_heading(page)]
    words = [_words(one.parts, asked) | terms(one.parts[0].heading, asked.language) for one in sections]
    picking = {word for word in rest if sum(word in there for there in words) == 1}
    own = _words(section.parts, asked) | terms(section.parts[0].heading, asked.language)
    if picking & own or asked.names(section.parts[0].heading):
        return section
    return next((one for one in sections if one.has_steps and not _only_introduces(one)), section)


def _only_introduces(section: Section) -> bool:
    """Whether a section below the title alone only says what there is: a list without numbers, no code."""
    has_own = section.parts[0].heading not in ("", section.passage.title)
    lists = [part.block.text for part in section.parts if part.block.kind == "list"]
    return not has_own and not section.has_code and not any(text.lstrip()[:1].isdigit() for text in lists)


def is_of_named_page(section: Section, asked: Asked) -> bool:
    """Whether the question has the whole title of the section's page."""
    title = _title_terms(section.passage, asked)
    return bool(title) and title <= asked.terms


def _title_terms(passage: Passage, asked: Asked) -> set[str]:
    return terms(passage.title, asked.language)


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
    if is_of_named_page(section, asked):
        # Of two such pages, the one with the longer title is meant.
        score += TITLE_BONUS * len(_title_terms(passage, asked))
    if asked.names(parts[0].block.heading):
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
    body = terms(" ".join(part.block.text for part in parts), asked.language)
    above = terms(heading, asked.language) - body
    wanted = asked.terms_in([frozenset(body), frozenset(above)])
    return (len(wanted & body) + HEADING_WEIGHT * len(wanted & above)) / (len(wanted) or 1)
