"""Whether an answer is right, partly right, wrong, or refuses what it could answer."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from agent_service.models.extractive.language import detected
from agent_service.models.extractive.templates import plain
from owflex.evaluation.answer_file import ExpectedTurn

Grade = Literal["right", "partly", "wrong", "refused"]
GRADES: tuple[Grade, ...] = ("right", "partly", "wrong", "refused")
# Quotes and lists of titles are in the language of the documents.
QUOTE = re.compile(r"^(?:>|- ).*$", re.MULTILINE)
CODE_SIGNS = re.compile(r"[*`\\_]")


@dataclass(frozen=True)
class Given:
    """An answer as it came: its text, what its cards say, the places it cites, the tools it called."""

    text: str
    cards: Sequence[str] = ()
    sources: Sequence[str] = ()
    passages: Sequence[str] = ()
    tools: int = 0
    seconds: float = 0.0
    notices: Sequence[str] = field(default_factory=tuple)


@dataclass(frozen=True)
class Graded:
    """A grade, and why it is not "right"."""

    grade: Grade
    reasons: Sequence[str] = ()


def grade(turn: ExpectedTurn, given: Given, language: str) -> Graded:
    """The grade of an answer to a turn that expects one."""
    if not given.text.strip():
        return Graded("wrong", ("no answer", *given.notices))
    said = _flat("\n".join([given.text, *given.cards]))
    forbidden = [words for words in turn.without if _flat(words) in said]
    if forbidden:
        return Graded("wrong", [f"says {words!r}" for words in forbidden])
    missing = [_named(fact) for fact in turn.facts if not _holds(fact, said)]
    if turn.expect == "answer" and not given.sources and missing:
        return Graded("refused", ["cites nothing", *_missing(missing)])
    if turn.expect != "answer" and given.sources:
        return Graded("wrong", [f"cites documents where {turn.expect} is expected"])
    reasons = [*_missing(missing), *_other_faults(turn, given, language)]
    if not reasons:
        return Graded("right")
    nothing = bool(turn.facts) and len(missing) == len(turn.facts)
    return Graded("wrong" if nothing else "partly", reasons)


def _missing(facts: Sequence[str]) -> list[str]:
    return [f"lacks {fact}" for fact in facts]


def _other_faults(turn: ExpectedTurn, given: Given, language: str) -> list[str]:
    faults: list[str] = []
    if turn.sources and not any(_ends(cited, wanted) for cited in given.sources for wanted in turn.sources):
        faults.append(f"cites none of {', '.join(turn.sources)}")
    if turn.expect == "ask_back" and "?" not in given.text:
        faults.append("asks nothing back")
    spoken = detected(QUOTE.sub("", given.text))
    if spoken is not None and spoken.code != language:
        faults.append(f"speaks {spoken.code}")
    return faults


def _ends(cited: str, wanted: str) -> bool:
    return f"/{cited}".endswith(f"/{wanted}") or (wanted.endswith("/") and f"/{wanted}" in f"/{cited}")


def _holds(fact: str | tuple[str, ...], said: str) -> bool:
    wordings = (fact,) if isinstance(fact, str) else fact
    return any(_flat(words) in said for words in wordings)


def _named(fact: str | tuple[str, ...]) -> str:
    return repr(fact if isinstance(fact, str) else fact[0])


def _flat(text: str) -> str:
    """Without case, accents, line ends and signs of Markdown."""
    return " ".join(plain(CODE_SIGNS.sub("", re.sub(r"^>\s?", "", text, flags=re.MULTILINE))).split())
