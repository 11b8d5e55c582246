"""What the service says, in several languages."""

from string import Formatter

import pytest

from agent_service.errors import ActionRefusedError
from agent_service.i18n.catalog import in_every_language, load_catalogues, say

LANGUAGES = sorted(load_catalogues())


def places(sentence: str) -> set[str]:
    """The names of the values that a sentence takes."""
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_the_same_things_with_the_same_values(language: str) -> None:
    words, english = load_catalogues()[language], load_catalogues()["en"]
    assert sorted(words) == sorted(english)
    assert {key: places(text) for key, text in words.items()} == {
        key: places(text) for key, text in english.items()
    }
    assert all(text.strip() for text in words.values())


def test_english_and_german_are_there() -> None:
    assert {"en", "de"} <= set(LANGUAGES)


@pytest.mark.parametrize(
    ("locale", "said"),
    [("de-CH", "Bearbeiten"), ("DE", "Bearbeiten"), ("en-GB", "Edit"), ("xx", "Edit"), ("", "Edit")],
)
def test_the_browsers_language_decides_and_english_stands_in(locale: str, said: str) -> None:
    assert say(locale, "task.edit") == said


def test_braces_in_a_value_stay_as_they_are() -> None:
    assert say("de", "tool.refused", reason="{x} {0}") == "Das hat nicht geklappt: {x} {0}"


def test_a_refusal_is_english_for_the_log_and_speaks_the_users_language() -> None:
    error = ActionRefusedError("click.needs_title")
    assert str(error) == "A task needs a title."
    assert error.said("de") == "Eine Aufgabe braucht einen Titel."


def test_a_sentence_is_known_in_all_languages() -> None:
    assert "Zugestimmt" in in_every_language("approval.approved")
