"""The language files: each is whole, and each language is understood."""

from string import Formatter
from typing import Any, cast

import pytest

from agent_service.models.extractive.language import detected, language_of, languages

CODES = sorted(languages())
ENGLISH = languages()["en"].data
# What a language needs for itself: its word lists, and its words in English.
OWN_TABLES = {"words", "glossary"}
USED_BY_NAME = ("high", "low", "normal")


def places(sentence: str) -> set[str]:
    """The names of the values that a sentence takes."""
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


@pytest.mark.parametrize("code", CODES)
def test_a_language_file_is_complete(code: str) -> None:
    data = languages()[code].data
    assert set(data) == set(ENGLISH)
    for table in set(ENGLISH) - OWN_TABLES:
        assert sorted(data[table]) == sorted(ENGLISH[table])
    assert set(USED_BY_NAME) <= set(data["words"])
    assert set(data["names"]) == set(CODES)


@pytest.mark.parametrize("code", CODES)
def test_a_language_says_the_same_things_with_the_same_values(code: str) -> None:
    said = languages()[code].data["say"]
    assert {key: places(text) for key, text in said.items()} == {
        key: places(text) for key, text in ENGLISH["say"].items()
    }
    assert all(text.strip() for text in said.values())


def is_list_of_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(entry, str) for entry in cast(list[object], value))


@pytest.mark.parametrize("code", CODES)
def test_every_pattern_of_a_language_can_be_read(code: str) -> None:
    language = languages()[code]
    for table in ("talk", "tasks", "questions"):
        for key, value in language.data[table].items():
            if is_list_of_texts(value):
                assert language.templates(table, key)
            else:
                assert isinstance(value, list | str)


@pytest.mark.parametrize("code", CODES)
def test_a_language_has_days_months_and_an_order(code: str) -> None:
    dates = languages()[code].data["dates"]
    assert (len(dates["weekdays"]), len(dates["months"])) == (7, 12)
    assert dates["order"] in ("day_first", "month_first")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("How do I enable CORS?", "en"),
        ("Wie aktiviere ich CORS?", "de"),
        ("Comment activer CORS ?", "fr"),
        ("¿Cómo activo CORS?", "es"),
        ("Was kannst du?", "de"),
        ("mes tâches", "fr"),
        ("muestra mis tareas", "es"),
        ("show my tasks", "en"),
        ("Zeige meine Aufgaben", "de"),
        ("au revoir", "fr"),
        ("danke", "de"),
        ("¿qué vence mañana?", "es"),
        ("résume la page sur CORS", "fr"),
        ("Fasse die Seite über CORS zusammen", "de"),
    ],
)
def test_the_language_of_a_message_is_known_by_its_little_words(text: str, code: str) -> None:
    found = detected(text)
    assert found is not None
    assert found.code == code


def test_without_a_sign_the_messages_before_decide_and_then_the_page() -> None:
    assert language_of("CORS", ["Wie aktiviere ich CORS?"], "fr").code == "de"
    assert language_of("CORS", [], "fr-CH").code == "fr"
    assert language_of("CORS", [], "xx").code == "en"
