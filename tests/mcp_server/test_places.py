"""Documents by place, over MCP: folders and globs, outlines, what is below a heading, on lines or pages."""

import re
from collections.abc import Iterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from anyio.from_thread import start_blocking_portal
from fastmcp.exceptions import ToolError

from ingest.ingestion import Wanted, open_ingestion
from ingest.reading.chunked_document import ChunkedDocument
from ingest.reading.chunking import Chunk
from ingest.report import Silent
from ingest.settings import IngestSettings
from ingest.storing.documents import NewDocument, store_documents
from ingest.sync_run import run_sync
from knowledge_base.embedding import SentenceTransformerEmbedder
from mcp_server.settings import McpServerSettings
from tests.support.databases import FreshDatabases

if TYPE_CHECKING:
    from conftest import RunningServer, ServedBy

SECTION = "The dragon flies over the hills and far away. "
GUIDE = "# Guide\n\nHello.\n\n" + "".join(
    f"## Part {part}\n\n{SECTION * 20}\n\n### Detail {part}\n\n{SECTION * 35}\n\n" for part in range(1, 4)
)
NOTES = "# Notes\n\n## First\n\nOne owl.\n\n## Second\n\nTwo owls.\n\n## Third part\n\nA.\n"
TEXTS = {
    "guide.md": GUIDE,
    "a/notes.md": NOTES,
    "a/b/prices.csv": "item,price\nowl,3\n",
    "a/b/日本.md": "# 日本\n\nはい。\n",
}


