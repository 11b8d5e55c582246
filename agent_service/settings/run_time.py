"""Which settings administrators may change while the chat runs, and what each may be.

The environment wins: whoever starts the service must be able to set it right when nobody can sign in, and
what a deployment writes down is what runs.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, SecretStr, StringConstraints, TypeAdapter, ValidationError

from agent_service.settings.page import MAX_PROMPTS, Prompt
from agent_service.settings.settings import AgentServiceSettings
from agent_service.settings.system_prompt import MAX_PROMPT_BYTES
from database.settings import CommaList

Kind = Literal["text", "long_text", "address", "secret", "number", "list", "prompts"]
# Only variables that are named for it: another secret of the process could else be sent to any address.
REFERENCE = re.compile(r"env:(OWFLEX_SECRET_[A-Z0-9_]{1,100})")


@dataclass(frozen=True)
class Changeable:
    """A setting by the name of its field; `type` is what it may be, as pydantic understands it."""

    name: str
    group: Literal["model", "prompt", "page", "limits"]
    kind: Kind
    type: Any


def _address(value: str) -> str:
    """The address without a slash at its end."""
    if not value.isprintable() or " " in value:
        # Line breaks are left out when an address is taken apart, and fail when it is connected to.
        raise ValueError("The address has spaces or characters that are not shown. Copy it again.")
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        raise ValueError("This is no address.") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("Addresses begin with http:// or https://.")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("The address must not hold a user name, a password, ? or #.")
    return value.rstrip("/")


def _key(value: str) -> str:
    if not value.isascii() or not value.isprintable() or " " in value:
        raise ValueError("A key has neither spaces nor letters with accents. Copy it again.")
    if value.startswith("env:") and not REFERENCE.fullmatch(value):
        raise ValueError("After env: only names of variables that begin with OWFLEX_SECRET_ are allowed.")
    return value


def _prompt(value: str) -> str:
    if len(value.encode()) > MAX_PROMPT_BYTES:
        raise ValueError(f"This is longer than {MAX_PROMPT_BYTES} bytes.")
    return value


def _models(value: list[str]) -> list[str]:
    if len(value) > 50 or any(len(name) > 200 for name in value):
        raise ValueError("At most 50 models with names of 200 characters are possible.")
    return value


def _few(value: list[Prompt]) -> list[Prompt]:
    if len(value) > MAX_PROMPTS:
        raise ValueError(f"At most {MAX_PROMPTS} prompts are possible.")
    return value


def _text(most: int) -> Any:
    # No character that Postgres has not.
    return Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=most, pattern=r"^[^\x00]*$"),
    ]


def _number(least: int, most: int) -> Any:
    def check(value: int) -> int:
        if not least <= value <= most:
            raise ValueError(f"This must be a number from {least} to {most}.")
        return value

    return Annotated[int, AfterValidator(check)]


KEY = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000), AfterValidator(_key)
]
CHANGEABLE: Mapping[str, Changeable] = {
    one.name: one
    for one in (
        Changeable("openai_base_url", "model", "address", Annotated[_text(2000), AfterValidator(_address)]),
        Changeable("openai_api_key", "model", "secret", KEY),
        Changeable("openrouter_api_key", "model", "secret", KEY),
        Changeable("gemini_api_key", "model", "secret", KEY),
        Changeable("model_name", "model", "text", _text(200)),
        Changeable("model_choices", "model", "list", Annotated[CommaList, AfterValidator(_models)]),
        Changeable("history_tokens", "model", "number", _number(500, 10_000_000)),
        Changeable("system_prompt", "prompt", "long_text", Annotated[_text(65_536), AfterValidator(_prompt)]),
        Changeable("chat_title", "page", "text", _text(100)),
        Changeable("chat_greeting", "page", "text", _text(500)),
        Changeable("chat_prompts", "page", "prompts", Annotated[list[Prompt], AfterValidator(_few)]),
        Changeable("chat_rate_limit_per_minute", "limits", "number", _number(0, 1_000_000)),
        Changeable("chat_answers_at_once", "limits", "number", _number(0, 10_000)),
        Changeable("chat_tokens_per_day", "limits", "number", _number(0, 10**12)),
    )
}
MODEL_SETTINGS = frozenset(name for name, one in CHANGEABLE.items() if one.group == "model")
SECRETS = frozenset(name for name, one in CHANGEABLE.items() if one.kind == "secret")


def read_value(name: str, value: object) -> Any:
    """The value as the setting keeps it; a secret as its text.

    Raises `ValueError` with the reason, without the value, and `KeyError` for no setting of these.
    """
    try:
        return _adapter(name).validate_python(value)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise ValueError(first["msg"].removeprefix("Value error, ").rstrip(".") + ".") from None


def as_json(name: str, value: Any) -> Any:
    """The value as JSON has it."""
    return _adapter(name).dump_python(value, mode="json")


@cache
def _adapter(name: str) -> TypeAdapter[Any]:
    return TypeAdapter(CHANGEABLE[name].type)


def is_fixed(settings: AgentServiceSettings, name: str) -> bool:
    """Whether the environment, `.env` or `settings.env` sets it, so that nobody may change it on the page."""
    return name in settings.model_fields_set


def with_changes(settings: AgentServiceSettings, values: Mapping[str, Any]) -> AgentServiceSettings:
    """Other settings, with these values that were read before; they count as set by nobody."""
    changed = settings.model_copy(update={name: _kept(name, value) for name, value in values.items()})
    changed.model_fields_set.difference_update(values)
    return changed


def change_in_place(settings: AgentServiceSettings, values: Mapping[str, Any]) -> set[str]:
    """Give the settings these values, which all parts of the service then read; the names of what differs."""
    changed: set[str] = set()
    for name, value in values.items():
        kept = _kept(name, value)
        if getattr(settings, name) != kept:
            setattr(settings, name, kept)
            settings.model_fields_set.discard(name)
            changed.add(name)
    return changed


def _kept(name: str, value: Any) -> Any:
    return SecretStr(value) if name in SECRETS and isinstance(value, str) else value
