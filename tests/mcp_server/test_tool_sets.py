"""Which tools clients are offered, in what form, and what listing them costs."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from fastmcp.exceptions import ToolError

from mcp_server.calls.listed_schemas import NAMES_ONLY, has_all_of, listed_arguments, listed_result
from mcp_server.settings import McpServerSettings

if TYPE_CHECKING:
    from conftest import RunningServer, ServedBy

# A token of English JSON is about so many characters: by o200k_base the list has fewer than this says.
CHARACTERS_A_TOKEN = 4
MOST_TOKENS = 6000
READ = {"search_documents", "read_chunks", "get_document"}
PAIR = {"search", "fetch"}
SETS = {
    "default": READ | {"list_documents", "list_collections", "add_document", "list_tasks", "add_task"},
    "openai": PAIR,
    "all": READ | PAIR | {"list_documents", "add_task"},
    "compact": READ,
}
ANSWER, PLAN = "answer_from_knowledge_base", "plan_my_day"
PROMPTS = {"default": {ANSWER, PLAN}, "all": {ANSWER, PLAN}, "compact": {ANSWER}, "openai": set[str]()}


def settings(chosen: str) -> McpServerSettings:
    return McpServerSettings.model_validate({"mcp_tool_set": chosen})


async def listed(server: "RunningServer", token: str = "") -> list[dict[str, Any]]:
    async with server.client(token) if token else server.client() as client:
        tools = await client.list_tools()
    return [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in tools]


@pytest.mark.parametrize("chosen", SETS)
async def test_clients_are_offered_the_chosen_set_and_the_chat_what_it_needs(
    chosen: str, knowledge_base_url: str, served_by: "ServedBy", sign: Callable[..., str]
) -> None:
    async with served_by(knowledge_base_url, settings(chosen)) as server:
        names = {tool["name"] for tool in await listed(server)}
        assert names >= SETS[chosen]
        if chosen in ("openai", "compact"):
            assert names == SETS[chosen]
        assert (names >= PAIR) == (chosen in ("openai", "all"))
        async with server.client() as client:
            # A prompt that names tools which are not offered would help nobody.
            prompts = {prompt.name for prompt in await client.list_prompts()}
        assert prompts == PROMPTS[chosen]
        of_chat = await listed(server, sign("ann"))
        assert {tool["name"] for tool in of_chat} >= SETS["default"]
        assert not PAIR & {tool["name"] for tool in of_chat}
        assert all("outputSchema" in tool for tool in of_chat)
        async with server.client_of("ann") as client:
            assert (await client.call_tool("list_tasks")).structured_content is not None


async def test_a_tool_outside_the_set_is_refused_with_the_cure(
    knowledge_base_url: str, served_by: "ServedBy", sign: Callable[..., str]
) -> None:
    async with served_by(knowledge_base_url, settings("openai")) as server, server.client() as client:
        with pytest.raises(ToolError, match=r"does not offer the tool list_tasks.*MCP_TOOL_SET"):
            await client.call_tool("list_tasks")
        with pytest.raises(ToolError, match="Unknown tool"):
            await client.call_tool("no_such_tool")
        async with server.client(sign("ann")) as of_chat:
            with pytest.raises(ToolError, match=r"does not offer the tool search"):
                await of_chat.call_tool("search", {"query": "leave"})


async def test_the_list_of_tools_costs_no_more_than_it_may(shared_server: "RunningServer") -> None:
    tools = await listed(shared_server)
    size = len(json.dumps(tools, ensure_ascii=False, separators=(",", ":")))
    assert size <= MOST_TOKENS * CHARACTERS_A_TOKEN


async def test_every_tool_says_what_it_is_for_what_it_returns_and_what_its_arguments_are(
    shared_server: "RunningServer",
) -> None:
    for tool in await listed(shared_server):
        name, words = tool["name"], tool["description"]
        assert "Returns" in words, name
        # What graders take for clear, and models read to the end.
        assert 8 <= len(words.split()) <= 60, name
        assert tool["annotations"]["title"], name
        assert {"readOnlyHint", "destructiveHint"} & set(tool["annotations"]), name
        assert tool["outputSchema"]["type"] == "object", name
        for argument, schema in tool["inputSchema"]["properties"].items():
            assert schema.get("description"), f"{name}: {argument}"


def test_a_listed_schema_only_says_less() -> None:
    text = {"type": "string", "maxLength": 9}
    optional = {"anyOf": [text, {"type": "null"}], "default": None, "description": "Only these."}
    arguments = listed_arguments(
        {"type": "object", "properties": {"one": optional, "id": {"maximum": 2**63}}}
    )
    assert arguments["properties"] == {"one": {**text, "description": "Only these."}, "id": {}}
    page = {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": None}
    result: dict[str, Any] = {"type": "object", "description": "Answer.", "properties": {"page": page}}
    assert listed_result(result | {"required": ["page"]}) == {
        "type": "object",
        "properties": {"page": {"type": ["integer", "null"]}},
    }
    assert listed_result(result, explained=True) == {"type": "object", "properties": {"page": {}}}
    day = {"type": "string", "format": "date"}
    choice = {"anyOf": [{"enum": ["a", "b"], "type": "string"}, {"type": "null"}]}
    tasks = {NAMES_ONLY: True, "items": {"properties": {"due": day, "title": {"type": "string"}}}}
    whole = {"type": "object", "properties": {"choice": choice, "tasks": tasks}}
    assert listed_result(whole)["properties"] == {
        "choice": {"enum": ["a", "b", None]},
        "tasks": {"items": {"properties": {"due": day, "title": {}}}},
    }
    assert has_all_of(whole, {"properties": {"choice": choice}})
    assert not has_all_of(whole, {"properties": {"choice": day}})
