"""Two people in two groups, each with a collection: what they try at the other's is answered as for what does
not exist, over tools, resources, completion and the routes of the knowledge view, in both directions."""

import json
import re
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx2
import psycopg
import pytest
from anyio.from_thread import start_blocking_portal
from fastmcp import Client
from fastmcp.client.transports import StreamableHttpTransport
from fastmcp.exceptions import ToolError
from mcp_types import PromptReference, ResourceTemplateReference
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request

from agent_service.context import RequestContext
from agent_service.routes.knowledge.routes import knowledge_routes
from agent_service.settings.settings import AgentServiceSettings
from agent_service.tools.connection import McpConnector
from knowledge_base.api_keys import NewApiKey, create_api_key
from knowledge_base.embedding import SentenceTransformerEmbedder
from knowledge_base.groups import set_members
from knowledge_base.rights import Grant, Subject, grant, revoke
from mcp_server.settings import McpServerSettings
from tests.mcp_server.attempts import ATTEMPTS, QUESTION, STRANGE
from tests.mcp_server.conftest import SIGNING_KEY
from tests.mcp_server.two_sides import (
    NOTHING,
    SCOPES,
    Side,
    Target,
    answer_of,
    leaks,
    make_side,
    said_to,
    unnamed,
)
from tests.support.databases import FreshDatabases
from tests.support.serving import serving

if TYPE_CHECKING:
    from conftest import RunningServer, ServedBy

EVERYONE = Subject("everyone")
# What a token says of collections takes nothing from the rights of its user, and adds nothing to them.
TOKENS = ("chat", "key", "key of both")
ROUTES: list[tuple[str, str]] = [
    ("GET", "collections"),
    ("GET", "documents"),
    ("GET", "documents?collection={collection}"),
    ("GET", "documents?source={source}"),
    ("GET", "documents?query={title}"),
    ("GET", "documents/{document_id}"),
    ("GET", "documents/{document_id}/chunks?around={chunk_id}"),
    ("POST", "search"),
    ("POST", "search of {collection}"),
    ("POST", "search in {source}"),
    ("DELETE", "documents/{document_id}"),
    ("GET", "uploads/{upload_id}"),
    ("POST", "documents in {collection}"),
]
pytestmark = pytest.mark.timeout(600)


@dataclass(frozen=True)
class House:
    """A server, the chat's routes before it, and two people who may each read and fill one collection."""

    server: "RunningServer"
    routes: str
    database: str
    sides: tuple[Side, Side]
    keys: Mapping[tuple[str, str], str]

    def client(self, side: Side, token: str = "chat") -> Client[StreamableHttpTransport]:
        """A client with one of a person's tokens."""
        if token == "chat":
            return self.server.client_of(side.user)
        return self.server.client(self.keys[side.word, token])

    async def owner(self) -> psycopg.AsyncConnection[Any]:
        """A connection that is held back from nothing."""
        return await psycopg.AsyncConnection.connect(self.database, autocommit=True)


@pytest.fixture(scope="module")
def house(
    served_by: "ServedBy", knowledge_bases: FreshDatabases, embedder: SentenceTransformerEmbedder
) -> Iterator[House]:
    """One for all tests of this file; what a test grants it takes back."""
    settings = McpServerSettings(search_token_budget=100_000, mcp_rate_limit_per_minute=0)  # pyright: ignore[reportCallIssue]

    @asynccontextmanager
    async def filled() -> AsyncGenerator[House]:
        async with knowledge_bases.one() as url, served_by(url, settings) as running:
            quokka = await make_side(url, embedder, "quokka", documents=2, first_id=5_100_001)
            wombat = await make_side(url, embedder, "wombat", documents=4, first_id=7_100_001)
            keys = await _rights_and_keys(url, (quokka, wombat))
            async with serving(_routes(running.url)) as routes:
                yield House(running, routes, url, (quokka, wombat), keys)

    with start_blocking_portal() as portal, portal.wrap_async_context_manager(filled()) as made:
        yield made


async def _rights_and_keys(url: str, sides: tuple[Side, Side]) -> dict[tuple[str, str], str]:
    both = [side.target.collection for side in sides]
    keys: dict[tuple[str, str], str] = {}
    async with await psycopg.AsyncConnection.connect(url) as connection:
        for side in sides:
            await set_members(connection, f"{side.word}-group", [side.user])
            await revoke(connection, side.target.collection, EVERYONE)
            await grant(connection, side.target.collection, Subject("group", f"{side.word}-group"), "add")
            for name, collections in (("key", None), ("key of both", both)):
                new = NewApiKey(f"{name} of {side.word}", side.user, SCOPES, collections)
                _, keys[side.word, name] = await create_api_key(connection, new)
    return keys


