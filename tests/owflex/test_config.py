"""`owflex config` keeps settings in the data folder, and misspelt settings are told."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from dotenv import dotenv_values
from typer.testing import CliRunner

from database.settings import read_settings
from mcp_server.settings import McpServerSettings
from owflex.__main__ import app
from owflex.configuration.config import set_setting
from owflex.configuration.known_settings import known_settings, meant, misspelt_settings

KEYS = ("OPENAI_API_KEY", "MCP_SERVER_PORT", "MODEL_NAME")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of its own, and no settings from elsewhere."""
    for name in KEYS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OWFLEX_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


def config(*arguments: str, text: str | None = None) -> Any:
    return CliRunner().invoke(app, ["config", *arguments], input=text, env={"COLUMNS": "200"})


@pytest.mark.parametrize("value", ["sk-1234", 'it\'s "quoted" # $HOME \\n', "schlüssel"])
def test_a_setting_is_kept_for_every_program_and_readable_by_its_owner_only(home: Path, value: str) -> None:
    told = config("set", "openai_api_key", text=f"{value}\n")
    assert told.exit_code == 0, told.output
    assert value not in told.output
    file = home / "settings.env"
    assert file.stat().st_mode & 0o777 == 0o600
    assert config("get", "OPENAI_API_KEY").stdout == "(secret)\n"
    assert config("get", "OPENAI_API_KEY", "--show").stdout == f"{value}\n"
    assert value not in config("list").stdout
    assert value not in config("list", "--json").stdout


def test_the_environment_comes_before_the_env_file_and_that_before_the_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert config("set", "MCP_SERVER_PORT", "9001").exit_code == 0
    assert read_settings(McpServerSettings).mcp_server_port == 9001
    (tmp_path / ".env").write_text("MCP_SERVER_PORT=9002\n")
    assert read_settings(McpServerSettings).mcp_server_port == 9002
    assert ".env too, and that counts" in config("set", "MCP_SERVER_PORT", "9003").output
    monkeypatch.setenv("MCP_SERVER_PORT", "9004")
    assert read_settings(McpServerSettings).mcp_server_port == 9004
    listed = json.loads(config("list", "--json").stdout)
    port = next(setting for setting in listed if setting["name"] == "MCP_SERVER_PORT")
    assert (port["value"], port["origin"]) == ("9004", "the environment")


def test_a_setting_is_taken_out_again(home: Path) -> None:
    config("set", "MODEL_NAME", "small")
    assert config("unset", "model_name").exit_code == 0
    assert config("get", "MODEL_NAME").exit_code == 1
    assert "is not set" in config("unset", "MODEL_NAME").stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("set", "OPENAI_APIKEY", "x"), "Did you mean OPENAI_API_KEY"),
        (("set", "NOTHING_LIKE_THAT_AT_ALL_QQ", "x"), "owflex config list --all"),
        (("set", "MCP_SERVER_PORT", "many"), "a whole number from 1 to 65535"),
        (("set", "MCP_SERVER_PORT", " "), "needs a value"),
        (("set", "OWFLEX_HOME", "/x"), "in the environment or in .env"),
        (("set", "MODEL_NAME", "a${HOME}b"), "Set it in the environment"),
        (("get", "MODEL_NAME"), "is not set"),
    ],
)
def test_what_cannot_be_done_is_said_with_its_cure(
    home: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    refused = config(*arguments)
    assert refused.exit_code == 1
    assert sentence in refused.stderr
    assert not (home / "settings.env").exists()


def test_a_settings_file_that_cannot_be_read_is_named(home: Path) -> None:
    home.mkdir()
    (home / "settings.env").write_bytes(b"MODEL_NAME=\xff\xfe\n")
    told = CliRunner().invoke(app, ["token", "list"])
    assert told.exit_code == 1
    assert "cannot be read" in told.stderr


@pytest.mark.parametrize(
    ("written", "setting"),
    [
        ("OPENAI_APIKEY", "OPENAI_API_KEY"),
        ("OPENAI_API_KEYS", "OPENAI_API_KEY"),
        ("MCP_SERVERPORT", "MCP_SERVER_PORT"),
        ("AGENT_SERVICE_PROT", "AGENT_SERVICE_PORT"),
        ("EMBEDING_MODEL", "EMBEDDING_MODEL"),
    ],
)
def test_a_misspelt_setting_is_told_with_what_was_meant(
    monkeypatch: pytest.MonkeyPatch, written: str, setting: str
) -> None:
    monkeypatch.delenv(setting, raising=False)
    monkeypatch.setenv(written, "x")
    assert (written, setting) in misspelt_settings()
    assert meant(written)[0] == setting


def test_names_of_other_programs_are_no_misspelt_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "OPENAI_ORG_ID",
        "OPENAI_API_BASE",
        "MODEL",
        "DATABASE_URL",
        "HF_HOME",
        "MCP_TIMEOUT",
        "PORT",
    ):
        monkeypatch.setenv(name, "x")
    for name in known_settings():
        monkeypatch.delenv(name, raising=False)
    assert misspelt_settings() == []


