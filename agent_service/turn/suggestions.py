"""What one could ask next: about the sections that a search found beside the answer."""

import re
from collections.abc import Iterable, Iterator

from agent_service.i18n.catalog import say
from agent_service.tools.schemas import Passage

EFFECT = "suggestions"
MOST_QUESTIONS = 3
LONGEST_TOPIC = 80
WORD = re.compile(r"\w{3,}")


def next_questions(passages: Iterable[Passage], question: str, locale: str) -> list[str]:
    """At most three questions, one for each section found; what the question spoke of is left out."""
    asked = set(WORD.findall(question.casefold()))
    topics = list(dict.fromkeys(_topics(passages, asked)))
    return [say(locale, "line.next_question", topic=topic) for topic in topics[:MOST_QUESTIONS]]


def _topics(passages: Iterable[Passage], asked: set[str]) -> Iterator[str]:
    for passage in passages:
        topic = " ".join((passage.heading_path or [""])[-1].split())
        words = set(WORD.findall(topic.casefold()))
        if words and not words <= asked and len(topic) <= LONGEST_TOPIC:
            yield topic
