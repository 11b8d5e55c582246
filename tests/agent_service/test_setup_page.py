"""How to set up a language model is one link away from what the built-in model says of itself."""

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import OpenChat


@pytest.mark.parametrize(
    "question", ["What can you do?", "Was kannst du?", "que peux-tu faire ?", "¿qué puedes hacer?"]
)
async def test_the_built_in_model_links_to_the_page_about_language_models(
    open_chat: "OpenChat", question: str
) -> None:
    chat = await open_chat("extractive")
    link = re.search(r"\]\(([^)]+)\)", (await chat.say(question)).text)
    assert link is not None
    page = await chat.http.get(f"{chat.url}/{link[1]}")
    assert page.status_code == 200
    assert "OPENAI_API_KEY" in page.text
