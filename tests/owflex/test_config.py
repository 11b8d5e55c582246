"""`owflex config` keeps settings in the data folder, and misspelt settings are told."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from database.settings import read_settings
from mcp_server.settings import McpServerSettings
from owflex.__main__ import app
from owflex.known_settings import known_settings, meant, misspelt_settings

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
