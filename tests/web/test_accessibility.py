"""axe-core finds nothing to complain about: in light, in dark and on a narrow screen."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.async_playwright import Axe  # pyright: ignore[reportMissingTypeStubs]
from playwright.async_api import Page, ViewportSize, expect

if TYPE_CHECKING:
    from conftest import Watched

pytestmark = pytest.mark.browser


NARROW: ViewportSize = {"width": 390, "height": 800}


async def start(watched: "Watched") -> None:
    """The page before a question."""


async def answer(watched: "Watched") -> None:
    """An answer with marks, code, a table, steps and sources."""
    await watched.ask("holidays?")
    await watched.answered()
    await watched.page.get_by_text("Searched the documents").click()


async def preview(watched: "Watched") -> None:
    """The preview of a source beside its mark."""
    await answer(watched)
    await watched.page.get_by_role("button", name="Source 1").focus()
    await watched.page.get_by_role("tooltip").wait_for()


async def passage(watched: "Watched") -> None:
    """The open passage of a source."""
    await answer(watched)
    await watched.page.get_by_role("button", name="Source 1").click()
    await watched.page.get_by_role("dialog", name="Passage: Staff handbook").wait_for()


async def streaming(watched: "Watched") -> None:
    """An answer that is being written."""
    await watched.ask("slow please")
    await watched.page.get_by_text("you have").wait_for()


async def error(watched: "Watched") -> None:
    """A question that failed and can be asked again."""
    await watched.ask("fail please")
    await watched.page.get_by_role("button", name="Try again").wait_for()


async def failed(watched: "Watched") -> None:
    """A question that stays without an answer."""
    await watched.ask("no answer")
    await watched.page.get_by_role("group", name="No complete answer").wait_for()
    await expect(watched.page.get_by_role("alert")).to_have_count(0)


async def reasons(watched: "Watched") -> None:
    """The question what was wrong with an answer."""
    await answer(watched)
    await watched.page.get_by_role("button", name="Bad answer").click()
    await watched.page.get_by_text("What was wrong?").wait_for()


async def editing(watched: "Watched") -> None:
    """A sent message that is being changed."""
    await answer(watched)
    await watched.page.get_by_role("button", name="Edit message").click()
    await watched.page.get_by_role("textbox", name="Edit message").wait_for()


async def card(watched: "Watched") -> None:
    """A card with all kinds of fields."""
    await watched.ask("a card")
    await watched.page.get_by_role("button", name="Book").wait_for()


async def form(watched: "Watched") -> None:
    """Questions of the service."""
    await watched.ask("a form")
    await watched.page.get_by_role("radio", name="2026").wait_for()


async def suggestions(watched: "Watched") -> None:
    """What could be asked next."""
    await watched.ask("suggest")
    await watched.page.get_by_role("button", name="What about sick days?").wait_for()


async def locked(watched: "Watched") -> None:
    """A chat in which nothing can be said."""
    await watched.ask("be locked")
    await watched.page.get_by_text("Somebody looks into this.").first.wait_for()


async def renaming(watched: "Watched") -> None:
    """A title that is being changed in the list."""
    await answer(watched)
    await watched.page.get_by_role("button", name="holidays?").first.focus()
    await watched.page.keyboard.press("F2")
    await watched.page.get_by_role("textbox", name="Rename this chat").wait_for()


async def deleted(watched: "Watched") -> None:
    """A chat that was deleted and can be brought back."""
    await answer(watched)
    await watched.page.get_by_role("button", name="holidays?").first.focus()
    await watched.page.keyboard.press("Delete")
    await watched.page.get_by_role("button", name="Undo").wait_for()


async def full_screen(watched: "Watched") -> None:
    """An answer that fills the screen."""
    await answer(watched)
    await watched.page.keyboard.press("Control+Shift+F")
    await watched.page.get_by_role("button", name="Leave full screen").wait_for()


State = Callable[["Watched"], Awaitable[None]]
STATES: list[State] = [
    start,
    answer,
    preview,
    passage,
    streaming,
    error,
    failed,
    reasons,
    editing,
    card,
    form,
    suggestions,
    locked,
    renaming,
    deleted,
    full_screen,
]


@pytest.mark.parametrize("state", STATES, ids=[state.__name__ for state in STATES])
async def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(
    watched: "Watched", state: State
) -> None:
    await watched.page.emulate_media(color_scheme="light", reduced_motion="reduce")
    await state(watched)
    await clean(watched.page)
    await watched.page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    await clean(watched.page)
    await watched.page.set_viewport_size(NARROW)
    await clean(watched.page)
    assert await watched.page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]


async def test_the_drawer_of_a_phone_is_clean_in_light_and_dark(watched: "Watched") -> None:
    await answer(watched)
    await watched.page.set_viewport_size(NARROW)
    await watched.page.get_by_role("button", name="Show chats").click()
    await expect(watched.page.get_by_role("button", name="Hide chats")).to_be_visible()
    for scheme in ("light", "dark"):
        await watched.page.emulate_media(
            color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce"
        )
        await clean(watched.page)


async def clean(page: Page) -> None:
    """Fails with what axe-core has found."""
    found = await Axe().run(page)  # pyright: ignore[reportUnknownMemberType]
    assert found.violations_count == 0, found.generate_report()
