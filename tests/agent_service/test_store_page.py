"""The code of docs/store.md works as it stands there."""

import json
import re
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.types import ASGIApp

PAGE = Path(__file__).parents[2] / "docs" / "store.md"
CODE = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)

Serve = Callable[[ASGIApp], AbstractAsyncContextManager[str]]


@pytest.fixture
def names() -> dict[str, Any]:
    """What the page's code defines."""
    names: dict[str, Any] = {"__name__": "page"}
    for code in CODE.findall(PAGE.read_text(encoding="utf-8")):
        exec(compile(code, str(PAGE), "exec"), names)  # noqa: S102 - it is our own page
    return names


def hello() -> dict[str, Any]:
    content = [{"type": "input_text", "text": "hello"}]
    message: dict[str, Any] = {"content": content, "attachments": [], "inference_options": {}}
    return {"type": "threads.create", "params": {"input": message}}


async def test_the_page_makes_an_endpoint_that_answers_from_memory(
    names: dict[str, Any], serve: Serve
) -> None:
    async with serve(names["app"]) as url, httpx2.AsyncClient() as http:
        response = await http.post(f"{url}/chatkit", json=hello())
        assert "You said: hello" in response.text
        threads = await http.post(f"{url}/chatkit", json={"type": "threads.list", "params": {}})
        assert len(threads.json()["data"]) == 1


async def test_the_page_keeps_chats_in_postgres(names: dict[str, Any], chat_url: str) -> None:
    answered = await names["answer"](chat_url, json.dumps(hello()).encode())
    assert b"You said: hello" in answered
