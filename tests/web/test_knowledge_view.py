"""The documents of the knowledge view in a real browser: reading, adding and removing them."""

import re

import knowing as view
import pytest
from knowing import Knowing
from playwright.async_api import Page, Route, expect

pytestmark = pytest.mark.browser

knowing = view.knowing
DRAGGED = """() => {
    const data = new DataTransfer();
    data.items.add(new File(["some text"], "dropped.md"));
    return data;
}"""


async def titles(page: Page) -> list[str]:
    """The titles in the table of documents."""
    return await page.locator("table.documents tbody a").all_text_contents()


async def test_documents_are_listed_narrowed_down_and_sorted(knowing: Knowing) -> None:
    page = knowing.page
    await knowing.go()
    await expect(page.get_by_role("status").filter(has_text="3 documents")).to_be_visible()
    await page.get_by_role("link", name=re.compile("manuals")).click()
    await expect(page.locator("tbody tr")).to_have_count(1)
    assert await titles(page) == ["Printer"]
    await expect(page.get_by_role("link", name=re.compile("manuals"))).to_have_attribute(
        "aria-current", "true"
    )
    await page.get_by_role("link", name=re.compile("All collections")).click()
    await page.get_by_role("button", name="Updated").click()
    await expect(page.locator("tbody a").first).to_have_text("Travel policy")
    await expect(page.get_by_role("columnheader", name="Updated")).to_have_attribute(
        "aria-sort", "descending"
    )
    await page.get_by_role("searchbox").fill("hr travel")
    await expect(page.locator("tbody tr")).to_have_count(1)
    assert await titles(page) == ["Travel policy"]
    await page.get_by_role("searchbox").fill("no such thing")
    await page.get_by_role("button", name="Clear the filter").click()
    await expect(page.locator("tbody tr")).to_have_count(3)
    await page.reload()
    await expect(page.locator("tbody a").first).to_have_text("Travel policy")


async def test_a_long_list_is_shown_page_by_page(knowing: Knowing) -> None:
    for number in range(60):
        knowing.known.add(f"Minute {number}", f"minutes/{number:03}.md", "minutes")
    await knowing.go("documents?collection=minutes")
    await expect(knowing.page.locator("tbody tr")).to_have_count(50)
    await knowing.page.get_by_role("button", name="Show more").click()
    await expect(knowing.page.locator("tbody tr")).to_have_count(60)
    await expect(knowing.page.get_by_role("button", name="Show more")).to_have_count(0)


