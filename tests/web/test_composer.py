"""The message box: what is typed, kept, and sent with a message."""

import json
from typing import TYPE_CHECKING, Any, cast

import pytest
from chatkit.types import ClosedStatus
from playwright.async_api import Page, Route, expect

if TYPE_CHECKING:
    from canned import MemoryStore
    from conftest import Watched

pytestmark = pytest.mark.browser


async def reload_with(watched: "Watched", **more: Any) -> None:
    """Open the page again with these entries in its configuration."""

    async def answer(route: Route) -> None:
        response = await route.fetch()
        await route.fulfill(response=response, json=await response.json() | more)

    await watched.page.route("**/config.json", answer)
    await watched.page.reload()
    await watched.page.get_by_text("What would you like to know?").wait_for()


def note_inputs(page: Page) -> list[dict[str, Any]]:
    """The inputs of the messages that the page sends from now on."""
    inputs: list[dict[str, Any]] = []

    def look(text: str | None) -> None:
        params = json.loads(text or "{}").get("params", {})
        if "input" in params:
            inputs.append(params["input"])

    page.on("request", lambda request: look(request.post_data) if request.method == "POST" else None)
    return inputs


async def test_enter_sends_shift_enter_begins_a_line_and_the_box_grows_with_its_lines(
    watched: "Watched",
) -> None:
    box = watched.page.get_by_role("textbox")
    inputs = note_inputs(watched.page)
    await box.press_sequentially("one")
    low = await box.evaluate("box => box.clientHeight")
    for _ in range(4):
        await box.press("Shift+Enter")
    await box.press_sequentially("two")
    assert await box.evaluate("box => box.clientHeight") > low + 60
    await box.press("Enter")
    await watched.answered()
    assert [entry["content"][0]["text"] for entry in inputs] == ["one\n\n\n\ntwo"]
    await expect(box).to_have_value("")
    assert await box.evaluate("box => box.clientHeight") == low


async def test_enter_belongs_to_the_input_method_while_it_composes(watched: "Watched") -> None:
    box = watched.page.get_by_role("textbox")
    await box.fill("にほ")
    for init in ({"isComposing": True}, {"keyCode": 229}):
        event = {"key": "Enter", "bubbles": True, "composed": True} | init
        await box.evaluate("(box, init) => box.dispatchEvent(new KeyboardEvent('keydown', init))", event)
    await expect(box).to_have_value("にほ")
    await expect(watched.page.locator(".user")).to_have_count(0)


async def test_each_chat_keeps_its_draft_and_a_reload_and_the_theme_keep_it_too(watched: "Watched") -> None:
    page = watched.page
    box = page.get_by_role("textbox")
    await watched.ask("apples")
    await watched.answered()
    await box.fill("half a sentence")
    await page.get_by_role("button", name="New chat").click()
    await expect(box).to_have_value("")
    await box.fill("of a new chat")
    await page.locator(".thread").first.click()
    await expect(box).to_have_value("half a sentence")
    await page.get_by_role("button", name="Theme").click()
    await expect(box).to_have_value("half a sentence")
    await page.reload()
    await watched.answered()
    await expect(box).to_have_value("half a sentence")
    await page.get_by_role("button", name="New chat").click()
    await expect(box).to_have_value("of a new chat")


async def test_what_is_typed_while_the_first_answer_is_written_stays_in_the_box(watched: "Watched") -> None:
    await watched.ask("slow please")
    await watched.page.get_by_text("you have").wait_for()
    box = watched.page.get_by_role("textbox")
    await box.fill("and then")
    await box.press("Enter")
    await expect(box).to_have_value("and then")
    watched.server.finish.set()
    await watched.answered()
    await expect(box).to_have_value("and then")
    await box.press("Enter")
    await watched.answered(2)


async def test_a_message_that_is_too_long_is_kept_and_the_page_says_by_how_much(watched: "Watched") -> None:
    page = watched.page
    box = page.get_by_role("textbox")
    await box.fill("x" * 19_500)
    await expect(page.get_by_text("500 characters left")).to_be_visible()
    await box.fill("x" * 20_001)
    await box.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("at most 20000 characters; this one has 20001")
    assert len(await box.input_value()) == 20_001
    await box.fill("short")
    await expect(page.get_by_role("alert")).to_have_count(0)


async def test_the_chosen_model_and_tool_go_with_each_message(watched: "Watched") -> None:
    page = watched.page
    await reload_with(watched, models=["small", "large"], tools=[{"id": "tasks", "label": "Tasks"}])
    inputs = note_inputs(page)
    await watched.ask("first")
    await watched.answered()
    await page.get_by_role("combobox", name="Model").select_option("large")
    await page.get_by_role("combobox", name="Tool").select_option("Tasks")
    await watched.ask("second")
    await watched.answered(2)
    chosen = [entry["inference_options"] for entry in inputs]
    assert chosen == [{}, {"model": "large", "tool_choice": {"id": "tasks"}}]


async def test_a_closed_chat_says_so_and_takes_no_message(watched: "Watched") -> None:
    await watched.ask("apples")
    await watched.answered()
    (thread,) = cast("MemoryStore", watched.server.store).threads.values()
    thread.status = ClosedStatus(reason="The case is settled.")
    await watched.page.reload()
    await watched.answered()
    await expect(watched.page.get_by_role("textbox")).to_be_disabled()
    await expect(watched.page.get_by_text("The case is settled.").first).to_be_visible()


async def test_programs_fill_the_box_and_send_past_it(watched: "Watched") -> None:
    page = watched.page
    inputs = note_inputs(page)
    composer = page.locator("owflex-composer")
    await composer.evaluate("box => box.setComposerValue({ text: 'typed', quoted: 'A passage.' })")
    await expect(page.get_by_text("A passage.")).to_be_visible()
    await composer.evaluate("box => box.sendUserMessage('from a program')")
    await watched.answered()
    await expect(page.get_by_role("textbox")).to_have_value("typed")
    await composer.evaluate("box => box.focus()")
    await page.keyboard.press("Enter")
    await watched.answered(2)
    await expect(page.locator(".user").last).to_contain_text("A passage.")
    assert [entry["content"][0]["text"] for entry in inputs] == ["from a program", "typed"]
    assert [entry.get("quoted_text") for entry in inputs] == [None, "A passage."]
