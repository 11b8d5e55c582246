"""What a person does with the page, in a real browser."""

import re
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import Route, expect

from tests.support.browsing import LentBrowser

if TYPE_CHECKING:
    from conftest import Watched

pytestmark = pytest.mark.browser


async def test_an_answer_is_shown_with_its_mark_after_the_emoji_in_the_right_place(
    watched: "Watched",
) -> None:
    await watched.ask("holidays?")
    await watched.answered()
    first = watched.page.locator(".answer > .prose > p").first
    await expect(first).to_have_text("Holidays 🎉: you have 25 days.1 They do not expire.")
    await expect(watched.page.locator(".answer table td").first).to_have_text("1")
    await expect(watched.page.locator(".answer pre")).to_have_text("print(25)\n")


async def test_a_second_question_goes_on_with_the_thread_and_reload_keeps_it(watched: "Watched") -> None:
    await watched.ask("first one")
    await watched.answered()
    await watched.ask("second one")
    await watched.answered(2)
    texts = watched.page.locator(".user p, .answer > .prose > p:last-child")
    expected = ["first one", "About: first one", "second one", "About: second one"]
    await expect(texts).to_have_text(expected)
    assert re.search(r"#thr_", watched.page.url)
    await watched.page.reload()
    await watched.answered(2)
    await expect(texts).to_have_text(expected)
    await expect(watched.page.get_by_role("heading", level=1)).to_have_text("first one")


async def test_stop_keeps_what_was_written(watched: "Watched") -> None:
    await watched.ask("slow please")
    await watched.page.get_by_text("you have").wait_for()
    await watched.page.get_by_role("button", name="Stop").click()
    await expect(watched.page.get_by_role("status").filter(has_text="Stopped")).to_have_count(1)
    await expect(watched.page.locator(".answer")).to_contain_text("you have")
    await expect(watched.page.get_by_role("button", name="Send")).to_be_visible()
    watched.server.finish.set()
    await watched.ask("go on")
    await watched.answered(2)


async def test_a_failure_is_one_sentence_and_trying_again_answers(watched: "Watched") -> None:
    await watched.ask("fail once")
    await expect(watched.page.get_by_role("alert")).to_contain_text("The language model is busy.")
    await watched.page.get_by_role("button", name="Try again").click()
    await watched.answered()
    await expect(watched.page.get_by_role("alert")).to_have_count(0)
    await expect(watched.page.locator(".user")).to_have_count(1)


async def test_nothing_a_model_writes_is_run_or_fetched(watched: "Watched") -> None:
    await watched.ask("hostile")
    await watched.answered()
    await expect(watched.page.locator(".answer")).to_contain_text("<script>window.hacked=1</script>")
    for link in await watched.page.locator(".answer a").all():
        assert (await link.get_attribute("href") or "").startswith("https://")
        assert await link.get_attribute("onclick") is None
    await expect(watched.page.locator(".answer img, .answer script, .answer .prose svg")).to_have_count(0)
    assert await watched.page.evaluate("window.hacked") is None


async def test_threads_are_listed_opened_renamed_and_deleted(watched: "Watched") -> None:
    page = watched.page
    await watched.ask("apples")
    await watched.answered()
    await page.get_by_role("button", name="New chat").click()
    await watched.ask("pears")
    await watched.answered()
    threads = page.locator(".thread")
    await expect(threads).to_have_text(["pears", "apples"])
    await threads.nth(1).click()
    await expect(page.locator(".user p")).to_have_text("apples")
    await page.get_by_role("button", name="Rename: apples").click()
    await page.get_by_role("textbox", name="Rename this chat").fill("fruit")
    await page.keyboard.press("Enter")
    await expect(threads).to_have_text(["pears", "fruit"])
    await page.get_by_role("button", name="Delete: fruit").click()
    await expect(threads).to_have_text(["pears"])
    await expect(page.get_by_text("What would you like to know?")).to_be_visible()


async def test_the_back_button_returns_to_the_thread_before(watched: "Watched") -> None:
    await watched.ask("apples")
    await watched.answered()
    await watched.page.get_by_role("button", name="New chat").click()
    await expect(watched.page.locator(".user")).to_have_count(0)
    await watched.page.go_back()
    await expect(watched.page.locator(".user p")).to_have_text("apples")


