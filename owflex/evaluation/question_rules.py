"""Questions about passages by simple rules, and questions about things that are in no document."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from owflex.evaluation.passage_sample import Passage, Vocabulary

HEURISTIC = "heuristic"
MAX_PIECE_CHARACTERS = 160
MIN_SENTENCE_CHARACTERS = 30

SENTENCE_END = re.compile(r"(?<=[.!?…。！？])\s+|\n{2,}")
# "A lock is a …", "Dependencies are …": the subject has up to five words.
DEFINITION = re.compile(
    r"(?P<article>(?:The|An?) )?+(?P<subject>[\w`][\w`./-]*(?: [\w`./-]+){0,4}?) (?P<verb>is|are)"
    r" (?:an?|the|used|called)\b"
)
# Sentences that begin so define nothing.
POINTING = frozenset(
    {"this", "that", "these", "those", "it", "there", "here", "they", "he", "she", "we", "you", "which"}
    | {"what", "if", "when", "in", "on", "for", "as", "and", "but", "so", "then", "one", "some", "any"}
    | {"all", "each", "every", "another", "such"}
)
MARKUP = re.compile(r"[*`#>|]|\[([^\]]*)\]\([^)]*\)")
# Words of the rules below may be rare in the documents; the question is not about them.
WORDS_OF_RULES = frozenset({"What", "have", "know", "about", "important", "when", "with", "each", "other"})
ACTION = re.compile(r"(?:How to |(?P<ing>[A-Z][a-z]+ing) )(?P<rest>.+)")


@dataclass(frozen=True)
class Proposal:
    """A row of the file to be: a question, where its answer is, and who made it."""

    query: str
    source: str | None
    text: str | None
    answerable: bool
    made_by: str


def propose(passage: Passage, vocabulary: Vocabulary) -> Proposal | None:
    """A question that the passage answers: from a definition, a heading or its rarest words; else None."""
    question = _by_definition(passage) or _by_heading(passage) or _by_rare_words(passage, vocabulary)
    if question is None:
        return None
    query, piece = question
    return Proposal(query, passage.source, piece_of(piece), answerable=True, made_by=HEURISTIC)


def piece_of(text: str) -> str:
    """The beginning of a text on one line, short enough to be within one passage, cut between words."""
    plain = " ".join(text.split())
    return plain if len(plain) <= MAX_PIECE_CHARACTERS else plain[:MAX_PIECE_CHARACTERS].rsplit(" ", 1)[0]


def swaps(
    proposal: Proposal, vocabulary: Vocabulary, others: Sequence[str]
) -> Iterator[tuple[str, Proposal]]:
    """Unanswerable variants of a question: one rare word of it replaced by a made-up one, which comes along.

    The made-up word begins like the rare one and ends like one of `others`; whether it is really in no
    document is for the caller to find out.
    """
    rare_words = (word for word in vocabulary.rare_words(proposal.query) if word not in WORDS_OF_RULES)
    for rare in rare_words:
        for other in others:
            made_up = _blend(rare, other)
            if made_up is not None and made_up.lower() not in vocabulary.counts:
                query = re.sub(rf"\b{re.escape(rare)}\b", made_up, proposal.query)
                yield made_up, replace(proposal, query=query, source=None, text=None, answerable=False)


def _by_definition(passage: Passage) -> tuple[str, str] | None:
    for sentence in _sentences(passage.content):
        found = DEFINITION.match(sentence)
        if found and found["subject"].split()[0].lower() not in POINTING:
            subject = (
                found["subject"] if not found["article"] else found["article"].lower() + found["subject"]
            )
            return f"What {found['verb']} {_plain(subject)}?", sentence
    return None


def _by_heading(passage: Passage) -> tuple[str, str] | None:
    heading = _plain(passage.heading_path[-1]) if passage.heading_path else ""
    if len(heading.split()) < 2:
        return None
    beginning = next(_long_sentences(passage.content), passage.content)
    if heading.endswith("?"):
        return heading, beginning
    action = ACTION.fullmatch(heading)
    if action is None:
        return f"What do I have to know about {heading} ({_plain(passage.title)})?", beginning
    if action["ing"]:
        return f"What is important when {action['ing'].lower()} {action['rest']}?", beginning
    return f"How do I {action['rest']}?", beginning


def _by_rare_words(passage: Passage, vocabulary: Vocabulary) -> tuple[str, str] | None:
    ranked = [(vocabulary.rare_words(sentence), sentence) for sentence in _long_sentences(passage.content)]
    if not ranked:
        return None
    rare, sentence = max(ranked, key=lambda pair: len(pair[0]))
    if len(rare) < 2:
        return None
    return f"What do {rare[0]} and {rare[1]} have to do with each other?", sentence


def _sentences(text: str) -> Iterator[str]:
    return (sentence.strip() for sentence in SENTENCE_END.split(text) if sentence.strip())


def _long_sentences(text: str) -> Iterator[str]:
    """Without captions and the like, which stand in many passages."""
    return (sentence for sentence in _sentences(text) if len(sentence) >= MIN_SENTENCE_CHARACTERS)


def _plain(text: str) -> str:
    """Text without marks of Markdown."""
    return " ".join(MARKUP.sub(lambda found: found[1] or "", text).split())


def _blend(one: str, other: str) -> str | None:
    """A word that sounds like both; None when it is one of them."""
    blended = one[: (len(one) + 1) // 2] + other[len(other) // 2 :].lower()
    return None if blended.lower() in (one.lower(), other.lower()) else blended
