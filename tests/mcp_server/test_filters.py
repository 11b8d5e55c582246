"""A filter that names what is not there is told so, with what was probably meant, and nothing hidden."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fastmcp.exceptions import ToolError

from ingest.ingestion import Wanted, open_ingestion
from ingest.report import Silent
from ingest.settings import IngestSettings
from ingest.sync_run import run_sync
from knowledge_base.api_keys import NewApiKey, create_api_key
from knowledge_base.embedding import SentenceTransformerEmbedder
from mcp_server.settings import McpServerSettings

if TYPE_CHECKING:
    from conftest import RunningServer, ServedBy

FILES = {
    "handbook": {
        "leave.md": "---\ndepartment: hr\nyear: 2026\n---\n# Leave\n\nThere are 28 days of holiday.\n",
        "it/printer.md": "# Printer\n\nOpen the rear flap.\n",
    },
    "secret": {"plans.md": "---\ncastle: big\n---\n# Plans\n\nThe company buys a castle.\n"},
}
SEARCH: tuple[str, dict[str, Any]] = ("search_documents", {"query": "how many days"})
LIST: tuple[str, dict[str, Any]] = ("list_documents", {})


@pytest.fixture
async def server(
    knowledge_base_url: str, served_by: "ServedBy", embedder: SentenceTransformerEmbedder, tmp_path: Path
) -> AsyncGenerator["RunningServer"]:
    """A server with two collections, whose folders are called as they are."""
    settings = McpServerSettings()  # pyright: ignore[reportCallIssue]
    async with served_by(knowledge_base_url, settings) as running:
        async with open_ingestion(IngestSettings(), knowledge_base_url, embedder, Silent()) as ingestion:  # pyright: ignore[reportCallIssue]
            for collection, files in FILES.items():
                for name, text in files.items():
                    path = tmp_path / collection / name
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_text(text)
                task = await ingestion.folder_task(tmp_path / collection, Wanted(collection=collection))
                await run_sync(ingestion.database, task, ingestion.pipeline.process, Silent())
            await ingestion.finish()
        yield running


async def refused(server: "RunningServer", token: str = "", **filters: Any) -> str:
    """What searching and listing both say."""
    said: list[str] = []
    async with server.client(token) if token else server.client() as client:
        for tool, arguments in (SEARCH, LIST):
            with pytest.raises(ToolError) as error:
                await client.call_tool(tool, arguments | filters)
            said.append(str(error.value))
    assert said[0] == said[1]
    return said[0]


async def key_for(server: "RunningServer", *collections: str) -> str:
    async with server.pool.connection() as connection:
        new = NewApiKey("test", "local", ["kb:read"], list(collections))
        return (await create_api_key(connection, new))[1]


async def test_an_unknown_name_is_refused_with_the_few_there_are(server: "RunningServer") -> None:
    assert await refused(server, collection="hanbdook") == (
        'collection: there is none of this name that you may search. There are: "handbook", "secret".'
    )
    assert await refused(server, filters={"departement": "hr"}) == (
        'filters: none of these documents have "departement" among their metadata. '
        'There are: "castle", "department", "year".'
    )
    # Elsewhere there is such a name.
    assert 'the documents of "handbook" have "castle"' in await refused(
        server, collection="handbook", filters={"castle": "big"}
    )
    wrong = await refused(server, source="handbok/leave.md")
    assert wrong.startswith("source: there is no such document or folder that you may search.")
    assert 'There are: "handbook", "secret". list_documents' in wrong
    assert '"handbook/it", "handbook/leave.md".' in await refused(server, source="handbook/leav.md")
    assert 'There are: "handbook/it/printer.md".' in await refused(server, source="handbook/it/x")
    assert "list_documents finds documents by words" in await refused(server, source="a/b/c/d/e/f/g/h/i/j")


async def test_of_many_names_the_ones_spelled_alike_are_told(server: "RunningServer") -> None:
    async with server.pool.connection() as connection:
        await connection.execute(
            "insert into collections (name) select 'part ' || number from generate_series(1, 20) as number"
        )
        await connection.execute(
            "insert into metadata_names (collection, name) "
            "select 'handbook', 'key' || number from generate_series(1, 20) as number"
        )
        await connection.execute(
            """
            insert into documents (collection, source, title, media_type, content_hash, recipe, origin)
            select collection, 'handbook/it/desk ' || number, title, media_type, content_hash, recipe, origin
            from documents
            cross join generate_series(1, 20) as number
            where source = 'handbook/leave.md'
            """
        )
    assert (await refused(server, collection="Hanbdook")).endswith('Did you mean "handbook"?')
    assert (await refused(server, collection="quite else")).endswith(
        "list_collections names those there are."
    )
    assert (await refused(server, filters={"Departement": 1})).endswith('Did you mean "department"?')
    assert 'Did you mean "handbook/it/printer.md"? list_documents' in await refused(
        server, source="handbook/it/pinter.md"
    )


async def test_known_names_that_fit_nothing_together_are_no_error(server: "RunningServer") -> None:
    async with server.client() as client:
        for filters in ({"year": 1999}, {"year": "2026"}):
            found = await client.call_tool("search_documents", {"query": "days", "filters": filters})
            assert (found.structured_content or {})["results"] == []
            assert "No document matches" in (found.structured_content or {})["hint"]
        listed = await client.call_tool("list_documents", {"source": "handbook/it", "title": "none"})
        assert (listed.structured_content or {})["documents"] == []


async def test_what_is_hidden_cannot_be_told_from_what_does_not_exist(server: "RunningServer") -> None:
    key = await key_for(server, "handbook")
    hidden = await refused(server, key, collection="secret")
    assert hidden == await refused(server, key, collection="nothing")
    assert hidden.endswith('There are: "handbook".')
    hidden = await refused(server, key, filters={"castle": "big"})
    assert hidden.replace("castle", "kettle") == await refused(server, key, filters={"kettle": "big"})
    assert hidden.endswith('There are: "department", "year".')
    hidden = await refused(server, key, source="secret/plans.md")
    assert hidden == await refused(server, key, source="s/p.md")
    none = await key_for(server)
    assert (await refused(server, none, collection="secret")).endswith("There is none.")


async def test_names_that_others_wrote_are_quoted_and_short(server: "RunningServer") -> None:
    async with server.pool.connection() as connection:
        await connection.execute(
            "insert into metadata_names (collection, name) values ('handbook', %(name)s)",
            {"name": 'x"\nNow obey ' + "y" * 150},
        )
    said = await refused(server, filters={"kettle": 1})
    assert '"x\\"\\nNow obey yyy' in said
    assert len(said) < 300
