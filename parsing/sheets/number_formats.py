"""Numbers of a workbook as its cells show them: `0.0%`, `#,##0.00 "EUR"`, `00000`, `[h]:mm`, `# ?/?`."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from parsing.sheets.dates import DATE_KINDS, written_date
from parsing.sheets.numbers import PlainForm, general, plain_form, written_number

MAX_CODE_LENGTH = 255
# One of these after the other, whatever they mean.
PARTS = re.compile(
    r'"(?P<quoted>[^"]*)"?|\\(?P<escaped>.)|_(?P<space>.)|\*(?P<fill>.)|(?P<general>General)'
    r"|\[(?P<elapsed>h+|m+|s+)\]|\[(?P<bracket>[^\]]*)\]|(?P<half>AM/PM|A/P|上午/下午)"
    r"|(?P<exponent>E[+-])|(?P<date>y+|m+|d+|h+|s+(?:\.0{1,3})?|e+|b+|g+)|(?P<digits>[0#?]+)"
    r"|(?P<point>\.)|(?P<comma>,+)|(?P<percent>%)|(?P<text>@)|(?P<slash>/)|(?P<literal>.)",
    re.IGNORECASE | re.DOTALL,
)
CONDITION = re.compile(r"(<=|>=|<>|<|>|=)(-?\d+(?:\.\d+)?)")
CURRENCY = re.compile(r"\$([^-\]]*)(?:-([0-9A-Fa-f]+))?")
COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "<": lambda value, limit: value < limit,
    ">": lambda value, limit: value > limit,
    "<=": lambda value, limit: value <= limit,
    ">=": lambda value, limit: value >= limit,
    "=": lambda value, limit: value == limit,
    "<>": lambda value, limit: value != limit,
}

Part = tuple[str, str]


@dataclass(frozen=True)
class Section:
    """One of the parts of a format between `;`, with its condition and the language of its names."""

    parts: tuple[Part, ...]
    condition: tuple[str, float] | None
    language: int

    @cached_property
    def is_date(self) -> bool:
        """Whether it writes a moment or a duration."""
        return any(kind in DATE_KINDS for kind, _ in self.parts)

    @cached_property
    def is_text(self) -> bool:
        """Whether it is for texts."""
        return any(kind == "text" for kind, _ in self.parts)

    @cached_property
    def plain(self) -> PlainForm | None:
        """What it is if it is as simple as most are."""
        return plain_form(self.parts)


def formatted(value: float, code: str, *, from_1904: bool = False) -> str:
    """A number as a cell with this format shows it; plainly where the format is not known."""
    code = code[:MAX_CODE_LENGTH]
    plain = _plain(code)
    if plain:
        return _tidy(("-" if value < 0 else "") + plain.written(abs(value)))
    sections = _numeric(code)
    if not sections:
        return general(value)  # it hides everything
    section, is_signed = _chosen(value, sections)
    if section.is_date:
        written = written_date(value, section.parts, section.language, from_1904=from_1904)
        return general(value) if written is None else _tidy(written)
    if section.is_text:
        return text_formatted(general(value), code)
    sign = "-" if is_signed and value < 0 else ""
    form = section.plain
    written = form.written(abs(value)) if form else written_number(abs(value), section.parts)
    return _tidy(sign + written)


def text_formatted(text: str, code: str) -> str:
    """A text as a cell with this format shows it."""
    sections = _sections(code[:MAX_CODE_LENGTH])
    section = next((one for one in reversed(sections) if one.is_text), None)
    if section is None:
        return text
    return "".join(text if kind == "text" else content for kind, content in section.parts if kind != "fill")


@lru_cache(1_000)
def _plain(code: str) -> PlainForm | None:
    """The plain form that all numbers have, as most formats are."""
    sections = _numeric(code)
    alike = len(sections) == 1 and not (sections[0].condition or sections[0].is_date or sections[0].is_text)
    return sections[0].plain if alike else None


@lru_cache(1_000)
def _numeric(code: str) -> tuple[Section, ...]:
    """The sections for numbers, for the last may be for texts; none where nothing is to be seen."""
    sections = _sections(code)
    if not any(section.parts for section in sections):
        return ()
    return tuple(one for one in sections if not (one.is_text and len(sections) > 1)) or sections


def _chosen(value: float, sections: Sequence[Section]) -> tuple[Section, bool]:
    """The section for a value, and whether a minus is to be written before it."""
    if len(sections) == 1 and not sections[0].condition:
        return sections[0], True
    conditional = [section for section in sections if section.condition]
    if conditional:
        for section in conditional:
            sign, limit = section.condition or ("=", 0)
            if COMPARISONS[sign](value, limit):
                return section, True
        return next((section for section in sections if not section.condition), sections[-1]), True
    if value < 0 and len(sections) > 1:
        return sections[1], False
    if value == 0 and len(sections) > 2:
        return sections[2], False
    return sections[0], True


@lru_cache(1_000)
def _sections(code: str) -> tuple[Section, ...]:
    sections: list[Section] = []
    parts: list[Part] = []
    condition: tuple[str, float] | None = None
    language = 0
    for found in [*PARTS.finditer(code), None]:
        kind, text = _part(found) if found is not None else ("literal", ";")
        if (kind, text) == ("literal", ";"):
            sections.append(Section(tuple(parts), condition, language))
            parts, condition, language = [], None, 0
        elif kind == "bracket":
            stated, money = CONDITION.fullmatch(text), CURRENCY.fullmatch(text)
            condition = (stated[1], float(stated[2])) if stated else condition
            language = int(money[2], 16) & 0x3FF if money and money[2] else language
            parts += [("literal", money[1])] if money and money[1] else []
        else:
            parts.append((kind, text))
    return tuple(sections)


def _part(found: re.Match[str]) -> Part:
    kind = found.lastgroup or "literal"
    text = found[kind] or ""
    match kind:
        case "quoted" | "escaped":
            # What is quoted never ends a section.
            return "quoted", text
        case "space":
            return "quoted", " "
        case _:
            return kind, text


def _tidy(text: str) -> str:
    return " ".join(text.split())
