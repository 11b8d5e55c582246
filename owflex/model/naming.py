"""How a model is called, wherever the programs are that load it."""

import os
from dataclasses import dataclass
from pathlib import Path

from database.settings import ENV_FILE, file_values, settings_file

SETTING = "EMBEDDING_MODEL"
PUBLISHER = "sentence-transformers/"


@dataclass(frozen=True)
class Configured:
    """What `EMBEDDING_MODEL` is set to, and in which place."""

    value: str
    place: str


def full_name(model: str) -> str:
    """The name under which every program finds the model: a folder's whole path, or the hub's name.

    What is no folder of this machine is left to whoever opens it.
    """
    folder = Path(model).expanduser()
    return str(folder.resolve()) if folder.is_dir() else model.removeprefix(PUBLISHER)


def set_in_surroundings() -> Configured | None:
    """What the environment or a `.env` file say, which come before the data folder."""
    for place, value in (
        ("the environment", os.environ.get(SETTING)),
        (ENV_FILE, file_values(Path(ENV_FILE)).get(SETTING)),
    ):
        if value and value.strip():
            return Configured(value.strip(), place)
    return None


def set_in_data_folder() -> str | None:
    """What `owflex config set` wrote."""
    value = file_values(settings_file()).get(SETTING)
    return value.strip() if value and value.strip() else None
