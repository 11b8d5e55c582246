"""Cards on our own page, in a real browser, over the real service."""

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import Page, expect

from tests.support.browsing import LentBrowser

if TYPE_CHECKING:
    from tests.agent_service.conftest import FakeKnowledge, OpenChat

pytestmark = pytest.mark.browser


@pytest.fixture
async def page(
    open_chat: "OpenChat", browser: LentBrowser, knowledge: "FakeKnowledge"
) -> AsyncGenerator[Page]:
    """The page with two tasks to talk about; it may not complain in the console."""
    knowledge.tasks[1] = {"task_id": 1, "title": "Call the dentist", "due_on": "2020-01-02", "status": "open"}
    knowledge.tasks[2] = {"task_id": 2, "title": "Buy milk", "priority": "high", "status": "open"}
    chat = await open_chat("extractive")
    page = await browser.new_page(viewport={"width": 1000, "height": 900})
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    await page.goto(chat.url)
    yield page
    await page.close()
    assert complaints == []


async def ask(page: Page, question: str) -> None:
    """Type a question, press Enter, and wait for the card."""
    await page.get_by_role("textbox").fill(question)
    await page.keyboard.press("Enter")
    await page.locator(".card button").first.wait_for()


async def test_a_task_is_ticked_off_and_edited_on_its_card(page: Page, knowledge: "FakeKnowledge") -> None:
    await ask(page, "show my tasks")
    milk = page.get_by_role("checkbox", name="Buy milk")
    await milk.focus()
    await page.keyboard.press("Space")
    await expect(milk).to_be_checked()
    assert knowledge.tasks[2]["status"] == "done"
    await page.get_by_role("button", name="Edit", exact=True).first.click()
    await page.get_by_role("textbox", name="Title").fill("Call the doctor")
    await page.get_by_label("Due").fill("2031-05-06")
    await page.get_by_role("combobox", name="Priority").select_option("low")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("checkbox", name="Call the doctor")).to_be_visible()
    await expect(page.locator(".card")).to_contain_text("Due Tuesday, 6 May 2031")
    assert knowledge.tasks[1]["priority"] == "low"


async def test_a_deletion_is_approved_with_the_keyboard_and_a_reload_keeps_the_outcome(
    page: Page, knowledge: "FakeKnowledge"
) -> None:
    await ask(page, "delete the task call the dentist")
    await expect(page.locator(".card")).to_contain_text("“Call the dentist” (task 1)")
    # The answer must have ended: until then its buttons wait.
    await expect(page.get_by_role("button", name="Approve")).to_be_enabled()
    await page.get_by_role("button", name="Approve").focus()
    await page.keyboard.press("Enter")
    await expect(page.locator(".answer").last).to_contain_text("Deleted: “Call the dentist” (task 1).")
    assert list(knowledge.tasks) == [2]
    await page.reload()
    await expect(page.locator(".card")).to_contain_text("Approved")
    await expect(page.get_by_role("button", name="Approve")).to_have_count(0)


async def test_an_answer_is_added_to_the_tasks(page: Page, knowledge: "FakeKnowledge") -> None:
    knowledge.tasks.clear()
    await page.get_by_role("textbox").fill("How many days of annual leave?")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Add to tasks").click()
    await expect(page.get_by_role("checkbox")).to_have_count(1)
    assert [task["title"] for task in knowledge.tasks.values()] == ["Everybody has 25 days of annual leave"]