@pytest.fixture(scope="module")
def filled(
    served_by: "ServedBy",
    knowledge_bases: FreshDatabases,
    embedder: SentenceTransformerEmbedder,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator["RunningServer"]:
    """One server for all tests of this file, which only read."""
    folder = tmp_path_factory.mktemp("places") / "docs"
    for name, text in TEXTS.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    settings = McpServerSettings(search_token_budget=500)  # pyright: ignore[reportCallIssue]

    @asynccontextmanager
    async def server():
        async with knowledge_bases.one() as url, served_by(url, settings) as running:
            async with open_ingestion(IngestSettings(), url, embedder, Silent()) as ingestion:  # pyright: ignore[reportCallIssue]
                task = await ingestion.folder_task(folder, Wanted())
                await run_sync(ingestion.database, task, ingestion.pipeline.process, Silent())
                await ingestion.finish()
                chunks = tuple(
                    Chunk(page - 2, (), page, "", f"Page {page} says so.", 6) for page in (2, 3, 4)
                )
                content = ChunkedDocument("", "Scan", "application/pdf", "00", {}, (), chunks)
                async with ingestion.pool.connection() as connection:
                    document = NewDocument("default", "docs", "docs/scan.pdf", "test", {}, content)
                    await store_documents(connection, None, [document], {})
            yield running

    with start_blocking_portal() as portal, portal.wrap_async_context_manager(server()) as running:
        yield running


async def call(server: "RunningServer", tool: str, **arguments: Any) -> dict[str, Any]:
    async with server.client() as client:
        result = await client.call_tool(tool, arguments)
    assert result.structured_content is not None
    return result.structured_content


def unfenced(found: dict[str, Any], text: str) -> str:
    marker = found["text_marker"]
    inside = re.fullmatch(rf"<{marker}>\n(.*)\n</{marker}>", text, re.DOTALL)
    assert inside is not None
    return inside[1]


async def id_of(server: "RunningServer", path: str) -> int:
    [entry] = (await call(server, "ls", path=path))["entries"]
    return entry["document_id"]


async def test_folders_and_globs(filled: "RunningServer") -> None:
    top = await call(filled, "ls")
    assert [(entry["name"], entry["documents"]) for entry in top["entries"]] == [("docs/", 5)]
    docs = await call(filled, "ls", path="docs/")
    assert [entry["name"] for entry in docs["entries"]] == ["a/", "guide.md", "scan.pdf"]
    guide = docs["entries"][1]
    assert (guide["title"], guide["media_type"]) == ("Guide", "text/markdown")
    assert guide["tokens"] > 1000
    assert guide["updated_at"]
    for path, names in {
        "*.md": ["docs/a/b/日本.md", "docs/a/notes.md", "docs/guide.md"],
        "docs/*.md": ["docs/guide.md"],
        "docs/a/**": ["docs/a/b/prices.csv", "docs/a/b/日本.md", "docs/a/notes.md"],
        "docs/a/notes.md": ["docs/a/notes.md"],
        "docs/a/b": ["prices.csv", "日本.md"],
        "nowhere": [],
        "nowhere/*": [],
    }.items():
        found = await call(filled, "ls", path=path)
        assert sorted(entry["name"] for entry in found["entries"]) == names
        assert ("hint" in found) == (not names)
    paged: list[str] = []
    cursor = None
    while True:
        page = await call(filled, "ls", path="**", limit=2, cursor=cursor)
        paged += [entry["name"] for entry in page["entries"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert sorted(paged) == sorted({*paged})
    assert len(paged) == 5


async def test_an_outline_says_where_each_heading_is_and_what_it_costs(filled: "RunningServer") -> None:
    document_id = await id_of(filled, "docs/guide.md")
    found = await call(filled, "outline", document_id=document_id)
    lines = unfenced(found, found["outline"]).split("\n")
    headings = [re.sub(r"^\d+: (.*) \(\d+ tokens\)$", r"\1", line) for line in lines]
    assert headings == [
        f"{'#' * (1 + deep)} {name} {part}"[1:]
        for part in (1, 2, 3)
        for deep, name in ((1, "Part"), (2, "Detail"))
    ]
    assert (found["title"], found["pages"], found["next_cursor"]) == ("Guide", None, None)
    costs = [int(re.findall(r"\((\d+) tokens", line)[0]) for line in lines]
    assert costs[0] > costs[1] > 100
    assert sum(costs[::2]) <= found["tokens"]
    for line in lines:
        number = int(line.split(":")[0])
        there = await call(filled, "get_document", document_id=document_id, lines=str(number))
        assert unfenced(there, there["content"]).strip("#* ") == re.findall(r"# (.*) \(", line)[0]
        assert there["lines"] == f"{number}-{number} of {found['lines']}"


async def test_what_is_below_a_heading_is_read_in_parts_and_no_line_twice(filled: "RunningServer") -> None:
    document_id = await id_of(filled, "docs/guide.md")
    part = await call(filled, "get_document", document_id=document_id, heading="part 2")
    texts = [unfenced(part, part["content"])]
    while part.get("next_lines"):
        part = await call(filled, "get_document", document_id=document_id, lines=part["next_lines"])
        texts.append(unfenced(part, part["content"]))
    assert len(texts) >= 2
    text = "\n".join(texts)
    assert text.count(SECTION.strip()) == 55
    assert "Detail 2" in text
    assert "Part 3" not in text
    # Small sections of one passage have headings of their own.
    notes = await id_of(filled, "docs/a/notes.md")
    second = await call(filled, "get_document", document_id=notes, heading="Second")
    assert unfenced(second, second["content"]).strip() == "**Second**\n\nTwo owls."


async def test_pages_are_read_by_their_numbers(filled: "RunningServer") -> None:
    document_id = await id_of(filled, "docs/scan.pdf")
    found = await call(filled, "get_document", document_id=document_id, pages="3-9")
    assert unfenced(found, found["content"]).split() == [
        "Page",
        "3",
        "says",
        "so.",
        "Page",
        "4",
        "says",
        "so.",
    ]
    assert (await call(filled, "outline", document_id=document_id))["pages"] == 4


@pytest.mark.parametrize(
    ("source", "place", "sentence"),
    [
        ("docs/a/notes.md", {"lines": "x"}, "120-180"),
        ("docs/a/notes.md", {"lines": "9-3"}, "ends no earlier"),
        ("docs/a/notes.md", {"lines": "0"}, "begins at 1"),
        ("docs/a/notes.md", {"lines": "999"}, "lines"),
        ("docs/a/notes.md", {"pages": "1"}, "has none"),
        ("docs/a/notes.md", {"heading": "Fourth"}, "outline"),
        ("docs/guide.md", {"heading": "detail"}, "several fit"),
        ("docs/a/notes.md", {"heading": "First", "lines": "1"}, "one of"),
        ("docs/scan.pdf", {"pages": "9"}, "from 2 to 4"),
    ],
)
async def test_a_place_that_is_not_there_is_refused_with_its_cure(
    filled: "RunningServer", source: str, place: dict[str, str], sentence: str
) -> None:
    document_id = await id_of(filled, source)
    with pytest.raises(ToolError, match=re.escape(sentence)):
        await call(filled, "get_document", document_id=document_id, **place)