def test_a_misspelt_setting_of_the_env_file_is_told_by_the_command(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("OPENAI_APIKEY=sk\nMCP_SERVER_PORT=none\n")
    told = CliRunner().invoke(app, ["up"])
    assert "OPENAI_APIKEY is no setting of OwFlex. Did you mean OPENAI_API_KEY?" in told.stderr
    assert "sk" not in told.stderr.replace("OPENAI_APIKEY", "")


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("OPENAI_API_KEY", "sk\nsk", "control characters"),
        ("OPENAI_API_KEY", "sk\x1b[31m", "control characters"),
        ("MODEL_NAME", "a\rb", "control characters"),
        ("MODEL_NAME", "\udcff", "not UTF-8"),
        ("MODEL_NAME", "x" * 100_001, "longer than 100000"),
    ],
)
def test_a_value_that_no_file_holds_as_it_is_is_refused_and_not_shown(
    home: Path, name: str, value: str, sentence: str
) -> None:
    refused = config("set", name, value)
    assert refused.exit_code == 1
    assert sentence in refused.stderr
    assert value not in refused.output
    assert not (home / "settings.env").exists()


def test_comments_other_lines_and_the_mode_of_the_file_are_kept(home: Path) -> None:
    home.mkdir()
    file = home / "settings.env"
    file.write_text("# mine\n\nexport FOO=1\nMODEL_NAME = old # why\nno setting\n")
    file.chmod(0o644)
    assert config("set", "MODEL_NAME", "new").exit_code == 0
    assert file.read_text() == "# mine\n\nexport FOO=1\nMODEL_NAME='new'\nno setting\n"
    assert file.stat().st_mode & 0o777 == 0o600
    file.chmod(0o644)
    assert config("unset", "MODEL_NAME").exit_code == 0
    assert file.read_text() == "# mine\n\nexport FOO=1\nno setting\n"
    assert file.stat().st_mode & 0o777 == 0o600


def test_two_writers_at_once_lose_nothing(home: Path) -> None:
    names = ["MODEL_NAME", "HISTORY_TOKENS", "MCP_SERVER_PORT", "AGENT_SERVICE_PORT"]
    with ThreadPoolExecutor(len(names)) as writers:
        done = list(writers.map(set_setting, names * 5, ["9000"] * 20))
    assert done == [0] * 20
    assert set(dotenv_values(home / "settings.env")) == set(names)


def test_the_draft_of_a_writer_that_was_killed_is_removed(home: Path) -> None:
    home.mkdir()
    (home / ".tmp_killed").write_text("OPENAI_API_KEY='sk'\n")
    config("set", "MODEL_NAME", "new")
    assert {file.name for file in home.iterdir()} == {"settings.env", "settings.lock"}


@pytest.mark.parametrize("place", ["settings.env", ".env"])
@pytest.mark.parametrize("command", ["list", "get MODEL_NAME", "set MODEL_NAME x", "unset MODEL_NAME"])
def test_a_damaged_file_is_named_by_each_command_and_left_as_it_is(
    home: Path, tmp_path: Path, place: str, command: str
) -> None:
    home.mkdir()
    file = home / place if place == "settings.env" else tmp_path / place
    file.write_bytes(b"MODEL_NAME=\xff\n")
    refused = config(*command.split())
    if (place, command) != (".env", "unset MODEL_NAME"):
        assert f"{place} cannot be read" in refused.stderr
    assert refused.exit_code == 1
    assert file.read_bytes() == b"MODEL_NAME=\xff\n"


def test_a_folder_in_the_place_of_the_file_is_said(home: Path) -> None:
    (home / "settings.env").mkdir(parents=True)
    refused = config("set", "MODEL_NAME", "x")
    assert refused.exit_code == 1
    assert "settings.env is no file" in refused.stderr


def test_a_data_folder_of_nobody_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OWFLEX_HOME", "~nobody-is-called-so/owflex")
    for command in ("config list", "token list", "doctor"):
        refused = CliRunner().invoke(app, command.split())
        assert refused.exit_code == 1
        assert "home of a user who does not exist" in refused.output


def test_a_line_that_is_no_setting_is_told_with_its_number(home: Path, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("# mine\n\nOPENAI_API_KEY sk-1234\nMODEL_NAME=x\n")
    told = config("list")
    assert told.exit_code == 0
    assert "Line 3 of .env is no setting" in told.stderr
    assert "sk-1234" not in told.output
