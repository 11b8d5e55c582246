"""Signing in, one-time links and one's own account, in a browser."""

import re
from collections.abc import AsyncGenerator

import pytest
from agents.testing import ScriptedModel
from axe_playwright_python.async_playwright import Axe  # pyright: ignore[reportMissingTypeStubs]
from playwright.async_api import Page, expect
from pyotp.totp import TOTP

from agent_service.accounts import one_time_codes, passwords
from agent_service.accounts.people import set_disabled
from database.pool import Pool
from tests.agent_service.accounts_service import LIGHT, OTHER, PASSWORD, Service, accounts_app
from tests.agent_service.conftest import Serve
from tests.support.browsing import LentBrowser

pytestmark = pytest.mark.browser
# Refusals are lines of the browser's own; there is no MCP server here.
EXPECTED = re.compile(r"Failed to load resource: the server responded with a status of (?:4\d\d|503)")


@pytest.fixture(autouse=True)
def light_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes that cost nothing."""
    monkeypatch.setattr(passwords, "HASHER", LIGHT)


@pytest.fixture
async def service(pool: Pool, serve: Serve) -> AsyncGenerator[Service]:
    """A chat with accounts."""
    async with serve(accounts_app(pool, ScriptedModel([]))) as url:
        yield Service(url, pool, [])


@pytest.fixture
async def page(browser: LentBrowser, service: Service) -> AsyncGenerator[Page]:
    """A page that may not complain in the console; it is closed before the service stops."""
    assert service
    page = await browser.new_page(viewport={"width": 1000, "height": 900})
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda message: (
            complaints.append(message.text)
            if message.type == "error" and not EXPECTED.match(message.text)
            else None
        ),
    )
    yield page
    await page.close()
    assert complaints == []


async def sign_in(page: Page, name: str = "ann", password: str = PASSWORD) -> None:
    """By the keyboard alone: the name has the focus."""
    await page.get_by_label("Name").wait_for()
    await page.keyboard.type(name)
    await page.keyboard.press("Tab")
    await page.keyboard.type(password)
    await page.keyboard.press("Enter")


async def check(page: Page) -> None:
    """Light, dark and narrow: axe-core finds nothing, and nothing is wider than the screen."""
    wide = page.viewport_size
    for theme in ("light", "dark"):
        await page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
        found = await Axe().run(page)  # pyright: ignore[reportUnknownMemberType]
        assert found.violations_count == 0, found.generate_report()
    await page.set_viewport_size({"width": 390, "height": 800})
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390
    assert wide is not None
    await page.set_viewport_size(wide)


async def test_who_is_not_signed_in_comes_to_the_page_for_it_and_back(page: Page, service: Service) -> None:
    await service.add()
    await page.goto(f"{service.url}/#/knowledge")
    await expect(page).to_have_title("Sign in – OwFlex")
    await check(page)
    await sign_in(page, password=OTHER)
    await expect(page.get_by_role("alert")).to_have_text("The name or the password is not right.")
    await check(page)
    await expect(page.get_by_label("Password")).to_be_focused()
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"{service.url}/#/knowledge")
    await page.get_by_role("link", name="Your account").click()
    await expect(page.locator("#shown")).to_have_text("ann")
    await expect(page.get_by_role("listitem")).to_contain_text("this browser")
    await check(page)
    await page.get_by_role("button", name="Sign out").click()
    await page.wait_for_url(f"{service.url}/sign-in")
    await page.goto(f"{service.url}/account")
    await page.wait_for_url(f"{service.url}/sign-in?next=account")


async def test_a_link_leads_to_a_password_and_into_the_chat(page: Page, service: Service) -> None:
    link = await service.link("invitation", await service.add(password=None))
    await page.goto(f"{service.url}/invitation#{link}")
    await expect(page.get_by_label("Name")).to_have_value("ann")
    await expect(page.get_by_label("New password", exact=True)).to_be_focused()
    await check(page)
    await page.keyboard.type(PASSWORD)
    await page.get_by_label("New password again").fill(OTHER)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_have_text("The two passwords differ.")
    await page.get_by_label("New password again").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"{service.url}/")
    await page.get_by_role("textbox").wait_for()
    await page.goto(f"{service.url}/invitation#{link}")
    await expect(page.get_by_role("alert")).to_contain_text("This link was used already")
    await expect(page.locator("form")).to_be_hidden()


async def test_the_first_administrator_gives_themselves_a_name(page: Page, service: Service) -> None:
    link = await service.link("setup", None)
    await page.goto(f"{service.url}/invitation#{link}")
    await expect(page.get_by_text("You will be the administrator.")).to_be_visible()
    await expect(page.get_by_label("Name")).to_be_focused()
    await page.keyboard.type("root")
    await page.get_by_label("New password", exact=True).fill(PASSWORD)
    await page.get_by_label("New password again").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"{service.url}/")
    await page.goto(f"{service.url}/account")
    await expect(page.locator("#shown")).to_have_text("root · administrator")


async def test_a_password_is_changed_and_other_browsers_are_signed_out(
    page: Page, browser: LentBrowser, service: Service
) -> None:
    await service.add()
    await page.goto(f"{service.url}/sign-in?next=account")
    await sign_in(page)
    await expect(page.get_by_role("listitem")).to_have_count(1)
    other = service.browser()
    assert (await other.sign_in()).status_code == 200
    await page.reload()
    await expect(page.get_by_role("listitem")).to_have_count(2)
    await page.get_by_label("Current password").fill(PASSWORD)
    await page.get_by_label("New password", exact=True).fill("short")
    await page.get_by_label("New password again").fill("short")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("at least 12 characters")
    await page.get_by_label("Current password").fill(PASSWORD)
    await page.get_by_label("New password", exact=True).fill(OTHER)
    await page.get_by_label("New password again").fill(OTHER)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("Your password is changed.")
    await expect(page.get_by_role("listitem")).to_have_count(1)
    assert not await other.is_in()
    await other.http.aclose()


async def test_a_second_factor_is_set_up_and_asked_for_by_the_keyboard_alone(
    page: Page, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1_800_000_000
    monkeypatch.setattr(one_time_codes, "seconds_now", lambda: now)
    await service.add()
    await page.goto(f"{service.url}/sign-in?next=account")
    await sign_in(page)
    await page.locator("#prepare-password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("Code in the app")).to_be_focused()
    secret = await page.locator("#second-secret").inner_text()
    link = await page.get_by_role("link", name="Open in an app on this device").get_attribute("href")
    assert (link or "").startswith("otpauth://totp/OwFlex:ann?secret=" + secret.replace(" ", ""))
    picture = page.get_by_role("img", name="QR code with the secret")
    assert await picture.evaluate("picture => picture.complete && picture.naturalWidth > 100")
    await check(page)
    totp = TOTP(secret.replace(" ", ""))
    await page.keyboard.type(totp.at(now))
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("The second factor is on.")
    await expect(page.locator("#codes li")).to_have_count(10)
    await expect(page.locator("#second-secret")).to_have_text("")
    recovery = await page.locator("#codes li").first.inner_text()
    await check(page)
    await page.get_by_role("button", name="Sign out").click()
    await page.wait_for_url(f"{service.url}/sign-in")
    await page.goto(f"{service.url}/sign-in?next=account")
    await sign_in(page)
    code = page.get_by_label("Code")
    await expect(code).to_be_focused()
    assert await code.get_attribute("autocomplete") == "one-time-code"
    assert await code.get_attribute("inputmode") == "numeric"
    await expect(page.get_by_label("Password")).to_be_hidden()
    await check(page)
    await page.keyboard.type("000 000 000")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("This code is not right")
    await expect(code).to_be_focused()
    await page.keyboard.type(recovery)
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"{service.url}/account")
    await expect(page.locator("#second-state")).to_contain_text("left: 9")
    await page.locator("#change-password").fill(PASSWORD)
    await page.locator("#change-code").fill(totp.at(now, counter_offset=1))
    await page.get_by_role("button", name="Switch off").click()
    await expect(page.get_by_role("status")).to_contain_text("The second factor is off.")
    await expect(page.locator("#prepare-password")).to_be_visible()


async def test_a_session_that_ends_while_the_page_is_open_loses_no_draft(
    page: Page, service: Service, pool: Pool
) -> None:
    user_id = await service.add()
    await page.goto(service.url)
    await sign_in(page)
    await page.wait_for_url(f"{service.url}/")
    async with pool.connection() as connection:
        await set_disabled(connection, user_id, disabled=True)
        await set_disabled(connection, user_id, disabled=False)
    await page.get_by_role("textbox").fill("What I was going to say")
    await page.keyboard.press("Enter")
    again = page.get_by_role("button", name="Log in again")
    await again.wait_for()
    await page.get_by_role("textbox").fill("And more")
    await again.click()
    await page.wait_for_url(re.compile("/sign-in"))
    await sign_in(page)
    await page.wait_for_url(f"{service.url}/")
    await expect(page.get_by_role("textbox")).to_have_value("What I was going to say\n\nAnd more")


@pytest.mark.parametrize(
    ("locale", "title", "button"),
    [
        ("de-DE", "Anmelden", "Anmelden"),
        ("fr-FR", "Se connecter", "Se connecter"),
        ("es-ES", "Iniciar sesión", "Iniciar sesión"),
        ("pl-PL", "Sign in", "Sign in"),
    ],
)
async def test_the_page_speaks_the_language_of_the_browser(
    browser: LentBrowser, service: Service, locale: str, title: str, button: str
) -> None:
    page = await browser.new_page(locale=locale)
    await page.goto(service.url)
    await expect(page.get_by_role("heading", name=title)).to_be_visible()
    await expect(page.get_by_role("button", name=button)).to_be_visible()
    assert await page.evaluate("document.documentElement.lang") == ("en" if locale == "pl-PL" else locale[:2])
    await page.close()
