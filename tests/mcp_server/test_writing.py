"""Documents that clients add and remove, with a worker of ingestion beside the server."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, LiteralString

import psycopg
import pytest
from fastmcp.exceptions import ToolError

from ingest.ingestion import Wanted, open_ingestion
from ingest.jobs.queue import open_queue, run_worker
from ingest.report import Silent
from ingest.settings import IngestSettings
from ingest.sync_run import run_sync
from knowledge_base.access import Access, acting_for, open_server_pool, prepare_server_role
from knowledge_base.embedding import SentenceTransformerEmbedder
from knowledge_base.reads import Reads
from mcp_server.auth.callers import Caller
from mcp_server.auth.scopes import SCOPES
from mcp_server.tools.writing import WritingTools
from tests.support.rights import open_to_everyone

if TYPE_CHECKING:
    from conftest import RunningServer

WRITING = {"add_document", "get_upload", "remove_document"}
NOTE = {"name": "Keys", "text": "# The keys\n\nThe keys of the archive are in the blue box."}
ANN = Caller("ann", frozenset(SCOPES))


@asynccontextmanager
async def a_worker(url: str, embedder: SentenceTransformerEmbedder) -> AsyncGenerator[None]:
    """A worker in this process while in the block; the tables of the queue are there when it begins."""
    async with open_queue(url):
        pass
    await asyncio.to_thread(embedder.load)
    settings = IngestSettings()  # pyright: ignore[reportCallIssue]
    async with open_ingestion(settings, url, embedder, Silent()) as ingestion:
        worker = asyncio.create_task(run_worker(ingestion, concurrency=2, every=None))
        yield
        worker.cancel()
        await asyncio.wait([worker])


@pytest.fixture
async def worker(
    server: "RunningServer", knowledge_base_url: str, embedder: SentenceTransformerEmbedder
) -> AsyncGenerator[None]:
    """A worker beside the server, and two collections to which everyone may add."""
    await open_to_everyone(knowledge_base_url, "default", "hr")
    async with a_worker(knowledge_base_url, embedder):
        yield


async def call(server: "RunningServer", token: str, tool: str, **arguments: Any) -> Any:
    """The answer of one call."""
    async with server.client(token) as client:
        return (await client.call_tool(tool, arguments)).data


async def documents_of(server: "RunningServer") -> list[tuple[str, str]]:
    async with server.pool.connection() as connection:
        rows = await connection.execute("select collection, source from documents order by id")
        return [(row[0], row[1]) for row in await rows.fetchall()]


@pytest.mark.usefixtures("worker")
async def test_an_added_text_is_found_changed_and_removed(
    server: "RunningServer", sign: Callable[..., str]
) -> None:
    ann = sign("ann")
    added = await call(server, ann, "add_document", **NOTE)
    assert (added.status, added.outcome, added.chunks, added.hint) == ("done", "added", 1, None)
    found = await call(server, sign("bob"), "search_documents", query="Where are the keys of the archive?")
    assert [(hit.title, hit.source) for hit in found.results] == [("The keys", "added-by/ann/Keys")]

    same = await call(server, ann, "add_document", **NOTE)
    changed = await call(server, ann, "add_document", name="Keys", text="The keys are lost.")
    assert (same.outcome, changed.outcome) == ("unchanged", "updated")
    assert added.document_ids == same.document_ids == changed.document_ids

    removed = await call(server, ann, "remove_document", document_id=added.document_ids[0])
    assert (removed.status, removed.outcome) == ("done", "removed")
    assert await documents_of(server) == []


@pytest.mark.usefixtures("worker")
async def test_why_a_document_could_not_be_added_reaches_the_caller(
    server: "RunningServer", sign: Callable[..., str]
) -> None:
    failed = await call(server, sign("ann"), "add_document", url="http://127.0.0.1:1/secret")
    assert failed.status == "failed"
    assert "127.0.0.1" in failed.reason
    assert "Traceback" not in failed.reason
    broken = await call(server, sign("ann"), "add_document", name="a.ipynb", text="this is no notebook")
    assert (broken.status, broken.document_ids) == ("failed", [])
    assert broken.reason.endswith(".")


async def test_tools_that_write_are_hidden_from_a_caller_who_may_only_read(
    server: "RunningServer", sign: Callable[..., str]
) -> None:
    async with server.client(sign("ann", scope="kb:read tasks")) as client:
        assert not WRITING & {tool.name for tool in await client.list_tools()}
        with pytest.raises(ToolError):
            await client.call_tool("add_document", NOTE)
    async with server.client(sign("ann", scope="kb:write")) as client:
        assert {tool.name for tool in await client.list_tools()} == WRITING
    assert await documents_of(server) == []


@pytest.mark.usefixtures("worker")
async def test_another_user_sees_no_upload_and_removes_no_document_of_mine(
    server: "RunningServer", sign: Callable[..., str]
) -> None:
    mine = await call(server, sign("ann"), "add_document", **NOTE)
    with pytest.raises(ToolError, match="not found"):
        await call(server, sign("bob"), "get_upload", upload_id=mine.upload_id)
    with pytest.raises(ToolError, match="added by another user"):
        await call(server, sign("bob"), "remove_document", document_id=mine.document_ids[0])
    theirs = await call(server, sign("bob"), "add_document", **NOTE)
    assert theirs.outcome == "added"
    assert await documents_of(server) == [("default", "added-by/ann/Keys"), ("default", "added-by/bob/Keys")]


@pytest.mark.usefixtures("worker")
async def test_a_caller_writes_only_to_the_collections_that_are_open_to_them(
    server: "RunningServer", sign: Callable[..., str]
) -> None:
    restricted = sign("ann", collections=["hr"])
    with pytest.raises(ToolError, match=r'"default" is not open to you\. You can use: hr'):
        await call(server, restricted, "add_document", **NOTE)
    added = await call(server, restricted, "add_document", collection="hr", **NOTE)
    assert await documents_of(server) == [("hr", "added-by/ann/Keys")]
    other = sign("ann", collections=["sales"])
    with pytest.raises(ToolError, match="not found"):
        await call(server, other, "remove_document", document_id=added.document_ids[0])


@pytest.mark.usefixtures("worker")
async def test_a_document_of_a_folder_is_not_removed_for_the_next_sync_would_bring_it_back(
    server: "RunningServer",
    sign: Callable[..., str],
    knowledge_base_url: str,
    embedder: SentenceTransformerEmbedder,
    tmp_path: Path,
) -> None:
    (tmp_path / "handbook").mkdir()
    (tmp_path / "handbook" / "gate.md").write_text("The gate closes at ten.")
    settings = IngestSettings()  # pyright: ignore[reportCallIssue]
    async with open_ingestion(settings, knowledge_base_url, embedder, Silent()) as ingestion:
        task = await ingestion.folder_task(tmp_path / "handbook", Wanted())
        await run_sync(ingestion.database, task, ingestion.pipeline.process, Silent())
    listed = await call(server, sign("ann"), "list_documents")
    with pytest.raises(ToolError, match="it comes from handbook and would come back with the next sync"):
        await call(server, sign("ann"), "remove_document", document_id=listed.documents[0].document_id)
    with pytest.raises(ToolError, match="Document 999 not found"):
        await call(server, sign("ann"), "remove_document", document_id=999)
    assert await documents_of(server) == [("default", "handbook/gate.md")]


@pytest.mark.usefixtures("worker")
async def test_a_call_that_is_repeated_with_its_key_adds_nothing_a_second_time(
    server: "RunningServer", sign: Callable[..., str]
) -> None:
    first = await call(server, sign("ann"), "add_document", **NOTE, idempotency_key="one")
    second = await call(
        server, sign("ann"), "add_document", name="Other", text="Other.", idempotency_key="one"
    )
    of_bob = await call(server, sign("bob"), "add_document", **NOTE, idempotency_key="one")
    assert second.upload_id == first.upload_id
    assert of_bob.upload_id != first.upload_id
    assert len(await documents_of(server)) == 2
    restricted = sign("ann", collections=["hr"])
    with pytest.raises(ToolError, match="Use a new one"):
        await call(server, restricted, "add_document", **NOTE, collection="hr", idempotency_key="one")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "either text"),
        ({"name": "a", "text": "b", "url": "https://example.org"}, "either text"),
        ({"text": "b"}, "needs a name"),
        ({"name": "a/b", "text": "b"}, "without a slash"),
        ({"name": " ", "text": "b"}, "must not be blank"),
        ({"name": "a", "text": " \x00"}, "must not be blank"),
        ({"name": "a", "text": "é" * 1_500_000 + "x"}, "split it"),
        ({"url": "file:///etc/passwd"}, "must begin with http"),
        ({"name": "a", "text": "b", "metadata": {"k": "v" * 20_000}}, "metadata"),
        ({"name": "a", "text": "b", "metadata": {"k": "\x00"}}, "NUL"),
        ({"name": "a", "text": "b", "collection": "a/b"}, "collection"),
        ({"name": "a", "file": "no base64!"}, "not Base64"),
        ({"name": "a", "file": ""}, "empty"),
        ({"name": "a", "text": "b", "file": "Yg=="}, "only one"),
        ({"url": "https://example.org", "file": "Yg=="}, "either text or file"),
        ({"file": "Yg=="}, "needs a name"),
        ({"name": "a", "file": "A" * 4_000_004}, "at most 4000000"),
        ({"name": "a", "text": "b", "wait_seconds": 21}, "wait_seconds"),
    ],
    ids=range(18),
)
async def test_what_cannot_be_handed_in_is_refused_with_a_sentence(
    knowledge_base_url: str, server: "RunningServer", arguments: dict[str, Any], said: str
) -> None:
    with pytest.raises(ToolError, match=said):
        await call(server, "a-local-token-for-tests-of-some-length", "add_document", **arguments)


async def test_without_a_worker_the_upload_is_kept_and_done_by_the_first_one(
    knowledge_base_url: str, embedder: SentenceTransformerEmbedder
) -> None:
    await prepare_server_role(knowledge_base_url)
    async with open_server_pool(knowledge_base_url) as pool:
        tools = WritingTools(Reads(pool), ANN, timeout=0.1)
        waiting = await tools.add_document(text="The keys are here.", name="Keys")
        assert waiting.status == "waiting"
        assert waiting.hint is not None
        assert "owflex ingest worker" in waiting.hint
        async with a_worker(knowledge_base_url, embedder):
            # Uploads of a user are done in their order.
            after = await WritingTools(Reads(pool), ANN, timeout=60).add_document(text="Two.", name="Two")
        assert after.status == "done"
        assert (await tools.get_upload(waiting.upload_id)).status == "done"


async def test_the_server_itself_can_neither_write_documents_nor_say_how_an_upload_stands(
    knowledge_base_url: str,
) -> None:
    await prepare_server_role(knowledge_base_url)
    refused: list[LiteralString] = [
        "insert into uploads (user_id, collection, kind, name) values ('bob', 'default', 'text', 'a')",
        "insert into uploads (user_id, collection, kind, name) values ('ann', 'sales', 'text', 'a')",
        "insert into uploads (user_id, collection, kind, name, chunks) values ('ann', 'hr', 'text', 'a', 1)",
        "update uploads set status = 'done'",
        "delete from uploads",
        "delete from documents",
        "insert into documents (collection, source) values ('hr', 'a')",
    ]
    async with open_server_pool(knowledge_base_url) as pool:
        access = Access("ann", frozenset({"hr"}))
        for statement in refused:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                async with acting_for(pool, access) as connection:
                    await connection.execute(statement)
