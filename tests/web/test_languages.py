"""The page in other languages, from files of the service."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from canned import STATIC, CannedServer, MemoryStore, create_canned_app
from embedding import Serve, Site, opened
from playwright.async_api import expect
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from agent_service.routes.page import locales
from tests.support.browsing import LentBrowser

pytestmark = pytest.mark.browser

PANEL = '<owflex-chat id="chat"></owflex-chat>'
TALL = "#chat { height: 600px }"
CONFIG: dict[str, Any] = {
    "title": "OwFlex",
    "greeting": "What would you like to know?",
    "prompts": [{"label": "Show my tasks", "prompt": "Show my tasks"}],
    "model": {"name": "m", "extractive": False},
    "locales": ["ar", "de"],
}
ARABIC = {"greeting": "ماذا تريد أن تعرف؟", "send": "إرسال"}


def speaking(**config: Any) -> Callable[[str], ASGIApp]:
    """The canned service with German, and a little Arabic."""
    answers = {"/config.json": CONFIG | config, "/static/locales/ar.json": ARABIC}

    def make(origin: str) -> ASGIApp:
        inner = create_canned_app(CannedServer(MemoryStore()), [origin])

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            if scope.get("path") in answers:
                headers = {"Access-Control-Allow-Origin": origin}
                await JSONResponse(answers[scope["path"]], headers=headers)(scope, receive, send)
                return
            await inner(scope, receive, send)

        return app

    return make


def test_the_service_lists_the_languages_it_has(tmp_path: Path) -> None:
    assert locales(tmp_path) == []
    assert "de" in locales(STATIC)


async def test_the_browser_s_language_is_spoken(serve: Serve, browser: LentBrowser) -> None:
    site = Site(PANEL, css=TALL)
    async with opened(site, speaking(), serve, browser, locale="de-CH") as page:
        await expect(page.get_by_text("Was möchten Sie wissen?")).to_be_visible()
        await expect(page.get_by_role("button", name="Zeige meine Aufgaben")).to_be_visible()
        await expect(page.locator("#chat")).to_have_attribute("lang", "de")
        await page.get_by_role("textbox", name="Fragen Sie").fill("slow")
        await page.get_by_role("button", name="Senden").click()
        await expect(page.get_by_role("button", name="Anhalten")).to_be_visible()
    assert site.complaints == []


async def test_the_attribute_wins_and_changes_the_language_at_once(
    serve: Serve, browser: LentBrowser
) -> None:
    site = Site('<owflex-chat id="chat" locale="en"></owflex-chat>', css=TALL)
    async with opened(site, speaking(), serve, browser, locale="de-DE") as page:
        box = page.get_by_role("textbox")
        await expect(page.get_by_text("What would you like to know?")).to_be_visible()
        await box.fill("half a question")
        await page.evaluate("chat.locale = 'de'")
        await expect(page.get_by_text("Was möchten Sie wissen?")).to_be_visible()
        await expect(box).to_have_value("half a question")


async def test_what_a_language_lacks_is_english_and_its_direction_is_kept(
    serve: Serve, browser: LentBrowser
) -> None:
    site = Site('<owflex-chat id="chat" locale="ar"></owflex-chat>', css=TALL)
    async with opened(site, speaking(), serve, browser) as page:
        await expect(page.get_by_text(ARABIC["greeting"])).to_be_visible()
        await expect(page.locator("#chat")).to_have_attribute("dir", "rtl")
        await expect(page.get_by_role("button", name="Full screen")).to_be_visible()
        fits = "e => e.scrollWidth <= e.clientWidth"
        assert await page.locator("#chat .root").evaluate(fits)


async def test_the_operator_s_words_are_shown_as_they_are(serve: Serve, browser: LentBrowser) -> None:
    words = {"greeting": "Ask about machines", "greetings": {"de": "Fragen zu Maschinen?"}}
    for locale, greeting in (("en", "Ask about machines"), ("de", "Fragen zu Maschinen?")):
        site = Site(f'<owflex-chat id="chat" locale="{locale}"></owflex-chat>', css=TALL)
        async with opened(site, speaking(**words), serve, browser) as page:
            await expect(page.get_by_text(greeting)).to_be_visible()


def test_the_files_are_json_of_words() -> None:
    for file in (STATIC / "locales").glob("*.json"):
        assert json.loads(file.read_text(encoding="utf-8"))["greeting"]
