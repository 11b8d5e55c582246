"""The page for users who read a message of the chat and want to know what to do."""

import re
from pathlib import Path

import pytest

from agent_service.i18n.catalog import load_catalogues

PAGE = Path(__file__).parents[2] / "docs" / "troubleshooting.md"
PROBLEMS = (
    "failed",
    "llm",
    "refused",
    "login",
    "accounts",
    "click",
    "tool",
    "upload",
    "dictation",
    "knowledge",
    "limits",
)
SENTENCES = {
    key: sentence for key, sentence in load_catalogues()["en"].items() if key.partition(".")[0] in PROBLEMS
}


def messages() -> dict[str, tuple[str, str]]:
    """The messages of the chat that the page quotes, each with the cause and the cure beside it."""
    section = PAGE.read_text(encoding="utf-8").partition("## What the chat says\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (\".+\") \| (.+) \| (.+) \|$", section, re.MULTILINE)
    return {message: (cause, cure) for quoted, cause, cure in rows for message in quoted[1:-1].split('", "')}


def as_quoted(sentence: str) -> str:
    """A sentence of the catalogue as the page writes it: with … for every value."""
    return re.sub(r"\{\w+\}", "…", sentence)


def is_quoted_by(message: str, sentence: str) -> bool:
    """Whether the page's message is the sentence or its beginning, up to the cure."""
    rest = as_quoted(sentence).removeprefix(message)
    return rest == "" or (rest != as_quoted(sentence) and message[-1] in ".…" and rest[0] in " .")


@pytest.mark.parametrize("key", SENTENCES)
def test_the_page_explains_every_problem_that_the_chat_tells_of(key: str) -> None:
    assert [message for message in messages() if is_quoted_by(message, SENTENCES[key])]


@pytest.mark.parametrize("message", messages())
def test_the_page_explains_no_problem_that_the_chat_does_not_tell_of(message: str) -> None:
    assert [sentence for sentence in SENTENCES.values() if is_quoted_by(message, sentence)]
    assert all(len(words) > 1 for words in messages()[message])
