"""`search` and `fetch` in the published form, for who may see what they return."""

import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fastmcp.exceptions import ToolError

from ingest.ingestion import Wanted, open_ingestion
from ingest.report import Silent
from ingest.settings import IngestSettings
from ingest.sync_run import run_sync
from knowledge_base.api_keys import NewApiKey, create_api_key
from knowledge_base.embedding import SentenceTransformerEmbedder
from mcp_server.errors import IssuerSettingsError
from mcp_server.page_links import page_links
from mcp_server.settings import McpServerSettings

if TYPE_CHECKING:
    from conftest import RunningServer, ServedBy

Add = Callable[[str, Mapping[str, str]], Awaitable[None]]

CHAT = "https://chat.example"
LEAVE = "# Leave\n\n## Holidays\n\nEvery employee has 28 days of paid holiday a year.\n"
TALE = "# Tale\n\n" + "\n\n".join(
    f"## Part {part}\n\nIn part {part} the dragon number {part} " + "flies over hills " * 60
    for part in range(8)
)


def settings(**given: Any) -> McpServerSettings:
    return McpServerSettings.model_validate(
        {"mcp_tool_set": "openai", "search_token_budget": 600, "agent_service_public_url": CHAT} | given
    )


@pytest.fixture
async def add(knowledge_base_url: str, embedder: SentenceTransformerEmbedder, tmp_path: Path) -> Add:
    """Adds files to the folder of a collection."""

    async def added(collection: str, files: Mapping[str, str]) -> None:
        folder = tmp_path / collection
        folder.mkdir(exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text)
        async with open_ingestion(IngestSettings(), knowledge_base_url, embedder, Silent()) as ingestion:  # pyright: ignore[reportCallIssue]
            task = await ingestion.folder_task(folder, Wanted(collection=collection))
            await run_sync(ingestion.database, task, ingestion.pipeline.process, Silent())
            await ingestion.finish()

    return added


@pytest.fixture
async def server(knowledge_base_url: str, served_by: "ServedBy", add: Add) -> AsyncGenerator["RunningServer"]:
    """A server for ChatGPT, with two collections."""
    async with served_by(knowledge_base_url, settings()) as running:
        await add("hr", {"leave.md": LEAVE, "tale.md": TALE})
        await add("board", {"plans.md": "# Plans\n\nThe company will buy a castle in the spring.\n"})
        yield running


async def call(server: "RunningServer", tool: str, token: str = "", /, **arguments: Any) -> dict[str, Any]:
    async with server.client(token) if token else server.client() as client:
        result = await client.call_tool(tool, arguments)
    # Both forms, and exactly one item.
    [item] = result.content
    assert item.type == "text"
    assert result.structured_content is not None
    assert json.loads(item.text) == result.structured_content
    return result.structured_content


async def key_for(server: "RunningServer", *collections: str) -> str:
    """A key that opens these collections only."""
    async with server.pool.connection() as connection:
        _, secret = await create_api_key(
            connection, NewApiKey("chatgpt", "local", ["kb:read"], list(collections))
        )
    return secret


async def test_search_and_fetch_have_the_published_form(server: "RunningServer") -> None:
    found = await call(server, "search", query="How many days of holiday?")
    assert set(found) == {"results"}
    assert all(set(one) == {"id", "title", "url"} for one in found["results"])
    assert all(isinstance(value, str) for one in found["results"] for value in one.values())
    first = found["results"][0]
    assert first["title"] == "Leave › Holidays"
    fetched = await call(server, "fetch", id=first["id"])
    assert set(fetched) == {"id", "title", "text", "url", "metadata"}
    assert fetched["text"].endswith("Every employee has 28 days of paid holiday a year.")
    assert (fetched["id"], fetched["title"], fetched["url"]) == (first["id"], first["title"], first["url"])
    assert fetched["metadata"]["source"] == "hr/leave.md"
    assert fetched["metadata"]["collection"] == "hr"


