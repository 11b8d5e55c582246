"""Results of tools as a model reads them: every text that comes from documents and tasks between two tags.

The programs that look at results get them without. The name of the tags is random, so that no text can end
them: that of the result itself where it names one (`text_marker`), else one that only this process can know.
"""

import hashlib
import json
import re
import secrets
from collections.abc import Mapping
from typing import Any, cast

from agent_service.tools.schemas import DOCUMENT_TOOLS, TASK_TOOLS

SECRET = secrets.token_bytes(32)
MARKER = re.compile(r"document-text-[0-9a-f]{8,64}")
# A date, an id, a kind: nothing that can be read as a sentence.
BARE = re.compile(r"[\w.:+-]{1,40}")
# Always fenced, however short: what documents and tasks are called, and what is said of them.
TEXTS = {"title", "source", "heading_path", "notes", "tags", "metadata", "name", "collection"}
# Said by our own server, or handed back to it letter by letter.
OWN_WORDS = {"text_marker", "hint", "note", "message", "shortened", "error", "next_cursor"}
OURS = DOCUMENT_TOOLS | TASK_TOOLS | {"get_upload", "add_document", "remove_document"}


def fenced_result(text: str, tool: str, call_id: str) -> str:
    """The result of a call with its texts between tags; an error of one of our own tools stays as it is."""
    marker = _marker(f"{call_id}\n{text}")
    try:
        value: object = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        return text if tool in OURS else _between(text, marker)
    result = cast(dict[str, Any], value)
    named = result.get("text_marker")
    if isinstance(named, str) and MARKER.fullmatch(named):
        marker = named
    return json.dumps(_of_object(result, marker, OWN_WORDS if tool in OURS else set()), ensure_ascii=False)


def _of_object(value: Mapping[str, Any], marker: str, own: set[str]) -> dict[str, Any]:
    return {
        name: entry if name in own and isinstance(entry, str) else _of_entry(name, entry, marker, own)
        for name, entry in value.items()
    }


def _of_entry(name: str, value: object, marker: str, own: set[str]) -> object:
    if name == "metadata" and isinstance(value, dict):
        fields = cast(dict[str, Any], value)
        return {_text(key, marker): _of_entry(name, entry, marker, own) for key, entry in fields.items()}
    if isinstance(value, dict):
        return _of_object(cast(dict[str, Any], value), marker, own)
    if isinstance(value, list):
        return [_of_entry(name, entry, marker, own) for entry in cast(list[object], value)]
    if not isinstance(value, str):
        return value
    return _between(value, marker) if name in TEXTS else _text(value, marker)


def _text(text: str, marker: str) -> str:
    return text if BARE.fullmatch(text) else _between(text, marker)


def _between(text: str, marker: str) -> str:
    if not text or (text.startswith(f"<{marker}>") and text.endswith(f"</{marker}>")):
        return text
    return f"<{marker}>{text}</{marker}>"


def _marker(seed: str) -> str:
    """The same for the same result, so that a provider's cache knows it again."""
    return f"document-text-{hashlib.sha256(SECRET + seed.encode('utf-8', 'replace')).hexdigest()[:16]}"
