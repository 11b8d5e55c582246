"""Programs ask in OpenAI's forms, with OpenAI's own client, and are answered from the documents."""

import asyncio
import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openai
import pytest
from agents.testing import ScriptedModel, assistant_message, function_call
from pydantic import SecretStr

from agent_service.models.providers import ChosenModel, choose_model
from agent_service.settings.settings import AgentServiceSettings
from tests.agent_service.scripted_provider import ScriptedProvider, call, say

if TYPE_CHECKING:
    from conftest import Chat, FakeKnowledge, OpenChat, Serve

SEARCH = function_call("search_documents", {"query": "leave"}, call_id="c1")
BEGINNING = "You have a number of days. [[12]] As the handbook says, these"
ASKED: list[Any] = [{"role": "user", "content": "How many days of leave?"}]
SOURCE = "- [1] [Handbook › Leave]({}/#/knowledge/document/7?at=12) (handbook.md)"


def without_port(text: str) -> str:
    return re.sub(r"127\.0\.0\.1:\d+", "here", text)


def script(text: str) -> ScriptedModel:
    return ScriptedModel([[SEARCH], [assistant_message(text)]])


def client_of(chat: "Chat", **headers: str) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(
        base_url=f"{chat.url}/v1", api_key="none", max_retries=0, default_headers=headers
    )


async def test_a_question_is_answered_with_numbers_and_their_sources(open_chat: "OpenChat") -> None:
    chat = await open_chat(script("You have 25 days. [[12]]"))
    done = await client_of(chat).chat.completions.create(model="owflex", messages=ASKED)
    message = done.choices[0].message
    assert message.content is not None
    assert message.content == f"You have 25 days. [1]\n\nSources:\n\n{SOURCE.format(chat.url)}"
    (citation,) = message.annotations or []
    cited = citation.url_citation
    assert message.content[cited.start_index : cited.end_index] == "[1]"
    assert cited.url == f"{chat.url}/#/knowledge/document/7?at=12"
    assert (done.choices[0].finish_reason, done.model) == ("stop", "owflex")
    assert done.usage is not None
    assert done.usage.total_tokens > 20


async def test_a_streamed_answer_says_the_same(open_chat: "OpenChat") -> None:
    chat = await open_chat(script("You have 25 days. [[12]] They expire in March. [[12]]"))
    client = client_of(chat)
    stream = await client.chat.completions.create(
        model="owflex", messages=ASKED, stream=True, stream_options={"include_usage": True}
    )
    chunks = [chunk async for chunk in stream]
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    said = "You have 25 days. [1] They expire in March. [1]"
    assert text == f"{said}\n\nSources:\n\n{SOURCE.format(chat.url)}"
    assert chunks[0].choices[0].delta.role == "assistant"
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].usage is not None
    assert len({chunk.id for chunk in chunks}) == 1


async def test_responses_are_whole_or_streamed(open_chat: "OpenChat") -> None:
    chat = await open_chat(script("You have 25 days. [[12]]"))
    whole = await client_of(chat).responses.create(
        model="owflex", input="How many days?", instructions="Short."
    )
    assert whole.output_text.startswith("You have 25 days. [1]\n\nSources:")
    chat = await open_chat(script("You have 25 days. [[12]]"))
    stream = await client_of(chat).responses.create(model="owflex", input=ASKED, stream=True)
    events = [event async for event in stream]
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    last = events[-1]
    assert last.type == "response.completed"
    assert last.response.output_text == text
    assert [event.sequence_number for event in events] == list(range(len(events)))


async def test_the_conversation_and_instructions_reach_the_model_and_nothing_is_stored(
    open_chat: "OpenChat",
) -> None:
    model = script("25 days. [[12]]")
    chat = await open_chat(model)
    messages: list[Any] = [
        {"role": "system", "content": "Answer like a pirate."},
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "Good morning."},
        {"role": "user", "content": [{"type": "text", "text": "How many days?"}]},
    ]
    await client_of(chat).chat.completions.create(model="owflex", messages=messages)
    asked = model.calls[0]
    assert "Answer like a pirate." in str(asked.system_instructions)
    assert [item["role"] for item in asked.input] == ["user", "assistant", "user"]  # pyright: ignore
    assert (await chat.ask("threads.list", limit=10))["data"] == []


async def test_programs_read_documents_and_are_offered_no_task_tools(
    open_chat: "OpenChat", knowledge: "FakeKnowledge"
) -> None:
    knowledge.add_passage("Ann has 3 more days.", chunk_id=40)
    chat = await open_chat("extractive")
    done = await client_of(chat, **{"x-user": "bob"}).chat.completions.create(model="owflex", messages=ASKED)
    assert "25 days of annual leave" in str(done.choices[0].message.content)
    assert {user for user, _, _ in knowledge.calls} == {"bob"}


