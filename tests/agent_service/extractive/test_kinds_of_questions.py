"""Kinds of questions that are told by their wording, in all languages, and what counts as steps."""

import pytest

from agent_service.models.extractive.asked import Asked
from agent_service.models.extractive.language import languages
from agent_service.models.extractive.questions import read_wish
from agent_service.models.extractive.sections import best_section
from agent_service.tools.schemas import Passage


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("en", "who wrote FastAPI"),
        ("en", "who has built the pump"),
        ("en", "who is the author of FastAPI"),
        ("en", "by whom was the pump invented"),
        ("de", "wer hat FastAPI entwickelt"),
        ("de", "von wem wurde die Pumpe erfunden"),
        ("de", "wer steckt hinter FastAPI"),
        ("fr", "qui a créé FastAPI"),
        ("fr", "qui est l'auteur de FastAPI"),
        ("es", "quién creó FastAPI"),
        ("es", "quién es el autor de FastAPI"),
    ],
)
def test_who_made_something_is_asked(code: str, sentence: str) -> None:
    assert languages()[code].match("questions", "maker", sentence) is not None


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("en", "who is responsible for the pump"),
        ("en", "what made the pump fail"),
        ("de", "wer hat Zugriff auf die Pumpe"),
        ("fr", "qui est responsable de la pompe"),
        ("es", "quién es responsable de la bomba"),
    ],
)
def test_other_questions_for_people_are_not_reworded(code: str, sentence: str) -> None:
    assert languages()[code].match("questions", "maker", sentence) is None


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("en", "help me with it"),
        ("en", "i need help"),
        ("de", "hilf mir damit"),
        ("fr", "aide-moi avec ça"),
        ("es", "ayúdame con eso"),
    ],
)
def test_a_call_for_help_with_nothing_named_is_vague(code: str, sentence: str) -> None:
    assert read_wish(sentence, languages()[code]).kind == "vague"


def passage(text: str) -> Passage:
    return Passage(
        chunk_id=1,
        document_id=1,
        title="Deployment",
        source="docs/deployment.md",
        heading_path=["Deployment"],
        similarity=0.6,
        content=text,
    )


def test_a_list_of_names_is_no_steps_and_a_list_of_sentences_is() -> None:
    asked = Asked("how do I deploy the server", languages()["en"])
    names = "To deploy the server, think of:\n\n* Security\n* Restarts\n* Memory\n* Running on startup\n"
    steps = (
        "To deploy the server:\n\n* Copy the folder to the machine.\n* Restart the server.\n"
        "* Look at its log for a minute.\n"
    )
    assert best_section(asked, [passage(names)], wants_code=False) is None
    found = best_section(asked, [passage(names), passage(steps)], wants_code=False)
    assert found is not None
    assert any("Copy the folder" in part.block.text for part in found.parts)
