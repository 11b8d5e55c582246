"""What `owflex config` does: settings in a file of the data folder, which every program reads."""

import fcntl
import os
import re
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import dotenv
import typer
from rich.table import Table

from database.errors import SettingsError
from database.home import open_data_folder
from database.secret_files import (
    SUFFIX,
    UnreadableSecretError,
    is_secret,
    read_secret_file,
    secret_path,
)
from database.settings import ENV_FILE, ProgramSettings, file_values, read_settings, settings_file
from owflex.configuration.known_settings import known_settings, meant
from owflex.errors import OwflexError
from owflex.exit_codes import exit_code
from serving.terminal import Console, escape_line, json_text

HIDDEN = "(secret)"
MAX_CHARACTERS = 100_000
# What dotenv calls the file that it writes before it takes the place of the old one.
DRAFTS = ".tmp_*"
# A line of JSON may be broken up, a key never; halves of characters stand for bytes that are not UTF-8.
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
SECRET_CONTROLS = re.compile(rf"[\t\n]|{CONTROLS.pattern}")
console = Console(highlight=False)


class ConfigError(OwflexError):
    """A setting cannot be written or shown as it was asked for."""


@dataclass(frozen=True)
class Setting:
    """A setting with the value that counts and where that comes from; `value` is text, or None when unset."""

    name: str
    value: str | None
    origin: str
    description: str


def set_setting(name: str, value: str | None) -> int:
    """Write a setting to the data folder; without a value it is asked for, or read from standard input."""
    return exit_code(lambda: _set(_known(name), value))


def unset_setting(name: str) -> int:
    """Take a setting out of the data folder's file."""
    return exit_code(lambda: _unset(_known(name)))


def get_setting(name: str, *, show: bool) -> int:
    """Print the value that counts; 1 when there is none."""
    return exit_code(lambda: _get(_known(name), show=show))


def list_settings(*, everything: bool, as_json: bool) -> int:
    """Print what is set and where; with `everything` also what has its default."""
    return exit_code(lambda: _list(everything=everything, as_json=as_json))


def _set(name: str, value: str | None) -> int:
    kind, field = known_settings()[name]
    value = _asked(name, secret=is_secret(field)) if value is None else value
    _check_text(name, value, secret=is_secret(field))
    _check(kind, name, value)
    elsewhere = _elsewhere(name)
    file = write_setting(name, value)
    _say(f"{name} is set in {escape_line(str(file))}. Programs that run read it at their next start.")
    if elsewhere is not None:
        _say(f"[yellow]{name} is set in {elsewhere} too, and that counts.[/yellow]")
    return 0


def write_setting(name: str, value: str) -> Path:
    """Write a setting that was checked to the data folder's file, which is returned.

    Raises `ConfigError`, `SettingsError`.
    """
    file = _file()
    with _written(file):
        dotenv.set_key(file, name, value.strip(), quote_mode="always")
    return file


def _unset(name: str) -> int:
    file = _file()
    if name not in file_values(file):
        raise ConfigError(f"{name} is not set in {file}.")
    with _written(file):
        dotenv.unset_key(file, name)
    _say(f"{name} is not set in {escape_line(str(file))} any more.")
    return 0


def _get(name: str, *, show: bool) -> int:
    setting = _setting(name, show=show)
    if setting.value is None:
        raise ConfigError(f"{name} is not set.")
    print(setting.value)  # noqa: T201
    return 0


def _list(*, everything: bool, as_json: bool) -> int:
    settings = [_setting(name, show=False) for name in known_settings()]
    shown = [setting for setting in settings if everything or setting.origin != "default"]
    if as_json:
        print(json_text([asdict(setting) for setting in shown]))  # noqa: T201
        return 0
    if not shown:
        _say("Nothing is set: every setting has its default. See them with: owflex config list --all")
        return 0
    table = Table("Setting", "Value", "Set in")
    for setting in shown:
        table.add_row(setting.name, escape_line(setting.value or ""), escape_line(setting.origin))
    console.print(table)
    return 0


