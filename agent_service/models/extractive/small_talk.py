"""What is said to greetings, thanks, farewells and questions about the assistant itself."""

import re

from agent_service.models.extractive.language import Language

# Relative to the chat's own page.
SETUP_PAGE = "help/language-models"
# The pattern, and what is said to it.
REPLIES = (
    ("about", "about"),
    ("how_are_you", "fine"),
    ("farewell", "farewell"),
    ("thanks", "thanked"),
    ("greeting", "hello"),
)
# Also smileys and the like: whatever is neither a word nor between words.
PART_END = re.compile(r"[^\w\s'’-]+")


def small_talk(sentence: str, language: Language) -> str | None:
    """The reply to a sentence that asks nothing of the documents; None when it is not small talk."""
    kinds = [_kind(part, language) for part in _parts(sentence)]
    whole = _kind(sentence, language)
    said = [whole] if whole is not None else kinds
    if not said or None in said:
        return None
    # "Hello, how are you?" is answered as a whole: what asks comes before what only greets.
    reply = next(reply for kind, reply in REPLIES if kind in said)
    return language.phrase(reply, link=SETUP_PAGE)


def _parts(sentence: str) -> list[str]:
    return [part.strip() for part in PART_END.split(sentence) if part.strip()]


def _kind(sentence: str, language: Language) -> str | None:
    kinds = (kind for kind, _ in REPLIES)
    return next((kind for kind in kinds if language.match("talk", kind, sentence) is not None), None)


def is_small_talk(sentence: str, language: Language) -> bool:
    """Whether a message asks nothing, so that a follow-up does not speak of it."""
    answers = any(language.match("talk", key, sentence) is not None for key in ("yes", "no"))
    return answers or small_talk(sentence, language) is not None