def _routes(mcp_url: str) -> Starlette:
    settings = AgentServiceSettings(  # pyright: ignore[reportCallIssue]
        mcp_server_url=f"{mcp_url}/mcp", knowledge_uploads=True, knowledge_editors=["*"]
    )
    connector = McpConnector(settings, SecretStr(SIGNING_KEY))

    def context_of(request: Request) -> RequestContext:
        return RequestContext(request.headers["x-user"])

    return Starlette(routes=knowledge_routes(settings, connector, context_of))


BOTH_WAYS = pytest.mark.parametrize("way", [0, 1], ids=["few look at many", "many look at few"])


@BOTH_WAYS
@pytest.mark.parametrize("token", TOKENS)
async def test_tools_answer_as_for_what_does_not_exist(
    house: House, way: int, token: str, subtests: pytest.Subtests
) -> None:
    own, other = house.sides[way], house.sides[1 - way]
    attempts = [one for one in ATTEMPTS if one not in STRANGE]
    # The tokens differ in one place only: a key is tried with what differs most.
    chosen = attempts if token == "chat" else [one for one in attempts if "task" not in one.tool][::3]
    async with house.client(own, token) as client:
        for attempt in chosen:
            arguments = attempt.arguments(other.target)
            with subtests.test(tool=attempt.tool, arguments=json.dumps(arguments)):
                answer = await answer_of(client, attempt.tool, arguments)
                assert leaks(answer, arguments, other) == []
                nothing = await answer_of(client, attempt.tool, attempt.arguments(NOTHING))
                if attempt.alike:
                    assert unnamed(answer, other.target) == unnamed(nothing, NOTHING)


@BOTH_WAYS
async def test_resources_and_completion_answer_as_for_what_does_not_exist(house: House, way: int) -> None:
    own, other = house.sides[way], house.sides[1 - way]
    async with house.client(own) as client:
        assert leaks(str(await client.list_resources()), {}, other) == []
        templates = await client.list_resource_templates()
        for template in templates:
            for name in ("collection", "document_id"):
                told = [
                    await _read(client, template.uri_template, target, name)
                    for target in (other.target, NOTHING)
                ]
                assert told[0] == told[1]
        references = [
            *((ResourceTemplateReference(uri=one.uri_template), one.uri_template) for one in templates),
            (PromptReference(name="answer_from_knowledge_base"), "{collection}"),
        ]
        for reference, uri in references:
            [argument] = re.findall(r"\{(\w+)", uri)
            for value in ("", other.word, other.target.title, str(other.target.document_id)[:4]):
                told_of = str(await client.complete(reference, {"name": argument, "value": value}))
                assert leaks(told_of, {"value": value}, other) == []


async def _read(client: Client[Any], template: str, target: Target, name: str) -> str:
    uri = re.sub(r"\{[^}]*\}", str(getattr(target, name)), template)
    return unnamed(await said_to(client.read_resource(uri)), target)


@BOTH_WAYS
@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_routes_of_the_chat_answer_as_for_what_does_not_exist(
    house: House, way: int, method: str, path: str
) -> None:
    own, other = house.sides[way], house.sides[1 - way]
    told = [await _asked(house, own, method, path, target) for target in (other.target, NOTHING)]
    assert leaks(told[0], {"path": path.format(**vars(other.target))}, other) == []
    assert told[0] == told[1]


async def _asked(house: House, side: Side, method: str, path: str, target: Target) -> str:
    route, _, place = path.format(**vars(target)).partition(" ")
    body: dict[str, Any] | None = None
    if route == "search":
        body = {"query": QUESTION, "min_similarity": 0}
        body |= {"collection": target.collection} if place.startswith("of") else {}
        body |= {"source": target.source} if place.startswith("in") else {}
    elif method == "POST":
        body = {"url": "http://127.0.0.1:9/a", "collection": target.collection}
    async with httpx2.AsyncClient(base_url=f"{house.routes}/knowledge/") as http:
        answer = await http.request(method, route, json=body, headers={"x-user": side.user})
    return unnamed(f"{answer.status_code} {answer.text}", target)


async def test_each_sees_what_is_theirs(house: House) -> None:
    for side in house.sides:
        for token in TOKENS:
            async with house.client(side, token) as client:
                found = await client.call_tool("search_documents", {"query": QUESTION, "min_similarity": 0})
                listed = await client.call_tool("list_collections", {})
            assert found.data.searched.chunks == len(side.chunk_ids)
            assert [(one.name, one.right) for one in listed.data.collections] == [
                (side.target.collection, "add")
            ]


async def test_the_routes_of_the_chat_show_what_is_theirs(house: House) -> None:
    for side in house.sides:
        for method, path in ROUTES[:9]:
            told = await _asked(house, side, method, path, side.target)
            assert told.startswith("200"), path
            # Names that were asked for are left out of what was told.
            assert "<asked>" in told or side.word in told, path


