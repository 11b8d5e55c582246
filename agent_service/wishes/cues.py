"""The words by which users ask for changes, of all languages at once: a short message may be in any."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast

from agent_service.models.extractive.templates import plain
from parsing.unseen_characters import ANY as UNSEEN

WORDS = Path(__file__).with_name("words.toml")
NO_WORD = re.compile(r"[^\w#]+")
# Of the characters that cannot be seen those that words and pictures are written with.
JOINERS = "\u200c\u200d\ufe0f"

Kind = Literal["add", "complete", "reopen", "rename", "move", "priority", "note", "tag", "delete", "undo"]


def flat(text: str) -> str:
    """The text as words with one space between them, without capitals, accents and unseen characters."""
    return " ".join(NO_WORD.split(plain(UNSEEN.sub("", text)))).strip()


def hides(text: str) -> bool:
    """Whether something in a text cannot be seen."""
    return UNSEEN.search(re.sub(f"[{JOINERS}]", "", text)) is not None


def has(name: str, words: str) -> bool:
    """Whether words, as `flat` gives them, have one of the cues of this name (`questions`, `kinds.add`)."""
    return _pattern(name).search(words) is not None


def is_cue(name: str, words: str) -> bool:
    """Whether these words are one of the cues of this name, and nothing more."""
    return any(re.fullmatch(way, words) for way in ways(name))


def only_has(names: Sequence[str], words: str) -> bool:
    """Whether each of these words is one of the cues of these names."""
    known = [re.compile("|".join(ways(name))) for name in names]
    return all(any(pattern.fullmatch(word) for pattern in known) for word in words.split())


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
