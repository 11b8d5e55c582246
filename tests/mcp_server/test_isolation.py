"""Nobody learns or changes anything of another user's tasks or of a collection that is closed to them.

Each attempt is made twice: at what the other side has, and at what does not exist. Both are answered alike.
"""

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from mcp_types import PromptReference, ResourceTemplateReference

from knowledge_base.embedding import SentenceTransformerEmbedder
from mcp_server.settings import McpServerSettings
from tests.mcp_server.attempts import ATTEMPTS, QUESTION, STRANGE
from tests.mcp_server.two_sides import (
    NOTHING,
    Side,
    answer_of,
    belongings,
    leaks,
    make_side,
    said_to,
    unnamed,
)

if TYPE_CHECKING:
    from conftest import RunningServer


@dataclass(frozen=True)
class TwoSides:
    """A server with two sides; the second has more of everything."""

    server: "RunningServer"
    sides: tuple[Side, Side]


@pytest.fixture
def server_settings() -> McpServerSettings:
    """No limit that would hide an answer."""
    return McpServerSettings(search_token_budget=100_000, mcp_rate_limit_per_minute=0)  # pyright: ignore[reportCallIssue]


@pytest.fixture
async def two(
    server: "RunningServer", knowledge_base_url: str, embedder: SentenceTransformerEmbedder
) -> TwoSides:
    quokka = await make_side(knowledge_base_url, embedder, "quokka", documents=2, first_id=5_100_001)
    wombat = await make_side(knowledge_base_url, embedder, "wombat", documents=5, first_id=7_100_001)
    return TwoSides(server, (quokka, wombat))


# Some hundred calls are made in one test.
pytestmark = pytest.mark.timeout(600)
# What a tool with pages cannot do without. A page of an outline is one of a document that is named.
NEEDED = {"grep": {"pattern": "."}, "ls": {"path": "**"}}
BOTH_WAYS = pytest.mark.parametrize("way", [0, 1], ids=["few look at many", "many look at few"])


@BOTH_WAYS
async def test_no_attempt_learns_or_changes_anything_of_the_other_side(
    two: TwoSides, way: int, subtests: pytest.Subtests
) -> None:
    own, other = two.sides[way], two.sides[1 - way]
    async with two.server.pool.connection() as connection:
        before = await belongings(connection, other)
    async with two.server.client(own.secret_key) as client:
        listed = {tool.name for tool in await client.list_tools()}
        for attempt in ATTEMPTS:
            if attempt.tool not in listed:
                continue
            arguments = attempt.arguments(other.target)
            with subtests.test(tool=attempt.tool, arguments=json.dumps(arguments)):
                answer = await answer_of(client, attempt.tool, arguments)
                assert leaks(answer, arguments, other) == []
                nothing = await answer_of(client, attempt.tool, attempt.arguments(NOTHING))
                if attempt.alike:
                    assert unnamed(answer, other.target) == unnamed(nothing, NOTHING)
    async with two.server.pool.connection() as connection:
        assert await belongings(connection, other) == before


async def test_the_answers_do_not_depend_on_what_the_other_side_has(
    two: TwoSides, subtests: pytest.Subtests
) -> None:
    own, other = two.sides
    async with two.server.client(own.secret_key) as client:
        listed = {tool.name for tool in await client.list_tools()}
        attempts = [one for one in ATTEMPTS if one.tool in listed and one.alike and one not in STRANGE]
        asked = [(one.tool, one.arguments(other.target)) for one in attempts]
        first = [await answer_of(client, *call) for call in asked]
        await _remove(two, other)
        for call, before in zip(asked, first, strict=True):
            with subtests.test(tool=call[0], arguments=json.dumps(call[1])):
                assert unnamed(await answer_of(client, *call), NOTHING) == unnamed(before, NOTHING)


async def _remove(two: TwoSides, side: Side) -> None:
    async with two.server.pool.connection() as connection:
        for table, column, value in (
            ("documents", "collection", side.target.collection),
            ("collections", "name", side.target.collection),
            ("tasks", "user_id", side.user),
            ("uploads", "user_id", side.user),
        ):
            await connection.execute(f"delete from {table} where {column} = %s".encode(), [value])  # noqa: S608