async def test_the_list_is_walked_with_the_keyboard_and_focus_follows_into_the_document(
    knowing: Knowing,
) -> None:
    page = knowing.page
    await knowing.go()
    await page.locator("tbody a").first.focus()
    await page.keyboard.press("ArrowDown")
    await expect(page.get_by_role("link", name="Travel policy")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Travel policy").first).to_be_focused()
    await page.go_back()
    await expect(page.locator("tbody tr")).to_have_count(3)


async def test_a_document_is_read_part_by_part_and_runs_nothing(knowing: Knowing) -> None:
    page = knowing.page
    await knowing.go("document/1")
    await expect(page.locator(".sheet")).to_contain_text("Everybody has 25 days a year.")
    await expect(page.locator(".sheet img, .sheet script, .sheet a")).to_have_count(0)
    await page.get_by_text("Metadata").click()
    await expect(page.get_by_text("hr, leave")).to_be_visible()
    await page.get_by_text("Left out when it was read").click()
    await expect(page.get_by_text("Header and footer: 2 lines left out on 5 pages.")).to_be_visible()
    await page.get_by_role("button", name="Read on").click()
    await expect(page.locator(".sheet").last).to_contain_text("The second part.")
    await expect(page.get_by_role("button", name="Read on")).to_have_count(0)


async def test_a_found_passage_is_shown_among_its_neighbours(knowing: Knowing) -> None:
    page = knowing.page
    await knowing.go("document/1?at=7")
    await expect(page.get_by_role("region", name="The passage that was found")).to_contain_text(
        "Passage number 7."
    )
    await expect(page.locator(".sheet")).to_have_count(7)
    await page.get_by_role("button", name="Earlier passages").click()
    await expect(page.locator(".sheet").first).to_contain_text("Passage number 1.")
    await page.get_by_role("button", name="Later passages").click()
    await expect(page.locator(".sheet").last).to_contain_text("Passage number 17.")


async def test_asking_about_a_document_goes_to_the_chat_with_its_tag(knowing: Knowing) -> None:
    page = knowing.page
    await knowing.go("document/1")
    await page.get_by_role("button", name="Ask about this document").click()
    await expect(page.get_by_role("textbox")).to_have_value("What is this document about?")
    await expect(page.locator("owflex-composer .tag")).to_contain_text("Staff handbook")
    assert "#/knowledge" not in page.url


async def test_a_document_that_was_handed_in_is_removed_after_a_question(knowing: Knowing) -> None:
    page = knowing.page
    document_id = knowing.known.add("Notes", "added-by/ann/notes.md")
    await knowing.go(f"document/{document_id}")
    await page.get_by_role("button", name="Remove").click()
    await page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    await expect(page.get_by_role("button", name="Remove")).to_be_focused()
    knowing.known.worker.set()
    await page.get_by_role("button", name="Remove").click()
    await page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    await expect(page.locator("tbody tr")).to_have_count(3)
    assert "Notes" not in await titles(page)


async def test_a_document_of_a_folder_says_why_it_cannot_be_removed(knowing: Knowing) -> None:
    await knowing.go("document/1")
    await knowing.page.get_by_role("button", name="Remove").click()
    dialog = knowing.page.get_by_role("dialog")
    await expect(dialog).to_contain_text("owflex ingest")
    await expect(dialog.get_by_role("button")).to_have_count(1)
    await knowing.page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)


async def test_files_are_uploaded_followed_across_a_reload_and_listed(knowing: Knowing) -> None:
    page = knowing.page
    await knowing.go("documents?collection=handbook")
    await page.get_by_role("button", name="Add documents").click()
    await expect(page.get_by_label("Add to collection")).to_have_value("handbook")
    await knowing.add_file("notes.md")
    await knowing.add_file("broken.pdf")
    await knowing.add_file("empty.md", b"")
    uploads = page.get_by_role("region", name="Uploads").get_by_role("listitem")
    await expect(uploads.filter(has_text="Waiting for a worker")).to_have_count(2)
    await expect(uploads.filter(has_text="empty.md")).to_contain_text("The file is empty.")
    await page.reload()
    await expect(uploads).to_have_count(3)
    knowing.known.worker.set()
    await expect(uploads.filter(has_text="notes.md")).to_contain_text("Done: 42 passages")
    await expect(uploads.filter(has_text="broken.pdf")).to_contain_text("The file is damaged.")
    await expect(page.locator("tbody a", has_text="notes.md")).to_be_visible()
    await page.get_by_role("button", name="Clear finished").click()
    await expect(uploads).to_have_count(0)
    assert [upload["collection"] for upload in knowing.known.uploads.values()] == ["handbook", "handbook"]


async def test_who_may_only_read_adds_to_their_own_documents(knowing: Knowing) -> None:
    page = knowing.page
    knowing.known.reads_only = True
    knowing.known.worker.set()
    await knowing.go()
    await page.get_by_role("button", name="Add documents").click()
    await expect(page.get_by_label("Add to collection")).to_have_value("My documents")
    await expect(page.locator("#collections option")).to_have_count(0)
    await knowing.add_file("notes.md")
    await expect(page.get_by_role("link", name="My documents")).to_be_visible()
    assert [upload["collection"] for upload in knowing.known.uploads.values()] == ["My documents"]


