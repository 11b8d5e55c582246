"""Texts of a rich text that nobody sees: hidden, tiny, in the colour of the paper."""

import re
from dataclasses import dataclass, replace

from parsing.colours import WHITE, hardly_differ
from parsing.unseen import Kind, left_unseen

TOKEN = re.compile(r"\\([a-z]{1,32})(-?\d{1,9})? ?|\\'[0-9a-fA-F]{2}|\\.|[{}]|[^\\{}]+", re.DOTALL)
DOUBT = re.compile(r"\\v(?![a-z0])|\\fs[0-4](?!\d)|\\cf\d")
COLOURS = re.compile(r"\{\\colortbl([^{}]{0,20000})\}")
CHANNEL = re.compile(r"\\(red|green|blue)(\d{1,3})")
# What may stand behind a text: then nobody can tell by its colour alone.
GROUND = re.compile(r"\\(?:clcbpat|cbpat|chcbpat|cb|highlight)[1-9]|\\shp\b|\\background\b|\\pict\b")
# Half points.
TINY = 4
STATES = frozenset({"v", "cf", "fs", "plain"})


@dataclass(frozen=True)
class _State:
    hidden: bool = False
    colour: int = 0
    size: int = 24


def without_unseen(rtf: str) -> str:
    """The file without these texts; their words are counted. Letters written as codes count as one word."""
    if not DOUBT.search(rtf):
        return rtf
    pale = frozenset() if GROUND.search(rtf) else _pale_colours(rtf)
    parts: list[str] = []
    above: list[_State] = []
    state = _State()
    gone: dict[Kind, list[str]] = {}
    for token in TOKEN.finditer(rtf):
        if token[0] == "{":
            above.append(state)
        elif token[0] == "}":
            state = above.pop() if above else state
        elif token[1] in STATES:
            state = _next(state, token[1], token[2])
        elif kind := _kind(state, pale):
            if token[1] is None or token[1] == "u":
                gone.setdefault(kind, []).append(token[0])
                continue
        parts.append(token[0])
    for kind, texts in gone.items():
        left_unseen(kind, "".join(texts))
    return "".join(parts)


def _next(state: _State, word: str, number: str | None) -> _State:
    match word:
        case "plain":
            return _State()
        case "v":
            return replace(state, hidden=number != "0")
        case "cf":
            return replace(state, colour=int(number or 0))
        case _:
            return replace(state, size=int(number or 24))


def _kind(state: _State, pale: frozenset[int]) -> Kind | None:
    if state.hidden:
        return "hidden text"
    if state.size <= TINY:
        return "tiny text"
    return "text in the colour of its background" if state.colour in pale else None


def _pale_colours(rtf: str) -> frozenset[int]:
    """The numbers of the colours that cannot be seen on paper; the first, which is empty, is the usual one."""
    table = COLOURS.search(rtf)
    entries = table[1].split(";") if table else []
    stated = [dict(CHANNEL.findall(entry)) for entry in entries]
    return frozenset(
        number
        for number, one in enumerate(stated)
        if len(one) == 3 and hardly_differ((int(one["red"]), int(one["green"]), int(one["blue"])), WHITE)
    )
