"""What is meant by what people write: without courtesies, and the question out of a pasted page."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

# A longer text is no question by itself: the question in it is looked for.
LONGEST_QUESTION = 400
SENTENCE = re.compile(r"[^\n.!?？؟。！]*(?:[.!](?=\S)[^\n.!?？؟。！]*)*[.!?？؟。！]*")
QUESTION_MARKS = ("?", "？", "؟")
BETWEEN = r"[\s,.:;!…–—-]*"


@dataclass(frozen=True)
class Wording:
    """The question, and what stands around it where it came with a page of text."""

    question: str
    context: str = ""


def wording_of(text: str) -> Wording:
    """The question in what somebody wrote; all of it where nothing else is left."""
    if len(text) <= LONGEST_QUESTION:
        return Wording(without_courtesies(text))
    sentences = [found.strip() for found in SENTENCE.findall(text) if found.strip()]
    asking = [sentence for sentence in sentences if sentence.endswith(QUESTION_MARKS)]
    # Where nothing is asked, a page says at its ends what it is about.
    return Wording(_some(asking or sentences), text)


def _some(sentences: Sequence[str]) -> str:
    """The last sentences and the first, as many as make a question."""
    order = [*sentences[-1:], *sentences[:1], *reversed(sentences[1:-1])]
    chosen: list[str] = []
    # What was pasted on one line before a question is no part of it.
    for sentence in dict.fromkeys(without_courtesies(sentence)[-LONGEST_QUESTION:] for sentence in order):
        if sum(map(len, chosen)) + len(sentence) > LONGEST_QUESTION:
            break
        chosen.append(sentence)
    return " ".join(chosen)


def without_courtesies(question: str) -> str:
    """The question without greetings, thanks and "could you tell me"."""
    before, after = _courtesies()
    bare = after.sub("", before.sub("", question.strip())).strip()
    return bare if re.search(r"\w", bare) else question


@cache
def _courtesies() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What is taken off the beginning, and off the end."""
    file = files("knowledge_base").joinpath("politeness.json")
    languages = list(json.loads(file.read_text("utf-8")).values())
    before = _any([phrase for one in languages for phrase in one["before"]])
    after = _any([phrase for one in languages for phrase in one["after"]])
    return (
        re.compile(rf"^(?:{before}(?!\w){BETWEEN})+", re.IGNORECASE),
        re.compile(rf"(?<=[\s,.;:!?])(?:{after}(?!\w){BETWEEN})+$", re.IGNORECASE),
    )


def _any(phrases: Sequence[str]) -> str:
    ordered = sorted(phrases, key=len, reverse=True)
    return "(?:" + "|".join(re.escape(phrase).replace("'", "['’]") for phrase in ordered) + ")"
