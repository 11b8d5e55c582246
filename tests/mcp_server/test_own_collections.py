"""What people hand in for themselves: theirs alone, under the name "My documents"."""

from collections.abc import AsyncGenerator, Callable
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from fastmcp.exceptions import ToolError

from knowledge_base.embedding import SentenceTransformerEmbedder
from knowledge_base.errors import OwnCollectionError
from knowledge_base.own_collections import OWN_TITLE, own_collection_of
from knowledge_base.rights import Subject, grant, list_rights
from tests.mcp_server.test_writing import a_worker

if TYPE_CHECKING:
    from conftest import RunningServer

NOTE: dict[str, Any] = {"name": "Diary", "text": "# Diary\n\nThe blue heron came back to the pond."}
QUESTION = "Which bird came back to the pond?"


@pytest.fixture
async def worker(
    server: "RunningServer", knowledge_base_url: str, embedder: SentenceTransformerEmbedder
) -> AsyncGenerator[None]:
    """A worker beside the server."""
    async with a_worker(knowledge_base_url, embedder):
        yield


@pytest.mark.usefixtures("worker")
async def test_what_is_handed_in_without_a_place_is_seen_by_its_owner_alone(
    server: "RunningServer", sign: Callable[..., str], knowledge_base_url: str
) -> None:
    async with server.client(sign("ann")) as ann, server.client(sign("bob")) as bob:
        added = (await ann.call_tool("add_document", NOTE)).data
        assert (added.outcome, added.collection) == ("added", OWN_TITLE)
        [number] = added.document_ids
        listed = (await ann.call_tool("list_collections", {})).data.collections
        assert [(one.name, one.own, one.right, one.documents) for one in listed] == [
            (OWN_TITLE, True, "manage", 1)
        ]
        assert (await ann.call_tool("get_document", {"document_id": number})).data.collection == OWN_TITLE
        assert "My documents" in str(await ann.read_resource("kb://collections/My documents"))
        for named in (OWN_TITLE, own_collection_of("ann")):
            wanted = {"query": QUESTION, "collection": named}
            assert [hit.title for hit in (await ann.call_tool("search_documents", wanted)).data.results] == [
                "Diary"
            ]
            for tool, arguments in (("search_documents", wanted), ("list_documents", {"collection": named})):
                with pytest.raises(ToolError, match="there is none of this name that you may search"):
                    await bob.call_tool(tool, arguments)
        assert (await bob.call_tool("list_collections", {})).data.collections == []
        async with server.client(sign("ann", collections=[OWN_TITLE])) as held:
            listed = (await held.call_tool("list_collections", {})).data.collections
            assert [(one.name, one.documents) for one in listed] == [(OWN_TITLE, 1)]
        with pytest.raises(ToolError, match=f"Document {number} not found"):
            await bob.call_tool("remove_document", {"document_id": number})
        with pytest.raises(ToolError, match="is not open to you"):
            await bob.call_tool("add_document", NOTE | {"collection": own_collection_of("ann")})
        of_bob = (await bob.call_tool("add_document", NOTE | {"collection": OWN_TITLE})).data
        assert of_bob.collection == OWN_TITLE
        assert of_bob.document_ids != added.document_ids
        removed = (await ann.call_tool("remove_document", {"document_id": number})).data
        assert (removed.outcome, removed.collection) == ("removed", OWN_TITLE)
    async with await psycopg.AsyncConnection.connect(knowledge_base_url) as connection:
        rights = await list_rights(connection)
        assert {(one.name, one.owner, one.documents) for one in rights} == {
            (own_collection_of("ann"), "ann", 0),
            (own_collection_of("bob"), "bob", 1),
        }
        with pytest.raises(OwnCollectionError):
            await grant(connection, own_collection_of("ann"), Subject("everyone"), "read")
        with pytest.raises(psycopg.errors.CheckViolation, match="cannot be opened to others"):
            await connection.execute(
                "insert into collection_rights values (%s, 'user', 'bob', 'read')", [own_collection_of("ann")]
            )


async def test_a_key_that_is_held_to_other_collections_makes_none(
    server: "RunningServer", sign: Callable[..., str]
) -> None:
    async with server.client(sign("ann", collections=["hr"])) as client:
        for place in ({}, {"collection": OWN_TITLE}):
            with pytest.raises(ToolError, match="is not open to you"):
                await client.call_tool("add_document", NOTE | place)
    async with server.pool.connection() as connection:
        rows = await connection.execute("select count(*) from collections")
        assert await rows.fetchone() == (0,)


async def test_whoever_opens_all_has_no_collection_of_their_own(server: "RunningServer") -> None:
    async with server.client() as client:
        waiting = (await client.call_tool("add_document", NOTE | {"wait_seconds": 0})).data
        named = (
            await client.call_tool("add_document", NOTE | {"collection": OWN_TITLE, "wait_seconds": 0})
        ).data
    assert (waiting.collection, named.collection) == ("default", OWN_TITLE)
    async with server.pool.connection() as connection:
        rows = await connection.execute("select collection from uploads order by id")
        assert await rows.fetchall() == [("default",), (OWN_TITLE,)]


@pytest.mark.usefixtures("worker")
async def test_who_manages_a_collection_removes_what_others_have_added(
    server: "RunningServer", sign: Callable[..., str], knowledge_base_url: str
) -> None:
    async with await psycopg.AsyncConnection.connect(knowledge_base_url) as connection:
        await grant(connection, "team", Subject("everyone"), "add", make=True)
    async with server.client(sign("ann")) as ann, server.client(sign("bob")) as bob:
        added = (await ann.call_tool("add_document", NOTE | {"collection": "team"})).data
        wanted = {"document_id": added.document_ids[0]}
        with pytest.raises(ToolError, match="only they can remove it, and those who manage the collection"):
            await bob.call_tool("remove_document", wanted)
        async with await psycopg.AsyncConnection.connect(knowledge_base_url) as connection:
            await grant(connection, "team", Subject("user", "bob"), "manage")
        removed = (await bob.call_tool("remove_document", wanted)).data
    assert (removed.status, removed.outcome) == ("done", "removed")
