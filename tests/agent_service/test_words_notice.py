"""An answer that rests on a search by words says so in one line above it, until everything has its vector."""

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from chatkit.types import AssistantMessageItem, ThreadItem, WorkflowItem

from agent_service.i18n.catalog import grouped
from agent_service.tools.scope import Scope, ScopedCalls

if TYPE_CHECKING:
    from conftest import FakeKnowledge, OpenChat

VECTORS = {"chunks": 2123, "mode": "hybrid", "by_meaning": 300, "waits_for": "vectors"}
MODEL = {"chunks": 40, "mode": "keyword", "by_meaning": 0, "waits_for": "model"}
CORRECTED = {"chunks": 40, "mode": "hybrid", "by_meaning": 40, "corrected": {"anual": "annual"}}
DONE = {"chunks": 2123, "mode": "hybrid", "by_meaning": 2123}
QUESTION = "How many days of annual leave are there?"


def lines(items: list[ThreadItem]) -> list[str]:
    """The titles of the lines right above an answer."""
    pairs = pairwise(items)
    return [
        item.workflow.tasks[0].title or ""
        for item, following in pairs
        if isinstance(item, WorkflowItem)
        and isinstance(following, AssistantMessageItem)
        and item.workflow.tasks[0].type == "custom"
        and item.workflow.tasks[0].icon == "info"
    ]


@pytest.mark.parametrize(
    ("locale", "searched", "line"),
    [
        ("en", VECTORS, "By words so far; meaning follows: 300 of 2 123 passages."),
        ("de-CH", VECTORS, "Bisher nach Wörtern; der Sinn folgt: 300 von 2 123 Stellen."),
        ("fr", VECTORS, "Par les mots pour l’instant ; le sens suit : 300 passages sur 2 123."),
        ("es", VECTORS, "Por palabras de momento; el significado llega después: 300 de 2 123 pasajes."),
        ("en", MODEL, "By words so far: the model that compares meaning is still loading."),
        ("en", CORRECTED, "Searched with corrected words: anual → annual"),
        ("de", CORRECTED, "Gesucht mit berichtigten Wörtern: anual → annual"),
    ],
)
async def test_a_search_by_words_is_said_above_the_answer(
    open_chat: "OpenChat", knowledge: "FakeKnowledge", locale: str, searched: dict[str, Any], line: str
) -> None:
    knowledge.searched = searched
    chat = await open_chat("extractive")
    response = await chat.post(chat.message(QUESTION), **{"accept-language": locale})
    assert response.status_code == 200
    thread = await chat.ask("threads.list", limit=1)
    said = lines(await chat.items(thread["data"][0]["id"]))
    assert said == [line.replace("2 123", grouped(2123))]


async def test_the_line_goes_when_everything_is_searched_by_meaning(
    open_chat: "OpenChat", knowledge: "FakeKnowledge"
) -> None:
    knowledge.searched = VECTORS
    chat = await open_chat("extractive")
    thread_id = (await chat.say(QUESTION)).thread_id
    knowledge.searched = DONE
    await chat.say(QUESTION, thread_id)
    assert len(lines(await chat.items(thread_id))) == 1


async def test_a_question_about_several_places_says_what_one_of_them_waits_for() -> None:
    from mcp_types import CallToolResult

    async def call(_name: str, arguments: dict[str, Any] | None, _meta: dict[str, Any] | None) -> Any:
        searched = VECTORS if (arguments or {})["collection"] == "new" else DONE
        return CallToolResult(content=[], structured_content={"results": [], "searched": searched})

    scope = Scope(({"collection": "old"}, {"collection": "new"}), ("old", "new"))
    result = await ScopedCalls(scope).run(call, "search_documents", {"query": "leave"}, None)
    assert result.structured_content is not None
    assert result.structured_content["searched"] == VECTORS | {"missing": []}
