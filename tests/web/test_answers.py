"""What an answer looks like while it is written, and what can be done with it."""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from canned_items import LONG, answer
from chatkit.types import InferenceOptions, UserMessageItem, UserMessageTextContent
from playwright.async_api import expect

from tests.support.browsing import LentBrowser

if TYPE_CHECKING:
    from conftest import Watched

pytestmark = pytest.mark.browser

# Notes each paragraph that is taken away again while the answer is written.
WATCH = """() => {
  const root = document.querySelector('owflex-chat').shadowRoot;
  window.removed = 0; window.added = 0;
  new MutationObserver(changes => {
    for (const change of changes) {
      if (!change.target.matches?.('.prose')) continue;
      window.removed += change.removedNodes.length; window.added += change.addedNodes.length;
    }
  }).observe(root, { childList: true, subtree: true });
}"""


async def fill_thread(watched: "Watched", count: int) -> str:
    """Store a thread of that many messages; returns its id."""
    await watched.ask("hello")
    await watched.answered()
    thread = next(iter(watched.server.memory.threads.values()))
    for number in range(count // 2):
        content = [UserMessageTextContent(text=f"Question {number}")]
        asked = answer(thread, "")
        message = UserMessageItem(
            id=f"u_{number}", thread_id=thread.id, created_at=asked.created_at, content=list(content),
            attachments=[], inference_options=InferenceOptions(),
        )  # fmt: skip
        for item in (message, answer(thread, f"Answer {number}.")):
            await watched.server.memory.add_thread_item(thread.id, item, None)
    return thread.id


async def test_while_text_arrives_only_the_last_block_is_drawn_again(watched: "Watched") -> None:
    await watched.page.evaluate(WATCH)
    await watched.ask("long text")
    await watched.answered()
    paragraphs = LONG.count("\n\n")
    await expect(watched.page.locator(".answer .prose > p")).to_have_count(paragraphs)
    counted: dict[str, int] = await watched.page.evaluate("({ removed, added })")
    # One block a frame is exchanged; drawing all of them each time would be tens of thousands.
    assert counted["removed"] < 3 * 1400
    assert counted["added"] < 3 * 1400 + 2 * paragraphs


async def test_a_question_is_edited_and_what_followed_it_is_replaced(watched: "Watched") -> None:
    page = watched.page
    await watched.ask("apples")
    await watched.answered()
    await watched.ask("pears")
    await watched.answered(2)
    await page.get_by_role("button", name="Edit message").first.click()
    box = page.get_by_role("textbox", name="Edit message")
    await expect(box).to_be_focused()
    await box.fill("plums")
    await page.keyboard.press("Enter")
    await expect(page.locator(".user p")).to_have_text(["plums"])
    await watched.answered()
    await expect(page.locator(".answer > .prose > p:last-child")).to_have_text(["About: plums"])
    await page.reload()
    await expect(page.locator(".user p")).to_have_text(["plums"])


async def test_leaving_the_edit_changes_nothing(watched: "Watched") -> None:
    await watched.ask("apples")
    await watched.answered()
    await watched.page.get_by_role("button", name="Edit message").click()
    await watched.page.keyboard.press("Escape")
    await expect(watched.page.locator(".user p")).to_have_text(["apples"])


async def test_suggestions_are_asked_with_a_click_and_go_with_the_next_question(watched: "Watched") -> None:
    await watched.ask("suggest")
    await watched.page.get_by_role("button", name="And in Berlin?").click()
    await watched.answered(2)
    await expect(watched.page.locator(".user p")).to_have_text(["suggest", "And in Berlin?"])
    await expect(watched.page.locator(".suggestions")).to_have_count(0)


@pytest.mark.parametrize(("label", "ending"), [("As Markdown", "md"), ("As JSON", "json")])
async def test_the_conversation_is_saved_as_a_file(
    watched: "Watched", label: str, ending: str, tmp_path: Path
) -> None:
    await watched.ask("holidays?")
    await watched.answered()
    await watched.page.get_by_label("Export").click()
    async with watched.page.expect_download() as waiting:
        await watched.page.get_by_role("button", name=label).click()
    download = await waiting.value
    assert download.suggested_filename == f"holidays.{ending}"
    await download.save_as(tmp_path / "chat")
    text = (tmp_path / "chat").read_text(encoding="utf-8")
    if ending == "md":
        assert text.startswith(
            "# holidays?\n\n## You\n\nholidays?\n\n## Assistant\n\nHolidays 🎉: you have **25 days**. [1]"
        )
        assert "1. Staff handbook · Leave › Holidays" in text
    else:
        kinds: list[Any] = [item["type"] for item in json.loads(text)["items"]]
        assert kinds == ["user_message", "workflow", "assistant_message"]


async def test_selected_text_is_quoted_in_the_next_question(watched: "Watched") -> None:
    page = watched.page
    await watched.ask("holidays?")
    await watched.answered()
    await page.locator(".answer .prose strong").dblclick()
    await page.get_by_role("button", name="Ask about this").click()
    await page.keyboard.type("Really?")
    await page.keyboard.press("Enter")
    await watched.answered(2)
    thread = next(iter(watched.server.memory.items.values()))
    quoted = [item.quoted_text for item in thread.values() if isinstance(item, UserMessageItem)]
    assert quoted[0] is None
    assert quoted[1] in {"25", "days"}


async def test_a_long_thread_opens_at_its_end_and_goes_back_without_a_jump(watched: "Watched") -> None:
    page = watched.page
    thread_id = await fill_thread(watched, 400)
    await page.goto(f"{watched.url}/#{thread_id}")
    await page.reload()
    await expect(page.get_by_text("Answer 199.")).to_be_in_viewport()
    assert await page.locator(".answer").count() < 60
    first = page.get_by_text("Answer 176.")
    await page.locator(".log").evaluate("log => (log.scrollTop = 30)")
    await expect(page.get_by_text("Answer 160.")).to_be_attached()
    await expect(first).to_be_in_viewport()
    await page.get_by_role("button", name="Jump to the newest message").click()
    await expect(page.get_by_text("Answer 199.")).to_be_in_viewport()


async def test_an_answer_is_copied_where_there_is_no_clipboard(
    watched: "Watched", browser: LentBrowser
) -> None:
    port = urlsplit(watched.url).port
    arguments = ["--no-sandbox", "--host-resolver-rules=MAP 10.9.8.7 127.0.0.1"]
    path = "/usr/bin/chromium"
    other = await browser.browser_type.launch(executable_path=path, args=arguments)
    page = await other.new_page()
    await page.goto(f"http://10.9.8.7:{port}/")
    assert await page.evaluate("navigator.clipboard === undefined")
    await page.get_by_role("textbox").fill("holidays?")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Copy answer").click()
    await expect(page.get_by_role("status").filter(has_text="Copied")).to_have_count(1)
    await page.get_by_role("textbox").focus()
    await page.keyboard.press("Control+V")
    await expect(page.get_by_role("textbox")).to_have_value(re.compile("^Holidays"))
    await other.close()
