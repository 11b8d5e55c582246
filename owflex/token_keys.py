"""What `owflex token` does: make, show and revoke the keys of clients."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from rich.table import Table

from database.settings import read_settings
from knowledge_base.api_keys import (
    ApiKey,
    NewApiKey,
    create_api_key,
    list_api_keys,
    missing_collections,
    revoke_api_key,
)
from knowledge_base.errors import ApiKeyNotFoundError
from knowledge_base.settings import KnowledgeBaseSettings
from mcp_server.auth.scopes import READ_SCOPE, SCOPES, TASKS_SCOPE
from owflex.errors import OwflexError
from owflex.in_knowledge_base import Connection, in_knowledge_base
from serving.terminal import Console, escape, escape_line, json_line

BAD_OPTION = 2
HOURS = {"h": 1, "d": 24, "w": 24 * 7}
DEFAULT_DAYS = 90
MAX_NAME_CHARACTERS = 100

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


class TokenOptionError(OwflexError):
    """An option of `owflex token` cannot be understood; the message names it."""


def create_key(wanted: Callable[[], NewApiKey], *, as_json: bool) -> int:
    """Make a key and show its secret; 2 after `TokenOptionError`, which `wanted` may raise."""
    try:
        new = wanted()
    except TokenOptionError as error:
        errors.print(f"[red]{escape(str(error))}[/red]", soft_wrap=True)
        return BAD_OPTION

    async def made(connection: Connection) -> tuple[ApiKey, str, list[str]]:
        key, secret = await create_api_key(connection, new)
        return key, secret, await missing_collections(connection, new.collections or ())

    return in_knowledge_base(made, lambda result: _show_new(*result, as_json=as_json))


def list_keys(*, as_json: bool) -> int:
    """Show all keys; the exit code."""
    return in_knowledge_base(list_api_keys, lambda keys: _show(keys, as_json=as_json))


def revoke_key(key: str) -> int:
    """Let the key with this id or name open nothing any more; the exit code."""

    async def revoke(connection: Connection) -> int:
        key_id = _id_of(key, await list_api_keys(connection))
        await revoke_api_key(connection, key_id)
        return key_id

    return in_knowledge_base(
        revoke, lambda key_id: console.print(f"The key {key_id} no longer opens anything.")
    )


def _id_of(name: str, keys: Sequence[ApiKey]) -> int:
    """The id of the key that has this id, else of the one that is called so and still opens something."""
    if any(str(key.key_id) == name for key in keys):
        return int(name)
    ids = [key.key_id for key in keys if key.name == name and key.revoked_at is None]
    if not ids:
        raise ApiKeyNotFoundError(name)
    if len(ids) > 1:
        several = ", ".join(map(str, ids))
        raise TokenOptionError(f'Several keys are called "{name}": {several}. Revoke one by its id.')
    return ids[0]


def new_key(
    name: str,
    user: str,
    scopes: Sequence[str] | None,
    collections: Sequence[str] | None,
    expires: str | None,
) -> NewApiKey:
    """What the options say; no key lasts longer than API_KEY_MAX_DAYS. Raises `TokenOptionError`."""
    max_days = read_settings(KnowledgeBaseSettings).api_key_max_days
    wanted = list(dict.fromkeys(scopes or (READ_SCOPE, TASKS_SCOPE)))
    for scope in wanted:
        if scope not in SCOPES:
            raise TokenOptionError(f'There is no scope "{scope}". Scopes are: {", ".join(SCOPES)}.')
    return NewApiKey(
        _named("NAME", name),
        _named("--user", user),
        wanted,
        [_named("--collection", one) for one in dict.fromkeys(collections)] if collections else None,
        datetime.now(UTC) + _duration(expires or f"{min(DEFAULT_DAYS, max_days)}d", max_days),
    )


def _named(option: str, text: str) -> str:
    text = text.strip()
    if not text or len(text) > MAX_NAME_CHARACTERS or not text.isprintable():
        raise TokenOptionError(
            f"{option} must be a name of at most {MAX_NAME_CHARACTERS} characters, without line breaks."
        )
    return text


def _duration(text: str, max_days: int) -> timedelta:
    found = re.fullmatch(r"([1-9][0-9]{0,5})([hdw])", text.strip().lower())
    duration = timedelta(hours=int(found[1]) * HOURS[found[2]]) if found else None
    if duration is None:
        raise TokenOptionError(f'--expires "{text}" is not a duration such as 12h, 90d or 8w.')
    if duration > timedelta(days=max_days):
        raise TokenOptionError(
            f'--expires "{text}": a key is good for at most {max_days} days. API_KEY_MAX_DAYS can allow more.'
        )
    return duration


def _show_new(key: ApiKey, secret: str, missing: Sequence[str], *, as_json: bool) -> None:
    for name in missing:
        errors.print(f'There is no collection "{escape_line(name)}" yet: the key opens it once there is.')
    if as_json:
        console.print(json_line(_as_json(key) | {"secret": secret}), markup=False, soft_wrap=True)
        return
    console.print(secret, markup=False, soft_wrap=True)
    errors.print(
        f"This is key {key.key_id} ({escape_line(key.name)}) of the user {escape_line(key.user_id)}, "
        f"{_state(key)}. It is shown only now.\n"
        f"Clients send the header  Authorization: Bearer {secret[:10]}…\n"
        f"Take it back with  owflex token revoke {key.key_id}",
        soft_wrap=True,
    )


def _show(keys: Sequence[ApiKey], *, as_json: bool) -> None:
    if as_json:
        console.print(json_line([_as_json(key) for key in keys]), markup=False, soft_wrap=True)
        return
    if not keys:
        console.print("There is no key yet. Make one with: owflex token create NAME")
        return
    table = Table("ID", "Name", "User", "Scopes", "Collections", "State", "Last used")
    for key in keys:
        opened = "all" if key.collections is None else ", ".join(key.collections)
        row = (str(key.key_id), key.name, key.user_id, " ".join(key.scopes), opened, _state(key))
        table.add_row(*map(escape, row), written_moment(key.last_used_at) or "never")
    console.print(table)


def _state(key: ApiKey) -> str:
    if key.revoked_at is not None:
        return "revoked"
    if key.is_shut_out:
        return f"refused: its user is disabled (owflex user enable {key.user_id})"
    if key.expires_at is None:
        return "good, without an end"
    word = "good until" if key.expires_at > datetime.now(UTC) else "expired"
    return f"{word} {written_moment(key.expires_at)}"


def written_moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone().strftime("%Y-%m-%d %H:%M")


def _as_json(key: ApiKey) -> dict[str, object]:
    moments = {
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
        "last_used_at": key.last_used_at,
    }
    return {
        "id": key.key_id,
        "name": key.name,
        "user": key.user_id,
        "scopes": key.scopes,
        "collections": key.collections,
        "is_shut_out": key.is_shut_out,
        **{name: None if moment is None else moment.isoformat() for name, moment in moments.items()},
    }
