"""Dictation on the page, with the microphone that Chromium plays."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import Page, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.support.browsing import LentBrowser

if TYPE_CHECKING:
    from conftest import OpenChat, Serve

pytestmark = pytest.mark.browser

CHROMIUM = "/usr/bin/chromium"
FAKE_MICROPHONE = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
OpenPage = Callable[..., AbstractAsyncContextManager[Page]]


@dataclass
class Provider:
    """Writes down what it is told to, and keeps the recordings it got."""

    text: str = "how many days of leave"
    status: int = 200
    recordings: list[bytes] = field(default_factory=list[bytes])

    async def transcribe(self, request: Request) -> Response:
        """The OpenAI protocol's answer."""
        form = await request.form()
        file: Any = form["file"]
        self.recordings.append(await file.read())
        return JSONResponse({"text": self.text}, status_code=self.status)


@pytest.fixture
def provider() -> Provider:
    """Hears a question."""
    return Provider()


@pytest.fixture
async def open_page(
    open_chat: "OpenChat", serve: "Serve", provider: Provider, browser: LentBrowser
) -> AsyncGenerator[OpenPage]:
    """Opens the page of a service with dictation, in a browser with a microphone."""
    app = Starlette(routes=[Route("/v1/audio/transcriptions", provider.transcribe, methods=["POST"])])
    async with serve(app) as url:
        chat = await open_chat("extractive", transcription="openai", transcription_base_url=f"{url}/v1")

        @asynccontextmanager
        async def opened(*arguments: str) -> AsyncGenerator[Page]:
            found = ["--no-sandbox", *(arguments or FAKE_MICROPHONE)]
            hearing = await browser.browser_type.launch(executable_path=CHROMIUM, args=found)
            page = await hearing.new_page()
            await page.goto(chat.url)
            await page.get_by_role("button", name="Dictate").wait_for()
            yield page
            await hearing.close()

        yield opened


async def record(page: Page) -> None:
    """Begin, and wait for the clock's first second."""
    await page.get_by_role("button", name="Dictate").click()
    await expect(page.get_by_role("timer")).to_have_text("0:01")


async def test_what_was_said_lands_behind_what_was_typed(open_page: OpenPage, provider: Provider) -> None:
    async with open_page() as page:
        await page.get_by_role("textbox").fill("Tell me:")
        await record(page)
        await page.get_by_role("button", name="Use the recording").click()
        await expect(page.get_by_role("textbox")).to_have_value("Tell me: how many days of leave")
        await expect(page.get_by_role("textbox")).to_be_focused()
        await expect(page.locator(".user")).to_have_count(0)
    assert provider.recordings[0].startswith(b"\x1a\x45\xdf\xa3"), "WebM"


async def test_the_element_can_send_what_was_said_at_once(open_page: OpenPage) -> None:
    async with open_page() as page:
        await page.locator("owflex-composer").evaluate("box => { box.dictation = 'send' }")
        await record(page)
        await page.get_by_role("button", name="Use the recording").click()
        await expect(page.locator(".user")).to_contain_text("how many days of leave")


async def test_a_recording_can_be_dropped(open_page: OpenPage, provider: Provider) -> None:
    async with open_page() as page:
        await record(page)
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("button", name="Dictate")).to_be_focused()
        await record(page)
        await page.get_by_role("button", name="Discard the recording").click()
        await expect(page.get_by_role("timer")).to_have_count(0)
    assert provider.recordings == []


async def test_silence_and_a_failing_service_are_said_in_words(
    open_page: OpenPage, provider: Provider
) -> None:
    async with open_page() as page:
        provider.text = " "
        await record(page)
        await page.get_by_role("button", name="Use the recording").click()
        await expect(page.get_by_role("alert")).to_have_text("Nothing was heard.")
        provider.status = 400
        await record(page)
        await page.get_by_role("button", name="Use the recording").click()
        await expect(page.get_by_role("alert")).to_contain_text("transcription")


async def test_a_refused_microphone_is_said_in_words(open_page: OpenPage) -> None:
    async with open_page("--deny-permission-prompts") as page:
        await page.get_by_role("button", name="Dictate").click()
        await expect(page.get_by_role("alert")).to_contain_text("microphone")


async def test_a_service_without_dictation_shows_no_button(
    open_chat: "OpenChat", browser: LentBrowser
) -> None:
    chat = await open_chat("extractive", transcription="off")
    page = await browser.new_page()
    await page.goto(chat.url)
    await page.get_by_role("button", name="Attach files").wait_for()
    await expect(page.get_by_role("button", name="Dictate")).to_have_count(0)
