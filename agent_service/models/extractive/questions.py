"""What a question wants: a summary, a list of pages, steps, a comparison; and whether it is two questions."""

import re
from dataclasses import dataclass
from typing import Literal

from agent_service.models.extractive.language import Language
from agent_service.models.extractive.small_talk import is_small_talk
from agent_service.models.extractive.task_sentences import bare_sentence
from agent_service.models.extractive.templates import plain
from agent_service.models.extractive.terms import terms

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
# A message of more words is a page with a question in it.
LONG_TEXT = 25
ENOUGH_WORDS = 2
MAX_CODES = 5
LEAST_WITH_VERB = 4
SENTENCE_END = re.compile(r"(?<=[.!?])['\"”’)]*\s+")
# What names an error or a part, whatever stands around it.
CODE = re.compile(r"\b[A-Z]{1,6}-?\d{2,}\b|\b[A-Z]\w*(?:Error|Exception)\b")
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
    return _asked_inside(sentence, language)


def _asked_inside(sentence: str, language: Language) -> Wish:
    """A question behind a statement: "I deleted a file, how do I get it back"."""
    words = sentence.split()
    starts = language.words("questions", "part_starts")
    for place in range(2, len(words) - 2):
        if plain(words[place]).strip("¿¡,;") in starts:
            slots = language.match("questions", "how", " ".join(words[place:]))
            if slots is not None:
                return Wish("how", slots.get("topic", ""))
    return Wish("plain", sentence)


def _summary(topic: str, sentence: str, language: Language) -> Wish:
    """`the page on CORS in 3 points` is about CORS."""
    count = None
    slots = language.match("questions", "points_end", topic)
    if slots is not None:
        topic, count = slots["topic"], _count(slots.get("count"), language)
    topic = bare_sentence(topic, language) or topic
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


def core_of(text: str, language: Language) -> str:
    """The question in a long text, with the names of errors and the like that it may mean; else the text.

    What is pasted around a question only makes the search look elsewhere, and so does what is only polite.
    """
    text = _with_whole_verb(_request_in(text, language), language)
    if len(text.split()) <= LONG_TEXT:
        return text
    lines = [
        piece.strip() for line in text.splitlines() for piece in SENTENCE_END.split(line) if piece.strip()
    ]
    asked = [line for line in lines if line.endswith("?")] or lines[-1:]
    question = asked[-1]
    codes = list(dict.fromkeys(code for code in CODE.findall(text) if code not in question))[:MAX_CODES]
    if not codes and len(terms(question, language)) < ENOUGH_WORDS:
        return text
    return " ".join([question, *codes])


def _with_whole_verb(text: str, language: Language) -> str:
    """German parts its verbs: "Wie rechne ich das ab?" is about "abrechnen"."""
    words = text.rstrip(" ?!.").split()
    if len(words) < LEAST_WITH_VERB or plain(words[-1]) not in language.words("text", "verb_parts"):
        return text
    if plain(words[0]) not in language.words("questions", "part_starts"):
        return text
    # Without its mark: behind it another question would begin.
    return f"{text.rstrip(' ?!.')} {words[-1].lower()}{words[1].lower()}n"


def _request_in(text: str, language: Language) -> str:
    """What follows "could you tell me", and what stands before thanks."""
    pieces = [piece.strip() for piece in SENTENCE_END.split(text) if piece.strip()]
    said = [piece for piece in pieces if not is_small_talk(bare_sentence(piece, language), language)]
    text = " ".join(said) if said and len(said) < len(pieces) else text
    for request in language.templates("talk", "request"):
        found = request.pattern.search(f" {plain(text)}")
        rest = text[found.end() - 1 :].lstrip(" ,:'’") if found else ""
        if len(rest.split()) > 1:
            return rest
    return text


def parts_of(sentence: str, language: Language) -> list[str]:
    """The questions in a sentence, usually one: "who made it and what does it cost" is two."""
    parts = [part for one in _sentences_of(sentence) for part in _joined(one.strip(), language)]
    return [part.strip(" ,;") for part in parts if part.strip(" ,;?!.")][:MAX_PARTS]


def _sentences_of(text: str) -> list[str]:
    """The questions one after the other; names of errors behind one belong to it."""
    *before, last = SENTENCE_GAP.split(text)
    if before and all(CODE.fullmatch(word) for word in last.split()):
        return [*before[:-1], f"{before[-1]} {last}"]
    return [*before, last]


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
