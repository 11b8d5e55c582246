"""What a tool says when it refuses, without the sentences that are meant for a model."""

import re

SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
# Names of tools and arguments, but not of files and collections; and what only a model can be told.
FOR_A_MODEL = re.compile(
    r"(?<![\w/.\-\"“])[a-z]+(?:_[a-z]+)+(?![\w-]*\.\w)"
    r"|\b(?:tools?|the user|arguments?|validation error)\b|\bdo not (?:call|try)\b|^\W*Call\b",
    re.IGNORECASE,
)


def for_people(text: str, most: int = 300) -> str:
    """The sentences of a tool's error that its user can do something with, on one line; often none."""
    sentences = SENTENCE_END.split(" ".join(text.split()))
    return " ".join(sentence for sentence in sentences if not FOR_A_MODEL.search(sentence))[:most]
