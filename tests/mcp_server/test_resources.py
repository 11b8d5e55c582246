"""Documents and collections as resources, and completion of their names."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from mcp import MCPError
from mcp_types import INVALID_PARAMS, PromptReference, ResourceTemplateReference

from ingest.ingestion import Wanted, open_ingestion
from ingest.report import Silent
from ingest.settings import IngestSettings
from ingest.sync_run import run_sync
from knowledge_base.embedding import SentenceTransformerEmbedder

if TYPE_CHECKING:
    from conftest import RunningServer


@pytest.fixture
async def filled(
    server: "RunningServer", knowledge_base_url: str, embedder: SentenceTransformerEmbedder, tmp_path: Path
) -> "RunningServer":
    """The server with a short document and a long one."""
    (tmp_path / "a.md").write_text("# Printer\n\n## Errors\n\nE-52: open the rear flap.\n")
    parts = [f"## Part {part}\n\n" + f"The dragon {part} flies over hills. " * 20 for part in range(12)]
    (tmp_path / "b.md").write_text("# Tale\n\n" + "\n\n".join(parts))
    async with open_ingestion(IngestSettings(), knowledge_base_url, embedder, Silent()) as ingestion:  # pyright: ignore[reportCallIssue]
        task = await ingestion.folder_task(tmp_path, Wanted())
        await run_sync(ingestion.database, task, ingestion.pipeline.process, Silent())
        await ingestion.finish()
    return server


async def test_the_newest_documents_are_listed_and_read_as_markdown(filled: "RunningServer") -> None:
    async with filled.client() as client:
        listed = {resource.title: resource for resource in await client.list_resources()}
        assert {"Printer", "Tale", "The collections"} <= set(listed)
        [content] = await client.read_resource(str(listed["Printer"].uri))
    fenced = re.fullmatch(
        r"\*What stands between the tags (document-text-[0-9a-f]{8}) .*\*\n\n<\1>\n(.*)\n</\1>",
        str(content.text),  # type: ignore[union-attr]
        re.DOTALL,
    )
    assert fenced is not None
    assert fenced[2] == "# Printer\n\n## Errors\n\nE-52: open the rear flap."
    assert content.mime_type == "text/markdown"
    assert content.meta is not None
    assert content.meta["owflex/media-type"] == "text/markdown"


async def test_a_long_document_says_how_to_read_on(filled: "RunningServer") -> None:
    async with filled.client() as client:
        [tale] = [resource for resource in await client.list_resources() if resource.title == "Tale"]
        [content] = await client.read_resource(str(tale.uri))
        number = int(str(tale.uri).rpartition("/")[2])
        note = str(content.text).rpartition("\n\n")[2]  # type: ignore[union-attr]
        position = int(note.partition("from_position=")[2].rstrip(".*"))
        rest = await client.call_tool("get_document", {"document_id": number, "from_position": position})
    assert f"document_id={number} " in note
    assert len(rest.data.content) > 100


async def test_an_unknown_resource_and_a_foreign_one_get_the_same_answer(
    filled: "RunningServer", sign: Callable[..., str]
) -> None:
    async with filled.client() as client:
        uris = [str(resource.uri) for resource in await client.list_resources()]
    known = next(uri for uri in uris if "documents" in uri)
    async with filled.client(sign("ann", collections=["other"])) as stranger:
        listed = [str(resource.uri) for resource in await stranger.list_resources()]
        assert [uri for uri in listed if "manual" not in uri and "skill" not in uri] == ["kb://collections"]
        for uri in (known, "kb://documents/999", "kb://documents/x", "kb://documents/" + "9" * 30):
            with pytest.raises(MCPError) as caught:
                await stranger.read_resource(uri)
            assert caught.value.error.code == INVALID_PARAMS
            assert caught.value.error.message == f"Resource not found: {uri!r}"
        with pytest.raises(MCPError, match="Resource not found"):
            await stranger.read_resource("kb://collections/default")


async def test_the_collections_are_json(filled: "RunningServer") -> None:
    async with filled.client() as client:
        [everything] = await client.read_resource("kb://collections")
        [one] = await client.read_resource("kb://collections/default")
        with pytest.raises(MCPError, match="Resource not found"):
            await client.read_resource("kb://collections/defaul")
    entry = json.loads(one.text)  # type: ignore[union-attr]
    assert json.loads(everything.text)["collections"] == [entry]  # type: ignore[union-attr]
    assert (entry["name"], entry["documents"]) == ("default", 2)
    assert one.mime_type == "application/json"


async def test_without_the_scope_there_is_nothing_to_read(
    filled: "RunningServer", sign: Callable[..., str]
) -> None:
    async with filled.client() as client:
        [known, *_] = [str(found.uri) for found in await client.list_resources() if found.title == "Printer"]
    async with filled.client(sign("ann", scope="tasks")) as client:
        listed = {str(resource.uri) for resource in await client.list_resources()}
        assert listed == {"kb://manual", "skill://keep-tasks/SKILL.md"}
        templates = await client.list_resource_templates()
        assert [template.uri_template for template in templates] == ["kb://manual/{tool}"]
        with pytest.raises(MCPError, match="not found"):
            await client.read_resource(known)
        reference = ResourceTemplateReference(type="ref/resource", uri="kb://collections/{name}")
        assert (await client.complete(reference, {"name": "name", "value": ""})).values == []


async def test_names_are_completed_from_their_beginning(
    filled: "RunningServer", sign: Callable[..., str]
) -> None:
    document = ResourceTemplateReference(type="ref/resource", uri="kb://documents/{document_id}")
    collection = ResourceTemplateReference(type="ref/resource", uri="kb://collections/{name}")
    prompt = PromptReference(type="ref/prompt", name="answer_from_knowledge_base")
    async with filled.client() as client:
        [printer] = (await client.complete(document, {"name": "document_id", "value": "prin"})).values
        assert f"kb://documents/{printer}" in [str(found.uri) for found in await client.list_resources()]
        assert (await client.complete(document, {"name": "document_id", "value": "100%"})).values == []
        assert (await client.complete(collection, {"name": "name", "value": "de"})).values == ["default"]
        assert (await client.complete(prompt, {"name": "collection", "value": ""})).values == ["default"]
        assert (await client.complete(prompt, {"name": "question", "value": ""})).values == []
    async with filled.client(sign("ann", collections=["other"])) as stranger:
        assert (await stranger.complete(document, {"name": "document_id", "value": ""})).values == []
