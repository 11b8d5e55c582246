"""Questions that need the one before: which they are, and the words they take from it."""

import re
from collections.abc import Sequence

from agent_service.models.extractive.terms import STOP_WORDS, UNSPACED, WORD, stem, terms

MAX_WORDS = 12
# A question with more words of its own than this says what it is about.
MAX_OWN_AFTER_OPENING = 4
MAX_OWN_WITH_POINTER = 2
MAX_OWN_WHEN_SHORT = 1
SHORT = 3
# Words enough to search with; a follow-up with fewer got its subject from the question before it.
ENOUGH_TO_SEARCH = 2

OPENING = re.compile(
    r"(?:(?:and|but|so|or|also|und|oder|aber|et|y)\b|(?:what|how)\s+about\b|what\s+if\b|why\b|how\s+(?:so|come)\b"
    r"|was\s+ist\s+mit\b|wie\s+(?:ist|sieht)\s+es\b|warum\b|wieso\b|weshalb\b)",
    re.IGNORECASE,
)
POINTER = re.compile(
    r"\b(?:it|its|that|this|these|those|they|them|their|he|him|his|she|her|there|then|more|ones?|same"
    r"|former|latter|es|das|dies|diese[rsmn]?|davon|dazu|dafür|er|sie)\b",
    re.IGNORECASE,
)
# What can only be meant together with the question before it: not "is there", "gibt es", "das Büro".
ADDITION = re.compile(
    r"(?:(?:and|und|et|y)\b|(?:what|how)\s+about\b|was\s+ist\s+mit\b|wie\s+(?:ist|sieht)\s+es\b)",
    re.IGNORECASE,
)
REFERENCE = re.compile(
    r"\b(?:it|its|this|that|these|those|they|them|their|he|him|his|she|her|former|latter|davon|dazu|dafür)\b"
    r"|\b(?:es|das|dies|diese[rsmn]?|er|sie)\W*$",
    re.IGNORECASE,
)
# "What is OAuth?" is short, and complete all the same.
DEFINITION = re.compile(
    r"(?:what|who|where|was|wer|wo)(?:\s+(?:is|are|was|were|ist|sind)|['’]s)\b|(?:define|explain)\b",
    re.IGNORECASE,
)
GERMAN_COMMON_WORDS = """
aber auch auf aus bei das dass davon dazu dem den der des die dies diese dieser dieses du ein eine einem einen
einer er es für gibt hat ich ihr im in ist ja kann man mein mit muss nach nicht oder sein sich sie sieht sind
so um und uns von vom war was wenn wer werden wie wir wird wo zu zum zur
"""
QUESTION_WORDS = frozenset(
    ("how", "why", "when", "where", "who", "wann", "warum", "wer", "wo", "wie", "wieso", "weshalb")
)
# They point to a place or a measure of what was spoken of, and name nothing.
VAGUE_WORDS = """
long often far big old first second third last next example examples different work works take takes mean
means happen happens lange oft viel weit erste zweite dritte letzte beispiel
"""
COMMON = (STOP_WORDS | frozenset(GERMAN_COMMON_WORDS.split())) - QUESTION_WORDS
EMPTY_WORDS = COMMON | QUESTION_WORDS | frozenset(VAGUE_WORDS.split())


def is_follow_up(question: str) -> bool:
    """Whether a question may lack words that the conversation before it has."""
    text = question.strip()
    words = WORD.findall(text.lower())
    if not words or UNSPACED.search(text):
        return False
    own = len(_distinctive(words))
    if OPENING.match(text):
        return own <= MAX_OWN_AFTER_OPENING
    if POINTER.search(text):
        return own <= MAX_OWN_WITH_POINTER
    is_short = len(words) <= SHORT and own <= MAX_OWN_WHEN_SHORT and not DEFINITION.match(text)
    return is_short or own == 0


def needs_the_one_before(question: str) -> bool:
    """Whether a follow-up says by its wording that it lacks words, however much it finds without them."""
    text = question.strip()
    return is_follow_up(text) and bool(ADDITION.match(text) or REFERENCE.search(text))


def carried_over(question: str, earlier: Sequence[str]) -> str | None:
    """The question's words with those it lacks, from the questions before it (the last one first).

    None when the question is complete, or when the ones before add no word to it.
    """
    if not is_follow_up(question):
        return None
    own = [word for word in WORD.findall(question) if word.lower() not in COMMON]
    known = {stem(word.lower()) for word in own}
    missing: list[str] = []
    for word in _subject(earlier):
        if stem(word.lower()) not in known:
            known.add(stem(word.lower()))
            missing.append(word)
    return " ".join([*own, *missing][:MAX_WORDS]) if missing else None


def own_terms(question: str) -> set[str]:
    """The comparable words that a question names its subject with; none in "how long?"."""
    return terms(" ".join(_distinctive(WORD.findall(question))))


def _subject(earlier: Sequence[str]) -> list[str]:
    """The distinctive words of the last question, and of those before it that it followed up itself."""
    subject: list[str] = []
    for question in earlier:
        words = _distinctive(WORD.findall(question))
        subject.extend(words)
        if len(words) >= ENOUGH_TO_SEARCH or not is_follow_up(question):
            break
    return subject


def _distinctive(words: Sequence[str]) -> list[str]:
    return [word for word in words if word.lower() not in EMPTY_WORDS]
