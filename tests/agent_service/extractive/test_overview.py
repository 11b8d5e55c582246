"""Which documents there are."""

import pytest

from agent_service.models.extractive.overview import asks_for_documents, documents_listed
from agent_service.tools.schemas import DocumentEntry, DocumentList


@pytest.mark.parametrize(
    "question",
    [
        "What is in the documents",
        "what's in my knowledge base",
        "What are the documents about",
        "Which documents do you have",
        "list all my documents",
        "show me the files",
        "What do you know",
    ],
)
def test_a_question_about_the_documents_as_such_is_understood(question: str) -> None:
    assert asks_for_documents(question)


@pytest.mark.parametrize(
    "question",
    [
        "What is in the documents about leave",
        "Which documents mention E-52",
        "What do you know about sick leave",
        "show my tasks",
        "Which documents are needed for a visa",
    ],
)
def test_a_question_about_something_in_them_is_a_search(question: str) -> None:
    assert not asks_for_documents(question)


def entries(count: int) -> list[DocumentEntry]:
    return [DocumentEntry(title=f"T{number}", source=f"docs/{number}.md") for number in range(count)]


def test_the_documents_are_named_with_their_places() -> None:
    assert documents_listed(DocumentList(documents=entries(2))) == (
        "2 documents to ask about:\n\n- T0 (`docs/0.md`)\n- T1 (`docs/1.md`)"
    )
    assert documents_listed(DocumentList(documents=entries(1))).startswith("1 document to")


def test_a_long_list_says_that_there_are_more() -> None:
    shown = documents_listed(DocumentList(documents=entries(50), next_cursor="more"))
    assert shown.startswith("More than 30 documents")
    assert shown.count("\n- ") == 30


def test_no_documents_say_how_to_add_some() -> None:
    assert "owflex ingest" in documents_listed(DocumentList(documents=[]))
