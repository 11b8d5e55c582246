"""Cursors: the key of the last entry of a page, as a short text that only the same list understands."""

import base64
import hashlib
import json
import logging
from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from mcp_server.tool_errors import InvalidArgumentsError

Key = TypeVar("Key")
Entry = TypeVar("Entry", bound=BaseModel)

MAX_CURSOR_CHARACTERS = 4000
# JSON in English takes about so many bytes a token.
BYTES_A_TOKEN = 4
ENVELOPE = TypeAdapter(tuple[str, list[Any]])


def cursor_after(arguments: Sequence[Any], key: Sequence[Any]) -> str:
    """The cursor after `key` (plain values) in the list that these arguments ask for."""
    text = json.dumps([_fingerprint(arguments), list(key)], separators=(",", ":"), default=str)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def key_of(cursor: str, arguments: Sequence[Any], kind: TypeAdapter[Key]) -> Key:
    """The key of the entry that a cursor follows.

    Raises `InvalidArgumentsError` when the cursor is broken or of another list.
    """
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars="-_", validate=True)
        fingerprint, told = ENVELOPE.validate_json(text)
        key = kind.validate_python(told)
    except (ValueError, ValidationError):
        raise InvalidArgumentsError(
            "cursor: not a cursor of this list. Pass next_cursor of the page before as it is, "
            "or leave cursor out to begin at the start.",
            log_level=logging.INFO,
        ) from None
    if fingerprint != _fingerprint(arguments):
        raise InvalidArgumentsError(
            "cursor: it belongs to a list with other arguments. Repeat the arguments of the page before, "
            "or leave cursor out to begin at the start.",
            log_level=logging.INFO,
        )
    return key


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


def _fingerprint(arguments: Sequence[Any]) -> str:
    told = json.dumps(list(arguments), sort_keys=True, default=str)
    return hashlib.sha256(told.encode()).hexdigest()[:8]
