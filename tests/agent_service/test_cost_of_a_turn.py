"""What a turn asks of the database and of the MCP server: counted, since times are the machine's."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import psycopg
import pytest
from agents.testing import ScriptedModel, assistant_message, function_call
from chatkit.types import (
    AssistantMessageContent,
    AssistantMessageItem,
    InferenceOptions,
    ThreadItem,
    ThreadMetadata,
    UserMessageItem,
    UserMessageTextContent,
)

from agent_service.context import RequestContext
from agent_service.storage.pages import json_of
from agent_service.storage.postgres import PostgresStore
from agent_service.storage.statements import ITEMS_DOWN
from database.pool import Pool
from tests.agent_service.conftest import FakeKnowledge, OpenChat

ANN = RequestContext("ann")
NOW = datetime(2026, 1, 1)  # noqa: DTZ001 - the protocol's times are naive
SEARCH = ("search_documents", {"query": "leave"})
# Of these the SDKs make five by themselves.
STATEMENTS_OF_A_TURN = 10


class Statements:
    """Counts the statements of this process and the rows they bring."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.texts: list[str] = []
        self.rows = 0
        execute = psycopg.AsyncCursor.execute

        async def counted(cursor: Any, query: Any, *args: Any, **options: Any) -> Any:
            result = await execute(cursor, query, *args, **options)
            if query:  # the pool's question whether a connection lives is none
                self.texts.append(" ".join(str(query).split())[:60])
                self.rows += max(cursor.rowcount, 0)
            return result

        monkeypatch.setattr(psycopg.AsyncCursor, "execute", counted)

    def begin(self) -> None:
        """Count from here."""
        self.texts, self.rows = [], 0


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> Statements:
    """The statements that follow."""
    return Statements(monkeypatch)


def question(number: int, thread_id: str) -> UserMessageItem:
    """A question of a usual length."""
    return UserMessageItem(
        id=f"msg_q{number}",
        thread_id=thread_id,
        created_at=NOW,
        content=[UserMessageTextContent(text=f"How many days of leave do we have in year {number}?")],
        attachments=[],
        inference_options=InferenceOptions(),
    )


def answer(number: int, thread_id: str) -> AssistantMessageItem:
    """An answer of a hundred and fifty words."""
    content = [AssistantMessageContent(text=f"{number} " + "Leave is thirty days. " * 40, annotations=[])]
    return AssistantMessageItem(id=f"msg_a{number}", thread_id=thread_id, created_at=NOW, content=content)


async def thread_of(pool: Pool, items: int, name: str) -> str:
    """A thread of Ann's with so many items."""
    await PostgresStore(pool).save_thread(ThreadMetadata(id=name, created_at=NOW, title="Leave"), ANN)
    make: tuple[Callable[[int, str], ThreadItem], ...] = (question, answer)
    made = [make[number % 2](number, name) for number in range(items)]
    rows = [(name, item.id, json_of(item)) for item in made]
    async with pool.connection() as connection, connection.cursor() as cursor:
        await cursor.executemany("insert into thread_items (thread_id, id, data) values (%s, %s, %s)", rows)
    return name


def turns(count: int) -> ScriptedModel:
    """A model that searches once and answers, so many times."""
    return ScriptedModel(
        [
            step
            for number in range(count)
            for step in (
                [function_call(*SEARCH, call_id=f"call{number}")],
                [assistant_message("Thirty.", item_id="m")],
            )
        ]
    )


async def test_a_turn_asks_the_database_no_more_often_than_it_must(
    knowledge: FakeKnowledge, open_chat: OpenChat, statements: Statements
) -> None:
    knowledge.add_passage("Leave is thirty days.", chunk_id=1)
    chat = await open_chat(turns(2))
    thread_id = (await chat.say("How many days?")).thread_id
    statements.begin()
    assert (await chat.say("And in May?", thread_id)).error is None
    assert len(statements.texts) == STATEMENTS_OF_A_TURN


async def test_a_turn_in_a_thread_of_two_thousand_items_reads_what_the_model_gets(
    pool: Pool, open_chat: OpenChat, statements: Statements
) -> None:
    model = turns(2)
    chat = await open_chat(model)
    counts: list[tuple[int, int]] = []
    for items in (200, 2000):
        thread_id = await thread_of(pool, items, f"thr_{items}")
        statements.begin()
        assert (await chat.say("And in May?", thread_id)).error is None
        counts.append((len(statements.texts), statements.rows))
    assert counts[0] == counts[1]
    assert counts[1][1] < 220
    seen = [len(call.input) for call in (model.calls[0], model.calls[2])]
    assert seen[0] == seen[1] > 40


@pytest.mark.parametrize("mode", ["force_generic_plan", "force_custom_plan"])
async def test_a_page_is_found_by_an_index_however_long_the_thread_is(pool: Pool, mode: str) -> None:
    name = await thread_of(pool, 2000, "thr_long")
    values = {"thread_id": name, "user_id": "ann", "after": None, "limit": 41}
    async with pool.connection() as connection:
        await connection.execute("analyze thread_items")
        await connection.execute("select set_config('plan_cache_mode', %s, false)", (mode,))
        explained = await connection.execute(
            f"explain (analyze, format json, timing off) {ITEMS_DOWN}", values, prepare=True
        )
        (row,) = await explained.fetchall()
        await connection.execute("select set_config('plan_cache_mode', 'auto', false)")
    scans = [node for node in _nodes(row[0][0]["Plan"]) if node.get("Relation Name") == "thread_items"]
    assert [scan["Index Name"] for scan in scans if scan["Actual Loops"]] == ["thread_items_in_order"]
    assert all(scan["Actual Rows"] <= 41 for scan in scans)


def _nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """The node and all below it."""
    return [plan, *(node for part in plan.get("Plans", []) for node in _nodes(part))]
