"""Texts of a rich text that nobody sees: hidden, tiny, in the colour of the paper."""

import re
from collections.abc import Iterator
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
    pale = frozenset[int]() if GROUND.search(rtf) else _pale_colours(rtf)
    parts: list[str] = []
    gone: dict[Kind, list[str]] = {}
    for token, state in _tokens(rtf):
        kind = _kind(state, pale) if _is_text(token) else None
        (gone.setdefault(kind, []) if kind else parts).append(token[0])
    for kind, texts in gone.items():
        left_unseen(kind, "".join(texts))
    return "".join(parts)


def _tokens(rtf: str) -> Iterator[tuple[re.Match[str], _State]]:
    """The tokens, each with the state that holds for it."""
    above: list[_State] = []
    state = _State()
    for token in TOKEN.finditer(rtf):
        if token[0] == "{":
            above.append(state)
        elif token[0] == "}":
            state = above.pop() if above else state
        elif token[1] in STATES:
            state = _next(state, token[1], token[2])
        yield token, state


def _is_text(token: re.Match[str]) -> bool:
    return token[0] not in ("{", "}") and token[1] in (None, "u")


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
    """The numbers of the colours that cannot be seen on paper; the first, an empty one, is the usual."""
    table = COLOURS.search(rtf)
    entries = table[1].split(";") if table else []
    stated = [dict(CHANNEL.findall(entry)) for entry in entries]
    return frozenset(
        number
        for number, one in enumerate(stated)
        if len(one) == 3 and hardly_differ((int(one["red"]), int(one["green"]), int(one["blue"])), WHITE)
    )
