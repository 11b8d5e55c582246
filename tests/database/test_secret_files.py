"""A secret may stand in a file of its own, whose path is in `NAME_FILE`."""

import logging
from pathlib import Path

import pytest

from agent_service.settings.settings import AgentServiceSettings
from database.errors import SettingsError
from database.secret_files import MAX_BYTES, is_secret
from database.settings import read_settings
from ingest.settings import IngestSettings
from knowledge_base.settings import KnowledgeBaseSettings
from mcp_server.settings import McpServerSettings
from owflex.configuration.config import get_setting
from owflex.configuration.known_settings import misspelt_settings

KEY = "a-signing-key-of-more-than-32-characters"
KINDS = (AgentServiceSettings, McpServerSettings, IngestSettings, KnowledgeBaseSettings)
SECRETS = [(kind, name) for kind in KINDS for name, field in kind.model_fields.items() if is_secret(field)]


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the machine counts."""
    for kind in KINDS:
        for name in kind.model_fields:
            monkeypatch.delenv(name.upper(), raising=False)
            monkeypatch.delenv(f"{name.upper()}_FILE", raising=False)
    monkeypatch.setenv("OWFLEX_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


def secret_file(folder: Path, content: bytes | str, mode: int = 0o600) -> Path:
    path = folder / "secret"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    path.chmod(mode)
    return path


@pytest.mark.parametrize(("kind", "name"), SECRETS, ids=lambda given: getattr(given, "__name__", given))
def test_every_secret_can_be_a_file(
    kind: type[McpServerSettings], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    value = f"postgresql://owflex:{KEY}@postgres/x"
    monkeypatch.setenv(f"{name.upper()}_FILE", str(secret_file(tmp_path, f"\ufeff{value}\n")))
    settings = read_settings(kind)
    assert getattr(settings, name).get_secret_value() == value
    assert KEY not in repr(settings)


@pytest.mark.parametrize("where", [".env", "home/settings.env"])
def test_the_file_may_be_named_where_settings_are(where: str, tmp_path: Path) -> None:
    file = tmp_path / where
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"MCP_SIGNING_KEY_FILE={secret_file(tmp_path, KEY)}\n")
    key = read_settings(McpServerSettings).mcp_signing_key
    assert key is not None
    assert key.get_secret_value() == KEY


@pytest.mark.parametrize("where", ["environment", ".env"])
def test_both_forms_at_once_are_an_error(where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCP_SIGNING_KEY_FILE", str(secret_file(tmp_path, KEY)))
    if where == "environment":
        monkeypatch.setenv("MCP_SIGNING_KEY", KEY)
    else:
        (tmp_path / ".env").write_text(f"MCP_SIGNING_KEY={KEY}\n")
    with pytest.raises(SettingsError) as refused:
        read_settings(McpServerSettings)
    assert str(refused.value) == (
        "MCP_SIGNING_KEY and MCP_SIGNING_KEY_FILE are both set. Leave one of them out."
    )


def test_an_empty_file_or_an_empty_name_says_that_the_secret_is_not_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY_FILE", str(secret_file(tmp_path, "\n")))
    monkeypatch.setenv("GEMINI_API_KEY_FILE", "")
    monkeypatch.setenv("OPENAI_API_KEY", "of the environment")
    settings = read_settings(AgentServiceSettings)
    assert settings.openai_api_key is not None
    assert settings.openai_api_key.get_secret_value() == "of the environment"
    assert settings.gemini_api_key is None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read (No such file or directory)"),
        (b"\xff\xfe\x00", "is not text in UTF-8"),
        (b"one line\nand another", "has more than one line"),
        (b"a" * (MAX_BYTES + 1), "is larger than"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_the_cure(
    content: bytes | None, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "absent" if content is None else secret_file(tmp_path, content)
    monkeypatch.setenv("MCP_SIGNING_KEY_FILE", str(path))
    monkeypatch.setenv("MCP_SERVER_TOKEN_FILE", str(tmp_path / "absent as well"))
    with pytest.raises(SettingsError) as refused:
        read_settings(McpServerSettings)
    assert said in str(refused.value)
    assert "Let this user read it, or leave MCP_SIGNING_KEY_FILE out." in str(refused.value)
    assert len(refused.value.problems) == 2


def test_a_folder_is_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCP_SIGNING_KEY_FILE", str(tmp_path))
    with pytest.raises(SettingsError, match="Is a directory"):
        read_settings(McpServerSettings)


def test_a_wrong_secret_is_told_by_the_name_of_its_setting_and_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MCP_SIGNING_KEY_FILE", str(secret_file(tmp_path, "short-secret")))
    with pytest.raises(SettingsError, match="MCP_SIGNING_KEY: too short") as refused:
        read_settings(McpServerSettings)
    assert "short-secret" not in str(refused.value)


@pytest.mark.parametrize(("mode", "warnings"), [(0o600, 0), (0o440, 0), (0o644, 1)])
def test_a_file_that_everybody_may_read_is_said_once(
    mode: int,
    warnings: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    path = secret_file(tmp_path, KEY, mode)
    monkeypatch.setenv("MCP_SIGNING_KEY_FILE", str(path))
    with caplog.at_level(logging.WARNING, "database"):
        read_settings(McpServerSettings)
        read_settings(AgentServiceSettings)
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == warnings
    assert all(f"chmod o-r {path}" in sentence and KEY not in sentence for sentence in said)


def test_the_name_of_the_file_is_no_misspelt_setting_but_a_wrong_one_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MCP_SIGNING_KEY_FILE", str(secret_file(tmp_path, KEY)))
    monkeypatch.setenv("OPENAI_API_KEI_FILE", "/x")
    assert misspelt_settings() == [("OPENAI_API_KEI_FILE", "OPENAI_API_KEY_FILE")]


def test_the_command_shows_where_a_secret_comes_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MCP_SIGNING_KEY_FILE", str(secret_file(tmp_path, KEY)))
    assert get_setting("mcp_signing_key", show=False) == 0
    assert capsys.readouterr().out == "(secret)\n"
    assert get_setting("mcp_signing_key", show=True) == 0
    assert capsys.readouterr().out == f"{KEY}\n"