async def test_a_starter_prompt_asks_its_question(watched: "Watched") -> None:
    await watched.page.get_by_role("button", name="Holidays").click()
    await watched.answered()
    await expect(watched.page.locator(".user p")).to_have_text("How many holidays do I have?")


async def test_enter_sends_and_shift_enter_makes_a_line(watched: "Watched") -> None:
    box = watched.page.get_by_role("textbox")
    await box.fill("one")
    await watched.page.keyboard.press("Shift+Enter")
    await watched.page.keyboard.type("two")
    await expect(box).to_have_value("one\ntwo")
    await watched.page.keyboard.press("Enter")
    await expect(watched.page.locator(".user p")).to_have_text("one\ntwo")
    await expect(box).to_have_value("")
    await watched.answered()


async def test_the_theme_is_chosen_and_remembered_without_losing_the_conversation(watched: "Watched") -> None:
    await watched.ask("holidays?")
    await watched.answered()
    ground = "getComputedStyle(document.querySelector('owflex-chat')).backgroundColor"
    await watched.page.get_by_role("button", name="Theme: system").click()
    light = await watched.page.evaluate(ground)
    await watched.page.get_by_role("button", name="Theme: light").click()
    dark = await watched.page.evaluate(ground)
    assert light != dark
    await expect(watched.page.locator(".answer")).to_be_visible()
    await watched.page.reload()
    await watched.page.get_by_role("button", name="Theme: dark").wait_for()
    assert await watched.page.evaluate(ground) == dark


async def test_a_phone_has_no_sideways_scroll_and_a_drawer_of_chats(
    watched: "Watched", browser: LentBrowser
) -> None:
    await watched.ask("holidays?")
    await watched.answered()
    phone = await browser.new_page(viewport={"width": 390, "height": 780})
    watched.watch(phone)
    await phone.goto(watched.page.url)
    await phone.get_by_role("button", name="Copy answer").wait_for()
    assert await phone.evaluate("document.documentElement.scrollWidth") == 390
    await expect(phone.get_by_role("button", name="New chat")).to_be_hidden()
    await phone.get_by_role("button", name="Show chats").click()
    await expect(phone.get_by_role("button", name="New chat")).to_be_visible()
    await phone.close()


async def test_a_deep_link_to_an_unknown_thread_says_so(watched: "Watched") -> None:
    await watched.page.goto(f"{watched.url}/#thr_unknown")
    await watched.page.reload()
    await expect(watched.page.get_by_role("alert")).to_contain_text("This chat does not exist.")
    # The browser reports the refused request in its console.
    watched.complaints = [line for line in watched.complaints if "404" not in line]


async def test_a_lost_server_is_said_in_words_and_the_question_can_be_sent_again(watched: "Watched") -> None:
    await watched.page.route("**/chatkit", lambda route: route.abort())
    await watched.ask("anybody there?")
    await expect(watched.page.get_by_role("alert")).to_contain_text("The connection was lost")
    await watched.page.unroute("**/chatkit")
    await watched.page.get_by_role("button", name="Try again").click()
    await watched.answered()
    await expect(watched.page.locator(".user p")).to_have_text("anybody there?")
    watched.complaints = [line for line in watched.complaints if "ERR_FAILED" not in line]


async def test_a_cut_connection_is_tried_again_by_itself_under_the_same_key(watched: "Watched") -> None:
    async def knows_keys(route: Route) -> None:
        config = await (await route.fetch()).json()
        await route.fulfill(json=config | {"keys": True})

    async def cut_off_twice(route: Route) -> None:
        if "threads.create" in (route.request.post_data or ""):
            keys.append(route.request.headers["idempotency-key"])
            if len(keys) < 3:
                await route.abort()
                return
        await route.continue_()

    keys: list[str] = []
    await watched.page.route("**/config.json", knows_keys)
    await watched.page.route("**/chatkit", cut_off_twice)
    await watched.page.reload()
    await watched.ask("anybody there?")
    await watched.answered()
    await expect(watched.page.locator(".user p")).to_have_text("anybody there?")
    await expect(watched.page.get_by_role("alert")).to_have_count(0)
    assert len(keys) == 3
    assert len(set(keys)) == 1
    watched.complaints = [line for line in watched.complaints if "ERR_FAILED" not in line]
