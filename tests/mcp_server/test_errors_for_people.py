"""What tools say to a model when they refuse never reaches a person, with and without a language model."""

import json
import re
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from mcp_types import CallToolResult, TextContent

from agent_service.errors import ToolRefusedError
from agent_service.i18n.catalog import say
from agent_service.models.extractive.conversation import Conversation, ToolAnswer
from agent_service.models.extractive.model import CallTool, next_step
from agent_service.tools.bounded import TOO_LARGE
from agent_service.tools.calls import call_tool
from agent_service.tools.connection import TOOL_FAILED
from agent_service.tools.for_people import for_people
from agent_service.tools.run_server import DENIED
from knowledge_base.errors import (
    ApiKeyNotFoundError,
    DocumentNotFoundError,
    NotRemovableError,
    TaskNotFoundError,
    TooManyUploadsError,
    UploadKeyUsedError,
    UploadNotFoundError,
)
from mcp_server.tool_errors import KnowledgeBaseAwayError, ToolTimeoutError

if TYPE_CHECKING:
    from conftest import RunningServer

# For each tool the calls that it refuses, each for another reason.
REFUSED: Mapping[str, list[dict[str, Any]]] = {
    "search_documents": [{"query": ""}, {"query": "x", "limit": 99}, {"query": "x", "since": "May"}, {}],
    "get_document": [
        {"document_id": 999},
        {"document_id": "x"},
        *({"document_id": 1, **place} for place in ({"lines": "x"}, {"pages": "1"}, {"heading": "none"})),
    ],
    "read_chunks": [{"chunk_id": 999}, {"chunk_id": 0}],
    "list_documents": [{"cursor": "x"}, {"limit": 0}],
    "list_collections": [{"nonsense": 1}],
    "ls": [{"limit": 0}, {"cursor": "x"}],
    "outline": [{"document_id": 999}, {"document_id": 0}],
    "grep": [{"pattern": "(x"}, {"pattern": "a\nb"}, {"pattern": ""}, {"pattern": "x", "cursor": "x"}],
    "add_document": [
        {},
        {"text": "x"},
        {"file": "%", "name": "a"},
        {"text": "x", "file": "eA=="},
        {"url": "x"},
    ],
    "get_upload": [{"upload_id": 999}],
    "remove_document": [{"document_id": 999}, {"document_id": 1}],
    "add_task": [{"title": " "}, {"title": "x", "due_on": "soon"}, {"title": "x", "idempotency_key": ""}],
    "list_tasks": [{"due": "week", "due_from": "2026-01-01"}, {"time_zone": "Mars"}, {"cursor": "eA"}],
    "complete_task": [{"task_id": 999}],
    "update_task": [
        {"task_id": 999, "title": "x"},
        {"task_id": 1},
        {"task_id": 1, "due_on": "2026-01-01", "clear_due_on": True},
    ],
    "delete_task": [{"task_id": 0}],
    "undo_task_change": [{}, {"change_id": 999}, {"task_id": 999}, {"change_id": 0}],
    "no_such_tool": [{}],
}
# Those that a healthy server does not give on demand, and our own.
RARE = [
    TOOL_FAILED,
    DENIED,
    TOO_LARGE,
    str(KnowledgeBaseAwayError()),
    str(ToolTimeoutError()),
    str(TooManyUploadsError(12)),
    str(UploadKeyUsedError()),
    str(UploadNotFoundError(7)),
    str(ApiKeyNotFoundError("x")),
    str(NotRemovableError("Document 5 is part of a.zip. Remove that with document_id 7.")),
    "An error occurred while running the tool. Please try again. Error: Invalid JSON input for tool add_task",
    "Tool 'search' not found. Use one of the available tools.",
    "Error calling tool 'search_documents'",
    "Input validation error: 'query' is a required property",
]
FOR_A_MODEL = re.compile(
    r"\b[a-z]+_[a-z_]+\b|\bCall\b|[Dd]o not (?:call|try)|\b[Tt]he user\b|\b[Tt]ools?\b|\barguments?\b"
)
QUESTIONS = [
    "How long is the notice period?",
    "What documents are there?",
    "Add a task to call Bob",
    "Show my tasks",
    "Mark task 7 as done",
    "Delete task 7",
    "Mark call Bob as done",
]


async def errors_of(server: "RunningServer") -> list[str]:
    """What the tools say when they refuse these calls."""
    texts: dict[str, list[str]] = {}
    async with server.client_of("ann") as client:
        assert {tool.name for tool in await client.list_tools()} == set(REFUSED) - {"no_such_tool"}
        for tool, calls in REFUSED.items():
            results = [await client.call_tool(tool, one, raise_on_error=False) for one in calls]
            parts = [part for result in results if result.is_error for part in result.content]
            texts[tool] = [part.text for part in parts if isinstance(part, TextContent)]
    assert [tool for tool, said in texts.items() if not said] in ([], ["list_collections"])
    return [text for said in texts.values() for text in said]


def extractive_replies(error: str) -> list[str]:
    """What the built-in model answers to each question when its tool says this."""
    replies: list[str] = []
    for question in QUESTIONS:
        step = next_step(Conversation(question, "", [], []), date(2026, 11, 29))
        assert isinstance(step, CallTool), question
        for content, text in ((None, error), ({"error": error}, None)):
            answer = ToolAnswer(step.name, step.arguments, content, text)
            reply = next_step(Conversation(question, "", [], [answer]), date(2026, 11, 29))
            assert not isinstance(reply, CallTool), question
            replies.append(reply.text)
    return replies


class Refusing:
    """A connection whose tools all say the same."""

    def __init__(self, error: str) -> None:
        self._error = error

    async def call_tool(self, *_: object) -> CallToolResult:
        """The refusal."""
        return CallToolResult(content=[TextContent(type="text", text=self._error)], is_error=True)


async def card_replies(error: str) -> list[str]:
    """What a card says when its tool says this, in two languages."""
    with pytest.raises(ToolRefusedError) as refused:
        await call_tool(Refusing(error), "complete_task", {"task_id": 7})  # pyright: ignore[reportArgumentType]
    return [refused.value.said("en"), refused.value.said("de"), str(refused.value)]


async def test_no_error_of_any_tool_reaches_a_person_as_it_was_meant_for_a_model(
    server: "RunningServer",
) -> None:
    errors = [*await errors_of(server), *RARE]
    assert len(set(errors)) > 30
    assert any(FOR_A_MODEL.search(error) for error in errors)
    for error in errors:
        for reply in [*extractive_replies(error), *await card_replies(error), for_people(error)]:
            assert not FOR_A_MODEL.search(reply), (error, reply)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (str(TaskNotFoundError(7)), "Task 7 not found."),
        (str(DocumentNotFoundError(7)), "Document 7 not found."),
        (
            str(KnowledgeBaseAwayError()),
            "The knowledge base cannot be reached right now. Try again in a minute.",
        ),
        (
            str(ToolTimeoutError()),
            "This took too long and was stopped. Ask something narrower, or try again.",
        ),
        ('Document 5 ("hr/annual_leave.md") was added by another user.', None),
        ('The collection "my_docs" is not open to you.', None),
        (TOOL_FAILED, ""),
        (json.dumps({"task_id": 1}), None),
    ],
)
def test_what_helps_a_person_stays(error: str, said: str | None) -> None:
    assert for_people(error) == (error if said is None else said)


def test_where_nothing_is_left_it_is_a_sentence_of_the_chat() -> None:
    assert say("en", "tool.failed") == "That did not work. Try again."
