"""Which language model the settings choose."""

from typing import Any

import pytest

from agent_service.errors import ModelChoiceError
from agent_service.models.providers import choose_model
from agent_service.settings.settings import AgentServiceSettings

KEY = "sk-test"


def choose(**settings: Any) -> tuple[str, str, bool]:
    chosen = choose_model(AgentServiceSettings(**settings))
    return chosen.provider, chosen.name, chosen.extractive


@pytest.mark.parametrize(
    ("settings", "provider", "name"),
    [
        ({"openai_api_key": KEY}, "OpenAI", "gpt-4.1-mini"),
        ({"openai_api_key": KEY, "model_name": "gpt-5"}, "OpenAI", "gpt-5"),
        ({"openrouter_api_key": KEY}, "OpenRouter", "openai/gpt-4.1-mini"),
        ({"openrouter_api_key": KEY, "model_name": "qwen/qwen3:free"}, "OpenRouter", "qwen/qwen3:free"),
        ({"openrouter_api_key": KEY, "model_name": "openrouter/auto"}, "OpenRouter", "openrouter/auto"),
        ({"gemini_api_key": KEY}, "Gemini", "gemini-2.5-flash"),
        ({"gemini_api_key": KEY, "model_name": "models/gemini-x"}, "Gemini", "models/gemini-x"),
        (
            {"openai_base_url": "http://localhost:11434/v1/", "model_name": "llama3.1"},
            "localhost:11434",
            "llama3.1",
        ),
        (
            {"openai_base_url": "http://gpu:8000/v1", "openai_api_key": KEY, "model_name": "meta/Llama-3"},
            "gpu:8000",
            "meta/Llama-3",
        ),
        ({"openai_api_key": KEY, "openrouter_api_key": KEY, "gemini_api_key": KEY}, "OpenAI", "gpt-4.1-mini"),
        ({"openai_api_key": KEY, "openrouter_api_key": KEY, "model_name": "a/b"}, "OpenRouter", "a/b"),
        ({"openai_api_key": KEY, "gemini_api_key": KEY, "model_name": "gemini-x"}, "Gemini", "gemini-x"),
    ],
)
def test_keys_and_names_choose_the_provider(settings: dict[str, Any], provider: str, name: str) -> None:
    assert choose(**settings) == (provider, name, False)


@pytest.mark.parametrize("settings", [{}, {"openai_api_key": KEY, "model_name": "extractive"}])
def test_without_a_language_model_the_documents_are_quoted(settings: dict[str, Any]) -> None:
    assert choose(**settings) == ("OwFlex", "extractive", True)


@pytest.mark.parametrize(
    ("settings", "cure"),
    [
        ({"model_name": "gpt-5"}, "Set OPENAI_API_KEY"),
        ({"openai_base_url": "http://localhost:11434/v1"}, "Set MODEL_NAME"),
        ({"openai_api_key": KEY, "model_name": "litellm/gpt-5"}, "leave the prefix litellm/ out"),
        ({"openrouter_api_key": KEY, "model_name": "litellm/a/b"}, "leave the prefix litellm/ out"),
        ({"openrouter_api_key": KEY, "model_name": "openrouter/a/b"}, "leave the prefix openrouter/ out"),
        ({"openai_api_key": KEY, "model_name": "openai/gpt-5"}, "write gpt-5"),
        ({"gemini_api_key": KEY, "model_name": "google/gemini-x"}, "write gemini-x"),
        ({"openrouter_api_key": KEY, "model_name": "gpt-5"}, "the provider in front"),
    ],
)
def test_a_name_that_cannot_work_is_refused_with_the_cure(settings: dict[str, Any], cure: str) -> None:
    with pytest.raises(ModelChoiceError, match=cure):
        choose(**settings)


BOTH = {"openai_api_key": KEY, "openrouter_api_key": KEY}


def fallbacks(text: str, **settings: Any) -> list[tuple[str, str]]:
    chosen = choose_model(AgentServiceSettings(fallback_models=text, **settings))  # pyright: ignore[reportArgumentType]
    built = [fallback.build() for fallback in chosen.fallbacks]
    return [(model.provider, model.name) for model in built]


def test_fallback_models_are_named_with_their_provider() -> None:
    assert fallbacks("openrouter:qwen/qwen3:free, openai:gpt-4.1-mini,extractive", **BOTH) == [
        ("OpenRouter", "qwen/qwen3:free"),
        ("OpenAI", "gpt-4.1-mini"),
        ("OwFlex", "extractive"),
    ]
    own = {"openai_base_url": "http://gpu:8000/v1", "model_name": "big", "gemini_api_key": KEY}
    assert fallbacks("custom:small, gemini:gemini-x", **own) == [
        ("gpu:8000", "small"),
        ("Gemini", "gemini-x"),
    ]
    assert fallbacks("", **BOTH) == []


@pytest.mark.parametrize(
    ("text", "cure"),
    [
        ("gpt-5", "neither `extractive` nor a provider and a name"),
        ("openai:", "neither `extractive` nor a provider and a name"),
        ("mistral:large", "Providers are openai"),
        ("gemini:gemini-x", "needs GEMINI_API_KEY"),
        ("custom:llama", "needs OPENAI_BASE_URL"),
        ("openrouter:gpt-5", "the provider in front"),
    ],
)
def test_a_fallback_that_cannot_work_is_refused_with_the_cure(text: str, cure: str) -> None:
    with pytest.raises(ModelChoiceError, match=cure):
        fallbacks(text, **BOTH)
