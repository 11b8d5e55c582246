"""What is said about the documents as such: understood in four languages, answered from the catalogue."""

from collections.abc import Mapping
from typing import Any

import pytest

from agent_service.models.extractive import catalogue
from agent_service.models.extractive.calls import CallNeeded, Calls
from agent_service.models.extractive.conversation import ToolAnswer
from agent_service.models.extractive.language import languages
from agent_service.models.extractive.questions import parts_of, read_wish

ENGLISH = languages()["en"]


@pytest.mark.parametrize(
    ("code", "question", "kind"),
    [
        ("en", "What is in the documents", "overview"),
        ("en", "what's in my knowledge base", "overview"),
        ("en", "What are the documents about", "overview"),
        ("en", "Which documents do you have", "overview"),
        ("en", "list all my documents", "overview"),
        ("en", "show me the files", "overview"),
        ("en", "What do you know", "overview"),
        ("de", "Was steht in den Dokumenten", "overview"),
        ("fr", "qu'y a-t-il dans les documents", "overview"),
        ("es", "qué hay en los documentos", "overview"),
        ("en", "how many documents do you have", "how_many"),
        ("de", "Wie viele Dokumente hast du", "how_many"),
        ("fr", "combien de documents as-tu", "how_many"),
        ("es", "cuántos documentos tienes", "how_many"),
        ("en", "which pages are about security", "which"),
        ("de", "Welche Seiten handeln von Sicherheit", "which"),
        ("fr", "quelles pages parlent de sécurité", "which"),
        ("es", "qué páginas hablan de seguridad", "which"),
        ("en", "summarise the page on CORS", "summarise"),
        ("de", "Fasse die Seite über CORS zusammen", "summarise"),
        ("fr", "résume la page sur CORS", "summarise"),
        ("es", "resume la página sobre CORS", "summarise"),
        ("en", "difference between def and async def", "compare"),
        ("de", "Was ist der Unterschied zwischen def und async def", "compare"),
        ("fr", "quelle est la différence entre def et async def", "compare"),
        ("es", "cuál es la diferencia entre def y async def", "compare"),
        ("en", "it doesn't work", "vague"),
        ("de", "es funktioniert nicht", "vague"),
        ("fr", "ça ne marche pas", "vague"),
        ("es", "no funciona", "vague"),
        ("en", "tell me more", "more"),
        ("de", "Erzähl mir mehr", "more"),
        ("fr", "dis-m'en plus", "more"),
        ("es", "cuéntame más", "more"),
    ],
)
def test_the_kind_of_a_question_is_understood(code: str, question: str, kind: str) -> None:
    assert read_wish(question, languages()[code]).kind == kind


@pytest.mark.parametrize(
    "question",
    [
        "What is in the documents about leave",
        "What do you know about sick leave",
        "Which documents are needed for a visa",
        "How many days of leave do I have",
    ],
)
def test_a_question_about_something_in_them_is_none_of_these(question: str) -> None:
    assert read_wish(question, ENGLISH).kind not in ("overview", "how_many", "summarise", "vague", "more")


@pytest.mark.parametrize(
    ("sentence", "topic", "count"),
    [
        ("summarise the page on CORS", "CORS", None),
        ("summarize the tutorial on background tasks in 3 bullet points", "background tasks", 3),
        ("give me a short summary of the guide on leave in five sentences", "leave", 5),
    ],
)
def test_a_summary_knows_its_page_and_how_many_points(sentence: str, topic: str, count: int | None) -> None:
    wish = read_wish(sentence, ENGLISH)
    assert (wish.topic, wish.count) == (topic, count)


@pytest.mark.parametrize(
    ("code", "sentence", "count"),
    [
        ("en", "Who created FastAPI and what is the license?", 2),
        ("en", "how do I deploy with docker and how many workers should I use?", 2),
        ("de", "Wer hat es entwickelt und welche Lizenz hat es?", 2),
        ("fr", "qui l'a créé et quelle est la licence ?", 2),
        ("es", "¿quién lo creó y cuál es la licencia?", 2),
        ("en", "What are query and path parameters?", 1),
        ("en", "How do I read and write files?", 1),
        ("de", "Was ist der Unterschied zwischen Urlaub und Krankheit?", 1),
    ],
)
def test_two_questions_in_a_sentence_are_two(code: str, sentence: str, count: int) -> None:
    assert len(parts_of(sentence, languages()[code])) == count


def calls(name: str, content: Mapping[str, Any], **arguments: Any) -> Calls:
    return Calls([ToolAnswer(name, arguments, content, None)])


def listed(count: int) -> Calls:
    sources = [(f"T{number}", f"docs/a{number % 2}/{number}.md") for number in range(count)]
    documents = [{"title": title, "source": source} for title, source in sources]
    content = {"documents": documents, "next_cursor": None}
    return calls("list_documents", content, limit=catalogue.MAX_LISTED)


def test_few_documents_are_named_with_their_places() -> None:
    said = catalogue.overview(listed(2), ENGLISH)
    assert said.startswith("2 documents to ask about:\n\n- T0 (`docs/a0/0.md`)\n- T1 (`docs/a1/1.md`)")
    assert catalogue.overview(listed(1), ENGLISH).startswith("1 document to")


def test_many_documents_are_told_by_folder() -> None:
    said = catalogue.overview(listed(50), ENGLISH)
    assert said.startswith("50 documents to ask about:\n\n- **a0** (25): T0, T2, T4, T6 and 21 more\n")


def test_no_documents_say_how_to_add_some() -> None:
    assert "owflex ingest" in catalogue.overview(listed(0), ENGLISH)


def test_the_number_comes_from_the_collections() -> None:
    content = {"collections": [{"name": "a", "documents": 2}, {"name": "b", "documents": 3}]}
    said = catalogue.counted(calls("list_collections", content), ENGLISH)
    assert said == "There are 5 documents in 2 collections: **a** (2), **b** (3)."


def test_what_was_not_called_yet_is_asked_for() -> None:
    with pytest.raises(CallNeeded) as needed:
        catalogue.counted(Calls([]), ENGLISH)
    assert needed.value.name == "list_collections"
