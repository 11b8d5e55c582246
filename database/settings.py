"""What the settings of all programs have in common: how they are written, read, and found to be wrong.

It stands here because every package above may import it: `knowledge_base` has settings too and does not know
`serving`.
"""

import os
from pathlib import Path
from typing import Annotated, Any, TypeVar, cast

from dotenv import dotenv_values
from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings.sources import EnvSettingsSource

from database.errors import DataFolderError, SettingsError
from database.home import data_folder
from database.secret_files import SecretFiles
from database.setting_problems import SettingProblem, setting_problems

ENV_FILE = ".env"
# In the data folder; `owflex config` writes it.
SETTINGS_FILE = "settings.env"
# A list of nothing but commas says as little as an empty value.
SAYS_NOTHING = " \t\r\n,"


class ProgramSettings(BaseSettings):
    """Settings of a program, from the environment, `.env` or the settings file of the data folder.

    A secret may also stand in a file of its own, which `NAME_FILE` names.

    White space around a value does not count (a pasted key often brings a line end along), an empty value
    means that it is not set, and lists are separated by commas.
    """

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", enable_decoding=False)

    owflex_home: Path | None = Field(
        None,
        description="Data folder: the embedded Postgres, the local tokens and caches. "
        "Default: the platform's user data folder.",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Those of pydantic, with the files of secrets before the environment; raises `SettingsError`."""
        assert isinstance(env_settings, EnvSettingsSource)
        assert isinstance(dotenv_settings, EnvSettingsSource)
        secrets = SecretFiles(settings_cls, env_settings, dotenv_settings)
        return init_settings, secrets, env_settings, dotenv_settings

    @model_validator(mode="before")
    @classmethod
    def _as_people_write_them(cls, values: dict[str, Any]) -> dict[str, Any]:
        stripped = {
            name: value.strip() if isinstance(value, str) else value for name, value in values.items()
        }
        return {
            name: value
            for name, value in stripped.items()
            if not isinstance(value, str) or value.strip(SAYS_NOTHING)
        }


def split_list(value: object) -> object:
    """The parts of a text that are separated by commas; what is no text is left to the validator."""
    if not isinstance(value, str):
        return value
    return [part.strip() for part in value.split(",") if part.strip()]


def without_final_slash(value: object) -> object:
    """Addresses without the slash that they are often pasted with."""
    if not isinstance(value, list):
        return value
    return [part.rstrip("/") if isinstance(part, str) else part for part in cast("list[object]", value)]


def _no_wildcard(value: list[str]) -> list[str]:
    for origin in value:
        if "://" not in origin or "*" in origin:
            raise ValueError(
                f"{origin!r} is not an origin. List each one, e.g. https://intranet.example: "
                "a wildcard would let every web page in."
            )
    return value


CommaList = Annotated[list[str], BeforeValidator(split_list)]
# Host names and origins: the validator written last is asked first.
AddressList = Annotated[list[str], BeforeValidator(without_final_slash), BeforeValidator(split_list)]
Origins = Annotated[AddressList, AfterValidator(_no_wildcard)]
Settings = TypeVar("Settings", bound=ProgramSettings)


def read_settings(kind: type[Settings], **changed: str) -> Settings:
    """The settings of the environment, else of `.env`, else of the data folder; `changed` come before all.

    Raises `SettingsError`, which names each wrong one.
    """
    try:
        return kind(_env_file=(settings_file(), ENV_FILE), **changed)  # pyright: ignore[reportCallIssue]
    except ValidationError as error:
        raise SettingsError(setting_problems(error, kind.model_fields)) from None
    except DataFolderError as error:
        raise SettingsError([SettingProblem(str(error), "")]) from None
    except (OSError, UnicodeDecodeError):
        for file in (settings_file(), Path(ENV_FILE)):
            file_values(file)
        raise


def settings_file() -> Path:
    """The file of the data folder that holds settings, whether it is there or not.

    Raises `SettingsError`, `DataFolderError`.
    """
    home = os.environ.get("OWFLEX_HOME") or file_values(Path(ENV_FILE)).get("OWFLEX_HOME")
    return data_folder(Path(home.strip()) if home else None) / SETTINGS_FILE


def file_values(file: Path) -> dict[str, str | None]:
    """What a file with settings says; nothing where there is none. Raises `SettingsError`."""
    try:
        return dotenv_values(file)
    except (OSError, UnicodeDecodeError):
        problem = SettingProblem(
            f"The file {file} cannot be read.", "Make it a UTF-8 text that this user may read, or remove it."
        )
        raise SettingsError([problem]) from None
