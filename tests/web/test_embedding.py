"""The element on a site of somebody else."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from canned import CannedServer, MemoryStore, create_canned_app
from embedding import Serve, Site, opened
from playwright.async_api import Page, expect
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.support.browsing import LentBrowser

pytestmark = pytest.mark.browser

HOSTILE = (
    "body * { all: revert; color: red !important; font-size: 40px !important; text-transform: uppercase } "
    "div, main, header, form, textarea, button, p { display: none !important } #chat { height: 600px }"
)
POLICY = (
    "default-src 'none'; script-src 'self' SERVICE; connect-src SERVICE; style-src 'self'; img-src data:; "
    "require-trusted-types-for 'script'"
)
PANEL = '<owflex-chat id="chat"></owflex-chat>'
EXAMPLES = Path(__file__).parent.parent.parent / "examples" / "html"


def canned(origin: str) -> ASGIApp:
    """The canned service, which `origin` may use."""
    return create_canned_app(CannedServer(MemoryStore()), [origin])


def guarded(valid: set[str]) -> Callable[[str], ASGIApp]:
    """The canned service for those who bring one of the valid tokens."""

    def make(origin: str) -> ASGIApp:
        inner = canned(origin)

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            sent = dict(scope.get("headers", [])).get(b"authorization", b"").decode()
            asked = scope.get("path") == "/chatkit" and scope.get("method") == "POST"
            if asked and sent.removeprefix("Bearer ") not in valid:
                headers = {"Access-Control-Allow-Origin": origin}
                await JSONResponse({"error": {"message": "Log in."}}, 401, headers)(scope, receive, send)
                return
            await inner(scope, receive, send)

        return app

    return make


async def ask(page: Page, question: str, answers: int = 1) -> None:
    """Type a question and wait for its answer."""
    await page.get_by_role("textbox", name="Ask your documents").fill(question)
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Copy answer").nth(answers - 1).wait_for()


async def told(page: Page) -> list[str]:
    """The events so far, by name."""
    return [name for name, _ in await page.evaluate("told")]


async def test_the_rules_of_a_hostile_style_sheet_do_not_reach_the_chat(
    serve: Serve, browser: LentBrowser
) -> None:
    site = Site(PANEL, css=HOSTILE)
    async with opened(site, canned, serve, browser) as page:
        await ask(page, "holidays?")
        answer = page.locator(".answer .prose p").first
        await expect(answer).to_be_visible()
        looks = "e => { const s = getComputedStyle(e); return [s.color, s.fontSize, s.textTransform] }"
        color, size, transform = await answer.evaluate(looks)
        assert color != "rgb(255, 0, 0)"
        assert (size, transform) == ("16px", "none")
    assert site.complaints == []


async def test_the_chat_works_under_a_strict_policy_of_the_site_and_leaves_the_page_alone(
    serve: Serve, browser: LentBrowser
) -> None:
    site = Site(PANEL, css="#chat { height: 600px }", policy=POLICY.rpartition(";")[0])
    async with opened(site, canned, serve, browser) as page:
        await ask(page, "holidays?")
        await expect(page.get_by_role("button", name="Send")).to_be_visible()
        assert await page.title() == "The site"
        assert "#" not in page.url
        assert await page.evaluate("document.documentElement.dataset.theme ?? null") is None
        assert await page.evaluate("localStorage.length") == 0
        box = await page.locator("#chat").bounding_box()
        assert box is not None
        assert box["height"] == 600
    assert site.complaints == []


async def test_the_site_is_told_what_happens_and_calls_the_methods(
    serve: Serve, browser: LentBrowser
) -> None:
    site = Site(PANEL, css="#chat { height: 600px }")
    async with opened(site, canned, serve, browser) as page:
        await page.evaluate("chat.sendUserMessage({text: 'first'})")
        await page.get_by_role("button", name="Copy answer").wait_for()
        assert await told(page) == ["ready", "response-start", "thread-change", "response-end"]
        thread = await page.evaluate("told.find(([name]) => name === 'thread-change')[1].threadId")
        await page.evaluate("chat.sendUserMessage({text: 'second', newThread: true})")
        await expect(page.locator(".answer")).to_contain_text("About: second")
        await expect(page.locator(".user")).to_have_count(1)
        await page.evaluate("id => chat.setThreadId(id)", thread)
        await expect(page.locator(".answer")).to_contain_text("About: first")
        await page.evaluate("chat.fetchUpdates()")
        await expect(page.locator(".answer")).to_contain_text("About: first")
        await page.evaluate("chat.setComposerValue({text: 'half a quest'})")
        await page.evaluate("chat.focusComposer()")
        await page.keyboard.type("ion")
        await expect(page.get_by_role("textbox", name="Ask your")).to_have_value("half a question")
        await page.evaluate("chat.setThreadId(null)")
        await expect(page.get_by_text("What would you like to know?")).to_be_visible()
    assert site.complaints == []


async def test_the_button_opens_a_panel_that_escape_closes_and_asks_nothing_before(
    serve: Serve, browser: LentBrowser
) -> None:
    site = Site('<owflex-chat id="chat" mode="button"></owflex-chat>')
    requests: list[str] = []
    async with opened(site, canned, serve, browser) as page:
        page.on("request", lambda request: requests.append(request.url))
        button = page.get_by_role("button", name="Open the chat")
        await button.wait_for()
        assert await page.get_by_role("dialog").count() == 0
        assert not [url for url in requests if "chatkit" in url]
        await button.click()
        box = page.get_by_role("textbox", name="Ask your documents")
        await expect(box).to_be_focused()
        await ask(page, "holidays?")
        await page.keyboard.press("Escape")
        await expect(box).to_be_hidden()
        await expect(button).to_be_focused()
        assert {"open", "close"} <= set(await told(page))
    assert site.complaints == []


async def test_the_modal_is_a_dialog_that_keeps_the_conversation(serve: Serve, browser: LentBrowser) -> None:
    site = Site('<owflex-chat id="chat" mode="modal" title="Help"></owflex-chat>')
    async with opened(site, canned, serve, browser) as page:
        await page.wait_for_function("() => Boolean(customElements.get('owflex-chat'))")
        await page.evaluate("chat.open()")
        await expect(page.get_by_role("dialog", name="Help")).to_be_visible()
        await ask(page, "holidays?")
        await page.get_by_role("button", name="Close the chat").click()
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await page.evaluate("chat.open()")
        await expect(page.locator(".answer")).to_be_visible()
        # The browser tells of a closed dialog in a later task, when the chat is open again.
        await page.evaluate("chat.close(); chat.open(); new Promise(done => setTimeout(done, 50))")
        await expect(page.locator(".answer")).to_be_visible()
        opened_and_closed = [name for name in await told(page) if name in {"open", "close"}]
        assert opened_and_closed == ["open", "close", "open", "close", "open"]
    assert site.complaints == []


async def test_a_refused_token_is_asked_for_once_more(serve: Serve, browser: LentBrowser) -> None:
    script = (
        "window.asked = 0; addEventListener('DOMContentLoaded', () => "
        "{ chat.tokenProvider = async () => ['old', 'new'][Math.min(window.asked++, 1)] })"
    )
    site = Site(PANEL, css="#chat { height: 600px }", script=script)
    async with opened(site, guarded({"new"}), serve, browser) as page:
        await ask(page, "holidays?")
        assert await page.evaluate("asked") == 2


async def test_a_login_that_has_ended_is_said_with_a_way_on(serve: Serve, browser: LentBrowser) -> None:
    script = (
        "window.token = 'old'; addEventListener('DOMContentLoaded', () => "
        "{ chat.tokenProvider = () => window.token });"
        "addEventListener('owflex-login', () => { window.token = 'new' })"
    )
    site = Site(PANEL, css="#chat { height: 600px }", script=script)
    async with opened(site, guarded({"new"}), serve, browser) as page:
        await expect(page.get_by_text("Your session has expired.")).to_be_visible()
        errors: list[Any] = await page.evaluate("told.filter(([name]) => name === 'error')")
        assert errors[0][1]["loginEnded"] is True
        await page.get_by_role("button", name="Log in again").click()
        await expect(page.get_by_text("Your session has expired.")).to_be_hidden()
        await ask(page, "holidays?")


async def test_two_chats_on_one_site_are_two_conversations(serve: Serve, browser: LentBrowser) -> None:
    site = Site(
        f'{PANEL}<owflex-chat id="second" greeting="Ask B"></owflex-chat>',
        css="owflex-chat { height: 380px }",
    )
    async with opened(site, canned, serve, browser) as page:
        await expect(page.get_by_text("Ask B")).to_be_visible()
        await page.evaluate("chat.sendUserMessage({text: 'first'})")
        await page.locator("#chat .answer").wait_for()
        await expect(page.locator("#second .answer")).to_have_count(0)
    assert site.complaints == []


async def test_the_example_site_shows_all_three_ways(serve: Serve, browser: LentBrowser) -> None:
    html = (EXAMPLES / "index.html").read_text(encoding="utf-8")
    body = html[html.index("<body>") + 6 : html.index("</body>")]
    script = (EXAMPLES / "site.js").read_text(encoding="utf-8")
    site = Site(
        body,
        css=(EXAMPLES / "site.css").read_text(encoding="utf-8"),
        script=f"addEventListener('DOMContentLoaded', () => {{ {script} }})",
    )
    async with opened(site, canned, serve, browser) as page:
        await page.locator("#panel").get_by_role("button", name="Holidays").click()
        await expect(page.locator("#panel .answer")).to_be_visible()
        await expect(page.locator("#events")).to_contain_text("response-end")
        await page.get_by_role("button", name="Ask a question").click()
        await expect(page.get_by_role("dialog")).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("button", name="Open the chat")).to_be_visible()
    assert site.complaints == []
