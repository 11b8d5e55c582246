"""What words such as "add these" point at: entries of the answer before, lines of a document named."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from agent_service.tools.schemas import without_fence
from agent_service.wishes.cues import flat, has, only_has
from agent_service.wishes.matching import content_words, is_alike
from agent_service.wishes.own_words import CODE, ENTRY, Clause

MAX_ENTRIES = 20
MAX_LINES = 3000
MAX_ENTRY_CHARACTERS = 300
BEGINNING = 3
SENTENCE_END = re.compile(r"(?<=[.!?。！？])\s+")
LINK = re.compile(r"!?\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])")
ADDRESS = re.compile(r"<[^>\n]*>|(?:https?|mailto|ftp):\S*|\bwww\.\S*")
# Not shown on the page, or somebody else's words.
UNSHOWN = re.compile(r"^\s*(?:>|\[[^\]]*\]:|\|)")


@dataclass(frozen=True)
class Reading:
    """A text that a tool or a file has brought in this turn, and what it is called."""

    name: str
    text: str


def readings_in(content: Mapping[str, Any]) -> Iterator[Reading]:
    """The texts of documents in the structured result of a tool."""
    for entry in (content, *_objects(content.get("results")), *_objects(content.get("chunks"))):
        text = entry.get("content")
        if isinstance(text, str):
            named = {**content, **entry}
            yield Reading(f"{named.get('title', '')} {named.get('source', '')}", without_fence(text))


def _objects(value: object) -> list[Mapping[str, Any]]:
    entries = cast(list[object], value) if isinstance(value, list) else []
    return [cast(Mapping[str, Any], entry) for entry in entries if isinstance(entry, dict)]


def points(clause: Clause) -> bool:
    """Whether the words name no task of their own but what was said before: "add these as tasks"."""
    return only_has(("pointing", "pointers", "fillers", "task_words"), clause.words) and (
        has("pointers", clause.words) or has("several", clause.words)
    )


def shown(answer: str) -> str:
    """What of an answer's Markdown is there to be read, and is no quotation: no address, no code."""
    lines = [line for line in CODE.sub("\n", answer).splitlines() if not UNSHOWN.match(line)]
    return ADDRESS.sub(" ", LINK.sub(r"\1", "\n".join(lines)))


def entries_of(answer: str, wish: Clause) -> list[Clause]:
    """What the answer lists, or else its sentences, each as a wish of the same kinds."""
    lines = shown(answer).splitlines()
    listed = [line[found.end() :] for line in lines if (found := ENTRY.match(line))]
    is_list = listed and has("several", wish.words)
    parts = listed if is_list else [part for line in lines for part in SENTENCE_END.split(line)]
    texts = [ENTRY.sub("", part).strip("*_ ") for part in parts]
    return [_clause(text, wish) for text in texts if text and len(text) <= MAX_ENTRY_CHARACTERS][:MAX_ENTRIES]


def lines_named(readings: Sequence[Reading], wish: Clause, title: str) -> Iterator[Clause]:
    """The lines of those texts that the wish names, as far as they may speak of this title.

    "A task for every action item in the minutes" names texts that are called minutes.
    """
    if not has("sources", wish.sentence):
        return
    asked = wish.sentence.split()
    beginnings = [word[:BEGINNING] for word in content_words(title)]
    for reading in readings:
        if not any(is_alike(word, other) for word in _telling(reading.name) for other in asked):
            continue
        for line in reading.text.splitlines()[:MAX_LINES]:
            for part in SENTENCE_END.split(line):
                clause = _clause(part, wish)
                # Comparing words costs far more than this.
                if all(one in clause.sentence or one in wish.sentence for one in beginnings):
                    yield clause


def _telling(name: str) -> list[str]:
    """The words of a name that tell it from others."""
    return [word for word in content_words(name) if not word.isdigit() and not only_has(("pointing",), word)]


def _clause(text: str, wish: Clause) -> Clause:
    return Clause(wish.kinds, wish.words, flat(text), text)
