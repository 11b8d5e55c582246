"""What is said to greetings, thanks, farewells and questions about the assistant itself."""

from agent_service.models.extractive.language import Language

# Relative to the chat's own page.
SETUP_PAGE = "help/language-models"
# The pattern, and what is said to it.
REPLIES = (
    ("about", "about"),
    ("how_are_you", "fine"),
    ("greeting", "hello"),
    ("farewell", "farewell"),
    ("thanks", "thanked"),
)


def small_talk(sentence: str, language: Language) -> str | None:
    """The reply to a sentence that asks nothing of the documents; None when it is not small talk."""
    for pattern, reply in REPLIES:
        if language.match("talk", pattern, sentence) is not None:
            return language.phrase(reply, link=SETUP_PAGE)
    return None


def is_small_talk(sentence: str, language: Language) -> bool:
    """Whether a message asks nothing, so that a follow-up does not speak of it."""
    keys = (*(pattern for pattern, _ in REPLIES), "yes", "no")
    return any(language.match("talk", key, sentence) is not None for key in keys)
