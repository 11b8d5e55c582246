"""OpenAI's component over the real service: it is let in only where a key says so, and shares the chats."""

from typing import TYPE_CHECKING

import pytest
from playwright.async_api import Route, expect

from tests.support.browsing import LentBrowser

if TYPE_CHECKING:
    from tests.agent_service.conftest import OpenChat

VENDOR = "https://cdn.platform.openai.com"
# A component that asks one question as soon as it has its options.
ASKING = """
customElements.define("openai-chatkit", class extends HTMLElement {
  async setOptions({ api }) {
    const content = [{ type: "input_text", text: "How many days of annual leave?" }];
    const input = { content, attachments: [], inference_options: {} };
    const body = JSON.stringify({ type: "threads.create", params: { input } });
    const headers = { "content-type": "application/json" };
    this.dispatchEvent(new CustomEvent("chatkit.ready"));
    const answer = await (await api.fetch(api.url, { method: "POST", headers, body })).text();
    const threadId = /"thread":{"id":"([^"]+)"/.exec(answer)?.[1] ?? null;
    this.dispatchEvent(new CustomEvent("chatkit.thread.change", { detail: { threadId } }));
    this.textContent = answer.includes("25 days") ? "answered" : answer;
  }
});
"""


async def test_the_page_lets_the_vendor_in_only_with_a_key(open_chat: "OpenChat") -> None:
    chat = await open_chat("extractive", chatkit_domain_key=" domain_pk_1 ")
    assert VENDOR in (await chat.http.get(chat.url)).headers["content-security-policy"]
    for path in ("/?client=builtin", "/config.json", "/health"):
        assert VENDOR not in (await chat.http.get(chat.url + path)).headers["content-security-policy"]
    config = (await chat.http.get(f"{chat.url}/config.json")).json()
    assert config["chatkit"] == {"domain_key": "domain_pk_1"}


async def test_an_empty_key_is_none(open_chat: "OpenChat", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATKIT_DOMAIN_KEY", "")
    chat = await open_chat("extractive")
    page = await chat.http.get(chat.url)
    assert VENDOR not in page.headers["content-security-policy"]
    assert "owflex-chat.js" in page.text
    assert (await chat.http.get(f"{chat.url}/config.json")).json()["chatkit"] is None


@pytest.mark.browser
async def test_an_answer_the_component_got_is_there_in_the_built_in_chat(
    open_chat: "OpenChat", browser: LentBrowser
) -> None:
    chat = await open_chat("extractive", chatkit_domain_key="domain_pk_1")
    page = await browser.new_page()

    async def script(route: Route) -> None:
        await route.fulfill(content_type="text/javascript", body=ASKING)

    await page.route(f"{VENDOR}/**", script)
    await page.goto(chat.url)
    await expect(page.locator("openai-chatkit")).to_have_text("answered", timeout=60_000)
    await page.get_by_role("link", name="Use the built-in chat").click()
    await expect(page.locator(".answer")).to_contain_text("25 days")
    await expect(page.get_by_role("button", name="Source 1").first).to_be_visible()
    await page.close()
