"""The secrets that MCP_SERVERS names: from the environment, `.env`, or the settings of the data folder."""

import os
from collections.abc import Mapping
from pathlib import Path

from agent_service.errors import AgentServiceError
from agent_service.settings.other_servers import REFERENCE
from database.secret_files import UnreadableSecretError, read_secret_file, secret_path
from database.settings import ENV_FILE, file_values, settings_file


class OtherServerError(AgentServiceError):
    """MCP_SERVERS names a secret that is not there."""


def known_variables() -> dict[str, str | None]:
    """Every variable that settings may stand in. Raises `SettingsError`."""
    return {**file_values(settings_file()), **file_values(Path(ENV_FILE)), **os.environ}


def with_secrets(
    values: Mapping[str, str], server: str, variables: Mapping[str, str | None]
) -> dict[str, str]:
    """The values with what their references `${NAME}` stand for. Raises `OtherServerError` with the cure."""
    return {
        name: REFERENCE.sub(lambda found: _secret(found.group(1), server, variables), value)
        for name, value in values.items()
    }


def _secret(name: str, server: str, variables: Mapping[str, str | None]) -> str:
    path = secret_path(variables, name)
    try:
        found = (variables.get(name) or "").strip() if path is None else read_secret_file(path)
    except UnreadableSecretError as error:
        raise OtherServerError(f"MCP_SERVERS: {name}_FILE, which {server} needs, {error}.") from None
    if not found:
        raise OtherServerError(
            f"MCP_SERVERS: {server} needs {name}, which is not set. Set {name} or {name}_FILE."
        )
    return found