def _known(name: str) -> str:
    upper = name.strip().upper()
    if upper == "OWFLEX_HOME":
        raise ConfigError("OWFLEX_HOME says where the settings are: set it in the environment or in .env.")
    if upper not in known_settings():
        perhaps = meant(upper)
        cure = (
            f"Did you mean {' or '.join(perhaps)}?" if perhaps else "See all with: owflex config list --all"
        )
        raise ConfigError(f"There is no setting {name}. {cure}")
    return upper


def _check_text(name: str, value: str, *, secret: bool) -> None:
    """Raises `ConfigError` unless the file can hold the value, and gives it back as it is."""
    if not value.strip():
        raise ConfigError(f"{name} needs a value. To take it out again: owflex config unset {name}")
    if len(value) > MAX_CHARACTERS:
        raise ConfigError(
            f"{name}: the value is longer than {MAX_CHARACTERS} characters. Give a shorter one."
        )
    if (SECRET_CONTROLS if secret else CONTROLS).search(value.strip()):
        raise ConfigError(
            f"{name}: the value holds control characters or is not UTF-8. Was it pasted with something else?"
        )
    if "${" in value:
        raise ConfigError(
            f"{name}: a file of settings cannot hold ${{…}} as it is. Set it in the environment."
        )


def _check(kind: type[ProgramSettings], name: str, value: str) -> None:
    """Raises `SettingsError` if the value cannot be used; what else is wrong does not count here."""
    try:
        read_settings(kind, **{name.lower(): value})
    except SettingsError as error:
        problems = [problem for problem in error.problems if problem.sentence.startswith(name)]
        if problems:
            raise SettingsError(problems) from None


def _asked(name: str, *, secret: bool) -> str:
    if sys.stdin is None:  # pyright: ignore[reportUnnecessaryComparison] - closed by who started us
        return ""
    if sys.stdin.isatty():
        return str(typer.prompt(name, hide_input=secret))
    try:
        return sys.stdin.read(MAX_CHARACTERS + 1).strip()
    except UnicodeDecodeError:
        raise ConfigError(f"{name}: what standard input says is not UTF-8.") from None


def _setting(name: str, *, show: bool) -> Setting:
    _, field = known_settings()[name]
    sources = {
        f"the file of {name}{SUFFIX}": _in_secret_file(name) if is_secret(field) else None,
        "the environment": os.environ.get(name),
        ENV_FILE: file_values(Path(ENV_FILE)).get(name),
        str(settings_file()): file_values(settings_file()).get(name),
    }
    origin = next((source for source, value in sources.items() if value and value.strip()), "default")
    default = None if field.default in (None, "", []) else str(field.default)
    value = sources.get(origin, default)
    hidden = is_secret(field) and not show and origin != "default"
    return Setting(name, HIDDEN if hidden else value, origin, field.description or "")


def _in_secret_file(name: str) -> str | None:
    """What the file says that `NAME_FILE` names; None where none is named. Raises `ConfigError`."""
    variables = {**file_values(settings_file()), **file_values(Path(ENV_FILE)), **os.environ}
    path = secret_path(variables, name)
    try:
        return None if path is None else read_secret_file(path)
    except UnreadableSecretError as error:
        raise ConfigError(f"{name}{SUFFIX}: {path} {error}.") from None


def _say(text: str) -> None:
    console.print(text, soft_wrap=True)


def _elsewhere(name: str) -> str | None:
    if os.environ.get(name):
        return "the environment"
    return ENV_FILE if file_values(Path(ENV_FILE)).get(name) else None


def _file() -> Path:
    file = settings_file()
    open_data_folder(file.parent)
    return file


@contextmanager
def _written(file: Path) -> Generator[None]:
    """Let one writer at a time change the file, which nobody but its owner can read.

    dotenv writes a new file beside it and puts that in its place, so that it is always whole.
    Raises `ConfigError`, `SettingsError`.
    """
    try:
        with file.with_suffix(".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for left in file.parent.glob(DRAFTS):
                # Of a writer that was killed; those that live wait for the lock.
                left.unlink()
            # Made before a value is written, so that nobody else can read it for a moment either.
            file.touch(mode=0o600)
            if not file.is_file():
                raise ConfigError(f"{file} is no file. Move it away.")
            file.chmod(0o600)
            file_values(file)
            yield
    except OSError as error:
        raise ConfigError(
            f"{file} cannot be written ({error.strerror}); nothing was changed. Let this user write there."
        ) from None