async def test_who_goes_to_the_chat_meanwhile_loses_no_file(knowing: Knowing) -> None:
    page = knowing.page
    held: list[Route] = []
    await knowing.go()
    await page.get_by_role("button", name="Add documents").click()
    await page.route("**/knowledge/documents", lambda route: held.append(route))
    await knowing.add_file("notes.md")
    await page.get_by_role("link", name="Chat").click()
    await expect(page.get_by_text("What would you like to know?")).to_be_visible()
    knowing.known.worker.set()
    await held[0].continue_()
    await page.unroute("**/knowledge/documents")
    await page.get_by_role("link", name="Knowledge").click()
    await expect(page.get_by_role("region", name="Uploads")).to_contain_text("Done: 42 passages")


async def test_files_are_dropped_anywhere_on_the_view(knowing: Knowing) -> None:
    page = knowing.page
    await knowing.go("documents?collection=manuals")
    await expect(page.locator("tbody tr")).to_have_count(1)
    transfer = await page.evaluate_handle(DRAGGED)
    table = page.locator("table.documents")
    await table.dispatch_event("dragover", {"dataTransfer": transfer})
    await expect(page.get_by_text("Drop files to add them to “manuals”")).to_be_visible()
    knowing.known.worker.set()
    await table.dispatch_event("drop", {"dataTransfer": transfer})
    await expect(page.locator("tbody a", has_text="dropped.md")).to_be_visible()


async def test_an_upload_on_its_way_is_cancelled_and_tried_again(knowing: Knowing) -> None:
    page = knowing.page
    held: list[Route] = []
    await knowing.go()
    await page.get_by_role("button", name="Add documents").click()
    await page.route("**/knowledge/documents", lambda route: held.append(route))
    await knowing.add_file("notes.md")
    await page.get_by_role("button", name="Cancel: notes.md").click()
    uploads = page.get_by_role("region", name="Uploads").get_by_role("listitem")
    await expect(uploads).to_contain_text("Cancelled")
    await page.unroute("**/knowledge/documents")
    knowing.known.worker.set()
    await page.get_by_role("button", name="Try again: notes.md").click()
    await expect(uploads).to_contain_text("Done: 42 passages")


async def test_a_web_page_is_added_by_its_address(knowing: Knowing) -> None:
    page = knowing.page
    knowing.known.worker.set()
    await knowing.go()
    await page.get_by_role("button", name="Add documents").click()
    address = page.get_by_label("Address of a web page")
    await address.fill("ftp://example.org")
    await page.get_by_role("button", name="Add page").click()
    assert knowing.known.uploads == {}
    await address.fill("https://example.org/rules")
    await page.get_by_role("button", name="Add page").click()
    await expect(page.locator("tbody a", has_text="https://example.org/rules")).to_be_visible()


async def test_readers_see_no_way_to_add_and_are_told_who_can_allow_it(knowing: Knowing) -> None:
    knowing.known.uploads_allowed = False
    await knowing.go()
    await expect(knowing.page.get_by_text("Documents can only be read here.")).to_be_visible()
    await expect(knowing.page.get_by_role("button", name="Add documents")).to_have_count(0)
    await knowing.go("document/1")
    await expect(knowing.page.get_by_role("button", name="Ask about this document")).to_be_visible()
    await expect(knowing.page.get_by_role("button", name="Remove")).to_have_count(0)


async def test_an_empty_knowledge_base_says_what_to_do(knowing: Knowing) -> None:
    knowing.known.documents.clear()
    await knowing.go()
    await expect(knowing.page.get_by_text("owflex ingest ./my-documents")).to_be_visible()
    await expect(knowing.page.get_by_label("Add to collection")).to_have_value("default")


async def test_a_service_that_is_away_is_asked_again(knowing: Knowing) -> None:
    knowing.known.broken = True
    await knowing.go()
    alert = knowing.page.get_by_role("alert")
    await expect(alert).to_contain_text("The documents cannot be reached.")
    knowing.known.broken = False
    await alert.get_by_role("button", name="Try again").click()
    await expect(knowing.page.locator("tbody tr")).to_have_count(3)
