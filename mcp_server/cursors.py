"""Cursors: where a list was cut, as a short text that only the same list understands."""

import base64
import hashlib
import json
import logging
from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from mcp_server.tool_errors import InvalidArgumentsError

Place = TypeVar("Place")
Entry = TypeVar("Entry", bound=BaseModel)

MAX_CURSOR_LENGTH = 4000
# JSON in English takes about so many bytes a token.
BYTES_A_TOKEN = 4
ENVELOPE = TypeAdapter(tuple[str, list[Any]])


def cursor_after(wanted: Sequence[Any], place: Sequence[Any]) -> str:
    """The cursor after `place` (plain values) in the list that these arguments ask for."""
    text = json.dumps([_fingerprint(wanted), list(place)], separators=(",", ":"), default=str)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def key_of(cursor: str, wanted: Sequence[Any], kind: TypeAdapter[Place]) -> Place:
    """The place a cursor stands for. Raises `InvalidArgumentsError` when it is broken or of another list."""
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars="-_", validate=True)
        fingerprint, told = ENVELOPE.validate_json(text)
        place = kind.validate_python(told)
    except (ValueError, ValidationError):
        raise InvalidArgumentsError(
            "cursor: not a cursor of this list. Pass next_cursor of the page before as it is, "
            "or leave cursor out to begin at the start.",
            log_level=logging.INFO,
        ) from None
    if fingerprint != _fingerprint(wanted):
        raise InvalidArgumentsError(
            "cursor: it belongs to a list with other arguments. Repeat the arguments of the page before, "
            "or leave cursor out to begin at the start.",
            log_level=logging.INFO,
        )
    return place


def that_fit(entries: Sequence[Entry], token_budget: int) -> list[Entry]:
    """The first entries that fit the budget; always the first one."""
    left = token_budget * BYTES_A_TOKEN
    fitting: list[Entry] = []
    for entry in entries:
        left -= len(entry.model_dump_json().encode())
        if left < 0 and fitting:
            break
        fitting.append(entry)
    return fitting


def _fingerprint(wanted: Sequence[Any]) -> str:
    told = json.dumps(list(wanted), sort_keys=True, default=str)
    return hashlib.sha256(told.encode()).hexdigest()[:8]
