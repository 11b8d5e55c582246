"""The words by which users ask for changes, of all languages at once: a short message may be in any."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast

from agent_service.models.extractive.templates import plain

WORDS = Path(__file__).with_name("words.toml")
NO_WORD = re.compile(r"[^\w#]+")
# Characters that cannot be seen: tag characters, zero-width ones, those that turn the direction.
UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff]"
)

Kind = Literal["add", "complete", "reopen", "rename", "move", "priority", "note", "tag", "delete", "undo"]


def flat(text: str) -> str:
    """The text as words with one space between them, without capitals, accents and unseen characters."""
    return " ".join(NO_WORD.split(plain(UNSEEN.sub("", text)))).strip()


def has(name: str, words: str) -> bool:
    """Whether words, as `flat` gives them, have one of the cues of this name (`questions`, `kinds.add`)."""
    return _pattern(name).search(words) is not None


def begins_with(name: str, words: str) -> str | None:
    """What follows the cue of this name at the beginning; None when there is none."""
    found = _pattern(name).match(words)
    return None if found is None else words[found.end() :].strip()


def ways(name: str) -> list[str]:
    """The cues of this name, one pattern for each language."""
    table: Any = _tables()
    for part in name.split("."):
        table = table[part]
    return list(cast(Mapping[str, str], table).values())


def kinds() -> list[Kind]:
    """All kinds of changes that can be asked for."""
    return cast(list[Kind], list(_tables()["kinds"]))


@cache
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?:^| )(?:{'|'.join(ways(name))})(?= |$)")


@cache
def _tables() -> Mapping[str, Any]:
    return tomllib.loads(WORDS.read_text(encoding="utf-8"))
