"""The apps in a real browser, in a host that keeps to the specification, over the real server."""

from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import Frame, expect

from ingest.ingestion import Wanted, open_ingestion
from ingest.report import Silent
from ingest.settings import IngestSettings
from ingest.sync_run import run_sync
from knowledge_base.embedding import SentenceTransformerEmbedder
from tests.mcp_server.app_host import HTML, AppHost, announcing, clean
from tests.support.browsing import LentBrowser

if TYPE_CHECKING:
    from conftest import RunningServer

pytestmark = pytest.mark.browser

LEAVE = """# Leave rules

## Vacation

Each employee has 28 vacation days.

| days | of |
|---|---|
| 28 | vacation |
"""
HOSTILE = """Text <b onmouseover="document.title='hacked'">bold</b>
<img src=x onerror="document.title='hacked'">
<script>document.title = "hacked"</script></document>

[our bank](https://evil.example/?steal=1) and [run me](javascript:document.title='hacked')
![a picture](https://evil.example/p.png)
"""
PARTS = "\n\n".join(f"## Part {part}\n\n" + f"The dragon {part} flies over hills. " * 30 for part in range(9))


@pytest.fixture
async def host(
    server: "RunningServer",
    sign: Callable[..., str],
    browser: LentBrowser,
    knowledge_base_url: str,
    embedder: SentenceTransformerEmbedder,
    tmp_path: Path,
) -> AsyncGenerator[AppHost]:
    """A host over a server with two documents; fails when an app complained or asked another host."""
    (tmp_path / "leave.md").write_text(LEAVE)
    (tmp_path / "tale.md").write_text(f"# Tale\n\n{PARTS}\n")
    async with open_ingestion(IngestSettings(), knowledge_base_url, embedder, Silent()) as ingestion:  # pyright: ignore[reportCallIssue]
        task = await ingestion.folder_task(tmp_path, Wanted())
        await run_sync(ingestion.database, task, ingestion.pipeline.process, Silent())
        await ingestion.finish()
    page = await browser.new_page(viewport={"width": 700, "height": 900})
    async with announcing(server.url, sign("ann"), HTML) as client:
        found = AppHost(page, client)
        yield found
    assert found.strangers == []
    assert found.complaints == []


async def in_both_themes(host: AppHost, frame: Frame) -> None:
    for theme in ("dark", "light"):
        await host.page.evaluate("theme => changeContext({ theme })", theme)
        await frame.wait_for_function("theme => document.documentElement.dataset.theme === theme", arg=theme)
        await clean(frame)


async def test_results_are_cards_that_open_their_passage_by_keyboard(host: AppHost) -> None:
    frame = await host.show("search_documents", {"query": "How many vacation days?", "limit": 3}, width=390)
    card = frame.get_by_role("listitem").filter(has_text="Vacation").first
    await expect(card.locator("mark").first).to_have_text("vacation")
    await expect(card).to_contain_text("leave.md")
    await in_both_themes(host, frame)

    button = card.get_by_role("button")
    await button.focus()
    await host.page.keyboard.press("Enter")
    await expect(frame.get_by_role("heading", level=1)).to_be_focused()
    cited = frame.get_by_role("region", name="The cited passage")
    await expect(cited.locator("mark").first).to_have_text("vacation")
    await expect(cited.get_by_role("table")).to_be_visible()
    await expect(frame.get_by_text("The document begins here.")).to_be_visible()
    await in_both_themes(host, frame)

    await frame.get_by_role("button", name="Back to the results").press("Enter")
    await expect(button).to_be_focused()
    [(tool, arguments)] = await host.seen("calls")
    assert (tool, arguments["before"]) == ("read_chunks", 2)
    assert await host.seen("contexts") == [
        f"The user is reading around the passage with chunk_id {arguments['chunk_id']}."
    ]
    assert (await host.seen("order"))[1:3] == ["ui/initialize", "ui/notifications/initialized"]
    assert len(await host.seen("sizes")) > 1


def hostile(answer: dict[str, Any]) -> None:
    """What a document could say, and that it had pages."""
    answer["title"] = "<img src=x onerror=\"document.title='hacked'\">"
    for page, chunk in enumerate(answer["chunks"], 3):
        chunk["page"] = page
    answer["chunks"][0]["content"] = HOSTILE


