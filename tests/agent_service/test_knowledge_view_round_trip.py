"""The knowledge view over the real service, MCP server and worker: added, found, asked about, removed."""

import asyncio

import pytest
from playwright.async_api import FilePayload, expect

import tests.agent_service.test_knowledge as routes
from tests.agent_service.knowledge_client import Knowledge
from tests.agent_service.test_knowledge import NOTE
from tests.support.browsing import LentBrowser

pytestmark = pytest.mark.browser

real, mcp_url, knowledge_of = routes.real, routes.mcp_url, routes.knowledge_of


async def test_a_file_that_is_added_on_the_page_is_found_asked_about_and_removed(
    real: Knowledge, browser: LentBrowser
) -> None:
    page = await browser.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    await page.goto(f"{real.url}/#/knowledge")
    await expect(page.get_by_text("There are no documents yet.")).to_be_visible()
    file = FilePayload(name="keys.md", mimeType="text/markdown", buffer=NOTE.encode())
    await page.locator("input[type=file]").set_input_files([file])
    await expect(page.get_by_role("region", name="Uploads")).to_contain_text("Done: 1 passage")
    await expect(page.get_by_role("link", name="The archive")).to_be_visible()

    await page.get_by_role("link", name="Search").click()
    await page.get_by_role("searchbox").fill("Where are the keys of the archive?")
    await page.keyboard.press("Enter")
    await expect(page.locator("li.hit")).to_contain_text("blue box")
    assert "keys" in await page.locator("li.hit mark").all_text_contents()
    await page.locator("li.hit").get_by_role("link", name="The archive").click()
    await expect(page.get_by_role("region", name="The passage that was found")).to_contain_text("blue box")

    await page.get_by_role("button", name="Remove").click()
    await page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    await expect(page.get_by_text("There are no documents yet.")).to_be_visible()
    await page.close()
    await asyncio.sleep(0)
    assert complaints == []
