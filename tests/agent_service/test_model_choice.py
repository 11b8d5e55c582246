"""Users choose among the models that are offered, and no others."""

from pathlib import Path
from typing import Any

import httpx2
import pytest
from agents.testing import ScriptedModel
from pydantic import SecretStr, ValidationError

from agent_service.errors import ModelChoiceError
from agent_service.models.menu import ModelMenu, model_names
from agent_service.models.providers import ChosenModel, choose_model
from agent_service.settings.settings import AgentServiceSettings
from tests.agent_service.conftest import Chat, OpenChat, Serve
from tests.agent_service.scripted_provider import ScriptedProvider, call, say
from tests.agent_service.test_turns import say as says

OTHER = "custom:big-model"


def chosen_by(settings: AgentServiceSettings) -> ChosenModel:
    return choose_model(settings)


def with_prompt(**settings: Any) -> AgentServiceSettings:
    return AgentServiceSettings(**settings)


async def a_chat(open_chat: OpenChat, url: str, **more: Any) -> Chat:
    options: dict[str, Any] = {"openai_base_url": f"{url}/v1", "model_name": "small-model"} | more
    return await open_chat(chosen_by(AgentServiceSettings(**options)), **options)


def models_asked(provider: ScriptedProvider) -> list[str]:
    return [request["model"] for request in provider.requests]


async def test_the_chosen_model_answers(open_chat: OpenChat, serve: Serve) -> None:
    provider = ScriptedProvider(
        [call("list_tasks"), say("No tasks."), call("list_tasks", "call_2"), say("None.")]
    )
    async with serve(provider) as url:
        chat = await a_chat(open_chat, url, model_choices=[OTHER])
        first = await chat.say("My tasks?", inference_options={"model": OTHER})
        await chat.say("And now?", first.thread_id)
        config = (await chat.http.get(f"{chat.url}/config.json")).json()
    assert models_asked(provider) == ["big-model", "big-model", "small-model", "small-model"]
    assert config["models"] == ["small-model", OTHER]


async def test_a_model_that_is_not_offered_is_a_400(open_chat: OpenChat) -> None:
    chat = await open_chat(ScriptedModel([says("Yes.")]))
    refused = await chat.post(Chat.message("Hi", inference_options={"model": "gpt-expensive"}))
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "unknown_model")
    assert (await chat.post(Chat.message("Hi", inference_options={"model": "scripted"}))).status_code == 200


async def test_a_long_conversation_gets_the_larger_model(open_chat: OpenChat, serve: Serve) -> None:
    provider = ScriptedProvider([call("list_tasks"), say("A."), call("list_tasks", "call_2"), say("B.")])
    async with serve(provider) as url:
        chat = await a_chat(open_chat, url, long_conversation_model=OTHER, history_tokens=1000)
        first = await chat.say("A short question?")
        await chat.say("A long one. " * 250, first.thread_id)
    assert models_asked(provider) == ["small-model", "small-model", "big-model", "big-model"]


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("model_choices", ["openrouter:openai/gpt-4.1"]),
        ("model_choices", ["openai:litellm/gpt-4.1"]),
        ("long_conversation_model", "gemini:gemini-2.5-pro"),
    ],
)
def test_a_choice_that_cannot_work_is_refused_at_the_start(setting: str, value: Any) -> None:
    options: dict[str, Any] = {"openai_api_key": SecretStr("sk-test"), setting: value}
    settings = AgentServiceSettings(**options)
    with pytest.raises(ModelChoiceError, match=setting.upper() if "litellm" not in str(value) else "litellm"):
        ModelMenu(settings, chosen_by(settings))


def test_a_bare_name_is_one_of_the_same_provider() -> None:
    options: dict[str, Any] = {"openai_api_key": "sk-test", "model_choices": "gpt-4.1, gpt-4.1-mini"}
    settings = AgentServiceSettings(**options)
    chosen = chosen_by(settings)
    ModelMenu(settings, chosen)
    assert model_names(settings, chosen) == ["gpt-4.1-mini", "gpt-4.1"]


def test_the_prompt_can_come_from_a_file(tmp_path: Path) -> None:
    prompt = tmp_path / "prompt.txt"
    prompt.write_text("You are Hilde.\n", encoding="utf-8")
    assert with_prompt(system_prompt_file=prompt).system_prompt == "You are Hilde."


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(None, "cannot be read"), (b"", "is empty"), (b"\xff\xfe", "not text"), (b"x" * 70_000, "larger than")],
)
def test_a_prompt_file_that_cannot_be_used_is_one_sentence(
    tmp_path: Path, content: bytes | None, sentence: str
) -> None:
    prompt = tmp_path / "prompt.txt"
    if content is not None:
        prompt.write_bytes(content)
    with pytest.raises(ValidationError, match=sentence):
        with_prompt(system_prompt_file=prompt)


def test_two_prompts_are_one_too_many(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="both set"):
        with_prompt(system_prompt="Me.", system_prompt_file=tmp_path)


async def test_a_page_without_choices_offers_none(open_chat: OpenChat) -> None:
    chat = await open_chat(ScriptedModel([]))
    async with httpx2.AsyncClient() as http:
        assert (await http.get(f"{chat.url}/config.json")).json()["models"] == []
