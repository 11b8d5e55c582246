"""`owflex mcp install`: OwFlex entered into the configuration file of a desktop client."""

import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import tomlkit
import typer

from database.home import open_data_folder, read_or_create_secret
from database.settings import read_settings
from mcp_server.settings import TOKEN_FILE, McpServerSettings
from owflex.asking.addresses import mcp_url
from owflex.errors import OwflexError
from owflex.exit_codes import exit_code
from owflex.mcp.clients import (
    TITLES,
    ClientName,
    Endpoint,
    Entry,
    Machine,
    Program,
    config_file,
    http_entry,
    servers_path,
    stdio_entry,
)
from serving.terminal import json_text

NAME = "owflex"


class InstallError(OwflexError):
    """The entry could not be made or written; the client's file is as it was."""


def merged(existing: bytes | None, file: Path, path: Sequence[str], entry: Entry) -> bytes:
    """The file's new content, with everything else in it kept: in TOML the comments, too.

    Raises `InstallError` when it is not the object it should be.
    """
    is_toml = file.suffix == ".toml"
    config = _parsed_toml(existing, file) if is_toml else _parsed(existing, file)
    servers = config
    for key in path:
        inner: object = servers.setdefault(key, {})
        if not isinstance(inner, dict):
            raise InstallError(
                f'"{key}" in {file} is not an object. Nothing was changed; correct it by hand.'
            )
        # What was set may be another object than what is kept.
        servers = cast(Entry, servers[key])
    servers[NAME] = entry
    text = tomlkit.dumps(config) if is_toml else json.dumps(config, indent=2, ensure_ascii=False) + "\n"
    return text.encode()


def write(file: Path, path: Sequence[str], entry: Entry) -> Path | None:
    """Enter OwFlex into the file; returns the copy of the old file, where there was one that changed.

    Raises `InstallError`, after which the file is as it was.
    """
    # A link, as dotfile managers make them, stays a link.
    target = file.resolve()
    try:
        existing = _content(target)
        content = merged(existing, file, path, entry)
        if content == existing:
            return None
        target.parent.mkdir(parents=True, exist_ok=True)
        backup = None if existing is None else _back_up(target, existing)
        _replace(target, content, existing)
    except OSError as error:
        raise InstallError(f"{file} cannot be written ({error.strerror}). Nothing was changed.") from None
    return backup


def install(client: ClientName, *, http: bool, yes: bool, show: bool) -> int:
    """Show the entry, ask, and write it; returns the exit code."""
    return exit_code(lambda: _install(client, http=http, yes=yes, show=show))


def _install(client: ClientName, *, http: bool, yes: bool, show: bool) -> int:
    entry = _entry(client, http=http)
    path = servers_path(client)
    if show:
        typer.echo(_as_text(client, entry))
        return 0
    file = config_file(client, Machine(sys.platform, Path.home(), os.environ))
    # Said before the question: a file that cannot be read will not be written either.
    merged(_readable(file), file, path, entry)
    typer.echo(f"{TITLES[client]} gets this entry in {file}:\n\n{_as_text(client, _masked(entry))}\n")
    if not yes:
        typer.confirm("Write it?", default=True, abort=True)
    backup = write(file, path, entry)
    typer.echo(f"Written. Restart {TITLES[client]} to see the tools.")
    if backup is not None:
        typer.echo(f"Backup of the file: {backup}")
    return 0


def _entry(client: ClientName, *, http: bool) -> Entry:
    settings = read_settings(McpServerSettings)
    folder = open_data_folder(settings.owflex_home)
    if not http:
        return stdio_entry(client, Program(_own_command(), _settings_to_pass(settings, folder)))
    token = settings.mcp_server_token or read_or_create_secret(folder, TOKEN_FILE)
    return http_entry(
        client, Endpoint(f"{mcp_url(settings)}/mcp", f"Bearer {token.get_secret_value()}"), sys.platform
    )


def _own_command() -> Path:
    """The owflex command beside this Python. Raises `InstallError`."""
    command = Path(sys.executable).parent / ("owflex.exe" if sys.platform == "win32" else "owflex")
    if not command.is_file():
        raise InstallError(f"There is no command {command}. Install OwFlex into this Python with pip.")
    return command.absolute()


def _settings_to_pass(settings: McpServerSettings, folder: Path) -> dict[str, str]:
    """What the server needs to find the same documents: clients start it in a folder without our `.env`."""
    passed = {"OWFLEX_HOME": str(folder)}
    if settings.knowledge_base_database_url is not None:
        passed["KNOWLEDGE_BASE_DATABASE_URL"] = settings.knowledge_base_database_url.get_secret_value()
    if settings.knowledge_base_read_urls is not None:
        passed["KNOWLEDGE_BASE_READ_URLS"] = settings.knowledge_base_read_urls.get_secret_value()
    if settings.embedding_model is not None:
        passed["EMBEDDING_MODEL"] = settings.embedding_model
    return passed


def _parsed(existing: bytes | None, file: Path) -> Entry:
    if existing is None or not existing.strip():
        return {}
    try:
        config: object = json.loads(existing.decode("utf-8-sig"))
    except ValueError as error:
        raise InstallError(
            f"{file} is not valid JSON ({error}). Nothing was changed: correct it, "
            "or enter by hand what `--print` shows."
        ) from None
    if not isinstance(config, dict):
        raise InstallError(f"{file} does not hold a JSON object. Nothing was changed; correct it by hand.")
    return cast(Entry, config)


def _parsed_toml(existing: bytes | None, file: Path) -> Entry:
    try:
        return tomlkit.parse((existing or b"").decode("utf-8-sig"))
    except ValueError as error:
        raise InstallError(
            f"{file} is not valid TOML ({error}). Nothing was changed: correct it, "
            "or enter by hand what `--print` shows."
        ) from None


def _content(file: Path) -> bytes | None:
    return file.read_bytes() if file.exists() else None


def _readable(file: Path) -> bytes | None:
    try:
        return _content(file)
    except OSError as error:
        raise InstallError(f"{file} cannot be read ({error.strerror}). Nothing was changed.") from None


def _back_up(file: Path, content: bytes) -> Path:
    """A copy beside the file, for its owner only: it may hold tokens of other servers."""
    time = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    backup = file.with_name(f"{file.name}.{time}.bak")
    _replace(backup, content, _content(backup))
    return backup


def _replace(file: Path, content: bytes, expected: bytes | None) -> None:
    """The file appears whole or not at all, unless another program changed it meanwhile."""
    handle, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as new:
            new.write(content)
            new.flush()
            os.fsync(new.fileno())
        if _content(file) != expected:
            raise InstallError(
                f"{file} was changed by another program in the meantime. Run the command again."
            )
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)


def _masked(entry: Entry) -> Entry:
    """The entry as it may stand on a screen: without what opens doors."""

    def mask(values: Mapping[str, str]) -> dict[str, str]:
        return {
            name: value if name in ("OWFLEX_HOME", "EMBEDDING_MODEL") else "…"
            for name, value in values.items()
        }

    secret = ("env", "environment", "headers", "http_headers")
    return {field: mask(value) if field in secret else value for field, value in entry.items()}


def _as_text(client: ClientName, entry: Entry) -> str:
    nested: Entry = {NAME: entry}
    for key in reversed(servers_path(client)):
        nested = {key: nested}
    return tomlkit.dumps(nested) if client is ClientName.CODEX else json_text(nested)
