"""What the service says, in several languages."""

from pathlib import Path
from string import Formatter

import pytest

from agent_service.errors import ActionRefusedError
from agent_service.i18n.catalog import in_every_language, load_catalogues, say
from tests.agent_service.spoken_keys import (
    SPEAKERS,
    Module,
    all_texts,
    literal_messages,
    passing_on,
    read_modules,
    said_keys,
)

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


@pytest.fixture(scope="module")
def modules() -> list[Module]:
    return read_modules()


def test_whatever_people_read_is_said_by_a_key_of_the_catalogue(modules: list[Module]) -> None:
    public = SPEAKERS | {
        name: at for one in modules for name, at in passing_on(one, SPEAKERS).items() if name[0] != "_"
    }
    said = [key for module in modules for key in said_keys(module, public)]
    unknown = [
        key for key in said if key.pattern and not any(key.can_be(one) for one in load_catalogues()["en"])
    ]
    # A computed key is called so: a sentence does not hide behind another name.
    hidden = [key for key in said if key.pattern is None and not key.written.endswith("key")]
    assert (unknown, hidden) == ([], [])
    assert len(said) > 100
    assert "path_id" in public


def test_events_for_people_are_given_no_words_that_stand_in_the_code(modules: list[Module]) -> None:
    assert [place for module in modules for place in literal_messages(module)] == []


def test_every_sentence_is_said_somewhere(modules: list[Module]) -> None:
    texts = [key for module in modules for key in all_texts(module)]
    assert [one for one in load_catalogues()["en"] if not any(key.can_be(one) for key in texts)] == []


@pytest.mark.parametrize(
    "code",
    [
        'raise RequestRefusedError("This is wrong.", status=400)',
        'raise ActionRefusedError("refused.unheard_of")',
        'WRONG = "This is wrong."\nraise SaidError(WRONG)',
        'def refuse(key): raise SaidError(key)\nrefuse("This is wrong.")',
        'say(locale, f"unheard_of.{number}")',
    ],
)
def test_a_sentence_in_the_code_is_found(code: str, tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text(code, encoding="utf-8")
    [module] = read_modules(tmp_path)
    said = [key for key in said_keys(module, SPEAKERS) if key.pattern]
    assert len(said) == 1
    assert not any(key.can_be(one) for key in said for one in load_catalogues()["en"])


def test_an_event_with_words_in_the_code_is_found(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text('NoticeEvent(level="info", message=f"{name} is late.")', "utf-8")
    [module] = read_modules(tmp_path)
    assert literal_messages(module) == ["module.py:1"]