async def test_who_opens_all_sees_both(house: House) -> None:
    async with house.server.client() as client:
        listed = await client.call_tool("list_collections", {})
    assert [(one.name, one.right) for one in listed.data.collections] == [
        ("quokka-desk", "manage"),
        ("wombat-desk", "manage"),
    ]


async def test_a_key_opens_no_more_than_its_collections_and_its_users_rights(house: House) -> None:
    quokka, wombat = house.sides
    # The key that make_side has made is held to the side's own collection.
    async with await house.owner() as connection:
        await grant(connection, wombat.target.collection, Subject("user", quokka.user), "read")
    async with house.server.client(quokka.secret_key) as client:
        held = await client.call_tool("list_collections", {})
    async with house.client(quokka, "key of both") as client:
        both = await client.call_tool("list_collections", {})
    async with await house.owner() as connection:
        await revoke(connection, wombat.target.collection, Subject("user", quokka.user))
    assert [one.name for one in held.data.collections] == ["quokka-desk"]
    assert [one.name for one in both.data.collections] == ["quokka-desk", "wombat-desk"]


@pytest.mark.parametrize("way", ["person", "group", "everyone", "member"])
async def test_a_right_that_changes_is_felt_by_the_next_call_of_a_running_session(
    house: House, served_by: "ServedBy", way: str
) -> None:
    quokka, wombat = house.sides
    collection, group = wombat.target.collection, f"{quokka.word}-group"
    subject = {"person": Subject("user", quokka.user), "group": Subject("group", group), "everyone": EVERYONE}
    async with (
        served_by(house.database, McpServerSettings()) as second,  # pyright: ignore[reportCallIssue]
        house.client(quokka) as client,
        second.client_of(quokka.user) as elsewhere,
        await house.owner() as connection,
    ):

        async def seen() -> list[bool]:
            answers = [
                await each.call_tool(
                    "get_document", {"document_id": wombat.target.document_id}, raise_on_error=False
                )
                for each in (client, elsewhere)
            ]
            return [not answer.is_error for answer in answers]

        assert await seen() == [False, False]
        if way == "member":
            await set_members(connection, f"{wombat.word}-group", [wombat.user, quokka.user])
        else:
            await grant(connection, collection, subject[way], "read")
        assert await seen() == [True, True]
        if way == "member":
            await set_members(connection, f"{wombat.word}-group", [wombat.user])
        else:
            await revoke(connection, collection, subject[way])
        assert await seen() == [False, False]


async def test_who_may_only_read_adds_nothing_and_is_told_where_they_may(house: House) -> None:
    quokka, wombat = house.sides
    async with await house.owner() as connection:
        await grant(connection, wombat.target.collection, Subject("user", quokka.user), "read")
    new = {"text": "Mine.", "name": "mine", "wait_seconds": 0, "collection": wombat.target.collection}
    async with house.client(quokka) as client:
        with pytest.raises(ToolError, match=r'may read the collection "wombat-desk", but not add to it\.'):
            await client.call_tool("add_document", new)
        with pytest.raises(ToolError, match="comes from wombat-files"):
            await client.call_tool("remove_document", {"document_id": wombat.target.document_id})
    async with await house.owner() as connection:
        await grant(connection, wombat.target.collection, Subject("user", quokka.user), "add")
    async with house.client(quokka) as client:
        added = await client.call_tool("add_document", new)
    async with await house.owner() as connection:
        await revoke(connection, wombat.target.collection, Subject("user", quokka.user))
        await connection.execute("delete from uploads where id = %s", [added.data.upload_id])
    assert (added.data.collection, added.data.status) == ("wombat-desk", "waiting")


async def test_nothing_open_and_nothing_there_are_told_in_the_same_words(
    house: House, server: "RunningServer"
) -> None:
    told: list[Any] = []
    new = {"text": "Mine.", "name": "mine", "collection": "nothing-desk"}
    for each in (house.server, server):
        async with each.client_of("stranger") as client:
            found = (await client.call_tool("search_documents", {"query": QUESTION})).data
            listed = (await client.call_tool("list_documents", {})).data
            refused = await answer_of(client, "add_document", new)
        searched = (found.hint, found.searched.chunks, found.searched.mode, found.confidence)
        told.append((*searched, listed.documents, refused))
    assert told[0] == told[1]
    assert "no document that you may read" in told[0][0]


def test_what_was_granted_reads_well() -> None:
    given = Grant(Subject("group", "staff"), "add")
    assert [str(given.subject), str(EVERYONE), str(Subject("user", "ann"))] == [
        "the group staff",
        "everyone",
        "ann",
    ]
