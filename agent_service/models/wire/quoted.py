"""Whether a tool call written as text is one that a document or the user said before."""

import re
from collections.abc import Iterator
from typing import cast

from agent_service.models.wire.text_calls import Call

MAX_PLACES = 50
# How far from the name of the tool its arguments stand, besides their own length.
MAX_AWAY = 300
OPENING = re.compile(r"[{(<\[]")


def is_quoted(block: str, call: Call, said_before: str) -> bool:
    """Whether the same was said, however it is escaped and spaced, and in whatever order."""
    said = _squeezed(said_before)
    return _squeezed(block) in said or _is_told(call, said)


def _is_told(call: Call, said: str) -> bool:
    """Whether the name of the tool stands somewhere with all that the call says around it."""
    name, arguments = call
    values = [_squeezed(value) for value in _leaves(arguments)]
    reach = sum(map(len, values)) * 2 + MAX_AWAY
    for found in list(re.finditer(re.escape(_squeezed(name)), said))[:MAX_PLACES] if values else ():
        around = said[max(0, found.start() - reach) : found.end() + reach]
        if OPENING.search(around) and all(value in around for value in values):
            return True
    return False


def _leaves(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for entry in cast(dict[str, object], value).values():
            yield from _leaves(entry)
    elif isinstance(value, list):
        for entry in cast(list[object], value):
            yield from _leaves(entry)
    elif value not in (None, ""):
        yield str(value)


def _squeezed(text: str) -> str:
    """A text by which a quotation is known, however it is escaped and spaced."""
    text = re.sub(r"\\\\?u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text)
    return re.sub(r"[\s\\]+", "", text).casefold()
