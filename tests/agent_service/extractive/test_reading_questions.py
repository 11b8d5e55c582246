"""What a message asks: the question in a page, without courtesies, and by a passage's headings."""

import pytest

from agent_service.models.extractive.asked import Asked
from agent_service.models.extractive.language import languages
from agent_service.models.extractive.questions import core_of, read_wish
from agent_service.models.extractive.quoting import choose_quotes
from agent_service.models.extractive.small_talk import small_talk
from agent_service.tools.schemas import Passage

CHANGES = (
    "**4.2.0 (2026-09-14)**\n\n- Needs Python 3.11 or newer.\n\n**3.4.0 (2025-06-20)**\n\n"
    "- Needs Python 3.8 or newer.\n"
)
ERRORS = (
    "**TK-203: vault is locked**\n\nAnother machine writes to the vault at this moment.\n\n"
    "**TK-418: clock is wrong**\n\nThe clocks of both machines differ by more than five minutes.\n"
)


def passage(text: str, title: str) -> Passage:
    return Passage(chunk_id=1, document_id=1, title=title, source=f"{title}.md", content=text, similarity=0.6)


@pytest.mark.parametrize(
    ("question", "text", "title", "expected"),
    [
        ("which Python did version 3.4 need?", CHANGES, "Changelog", "Python 3.8"),
        ("what does TK-418 mean?", ERRORS, "Troubleshooting", "differ by more than five minutes"),
    ],
)
def test_headings_inside_a_passage_tell_its_parts_apart(
    question: str, text: str, title: str, expected: str
) -> None:
    quotes = choose_quotes(Asked(question, languages()["en"]), [passage(text, title)])
    assert expected in quotes[0].markdown


def test_the_question_in_a_pasted_page_is_found_with_the_code_it_is_about() -> None:
    page = (
        "tided: starting route photos\n" * 10 + "tided: vault home: TK-418\nWhat does this mean?\nThanks, Ola"
    )
    assert core_of(page, languages()["en"]) == "What does this mean? TK-418"


@pytest.mark.parametrize(
    ("code", "message", "question"),
    [
        ("en", "Hi! Could you please tell me how long the trial takes? Thanks!", "how long the trial takes?"),
        ("de", "Könntet ihr mir bitte sagen, wann die Kantine öffnet?", "wann die Kantine öffnet?"),
        ("fr", "Je voudrais savoir combien coûte la barque", "combien coûte la barque"),
        ("es", "¿Podrías decirme cuándo abre la piscina?", "cuándo abre la piscina?"),
    ],
)
def test_what_is_only_polite_is_not_searched(code: str, message: str, question: str) -> None:
    assert core_of(message, languages()[code]) == question


def test_german_verbs_are_put_together() -> None:
    assert core_of("Wie rechne ich eine Reise ab?", languages()["de"]).endswith("abrechnen")


def test_a_question_behind_a_statement_asks_for_steps() -> None:
    assert read_wish("i deleted a file how do i get it back", languages()["en"]).kind == "how"


@pytest.mark.parametrize(
    ("code", "said", "key"),
    [
        ("en", "ok, thanks a lot", "thanked"),
        ("de", "Tschüss, bis morgen", "farewell"),
        ("fr", "salut, ça va", "fine"),
        ("es", "hola, qué tal", "fine"),
    ],
)
def test_small_talk_may_have_several_parts(code: str, said: str, key: str) -> None:
    language = languages()[code]
    assert small_talk(said, language) == language.phrase(key)
