"""Files on the page: chosen, dropped, pasted, checked, uploaded, taken back, shown; the service is real."""

import asyncio
import struct
import zlib
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import FilePayload, Page, Route, expect

from tests.support.browsing import LentBrowser

if TYPE_CHECKING:
    from conftest import OpenChat

pytestmark = pytest.mark.browser

NOTES: FilePayload = {"name": "notes.md", "mimeType": "text/markdown", "buffer": b"# Notes\n\n25 days."}
GIVE = """(box, [type, name, text]) => {
  const data = new DataTransfer();
  data.items.add(new File([text], name, { type: "text/plain" }));
  const event = type === "paste"
    ? new ClipboardEvent("paste", { clipboardData: data, bubbles: true, composed: true, cancelable: true })
    : new DragEvent(type, { dataTransfer: data, bubbles: true, composed: true, cancelable: true });
  box.dispatchEvent(event);
}"""


def picture() -> bytes:
    """A PNG of 4 by 4 red points."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress(b"".join(b"\0" + b"\xff\0\0" * 4 for _ in range(4)))
    header = struct.pack(">IIBBBBB", 4, 4, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.fixture
async def page(open_chat: "OpenChat", browser: LentBrowser) -> AsyncGenerator[Page]:
    """The page of a service that takes three files of 2 000 bytes; it may not complain in the console."""
    chat = await open_chat("extractive", attachment_max_bytes=2000, attachment_max_count=3)
    page = await browser.new_page(viewport={"width": 1000, "height": 900})
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        # A refused upload is one more line there, of the browser's own.
        lambda message: (
            complaints.append(message.text) if message.type == "error" and "415" not in message.text else None
        ),
    )
    await page.goto(chat.url)
    await page.get_by_role("button", name="Attach files").wait_for()
    yield page
    await page.close()
    assert complaints == []


async def uploaded(page: Page, count: int = 1) -> None:
    """Wait until so many files are there and none is under way."""
    await expect(page.locator("owflex-composer .file")).to_have_count(count)
    await expect(page.get_by_role("progressbar")).to_have_count(0)


async def test_a_chosen_file_goes_with_the_message_and_is_shown_in_it(page: Page) -> None:
    image: FilePayload = {"name": "red.png", "mimeType": "image/png", "buffer": picture()}
    await page.locator("input[type=file]").set_input_files([NOTES, image])
    await uploaded(page, 2)
    await page.get_by_role("textbox").fill("What is in my notes?")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Copy answer").wait_for()
    await expect(page.locator("owflex-composer .file")).to_have_count(0)
    for _ in range(2):
        sent = page.locator(".user")
        await expect(sent.get_by_role("button", name="Download notes.md")).to_be_visible()
        await expect(sent.get_by_role("img", name="red.png")).to_be_visible()
        await page.reload()
    async with page.expect_download() as found:
        await page.get_by_role("button", name="Download notes.md").click()
    download = await found.value
    assert (await download.path()).read_bytes() == NOTES["buffer"]


async def test_a_file_is_dropped_on_the_conversation_or_pasted(page: Page) -> None:
    chat = page.locator("owflex-chat")
    await chat.evaluate(GIVE, ["dragenter", "a.txt", "A"])
    await expect(page.get_by_text("Drop files here to attach them")).to_be_visible()
    await chat.evaluate(GIVE, ["drop", "a.txt", "A"])
    await expect(page.get_by_text("Drop files here to attach them")).to_have_count(0)
    await page.get_by_role("textbox").evaluate(GIVE, ["paste", "b.txt", "B"])
    await uploaded(page, 2)
    await expect(page.locator("owflex-composer")).to_contain_text("a.txt")


async def test_what_cannot_be_attached_is_said_before_anything_is_sent(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.method == "PUT" else None)
    alert = page.get_by_role("alert")
    field = page.locator("input[type=file]")
    large: FilePayload = {"name": "large.txt", "mimeType": "text/plain", "buffer": b"x" * 2001}
    await field.set_input_files([large])
    await expect(alert).to_contain_text("large.txt is 2 kB; the limit is 2 kB.")
    film: FilePayload = {"name": "film.mp4", "mimeType": "video/mp4", "buffer": b"x"}
    await field.set_input_files([film])
    await expect(alert).to_contain_text("film.mp4 cannot be attached. Accepted types: PDF, DOCX")
    empty: FilePayload = {"name": "notes.md", "mimeType": "text/markdown", "buffer": b""}
    await field.set_input_files([empty])
    await expect(alert).to_contain_text("notes.md is empty.")
    assert asked == []
    await field.set_input_files([NOTES, NOTES, NOTES, NOTES])
    await expect(alert).to_contain_text("A message can have at most 3 files.")
    await uploaded(page, 3)


async def test_a_file_that_is_no_picture_is_refused_with_the_services_sentence(page: Page) -> None:
    lie: FilePayload = {"name": "lie.png", "mimeType": "image/png", "buffer": b"only words"}
    await page.locator("input[type=file]").set_input_files([lie])
    await expect(page.locator("owflex-composer .file")).to_contain_text("lie.png is not what its name says")
    await page.get_by_role("textbox").fill("Look")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_have_text("Remove the files that could not be uploaded.")


async def test_an_upload_can_be_broken_off_and_a_file_taken_back(page: Page) -> None:
    held: asyncio.Queue[Route] = asyncio.Queue()
    await page.route("**/attachments/*", held.put)
    await page.locator("input[type=file]").set_input_files([NOTES])
    await held.get()
    await expect(page.get_by_role("progressbar", name="notes.md is being uploaded")).to_be_attached()
    await page.get_by_role("textbox").fill("Now?")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_have_text("The files are still being uploaded.")
    await page.get_by_role("button", name="Remove notes.md").click()
    await expect(page.locator("owflex-composer .file")).to_have_count(0)
    await page.unroute("**/attachments/*")
    await page.locator("input[type=file]").set_input_files([NOTES])
    await uploaded(page)
    async with page.expect_response(
        lambda response: "attachments.delete" in (response.request.post_data or "")
    ) as found:
        await page.get_by_role("button", name="Remove notes.md").click()
    assert (await found.value).ok
