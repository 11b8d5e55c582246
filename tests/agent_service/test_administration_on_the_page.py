"""The administrator's view in a real browser, over the real service and a provider that answers."""

from collections.abc import AsyncGenerator
from functools import partial

import pytest
from axe_playwright_python.async_playwright import Axe  # pyright: ignore[reportMissingTypeStubs]
from playwright.async_api import Page, expect

from agent_service.models.local_servers import find_local_servers
from agent_service.routes.admin import models
from database.pool import Pool
from tests.agent_service.test_run_time_settings import KEY, Admin, Provider, chat, fill_threads
from tests.support.browsing import LentBrowser
from tests.support.serving import Serve

pytestmark = pytest.mark.browser

TABS = ("Overview", "Language model", "Settings", "Usage", "Poor answers")


@pytest.fixture
async def page(browser: LentBrowser) -> AsyncGenerator[Page]:
    """A page that may not complain."""
    page = await browser.new_page(viewport={"width": 1200, "height": 900}, locale="en-US")
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda told: complaints.append(told.text) if told.type == "error" else None)
    yield page
    await page.close()
    # What was refused on purpose stands in the console too.
    assert [one for one in complaints if "422" not in one] == []


async def open_tab(page: Page, admin: Admin, tab: str) -> None:
    """Go there by the address and the keyboard."""
    if not page.url.startswith(admin.url):
        await page.goto(f"{admin.url}/#/admin")
    link = page.get_by_role("navigation", name="Administration").get_by_role("link", name=tab)
    await link.focus()
    await page.keyboard.press("Enter")
    await expect(link).to_have_attribute("aria-current", "page")


async def test_a_model_on_this_machine_is_found_tried_and_used(
    pool: Pool, serve: Serve, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = Provider(None, owner="library")
    async with serve(provider.app) as base, chat(pool, serve) as admin:
        port = int(base.rpartition(":")[2])
        monkeypatch.setattr(models, "find_local_servers", partial(find_local_servers, ports=[port]))
        await page.goto(admin.url)
        await page.get_by_role("link", name="Set up a language model").click()
        await page.get_by_label("Model of Ollama").wait_for()
        await page.get_by_role("button", name="Try it").first.click()
        await page.get_by_text("owl-7b answers").wait_for()
        await page.get_by_role("button", name="Use it").click()
        await page.get_by_text("owl-7b answers from now on.").wait_for()
        await expect(page.get_by_text("Answers are written by owl-7b")).to_be_visible()
        # The chat beside it has taken the news.
        await page.get_by_role("link", name="Chat", exact=True).click()
        await expect(page.get_by_role("link", name="Set up a language model")).to_have_count(0)


async def test_a_wrong_key_is_told_in_plain_words_and_a_right_one_is_used(
    pool: Pool, serve: Serve, page: Page
) -> None:
    provider = Provider()
    async with serve(provider.app) as base, chat(pool, serve) as admin:
        await open_tab(page, admin, "Language model")
        await expect(page.get_by_label("Provider")).to_have_value("openai")
        await page.get_by_label("Provider").select_option("custom")
        await page.get_by_label("Address", exact=True).fill(f"{base}/v1")
        await page.get_by_label("Model", exact=True).fill("owl-7b")
        await page.get_by_label("Key", exact=True).fill("sk-wrong")
        attempt = page.get_by_role("button", name="Try it").last
        await attempt.click()
        await expect(page.get_by_role("alert")).to_contain_text("key")
        await page.get_by_label("Key", exact=True).fill(KEY)
        await attempt.click()
        await page.get_by_role("button", name="Use it").click()
        await page.get_by_text("owl-7b answers from now on.").wait_for()
        await open_tab(page, admin, "Settings")
        field = page.get_by_role("textbox", name="Key for it, or for OpenAI")
        await expect(field).to_have_attribute(
            "placeholder", "A key is stored. Enter another one to replace it."
        )
        assert await field.input_value() == ""
        assert KEY not in await page.content()


async def test_settings_are_changed_kept_and_taken_back(pool: Pool, serve: Serve, page: Page) -> None:
    async with chat(pool, serve, chat_greeting="Fixed by the installation") as admin:
        await open_tab(page, admin, "Settings")
        await expect(page.get_by_label("Greeting")).to_be_disabled()
        await page.get_by_role("textbox", name="Title").fill("Owls")
        await page.get_by_role("button", name="Remove this prompt: What can you do?").click()
        form = page.locator("owflex-settings-form", has=page.get_by_role("heading", name="Page"))
        await form.get_by_role("button", name="Save").click()
        await page.get_by_text("Saved. It counts at once.").wait_for()
        config = await admin.get("config.json")
        assert (config["title"], len(config["prompts"])) == ("Owls", 2)
        await expect(page.get_by_role("cell", name="Title: changed")).to_be_visible()
        await page.get_by_role("button", name="Back to the default: Title").click()
        await expect(page.get_by_role("textbox", name="Title")).to_have_value("OwFlex")
        limits = page.locator("owflex-settings-form", has=page.get_by_role("heading", name="Limits"))
        await limits.get_by_role("textbox").first.fill("many")
        await limits.get_by_role("button", name="Save").click()
        await expect(limits.get_by_role("alert")).to_contain_text("CHAT_RATE_LIMIT_PER_MINUTE")


async def test_the_view_is_accessible_in_light_dark_and_on_a_phone(
    pool: Pool, serve: Serve, page: Page
) -> None:
    await fill_threads(pool)
    async with chat(pool, serve) as admin:
        await admin.set(chat_title="Owls")
        for tab in TABS:
            await open_tab(page, admin, tab)
            await expect(page.get_by_text("Loading …")).to_have_count(0)
            for scheme, width in (("light", 1200), ("dark", 1200), ("light", 390)):
                await page.set_viewport_size({"width": width, "height": 900})
                await page.emulate_media(
                    color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce"
                )
                found = await Axe().run(page)  # pyright: ignore[reportUnknownMemberType]
                assert found.violations_count == 0, f"{tab} {scheme} {width}: {found.generate_report()}"
                assert await page.evaluate("document.documentElement.scrollWidth") <= width


async def test_others_see_no_link_and_are_told_why(pool: Pool, serve: Serve, page: Page) -> None:
    async with chat(
        pool, serve, agent_service_auth="proxy", agent_service_proxy_addresses="127.0.0.1"
    ) as admin:
        await page.set_extra_http_headers({"x-forwarded-user": "bob"})
        async with page.expect_response("**/admin/rights"):
            await page.goto(admin.url)
        await page.get_by_role("navigation", name="Views").wait_for()
        await expect(page.get_by_role("link", name="Administration")).to_have_count(0)
