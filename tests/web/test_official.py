"""OpenAI's component as an option, with a scripted stand-in for the script of the vendor."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Page, Route, expect
from starlette.types import ASGIApp
from test_accessibility import NARROW, clean
from visiting import BUILT_IN, READY, STAND_IN, VENDOR, Open, Visit, make_thread, new_server, official_app

from tests.support.browsing import LentBrowser

pytestmark = pytest.mark.browser


@pytest.fixture
async def visit_with_key(
    browser: LentBrowser, serve: Callable[[ASGIApp], AbstractAsyncContextManager[str]]
) -> AsyncGenerator[Open]:
    """Opens the shipped page over canned answers, with a domain key or without one."""
    pages: list[Page] = []
    servers: list[AbstractAsyncContextManager[str]] = []

    async def opened(domain_key: str | None) -> Visit:
        server = new_server()
        servers.append(serve(official_app(server, domain_key)))
        url = await servers[-1].__aenter__()
        pages.append(await browser.new_page(viewport={"width": 1100, "height": 800}))
        visit = Visit(pages[-1], url, server)
        pages[-1].on("request", lambda request: visit.asked.append(request.url))
        return visit

    yield opened
    for page in pages:
        await page.close()
    for server in servers:
        await server.__aexit__(None, None, None)


@pytest.fixture
async def visit(visit_with_key: Open) -> Visit:
    """A page of a service that has a domain key."""
    return await visit_with_key("domain_pk_test")


async def test_without_a_key_nothing_of_it_is_loaded_and_nobody_else_is_asked(visit_with_key: Open) -> None:
    visit = await visit_with_key(None)
    for path in ("/", "/?client=official"):
        response = await visit.page.goto(visit.url + path)
        await visit.is_built_in()
        assert response is not None
        assert "openai" not in response.headers["content-security-policy"]
        assert "frame-src" not in response.headers["content-security-policy"]
    await visit.page.get_by_role("textbox").fill("holidays?")
    await visit.page.keyboard.press("Enter")
    await visit.page.get_by_role("button", name="Copy answer").wait_for()
    assert visit.strangers == []
    assert not [url for url in visit.asked if "official" in urlsplit(url).path]
    await expect(visit.page.locator("aside.owflex-strip")).to_have_count(0)
    config = await (await visit.page.request.get(f"{visit.url}/config.json")).json()
    assert config["chatkit"] is None


async def test_with_a_key_the_policy_of_the_page_names_the_vendor_and_no_other_answer_does(
    visit: Visit,
) -> None:
    policies: dict[str, str] = {}
    for path in ("/", "/config.json", "/static/app.css", "/?client=builtin"):
        policies[path] = (await visit.page.request.get(visit.url + path)).headers["content-security-policy"]
    vendor = "https://cdn.platform.openai.com"
    directives = dict(part.strip().split(" ", 1) for part in policies["/"].split(";"))
    assert directives["script-src"] == f"'self' {vendor}"
    assert directives["frame-src"] == vendor
    assert policies["/"].count(vendor) == 2
    assert [vendor in policies[path] for path in list(policies)[1:]] == [False, False, False]


async def test_a_component_that_gets_ready_is_shown_alone_and_knows_what_the_service_can_do(
    visit: Visit,
) -> None:
    await visit.vendor(READY)
    await visit.open("/#thr_1")
    await visit.is_official()
    await expect(visit.page.get_by_role("link", name="Use the built-in chat")).to_be_visible()
    options = await visit.page.evaluate("JSON.parse(JSON.stringify(allOptions[0]))")
    assert options["api"] == {
        "url": f"{visit.url}/chatkit",
        "domainKey": "domain_pk_test",
        "uploadStrategy": {"type": "two_phase"},
    }
    assert options["history"] == {"enabled": True, "showDelete": True, "showRename": True}
    assert options["threadItemActions"] == {"feedback": True, "retry": True}
    assert options["startScreen"]["greeting"] == BUILT_IN
    assert options["startScreen"]["prompts"][0]["icon"] == "book-open"
    assert options["composer"]["dictation"] == {"enabled": False}
    assert options["composer"]["attachments"]["maxCount"] == 10
    assert "text/markdown" in options["composer"]["attachments"]["accept"]
    assert options["initialThread"] == "thr_1"
    assert options["theme"]["colorScheme"] == "light"


async def test_the_theme_of_the_system_is_followed(visit: Visit) -> None:
    await visit.vendor(READY)
    await visit.page.emulate_media(color_scheme="dark")
    await visit.open()
    await visit.is_official()
    await visit.page.emulate_media(color_scheme="light")
    await expect(visit.page.locator("html")).to_have_attribute("data-themes", "dark,light")


async def test_a_request_that_is_refused_leads_to_the_built_in_chat(visit: Visit) -> None:
    await visit.page.route(VENDOR, lambda route: route.abort("connectionrefused"))
    await visit.open()
    await visit.is_built_in()
    await expect(visit.page.get_by_text("could not be loaded")).to_be_visible()
    await visit.page.get_by_role("button", name="Dismiss").click()
    await expect(visit.page.locator("aside.owflex-strip")).to_have_count(0)
    await visit.page.get_by_role("textbox").fill("holidays?")
    await visit.page.keyboard.press("Enter")
    await visit.page.get_by_role("button", name="Copy answer").wait_for()


async def test_a_request_that_hangs_leads_to_the_built_in_chat_after_the_limit(visit: Visit) -> None:
    hanging = asyncio.Event()

    async def hang(route: Route) -> None:
        hanging.set()

    await visit.page.clock.install()
    await visit.page.route(VENDOR, hang)
    await visit.open()
    await hanging.wait()
    await expect(visit.page.get_by_text("Loading the chat")).to_be_visible()
    await visit.page.clock.fast_forward(8_100)
    await visit.is_built_in()
    await expect(visit.page.get_by_text("Loading the chat")).to_have_count(0)


@pytest.mark.parametrize("script", ["/* defines nothing */", STAND_IN % "/* is never ready */"])
async def test_a_component_that_never_gets_ready_leads_to_the_built_in_chat(
    visit: Visit, script: str
) -> None:
    await visit.page.clock.install()
    await visit.vendor_script(f"{script}\ndocument.documentElement.dataset.loaded = 'yes';")
    await visit.open()
    await expect(visit.page.locator("html")).to_have_attribute("data-loaded", "yes")
    await expect(visit.page.get_by_text("Loading the chat")).to_be_visible()
    await visit.page.clock.fast_forward(12_100)
    await visit.is_built_in()


@pytest.mark.parametrize(
    "when_set",
    [
        'setTimeout(() => this.fail("IntegrationError"), 10);',
        'throw new Error("InvalidFrameParamsError");',
    ],
)
async def test_an_error_before_it_is_ready_leads_to_the_built_in_chat(visit: Visit, when_set: str) -> None:
    await visit.vendor(when_set)
    await visit.open()
    await visit.is_built_in()
    await expect(visit.page.get_by_text("refused to start")).to_be_visible()


async def test_an_integration_error_after_it_was_ready_leads_to_the_built_in_chat_in_the_same_thread(
    visit: Visit,
) -> None:
    await visit.vendor(READY)
    await visit.open()
    await visit.is_official()
    thread = await make_thread(visit)
    await visit.page.evaluate(
        """id => {
          const element = document.querySelector("openai-chatkit");
          element.say("thread.change", { threadId: id });
          element.fail("HttpError");
        }""",
        thread,
    )
    await expect(visit.page.get_by_text("component at work")).to_be_visible()
    assert visit.page.url.endswith(f"#{thread}")
    await visit.page.evaluate("document.querySelector('openai-chatkit').fail('IntegrationError')")
    await visit.page.get_by_text("About: holidays?").wait_for()
    await expect(visit.page.locator("openai-chatkit")).to_have_count(0)


async def test_a_rejection_inside_the_script_cannot_be_seen_so_the_link_is_the_way_out(visit: Visit) -> None:
    await visit.vendor(f'Promise.reject(new Error("IntegrationError")); {READY}')
    await visit.page.add_init_script("""
      window.seen = 0; addEventListener("unhandledrejection", () => { window.seen += 1; });
    """)
    await visit.open()
    await visit.is_official()
    assert await visit.page.evaluate("window.seen") == 0
    await visit.page.get_by_role("link", name="Use the built-in chat").click()
    await visit.is_built_in()


async def test_the_choice_is_remembered_and_a_link_leads_back_with_the_thread(visit: Visit) -> None:
    await visit.vendor(READY)
    await visit.open()
    await visit.is_official()
    thread = await make_thread(visit)
    await visit.page.evaluate("id => { location.hash = id }", thread)
    await expect(visit.page.locator("html")).to_have_attribute("data-thread", thread)
    await visit.page.get_by_role("link", name="Use the built-in chat").click()
    await visit.page.get_by_text("About: holidays?").wait_for()
    visit.asked.clear()
    await visit.open(f"/#{thread}")
    await visit.page.reload()
    await visit.page.get_by_text("About: holidays?").wait_for()
    assert visit.strangers == []
    await visit.page.get_by_role("link", name="Use OpenAI’s component").click()
    await visit.is_official()
    assert await visit.page.evaluate("allOptions[0].initialThread") == thread


async def test_requests_of_the_component_carry_the_token_and_ask_anew_when_it_is_refused(
    visit: Visit,
) -> None:
    await visit.vendor(READY)
    seen: list[str | None] = []

    async def service(route: Route) -> None:
        seen.append(route.request.headers.get("authorization"))
        await route.fulfill(status=401 if len(seen) == 1 else 200, json={})

    await visit.page.route(f"{visit.url}/chatkit", service)
    await visit.page.add_init_script("""
      let count = 0;
      document.addEventListener("readystatechange", () => {
        const chat = document.querySelector("owflex-chat");
        if (chat) chat.tokenProvider ??= () => `t${++count}`;
      });
    """)
    await visit.open()
    await visit.is_official()
    status = await visit.page.evaluate(
        """async () => {
          const { url, fetch } = allOptions[0].api;
          const headers = { "content-type": "application/json" };
          return (await fetch(url, { method: "POST", headers, body: "{}" })).status;
        }"""
    )
    assert status == 200
    assert seen == ["Bearer t1", "Bearer t2"]


async def test_the_view_of_the_documents_is_our_own_page(visit: Visit) -> None:
    await visit.open("/#/knowledge")
    await expect(visit.page.get_by_role("link", name="Use OpenAI’s component")).to_be_visible()
    assert await visit.page.evaluate("customElements.get('owflex-chat') !== undefined")
    assert visit.strangers == []


async def test_the_line_above_either_chat_is_accessible(visit: Visit) -> None:
    await visit.page.route(VENDOR, lambda route: route.abort("connectionrefused"))
    await visit.open()
    await visit.is_built_in()
    await clean(visit.page)
    await visit.page.emulate_media(color_scheme="dark")
    await visit.page.set_viewport_size(NARROW)
    await clean(visit.page)
    box = visit.page.get_by_role("textbox")
    await expect(box).to_be_in_viewport()
    assert await visit.page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]


async def test_the_line_speaks_german(visit_with_key: Open) -> None:
    visit = await visit_with_key("domain_pk_test")
    await visit.page.add_init_script("""
      Object.defineProperty(navigator, "languages", { get: () => ["de-DE"] });
    """)
    await visit.vendor(READY)
    await visit.open()
    await visit.is_official()
    await expect(visit.page.get_by_role("link", name="Eingebauten Chat benutzen")).to_be_visible()
