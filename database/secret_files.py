"""Secrets as files: `NAME_FILE` says where the value of the secret setting `NAME` stands.

So do containers get theirs (Docker's and Kubernetes' secrets are files), and no list of the environment, no
image and no process list shows them.
"""

import logging
import os
import stat
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, get_args

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource
from pydantic_settings.sources import EnvSettingsSource

from database.errors import SettingsError
from database.setting_problems import SettingProblem

logger = logging.getLogger("database")

SUFFIX = "_FILE"
# An address of a database with all that may stand in it.
MAX_BYTES = 65_536


class UnreadableSecretError(ValueError):
    """A secret's file cannot be used; the text says why."""


def is_secret(field: FieldInfo) -> bool:
    """Whether a setting's value must not be shown."""
    return SecretStr in (field.annotation, *get_args(field.annotation))


def read_secret_file(path: Path) -> str:
    """The secret in a file, without white space around it. Raises `UnreadableSecretError`."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        text = content.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise UnreadableSecretError("is not text in UTF-8") from None
    except (OSError, ValueError) as error:
        raise UnreadableSecretError(f"cannot be read ({getattr(error, 'strerror', error)})") from None
    if len(content) > MAX_BYTES:
        raise UnreadableSecretError(f"is larger than {MAX_BYTES} bytes")
    if any(not character.isprintable() for character in text):
        raise UnreadableSecretError("has more than one line, or control characters")
    return text


def open_to_all(path: Path) -> bool:
    """Whether every user of the machine may read the file."""
    return os.name == "posix" and bool(path.stat().st_mode & stat.S_IROTH)


class SecretFiles(PydanticBaseSettingsSource):
    """The secrets whose files are named in `variables`, as they were read before: the later ones count."""

    def __init__(
        self, settings: type[BaseSettings], given: EnvSettingsSource, *others: EnvSettingsSource
    ) -> None:
        super().__init__(settings)
        self._variables: dict[str, str | None] = {}
        for source in (*reversed(others), given):
            self._variables |= {name.upper(): value for name, value in source.env_vars.items()}

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """The secret of one setting; None where no file is named."""
        return self._secret(field_name.upper()), field_name, False

    def __call__(self) -> dict[str, Any]:
        """The secrets by the names of their settings. Raises `SettingsError`."""
        secret = [name for name, field in self.settings_cls.model_fields.items() if is_secret(field)]
        problems: list[SettingProblem] = []
        found: dict[str, Any] = {}
        for name in secret:
            try:
                value = self._secret(name.upper())
            except SettingsError as error:
                problems += error.problems
                continue
            if value:
                found[name] = value
        if problems:
            raise SettingsError(problems)
        return found

    def _secret(self, name: str) -> str | None:
        path = secret_path(self._variables, name)
        if path is None:
            return None
        try:
            value = read_secret_file(path)
        except UnreadableSecretError as error:
            cure = f"Let this user read it, or leave {name}{SUFFIX} out."
            raise SettingsError([SettingProblem(f"{name}{SUFFIX}: {path} {error}.", cure)]) from None
        if value and (self._variables.get(name) or "").strip():
            problem = SettingProblem(f"{name} and {name}{SUFFIX} are both set.", "Leave one of them out.")
            raise SettingsError([problem])
        if value and open_to_all(path):
            _say_once(f"{name}{SUFFIX}", path)
        return value


def secret_path(variables: Mapping[str, str | None], name: str) -> Path | None:
    """The file that `NAME_FILE` names; None where it names none."""
    said = (variables.get(f"{name}{SUFFIX}") or "").strip()
    return Path(said) if said else None


@cache
def _say_once(name: str, path: Path) -> None:
    logger.warning("%s: every user of this machine may read %s. Run: chmod o-r %s", name, path, path)
