"""What the extractive assistant says to greetings, thanks and questions about itself."""

import re

GREETING = re.compile(
    r"(?:hi|hello|hey|hallo|good\s+(?:morning|afternoon|evening|day))(?:[\s,]+(?:there|again|all|owflex))*",
    re.IGNORECASE,
)
THANKS = re.compile(
    r"(?:ok(?:ay)?|great|perfect)?[\s,]*(?:(?:many\s+)?thanks|thank\s+you|thx|cheers)"
    r"(?:\s+(?:a\s+lot|so\s+much|very\s+much|again))?|ok(?:ay)?|great|perfect",
    re.IGNORECASE,
)
ABOUT_ITSELF = re.compile(
    r"(?:who|what)\s+are\s+you|what\s+(?:can|do)\s+you\s+do|(?:how\s+)?can\s+you\s+help(?:\s+me)?"
    r"|what\s+(?:model|llm)\s+(?:are|do)\s+you\b.*|are\s+you\s+an?\s+(?:ai|llm|bot|human).*|help",
    re.IGNORECASE,
)

ABOUT = (
    "I am OwFlex's built-in extractive assistant: no language model is set up, so I do not write answers of "
    "my own. I search your documents and quote the passages that fit, with their sources, and I keep your "
    "tasks: “add a task to call the dentist by Friday”, “show my tasks”, “mark call the dentist as done”.\n\n"
    "For written answers, set an LLM key (for example OPENAI_API_KEY) and restart."
)
THANKED = "You are welcome."


def small_talk(sentence: str) -> str | None:
    """The reply to a sentence that asks nothing of the documents; None when it is not small talk."""
    bare = sentence.strip().rstrip("?!. ")
    for pattern, reply in ((ABOUT_ITSELF, ABOUT), (GREETING, f"Hello. {ABOUT}"), (THANKS, THANKED)):
        if pattern.fullmatch(bare):
            return reply
    return None