async def test_they_take_one_text_each_and_say_that_they_only_read(server: "RunningServer") -> None:
    async with server.client() as client:
        tools = {tool.name: tool for tool in await client.list_tools()}
    assert set(tools) == {"search", "fetch"}
    for name, argument in (("search", "query"), ("fetch", "id")):
        schema = tools[name].input_schema
        assert list(schema["properties"]) == schema["required"] == [argument]
        assert schema["properties"][argument]["type"] == "string"
        annotations = tools[name].annotations
        assert annotations is not None
        assert annotations.read_only_hint is True
    assert set((tools["fetch"].output_schema or {})["properties"]) == {
        "id",
        "title",
        "text",
        "url",
        "metadata",
    }


async def test_an_address_opens_the_passage_on_the_page(server: "RunningServer") -> None:
    [first, *_] = (await call(server, "search", query="How many days of holiday?"))["results"]
    address = urlsplit(str(first["url"]))
    assert f"{address.scheme}://{address.netloc}{address.path}" == f"{CHAT}/"
    path, _, values = address.fragment.partition("?")
    document_id, passage = path.rsplit("/", 1)[1], parse_qs(values)["at"][0]
    assert path == f"/knowledge/document/{document_id}"
    async with server.client_of("ann") as client:
        read = await client.call_tool("read_chunks", {"chunk_id": int(passage)})
    assert (read.structured_content or {})["document_id"] == int(document_id)


async def test_an_id_stays_when_the_document_changes(server: "RunningServer", add: Add) -> None:
    before = (await call(server, "search", query="How many days of holiday?"))["results"][0]
    await add("hr", {"leave.md": f"{LEAVE}\nUnused days end in March.\n"})
    after = await call(server, "fetch", id=before["id"])
    assert "Unused days end in March." in after["text"]
    # The passage has another id now, and the address leads there.
    assert after["url"] != before["url"]


async def test_a_long_document_goes_on_where_it_says(server: "RunningServer") -> None:
    [first, *_] = (await call(server, "search", query="dragon number 0"))["results"]
    whole = await call(server, "fetch", id=first["id"].split("-")[0])
    assert whole["text"].startswith("## Part 0")
    assert "at=" not in whole["url"]
    texts, following = [whole["text"]], whole["metadata"].get("next_id")
    while following:
        part = await call(server, "fetch", id=following)
        assert part["id"] == following
        texts.append(part["text"])
        following = part["metadata"].get("next_id")
    assert "dragon number 7" in texts[-1]
    assert len(texts) > 1


async def test_an_unknown_id_is_an_error_that_names_the_cure(server: "RunningServer") -> None:
    for wrong in ("d999999", "d1-p99999", "12", "d", "handbook", "d99999999999999999999"):
        with pytest.raises(ToolError, match=r"just as search returned it.*search again"):
            await call(server, "fetch", id=wrong)


async def test_nobody_finds_or_fetches_what_they_may_not_see(server: "RunningServer") -> None:
    hidden = (await call(server, "search", query="castle in the spring"))["results"][0]
    key = await key_for(server, "hr")
    found = await call(server, "search", key, query="castle in the spring")
    assert hidden["id"] not in [one["id"] for one in found["results"]]
    with pytest.raises(ToolError) as refused:
        await call(server, "fetch", key, id=hidden["id"])
    with pytest.raises(ToolError) as unknown:
        await call(server, "fetch", key, id="d999999")
    # It cannot be told from one that does not exist.
    assert str(refused.value).replace(hidden["id"], "d999999") == str(unknown.value)


def test_without_an_address_of_the_page_results_have_none_and_the_log_says_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    given = {"agent_service_public_url": None, "mcp_server_host": "0.0.0.0"}  # noqa: S104
    assert page_links(settings(**given)).document(7, 12) == ""
    assert "Set it to the https:// address of the chat" in caplog.text
    here = page_links(settings(agent_service_public_url=None))
    assert here.document(7, 12) == "http://127.0.0.1:8000/#/knowledge/document/7?at=12"
    assert page_links(settings(agent_service_public_url=f"{CHAT}/")).document(7) == (
        f"{CHAT}/#/knowledge/document/7"
    )
    with pytest.raises(IssuerSettingsError, match="AGENT_SERVICE_PUBLIC_URL must be"):
        page_links(settings(agent_service_public_url="chat.example"))
