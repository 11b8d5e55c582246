"""Calls of tools whose server died: made again where nothing is done twice, else told to the model."""

import asyncio
from typing import Any

import pytest
from agents.testing import ScriptedModel, assistant_message, function_call
from mcp_types import Tool, ToolAnnotations
from starlette.types import ASGIApp

from agent_service.context import IDEMPOTENCY_KEY
from agent_service.tools.repeating import KNOWS_KEYS, may_be_repeated
from tests.agent_service.conftest import FakeKnowledge, OpenChat, Serve
from tests.agent_service.fault_proxy import FaultProxy

KEY = {IDEMPOTENCY_KEY: "k"}


def tool(name: str, meta: dict[str, Any] | None = None, **hints: Any) -> Tool:
    """A tool as its server lists it."""
    return Tool(name=name, input_schema={}, annotations=ToolAnnotations(**hints), _meta=meta)


@pytest.mark.parametrize(
    ("listed", "name", "meta", "expected"),
    [
        (None, "search_documents", None, True),
        (None, "add_task", KEY, False),
        (tool("anything", read_only_hint=True), "anything", None, True),
        (tool("anything", idempotent_hint=True), "anything", None, True),
        (tool("anything"), "anything", KEY, False),
        (tool("anything", {KNOWS_KEYS: True}), "anything", KEY, True),
        (tool("anything", {KNOWS_KEYS: True}), "anything", None, False),
        (tool("anything", {KNOWS_KEYS: "yes"}), "anything", KEY, False),
    ],
)
def test_only_calls_that_do_nothing_twice_are_repeated(
    listed: Tool | None, name: str, meta: dict[str, Any] | None, *, expected: bool
) -> None:
    assert may_be_repeated(listed, name, meta) is expected


async def test_a_search_whose_server_dies_is_made_again_over_a_new_connection(
    open_chat: OpenChat, knowledge: FakeKnowledge, serve: Serve, mcp_app: ASGIApp
) -> None:
    search = [function_call("search_documents", {"query": "leave"}, call_id="call_1")]
    async with serve(mcp_app) as url, FaultProxy(url) as line:
        model = ScriptedModel([search, [assistant_message("25 days.")]])
        chat = await open_chat(model, mcp_server_url=f"{line.url}/mcp")
        knowledge.hangs = True
        asking = asyncio.create_task(chat.say("How much leave?"))
        await knowledge.is_hanging.wait()
        knowledge.hangs = False
        line.cut()
        line.mend()
        answer = await asking
        knowledge.is_released.set()
    assert answer.error is None
    assert answer.text.startswith("25 days.")
    assert knowledge.tools_called == ["search_documents", "search_documents"]