async def test_a_passage_is_read_on_from_and_text_of_documents_does_nothing(host: AppHost) -> None:
    found = await host.client.call_tool("search_documents", {"query": "dragon 4 flies", "limit": 1})
    [hit] = (found.structured_content or {})["results"]
    asked = {"chunk_id": hit["chunk_id"], "before": 1, "after": 0}
    frame = await host.show("read_chunks", asked, change=hostile)
    await expect(frame.get_by_text("Page 4")).to_be_visible()
    await expect(frame.get_by_text("The original file is not kept.")).to_be_visible()
    await expect(frame.get_by_role("region", name="The cited passage")).to_be_visible()
    assert await frame.locator("img, body script + script, [onerror], [onmouseover]").count() == 0
    await expect(frame.get_by_role("link", name="run me")).to_have_count(0)

    await frame.get_by_role("link", name="our bank").click()
    await expect(frame.get_by_text("(evil.example)").first).to_be_visible()
    await host.page.wait_for_function("seen.links.length")
    assert await host.seen("links") == ["https://evil.example/?steal=1"]

    before = await frame.locator("section").count()
    await frame.get_by_role("button", name="Next passage").press("Enter")
    await expect(frame.locator("section:focus")).to_have_count(1)
    assert await frame.locator("section").count() > before
    await clean(frame)
    assert await frame.title() == "OwFlex"
    # What a host would let in is refused by the page itself.
    assert host.complaints == []
    refused = "fetch('http://host.example/').then(() => 'in', () => 'refused')"
    assert await frame.evaluate(refused) == "refused"
    host.complaints.clear()


async def test_tasks_are_completed_and_undone_by_buttons_when_the_host_agrees(host: AppHost) -> None:
    for title, due in (("Buy <b>milk</b>", "2020-01-01"), ("Call Ada", None)):
        given = {"title": title, "priority": "high", "notes": "Two of it", "tags": ["home"], "due_on": due}
        await host.client.call_tool("add_task", given)
    frame = await host.show("list_tasks", {"status": "all"}, width=390)
    milk = frame.get_by_role("listitem").filter(has_text="Buy <b>milk</b>").first
    await expect(milk).to_contain_text("overdue, Jan 1, 2020")
    await in_both_themes(host, frame)

    await frame.get_by_role("button", name="Complete: Buy <b>milk</b>").press("Enter")
    status = frame.get_by_role("status")
    await expect(status).to_contain_text("“Buy <b>milk</b>” is done.")
    await expect(frame.get_by_role("button", name="Reopen: Buy <b>milk</b>")).to_be_focused()
    assert await open_titles(host) == ["Call Ada"]
    await in_both_themes(host, frame)
    await status.get_by_role("button", name="Undo").press("Enter")
    await expect(status).to_have_text("Undone.")
    assert sorted(await open_titles(host)) == ["Buy <b>milk</b>", "Call Ada"]
    assert "change_id" in (await host.seen("calls"))[1][1]
    assert "Buy" not in "".join(await host.seen("contexts"))

    await host.page.evaluate("allowed.calls = false")
    await frame.get_by_role("button", name="Complete: Call Ada").click()
    await expect(status).to_have_text("That did not work: The user said no")
    assert len(await open_titles(host)) == 2


async def open_titles(host: AppHost) -> list[str]:
    listed = await host.client.call_tool("list_tasks", {})
    return [task["title"] for task in (listed.structured_content or {})["tasks"]]


async def test_a_host_that_calls_no_tools_is_shown_what_can_be_read_in_its_language(host: AppHost) -> None:
    await host.client.call_tool("add_task", {"title": "Call Ada"})
    frame = await host.show("list_tasks", {}, capabilities={}, locale="de-AT")
    await expect(frame.get_by_role("heading", name="Aufgaben")).to_be_visible()
    await expect(frame.get_by_role("button")).to_have_count(0)
    await expect(frame.get_by_text("lesen, nicht ändern")).to_be_visible()
    assert await frame.evaluate("document.documentElement.lang") == "de"
