"""The numbers of lists and headings of a Word document, as they are shown."""

import re
from dataclasses import dataclass

from parsing.archives.zipped import Element
from parsing.list_numbers import letters_of, roman
from parsing.text import clean
from parsing.word.names import OFF, WORD, number, value

PLACE = re.compile("%([1-9])")
BULLET = "-"


@dataclass(frozen=True)
class Level:
    """How one level of a list counts; `restarts_after` counts levels from 1 (0: never, None: usual)."""

    start: int = 1
    format: str = "decimal"
    text: str = ""
    restarts_after: int | None = None
    is_legal: bool = False


@dataclass(frozen=True)
class NumberedList:
    """A list: the definition that it shares its numbers with, its levels, and where it begins anew."""

    definition: str
    levels: dict[int, Level]
    starts: dict[int, int]


class Numbering:
    """Counts through the lists of a document in the order in which their items stand."""

    def __init__(self, root: Element | None) -> None:
        self._lists = _lists(root) if root is not None else {}
        self._counts: dict[str, dict[int, int]] = {}
        self._begun: set[str] = set()

    def label(self, list_id: str | None, depth: int) -> str | None:
        """The mark of the next item at this depth from 0: "-", "1.", "2.3", "c)"; None outside of lists."""
        numbered = self._lists.get(list_id or "")
        if numbered is None or list_id is None:
            return None
        counts = self._counts.setdefault(numbered.definition, {})
        if list_id not in self._begun:
            self._begun.add(list_id)
            counts.update({level: start - 1 for level, start in numbered.starts.items()})
        level = numbered.levels.get(depth, Level(text=f"%{depth + 1}."))
        _count(counts, depth, numbered.levels)
        return _label(level, counts, numbered.levels)


def _count(counts: dict[int, int], depth: int, levels: dict[int, Level]) -> None:
    for above in range(depth):
        counts.setdefault(above, levels.get(above, Level()).start)
    counts[depth] = counts.get(depth, levels.get(depth, Level()).start - 1) + 1
    for below in [level for level in counts if level > depth]:
        after = levels.get(below, Level()).restarts_after
        if after is None or 0 < depth + 1 <= after:
            del counts[below]


def _label(level: Level, counts: dict[int, int], levels: dict[int, Level]) -> str:
    if level.format == "bullet":
        return BULLET

    def counted(place: re.Match[str]) -> str:
        depth = int(place[1]) - 1
        format = "decimal" if level.is_legal else levels.get(depth, Level()).format
        return written(counts.get(depth, levels.get(depth, Level()).start), format)

    return " ".join(clean(PLACE.sub(counted, level.text)).split())


def written(count: int, format: str) -> str:
    """A number as this format of Word writes it."""
    match format:
        case "none":
            return ""
        case "decimalZero":
            return f"{count:02}"
        case "lowerRoman" | "upperRoman":
            return roman(count) if format == "lowerRoman" else roman(count).upper()
        case "lowerLetter" | "upperLetter":
            return letters_of(count) if format == "lowerLetter" else letters_of(count).upper()
        case "ordinal":
            teen = 10 < count % 100 < 20
            return f"{count}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(count % 10, 'th')}"
        case _:
            return str(count)


def _lists(root: Element) -> dict[str, NumberedList]:
    definitions = {one.get(f"{WORD}abstractNumId", ""): one for one in root.iter(f"{WORD}abstractNum")}
    by_style = {value(one, "styleLink"): name for name, one in definitions.items() if value(one, "styleLink")}
    found: dict[str, NumberedList] = {}
    for one in root.iter(f"{WORD}num"):
        name = value(one, "abstractNumId") or ""
        linked = value(definitions.get(name), "numStyleLink")
        name = by_style.get(linked, name) if linked else name
        levels = _levels(definitions.get(name))
        starts: dict[int, int] = {}
        for override in one.iter(f"{WORD}lvlOverride"):
            depth = number(override.get(f"{WORD}ilvl"), 0)
            levels |= _levels(override)
            start = value(override, "startOverride")
            if start is not None:
                starts[depth] = number(start, 1)
        found[one.get(f"{WORD}numId", "")] = NumberedList(name, levels, starts)
    return found


def _levels(parent: Element | None) -> dict[int, Level]:
    elements = parent.iterchildren(f"{WORD}lvl") if parent is not None else ()
    return {number(element.get(f"{WORD}ilvl"), 0): _level(element) for element in elements}


def _level(element: Element) -> Level:
    restart = value(element, "lvlRestart")
    legal = element.find(f"{WORD}isLgl")
    return Level(
        start=number(value(element, "start"), 1),
        format=value(element, "numFmt") or "decimal",
        text=value(element, "lvlText") or "",
        restarts_after=number(restart, 0) if restart is not None else None,
        is_legal=legal is not None and legal.get(f"{WORD}val", "1") not in OFF,
    )
