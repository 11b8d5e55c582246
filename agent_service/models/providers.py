"""Which language model answers: chosen by the settings, spoken to over Chat Completions."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal
from urllib.parse import urlsplit

from agents import Model
from openai import AsyncOpenAI
from pydantic import SecretStr

from agent_service.errors import ModelChoiceError
from agent_service.models.chat_completions import UniqueIdModel, WholeAnswerModel
from agent_service.models.extractive.model import ExtractiveModel
from agent_service.models.wire.client import open_client, open_guarded_client
from agent_service.models.wire.refusals import Refusals
from agent_service.settings.run_time import is_fixed
from agent_service.settings.settings import AgentServiceSettings

EXTRACTIVE = "extractive"
OPENAI_URL = "https://api.openai.com/v1"
OPENROUTER_URL = "https://openrouter.ai/api/v1"
GEMINI_URL = "https://generativelanguage.googleapis.com/v1beta/openai/"
DEFAULT_NAMES = {"OpenAI": "gpt-4.1-mini", "OpenRouter": "openai/gpt-4.1-mini", "Gemini": "gemini-2.5-flash"}
# A retry is one more HTTP request before anything was answered; it never repeats a tool.
HTTP_RETRIES = 1
PROVIDER_NAMES = {"openai": "OpenAI", "openrouter": "OpenRouter", "gemini": "Gemini", "custom": "custom"}

ProviderName = Literal["OpenAI", "OpenRouter", "Gemini", "custom"]


@dataclass(frozen=True)
class Provider:
    """An OpenAI-compatible service, its key and the setting the key comes from.

    Where the address was entered on the page, connections are `guarded`: never to link-local addresses.
    """

    name: ProviderName
    base_url: str
    key: SecretStr | None
    key_setting: str
    guarded: bool = False


@dataclass(frozen=True)
class ChosenModel:
    """The model that answers; `provider` says whom a user knows it from, `extractive` that it is no LLM."""

    model: Model
    name: str
    provider: str
    key_setting: str
    extractive: bool
    fallbacks: "tuple[NamedModel, ...]" = ()


@dataclass(frozen=True)
class NamedModel:
    """A model to go on to when others fail, as it stands in FALLBACK_MODELS; `build` makes it."""

    text: str
    build: Callable[[], ChosenModel]


def choose_model(settings: AgentServiceSettings) -> ChosenModel:
    """The model the settings name, the extractive one when they name none, with the models to fall back on.

    Raises `ModelChoiceError`.
    """
    fallbacks = tuple(named_model(text, settings, "FALLBACK_MODELS") for text in settings.fallback_models)
    found = provider_and_name(settings)
    return _extractive() if found is None else _language_model(*found, settings, fallbacks)


def provider_and_name(settings: AgentServiceSettings) -> tuple[Provider, str] | None:
    """Who is asked, and for which model; None when no language model is. Raises `ModelChoiceError`."""
    providers = _providers(settings)
    if settings.model_name == EXTRACTIVE or not (providers or settings.model_name):
        return None
    if not providers:
        raise ModelChoiceError(
            f"MODEL_NAME={settings.model_name} names a language model, but not where it is. Set "
            "OPENAI_API_KEY, OPENROUTER_API_KEY, GEMINI_API_KEY or OPENAI_BASE_URL, or leave MODEL_NAME out."
        )
    provider = _provider_for(settings.model_name, providers)
    name = settings.model_name or _default_name(provider)
    _check_name(name, provider)
    return provider, name


def _extractive() -> ChosenModel:
    return ChosenModel(UniqueIdModel(ExtractiveModel()), EXTRACTIVE, "OwFlex", "", extractive=True)


def _language_model(
    provider: Provider, name: str, settings: AgentServiceSettings, fallbacks: tuple[NamedModel, ...] = ()
) -> ChosenModel:
    # With others in line the next one is asked at once instead of the same one again.
    retries = 0 if settings.fallback_models else HTTP_RETRIES
    client = client_of(provider, settings.llm_timeout_seconds, retries)
    model = UniqueIdModel(WholeAnswerModel(name, client))
    return ChosenModel(
        model, name, _display_name(provider), provider.key_setting, extractive=False, fallbacks=fallbacks
    )


def named_model(text: str, settings: AgentServiceSettings, setting: str) -> NamedModel:
    """A model written as `provider:name` in a setting; its client is made when it is needed.

    Raises `ModelChoiceError`, which names the setting.
    """
    if text == EXTRACTIVE:
        return NamedModel(text, _extractive)
    kind, _, name = text.partition(":")
    wanted = PROVIDER_NAMES.get(kind)
    if wanted is None or not name:
        raise ModelChoiceError(
            f"{setting}: {text} is neither `{EXTRACTIVE}` nor a provider and a name, e.g. "
            "openrouter:openai/gpt-4.1-mini. Providers are openai, openrouter, gemini and custom "
            "(the server at OPENAI_BASE_URL)."
        )
    found = [provider for provider in _all_providers(settings) if provider.name == wanted]
    if not found:
        raise ModelChoiceError(f"{setting}: {text} needs {_setting_of(kind)}. Set it, or leave {text} out.")
    _check_name(name, found[0])
    return NamedModel(text, partial(_language_model, found[0], name, settings))


def _setting_of(kind: str) -> str:
    return "OPENAI_BASE_URL" if kind == "custom" else f"{kind.upper()}_API_KEY"


def _providers(settings: AgentServiceSettings) -> list[Provider]:
    """Those that are set up, the first one first in line."""
    providers = _all_providers(settings)
    return providers[:1] if settings.openai_base_url is not None else providers


def _all_providers(settings: AgentServiceSettings) -> list[Provider]:
    """Each that can be reached. With a base URL the OpenAI key belongs to the server there."""
    own = settings.openai_base_url
    first = (
        Provider("OpenAI", OPENAI_URL, settings.openai_api_key, "OPENAI_API_KEY")
        if own is None
        else Provider(
            "custom",
            own,
            settings.openai_api_key,
            "OPENAI_API_KEY",
            guarded=not is_fixed(settings, "openai_base_url"),
        )
    )
    candidates = [
        first,
        Provider("OpenRouter", OPENROUTER_URL, settings.openrouter_api_key, "OPENROUTER_API_KEY"),
        Provider("Gemini", GEMINI_URL, settings.gemini_api_key, "GEMINI_API_KEY"),
    ]
    return [provider for provider in candidates if provider.key is not None or provider.name == "custom"]


def _provider_for(name: str | None, providers: list[Provider]) -> Provider:
    """The one whose way of naming models fits, else the first."""
    wanted = _provider_named_like(name or "")
    return next((provider for provider in providers if provider.name == wanted), providers[0])


def _provider_named_like(name: str) -> ProviderName | None:
    if name.removeprefix("models/").startswith("gemini"):
        return "Gemini"
    return "OpenRouter" if "/" in name else None


def _default_name(provider: Provider) -> str:
    if provider.name not in DEFAULT_NAMES:
        raise ModelChoiceError(
            f"Set MODEL_NAME to a model that {provider.base_url} serves, e.g. llama3.1 for Ollama."
        )
    return DEFAULT_NAMES[provider.name]


def _check_name(name: str, provider: Provider) -> None:
    """Names with a provider in front belong to OpenRouter and to servers that really call them so."""
    prefix, _, rest = name.partition("/")
    if prefix == "litellm" or (prefix == "openrouter" and "/" in rest):
        raise ModelChoiceError(
            f"MODEL_NAME={name}: leave the prefix {prefix}/ out; write the name as {provider.name} calls it."
        )
    if provider.name in ("OpenAI", "Gemini") and rest and prefix != "models":
        raise ModelChoiceError(
            f"MODEL_NAME={name}: {provider.name} calls its models without a prefix; write {rest}. "
            "Names with the provider in front are right for OpenRouter (set OPENROUTER_API_KEY)."
        )
    if provider.name == "OpenRouter" and not rest:
        raise ModelChoiceError(
            f"MODEL_NAME={name}: OpenRouter's names carry the provider in front, "
            f"e.g. {DEFAULT_NAMES['OpenRouter']}."
        )


def client_of(
    provider: Provider, timeout_seconds: float, retries: int, refusals: Refusals | None = None
) -> AsyncOpenAI:
    """A client of the provider; `refusals` gathers what its models refuse."""
    # Servers without keys refuse nothing, but the client insists on one.
    key = provider.key.get_secret_value() if provider.key is not None else "no-key"
    opened = open_guarded_client if provider.guarded else open_client
    return opened(provider.base_url, key, timeout_seconds, retries, refusals)


def _display_name(provider: Provider) -> str:
    if provider.name == "custom":
        return urlsplit(provider.base_url).netloc
    return provider.name


def provider_kind(settings: AgentServiceSettings, name: str) -> str | None:
    """The provider, as settings write it, that a bare model name goes to; None when none is set up."""
    providers = _providers(settings)
    if not providers:
        return None
    wanted = _provider_for(name, providers).name
    return next(kind for kind, provider in PROVIDER_NAMES.items() if provider == wanted)
