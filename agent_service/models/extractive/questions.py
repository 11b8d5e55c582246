"""What a question wants: a summary, a list of pages, steps, a comparison; and whether it is two questions."""

import re
from dataclasses import dataclass
from typing import Literal

from agent_service.models.extractive.language import Language
from agent_service.models.extractive.templates import plain

Kind = Literal[
    "plain",
    "how",
    "code",
    "define",
    "compare",
    "summarise",
    "which",
    "how_many",
    "how_many_about",
    "collections",
    "overview",
    "more",
    "vague",
]
# In the order of trying: what asks for the documents as such comes before what asks for what they say.
KINDS: tuple[Kind, ...] = (
    "more",
    "vague",
    "overview",
    "collections",
    "how_many",
    "how_many_about",
    "which",
    "summarise",
    "compare",
    "code",
    "define",
    "how",
)
MAX_PARTS = 3
FEW_POINTS = 3
NUMBER = re.compile(r"\d{1,2}")
SENTENCE_GAP = re.compile(r"(?<=\?)\s+(?=\S)")


@dataclass(frozen=True)
class Wish:
    """A kind of question with its subject; `other` is the second one of a comparison, `count` of points."""

    kind: Kind
    topic: str = ""
    other: str = ""
    count: int | None = None


def read_wish(sentence: str, language: Language) -> Wish:
    """What the sentence (without politeness and question mark) wants."""
    for kind in KINDS:
        slots = language.match("questions", kind, sentence)
        if slots is None:
            continue
        if kind == "summarise":
            return _summary(slots["topic"], sentence, language)
        if kind == "compare":
            return Wish(kind, slots["a"], slots["b"])
        return Wish(kind, slots.get("topic", ""))
    return Wish("plain", sentence)


def _summary(topic: str, sentence: str, language: Language) -> Wish:
    """`the page on CORS in 3 points` is about CORS."""
    count = None
    slots = language.match("questions", "points_end", topic)
    if slots is not None:
        topic, count = slots["topic"], _count(slots.get("count"), language)
    for _ in range(2):
        named = language.match("questions", "page_start", topic)
        topic = named["topic"] if named else topic
    return Wish("summarise", topic, "", count)


def _count(written: str | None, language: Language) -> int:
    figures = NUMBER.search(written or "")
    if figures:
        return max(1, int(figures.group()))
    named = {plain(word): number for word, number in language.data["dates"]["numbers"].items()}
    return named.get(plain(written or "").strip(), FEW_POINTS)


def parts_of(sentence: str, language: Language) -> list[str]:
    """The questions in a sentence, usually one: "who made it and what does it cost" is two."""
    parts = [part for one in SENTENCE_GAP.split(sentence) for part in _joined(one.strip(), language)]
    return [part.strip(" ,;") for part in parts if part.strip(" ,;?!.")][:MAX_PARTS]


def _joined(sentence: str, language: Language) -> list[str]:
    words = sentence.split(" ")
    starts = language.words("questions", "part_starts")
    joiners = sorted(
        (plain(one).split() for one in language.data["questions"]["joiners"]), key=len, reverse=True
    )
    for place in range(2, len(words) - 2):
        for joiner in joiners:
            rest = words[place + len(joiner) :]
            is_joiner = [plain(word).strip(",") for word in words[place : place + len(joiner)]] == joiner
            if (
                is_joiner
                and len(rest) > 1
                and _begins_question(rest, starts)
                and _begins_question(words, starts)
            ):
                return [" ".join(words[:place]), *_joined(" ".join(rest), language)]
    return [sentence]


def _begins_question(words: list[str], starts: frozenset[str]) -> bool:
    """Whether one of the first two words asks: also "for whom", "zu welchem"."""
    return any(part in starts for word in words[:2] for part in plain(word).strip("¿¡").split())
