"""Skills over MCP (SEP-2640), and the manual that is made of the tools."""

import hashlib
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from fastmcp import Client
from fastmcp.client.transports import StreamableHttpTransport
from fastmcp.skills.models import (
    GetSkillParams,
    GetSkillRequest,
    GetSkillResult,
    ListSkillsParams,
    ListSkillsRequest,
    ListSkillsResult,
)
from mcp import MCPError
from mcp_types import INVALID_PARAMS

if TYPE_CHECKING:
    from conftest import RunningServer

RESEARCH, TASKS = "skill://research-knowledge-base/SKILL.md", "skill://keep-tasks/SKILL.md"
TOOL_NAME = re.compile(r"`([a-z]+_[a-z_]+)`")


async def _skills(client: Client[StreamableHttpTransport]) -> ListSkillsResult:
    return await client.session.send_request(ListSkillsRequest(params=ListSkillsParams()), ListSkillsResult)


async def _text(client: Client[StreamableHttpTransport], uri: str) -> str:
    [content] = await client.read_resource(uri)
    return content.text  # type: ignore[union-attr]


async def test_skills_are_listed_and_read_as_they_are_described(shared_server: "RunningServer") -> None:
    async with shared_server.client() as client:
        skills = {skill.uri: skill for skill in (await _skills(client)).skills}
        listed = {str(resource.uri): resource for resource in await client.list_resources()}
        assert set(skills) == {RESEARCH, TASKS}
        for uri, skill in skills.items():
            text = await _text(client, uri)
            assert isinstance(skill.resources, list)
            [file] = skill.resources
            assert file.digest == f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
            assert (listed[uri].name, listed[uri].description) == (
                skill.frontmatter.name,
                skill.frontmatter.description,
            )
            assert listed[uri].mime_type == "text/markdown"
        request = GetSkillRequest(params=GetSkillParams(uri=TASKS))
        assert (await client.session.send_request(request, GetSkillResult)).skill == skills[TASKS]


async def test_skills_name_only_tools_that_there_are(shared_server: "RunningServer") -> None:
    async with shared_server.client() as client:
        tools = await client.list_tools()
        words = {tool.name for tool in tools}
        for tool in tools:
            words |= set(tool.input_schema["properties"])
        answers = {"waits_for", "chunk_id", "time_zone"}
        for uri in (RESEARCH, TASKS):
            named = set(TOOL_NAME.findall(await _text(client, uri)))
            assert named - words <= answers
            assert named & words


async def test_a_skill_is_there_for_whoever_may_use_its_tools(
    shared_server: "RunningServer", sign: Callable[..., str]
) -> None:
    async with shared_server.client(sign("ann", scope="tasks")) as client:
        assert [skill.uri for skill in (await _skills(client)).skills] == [TASKS]
        with pytest.raises(MCPError, match="not found"):
            await client.read_resource(RESEARCH)
        request = GetSkillRequest(params=GetSkillParams(uri=RESEARCH))
        with pytest.raises(MCPError, match="Unknown skill URI") as caught:
            await client.session.send_request(request, GetSkillResult)
        assert caught.value.error.code == INVALID_PARAMS


@pytest.mark.parametrize(
    "uri",
    ["skill://research-knowledge-base/../../settings.py", "skill://other/SKILL.md", "skill:///SKILL.md"],
)
async def test_nothing_else_is_read_as_a_skill(shared_server: "RunningServer", uri: str) -> None:
    async with shared_server.client() as client:
        with pytest.raises(MCPError, match="not found"):
            await client.read_resource(uri)


async def test_clients_of_older_revisions_read_skills_as_resources(shared_server: "RunningServer") -> None:
    transport = StreamableHttpTransport(
        f"{shared_server.url}/mcp", auth=shared_server.client().transport.auth
    )
    async with Client(transport, mode="legacy") as client:
        assert RESEARCH in {str(resource.uri) for resource in await client.list_resources()}
        assert "search_documents" in await _text(client, RESEARCH)


async def test_the_manual_has_a_page_for_each_tool_that_is_open(
    shared_server: "RunningServer", sign: Callable[..., str]
) -> None:
    async with shared_server.client() as client:
        for tool in await client.list_tools():
            page = await _text(client, f"kb://manual/{tool.name}")
            # Lists break no lines.
            assert f"# {tool.name} {tool.description}" in " ".join(page.split())
            for argument in tool.input_schema["properties"]:
                assert f"| `{argument}` |" in page
            assert f"(kb://manual/{tool.name})" in await _text(client, "kb://manual")
    async with shared_server.client(sign("ann", scope="tasks")) as client:
        index = await _text(client, "kb://manual")
        assert "list_tasks" in index
        assert "search_documents" not in index
        for uri in ("kb://manual/search_documents", "kb://manual/none"):
            with pytest.raises(MCPError, match="Resource not found"):
                await client.read_resource(uri)