async def test_models_are_those_a_user_may_choose(open_chat: "OpenChat") -> None:
    chat = await open_chat(script("x"))
    client = client_of(chat)
    assert [model.id async for model in client.models.list()] == ["owflex"]
    with pytest.raises(openai.BadRequestError, match="gpt-9 is not offered"):
        await client.chat.completions.create(model="gpt-9", messages=ASKED)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "assistant", "content": "Hi"}]}, "one of the user's"),
        ({"messages": [{"role": "user", "content": "  "}]}, "with words in it"),
        ({"messages": [{"role": "tool", "content": "x", "tool_call_id": "1"}]}, "messages.0.role"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "image_url"),
        ({"messages": ASKED, "tools": [{"type": "function"}]}, "tools"),
        ({"messages": ASKED, "n": 2}, "n: "),
        ({"messages": ASKED, "response_format": {"type": "json_object"}}, "response_format"),
        ({"messages": ASKED * 501}, "messages"),
    ],
)
async def test_what_could_not_be_honoured_is_refused_by_name(
    open_in_house: "OpenChat", body: dict[str, Any], reason: str
) -> None:
    chat = await open_in_house(script("x"))
    answer = await chat.http.post(f"{chat.url}/v1/chat/completions", json=body)
    assert answer.status_code == 400
    assert reason in answer.json()["error"]["message"]
    assert answer.json()["error"]["type"] == "invalid_request_error"


async def test_a_form_of_another_page_and_a_long_body_are_refused(open_in_house: "OpenChat") -> None:
    chat = await open_in_house(script("x"), max_request_bytes=2000)
    url = f"{chat.url}/v1/chat/completions"
    form = await chat.http.post(url, content=b"{}", headers={"content-type": "text/plain"})
    long = await chat.http.post(url, json={"messages": [{"role": "user", "content": "x" * 3000}]})
    assert (form.status_code, long.status_code) == (415, 413)


def chosen(url: str, **more: Any) -> ChosenModel:
    """The model of a scripted provider."""
    settings = AgentServiceSettings(
        openai_base_url=f"{url}/v1",
        model_name="m0",
        openai_api_key=SecretStr("sk-own-key"),
        llm_timeout_seconds=3,
        **more,
    )  # pyright: ignore[reportCallIssue]
    return choose_model(settings)


@pytest.mark.parametrize("stream", [False, True])
async def test_a_model_that_refuses_is_an_error_with_a_sentence(
    open_chat: "OpenChat", serve: "Serve", stream: bool
) -> None:
    async with serve(ScriptedProvider([401])) as url:
        chat = await open_chat(chosen(url))
        with pytest.raises(openai.InternalServerError, match="OPENAI_API_KEY") as caught:
            await client_of(chat).chat.completions.create(model="owflex", messages=ASKED, stream=stream)
    assert caught.value.response.headers["x-should-retry"] == "false"


async def test_a_failure_in_the_middle_ends_the_stream_with_its_sentence(
    open_chat: "OpenChat", serve: "Serve"
) -> None:
    steps = [call("search_documents", query="leave"), say(BEGINNING, "hang")]
    async with serve(ScriptedProvider([*steps])) as url:
        chat = await open_chat(chosen(url))
        stream = await client_of(chat).chat.completions.create(model="owflex", messages=ASKED, stream=True)
        with pytest.raises(openai.APIError, match="in time"):
            async for _ in stream:
                pass


async def test_another_model_begins_anew_and_says_so(open_chat: "OpenChat", serve: "Serve") -> None:
    searching = call("search_documents", query="leave")
    async with serve(ScriptedProvider([searching, say(BEGINNING, "hang")])) as url:
        chat = await open_chat(chosen(url, fallback_models=["extractive"]))
        stream = await client_of(chat).chat.completions.create(model="owflex", messages=ASKED, stream=True)
        text = "".join([chunk.choices[0].delta.content or "" async for chunk in stream])
    async with serve(ScriptedProvider([searching, say(BEGINNING, "hang")])) as url:
        chat = await open_chat(chosen(url, fallback_models=["extractive"]))
        whole = await client_of(chat).chat.completions.create(model="owflex", messages=ASKED)
    assert "The answer begins anew:" in text
    answer = str(whole.choices[0].message.content)
    assert "The answer begins anew:" not in answer
    assert "25 days of annual leave" in answer
    assert without_port(answer) in without_port(text)


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
async def test_the_examples_of_the_handbook_work_as_printed(open_in_house: "OpenChat") -> None:
    chat = await open_in_house("extractive")
    handbook = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
    examples = re.findall(r"```sh\n(.*?)```", handbook, re.S)
    assert len(examples) == 4
    for example in examples:
        command = example.replace("http://127.0.0.1:8000", chat.url)
        pipe = asyncio.subprocess.PIPE
        environment = {**os.environ, "no_proxy": "*"}
        ran = await asyncio.create_subprocess_shell(command, stdout=pipe, env=environment)
        printed = (await ran.communicate())[0].decode()
        assert ("owflex" if "models" in command else "annual") in printed


async def test_limits_hold_here_too(open_chat: "OpenChat") -> None:
    chat = await open_chat("extractive", chat_rate_limit_per_minute=1)
    client = client_of(chat)
    await client.chat.completions.create(model="owflex", messages=ASKED)
    with pytest.raises(openai.RateLimitError):
        await client.chat.completions.create(model="owflex", messages=ASKED)


async def test_nobody_asks_without_a_login(open_chat: "OpenChat") -> None:
    login: Any = {"agent_service_auth": "proxy", "agent_service_proxy_addresses": ["10.0.0.1"]}
    chat = await open_chat("extractive", **login)
    with pytest.raises(openai.AuthenticationError):
        await client_of(chat).models.list()