async def test_every_tool_and_every_argument_is_attempted(two: TwoSides) -> None:
    tried: dict[str, set[str]] = {}
    for attempt in ATTEMPTS:
        tried.setdefault(attempt.tool, set()).update(attempt.arguments(NOTHING))
    async with two.server.client(two.sides[0].secret_key) as client:
        listed = {
            tool.name: set(tool.input_schema.get("properties", {})) for tool in await client.list_tools()
        }
    # Cursors are tried below, with real ones.
    missing = {name: had - tried.get(name, set()) - {"cursor"} for name, had in listed.items()}
    assert {name: had for name, had in missing.items() if had or name not in tried} == {}


async def test_the_owner_does_see_what_the_other_side_is_refused(two: TwoSides) -> None:
    own = two.sides[0]
    async with two.server.client(own.secret_key) as client:
        listed = {tool.name for tool in await client.list_tools()}
        seen = {
            attempt.tool
            for attempt in ATTEMPTS
            if attempt.tool in listed
            and own.word in await answer_of(client, attempt.tool, attempt.arguments(own.target))
        }
    # What follows delete_task finds nothing any more.
    assert listed - seen <= {"update_task", "delete_task", "undo_task_change", "add_task"}


async def test_counts_are_those_of_the_own_side(two: TwoSides) -> None:
    for side in two.sides:
        async with two.server.client(side.secret_key) as client:
            found = await client.call_tool("search_documents", {"query": QUESTION, "min_similarity": 0})
            tasks = await client.call_tool("list_tasks")
            documents = await client.call_tool("list_documents")
        assert found.data.searched.chunks == len(side.chunk_ids)
        assert tasks.data.total == len(side.task_ids)
        assert {document.document_id for document in documents.data.documents} == side.document_ids


@BOTH_WAYS
async def test_a_cursor_of_the_other_side_opens_nothing_of_it(two: TwoSides, way: int) -> None:
    own, other = two.sides[way], two.sides[1 - way]
    async with two.server.client(other.secret_key) as theirs, two.server.client(own.secret_key) as client:
        for tool in await theirs.list_tools():
            if "cursor" not in tool.input_schema.get("properties", {}) or tool.name == "outline":
                continue
            needed = NEEDED.get(tool.name, {})
            page = json.loads(await answer_of(theirs, tool.name, {"limit": 1, **needed}))["structured"]
            arguments = {"limit": 200, **needed, "cursor": page["next_cursor"]}
            assert leaks(await answer_of(client, tool.name, arguments), arguments, other) == []


@BOTH_WAYS
async def test_resources_and_prompts_tell_nothing_of_the_other_side(two: TwoSides, way: int) -> None:
    own, other = two.sides[way], two.sides[1 - way]
    async with two.server.client(own.secret_key) as client:
        for told in (await client.list_resources(), await client.list_prompts()):
            assert leaks(str(told), {}, other) == []
        for template in await client.list_resource_templates():
            for name in vars(other.target):
                answers: list[str] = []
                for target in (other.target, NOTHING):
                    uri = re.sub(r"\{[^}]*\}", str(getattr(target, name)), template.uri_template)
                    answers.append(unnamed(await said_to(client.read_resource(uri)), target))
                    assert leaks(answers[-1], {"uri": uri}, other) == []
                assert answers[0] == answers[1]


@BOTH_WAYS
async def test_completions_and_prompts_tell_nothing_of_the_other_side(two: TwoSides, way: int) -> None:
    own, other = two.sides[way], two.sides[1 - way]
    async with two.server.client(own.secret_key) as client:
        prompts = await client.list_prompts()
        references = [
            (ResourceTemplateReference(uri=template.uri_template), name)
            for template in await client.list_resource_templates()
            for name in re.findall(r"\{(\w+)", template.uri_template)
        ] + [
            (PromptReference(name=prompt.name), argument.name)
            for prompt in prompts
            for argument in prompt.arguments or []
        ]
        for reference, name in references:
            for value in ("", "%", other.word, other.target.title, other.target.collection):
                told = await client.complete(reference, {"name": name, "value": value})
                assert leaks(str(told), {"value": value}, other) == []
        for prompt in prompts:
            given = {argument.name: other.target.collection for argument in prompt.arguments or []}
            told = await said_to(client.get_prompt(prompt.name, given))
            assert leaks(told, given, other) == []
