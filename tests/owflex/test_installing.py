"""`owflex mcp install` adds one entry to a client's file and harms nothing else in it."""

import json
import re
import stat
import sys
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from owflex.__main__ import app
from owflex.mcp.clients import (
    ClientName,
    Endpoint,
    Machine,
    Program,
    config_file,
    http_entry,
    servers_path,
    stdio_entry,
)
from owflex.mcp.install import NAME

TOKEN = "a-token-for-these-tests-of-some-length"
PAGE = Path(__file__).parent.parent.parent / "docs" / "clients.md"
CLIENTS = list(ClientName)

Run = Callable[..., Result]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The home folder of somebody who has no client yet."""
    return tmp_path / "home"


@pytest.fixture
def run(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `owflex mcp install` for somebody with this home folder, far from any .env."""
    home.mkdir()
    monkeypatch.chdir(home)
    environment = {
        "HOME": str(home),
        "XDG_CONFIG_HOME": None,
        "CODEX_HOME": None,
        "APPDATA": str(home / "AppData" / "Roaming"),
        "OWFLEX_HOME": str(tmp_path / "data"),
        "MCP_SERVER_TOKEN": TOKEN,
        "MCP_SERVER_PORT": "8123",
        "NO_COLOR": "1",
        "COLUMNS": "400",
    }

    def invoke(*arguments: str, answer: str | None = None, **more: str) -> Result:
        command = ["mcp", "install", *arguments]
        return CliRunner().invoke(app, command, input=answer, env={**environment, **more})

    return invoke


def file_of(client: ClientName, home: Path) -> Path:
    return config_file(client, Machine(sys.platform, home, {}))


def entry_in(file: Path, client: ClientName) -> dict[str, Any]:
    text = file.read_text(encoding="utf-8")
    found = tomllib.loads(text) if file.suffix == ".toml" else json.loads(text)
    for key in servers_path(client):
        found = found[key]
    return found[NAME]


def nested(client: ClientName, entry: Mapping[str, Any]) -> dict[str, Any]:
    """What the client's file holds with this entry and nothing else."""
    whole: dict[str, Any] = {NAME: dict(entry)}
    for key in reversed(servers_path(client)):
        whole = {key: whole}
    return whole


PLACES = [
    ("linux", "claude", ".config/Claude/claude_desktop_config.json"),
    ("darwin", "claude", "Library/Application Support/Claude/claude_desktop_config.json"),
    ("win32", "claude", "AppData/Roaming/Claude/claude_desktop_config.json"),
    ("linux", "vscode", ".config/Code/User/mcp.json"),
    ("darwin", "vscode", "Library/Application Support/Code/User/mcp.json"),
    ("win32", "vscode", "AppData/Roaming/Code/User/mcp.json"),
    *((platform, "claude-code", ".claude.json") for platform in ("linux", "darwin", "win32")),
    *((platform, "cursor", ".cursor/mcp.json") for platform in ("linux", "darwin", "win32")),
    *((platform, "codex", ".codex/config.toml") for platform in ("linux", "darwin", "win32")),
    *((platform, "gemini-cli", ".gemini/settings.json") for platform in ("linux", "darwin", "win32")),
    *((platform, "lm-studio", ".lmstudio/mcp.json") for platform in ("linux", "darwin", "win32")),
    *(
        (platform, "windsurf", ".codeium/windsurf/mcp_config.json")
        for platform in ("linux", "darwin", "win32")
    ),
    *((platform, "opencode", ".config/opencode/opencode.json") for platform in ("linux", "darwin", "win32")),
    ("linux", "zed", ".config/zed/settings.json"),
    ("darwin", "zed", ".config/zed/settings.json"),
    ("win32", "zed", "AppData/Roaming/Zed/settings.json"),
]


@pytest.mark.parametrize(("platform", "client", "place"), PLACES)
def test_each_client_has_its_file_on_each_platform(platform: str, client: str, place: str) -> None:
    home = Path("/home/ada")
    assert config_file(ClientName(client), Machine(platform, home, {})) == home / place


def test_the_environment_can_move_the_settings_folder() -> None:
    linux = Machine("linux", Path("/home/ada"), {"XDG_CONFIG_HOME": "/conf"})
    windows = Machine("win32", Path("/home/ada"), {"APPDATA": "/roaming"})
    assert config_file(ClientName.VSCODE, linux) == Path("/conf/Code/User/mcp.json")
    assert config_file(ClientName.VSCODE, windows) == Path("/roaming/Code/User/mcp.json")


@pytest.mark.parametrize("client", CLIENTS)
def test_the_stdio_entry_starts_this_owflex_on_this_data_folder(
    client: ClientName, run: Run, home: Path, tmp_path: Path
) -> None:
    result = run(client.value, "--yes")
    assert result.exit_code == 0, result.output
    entry = entry_in(file_of(client, home), client)
    words: list[str] = (
        entry["command"] if client is ClientName.OPENCODE else [entry["command"], *entry["args"]]
    )
    command, *arguments = words
    assert Path(command).is_absolute()
    assert Path(command).is_file()
    assert arguments == ["mcp", "--transport", "stdio"]
    assert entry.get("env", entry.get("environment")) == {"OWFLEX_HOME": str(tmp_path / "data")}


@pytest.mark.parametrize("client", CLIENTS)
def test_the_http_entry_names_the_server_and_carries_the_token(
    client: ClientName, run: Run, home: Path
) -> None:
    assert run(client.value, "--http", "--yes").exit_code == 0
    text = file_of(client, home).read_text(encoding="utf-8")
    assert "http://127.0.0.1:8123/mcp" in text
    assert f"Bearer {TOKEN}" in text


def test_codex_keeps_its_comments_and_other_servers(run: Run, home: Path) -> None:
    file = home / ".codex" / "config.toml"
    file.parent.mkdir()
    before = '# mine\nmodel = "x"  # keep\n\n[mcp_servers.other]\ncommand = "y"\n'
    file.write_text(before, encoding="utf-8")
    assert run("codex", "--http", "--yes").exit_code == 0
    after = file.read_text(encoding="utf-8")
    assert after.startswith(before)
    headers = entry_in(file, ClientName.CODEX)["http_headers"]
    assert headers == {"Authorization": f"Bearer {TOKEN}"}
    assert run("codex", "--http", "--yes").exit_code == 0
    assert file.read_text(encoding="utf-8") == after


@pytest.mark.parametrize("content", ["[mcp_servers\n", "mcp_servers = 3\n"])
def test_a_toml_file_that_is_not_as_it_should_be_is_left_alone(content: str, run: Run, home: Path) -> None:
    file = home / ".codex" / "config.toml"
    file.parent.mkdir()
    file.write_text(content, encoding="utf-8")
    result = run("codex", "--yes")
    assert result.exit_code == 1
    assert "Nothing was changed" in result.output
    assert file.read_text(encoding="utf-8") == content


def test_the_folder_of_codex_can_be_elsewhere() -> None:
    machine = Machine("linux", Path("/home/ada"), {"CODEX_HOME": "/codex"})
    assert config_file(ClientName.CODEX, machine) == Path("/codex/config.toml")


@pytest.mark.parametrize("client", CLIENTS)
def test_no_client_s_entry_is_shown_with_its_token(client: ClientName, run: Run) -> None:
    assert TOKEN not in run(client.value, "--http", answer="n\n").output


def test_the_token_of_the_data_folder_is_used_where_none_is_set(run: Run, home: Path, tmp_path: Path) -> None:
    assert run("cursor", "--http", "--yes", MCP_SERVER_TOKEN="").exit_code == 0
    token = (tmp_path / "data" / "mcp-token").read_text(encoding="ascii").strip()
    entry = entry_in(home / ".cursor" / "mcp.json", ClientName.CURSOR)
    assert entry["headers"] == {"Authorization": f"Bearer {token}"}


def test_a_database_of_ones_own_is_passed_on_to_the_started_server(run: Run, home: Path) -> None:
    url = "postgresql://kb@db/kb"
    assert (
        run("cursor", "--yes", KNOWLEDGE_BASE_DATABASE_URL=url, EMBEDDING_MODEL="some/model").exit_code == 0
    )
    passed = entry_in(home / ".cursor" / "mcp.json", ClientName.CURSOR)["env"]
    assert passed["KNOWLEDGE_BASE_DATABASE_URL"] == url
    assert passed["EMBEDDING_MODEL"] == "some/model"


def test_claude_desktop_on_windows_starts_npx_through_the_shell() -> None:
    entry = http_entry(ClientName.CLAUDE, Endpoint("http://127.0.0.1:8001/mcp", "Bearer t"), "win32")
    assert [entry["command"], *entry["args"][:2]] == ["cmd", "/c", "npx"]
    assert not any("Bearer" in argument for argument in entry["args"])


def test_other_servers_and_settings_are_kept_and_the_old_file_too(run: Run, home: Path) -> None:
    file = home / ".claude.json"
    before = {"theme": "dünkel", "mcpServers": {"other": {"command": "x"}, NAME: {"command": "old"}}}
    file.write_text(json.dumps(before), encoding="utf-8")
    assert run("claude-code", "--yes").exit_code == 0
    after = json.loads(file.read_text(encoding="utf-8"))
    assert after["theme"] == "dünkel"
    assert after["mcpServers"]["other"] == {"command": "x"}
    assert after["mcpServers"][NAME]["command"] != "old"
    [backup] = home.glob(".claude.json.*.bak")
    assert json.loads(backup.read_text(encoding="utf-8")) == before


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
def test_the_file_and_its_copy_are_for_their_owner_only(run: Run, home: Path) -> None:
    file = home / ".claude.json"
    file.write_text("{}", encoding="utf-8")
    assert run("claude-code", "--http", "--yes").exit_code == 0
    modes = [stat.S_IMODE(path.stat().st_mode) for path in home.glob(".claude.json*")]
    assert modes == [0o600, 0o600]


def test_a_second_time_changes_nothing_and_leaves_no_copy(run: Run, home: Path) -> None:
    run("claude-code", "--yes")
    first = (home / ".claude.json").read_bytes()
    assert run("claude-code", "--yes").exit_code == 0
    assert (home / ".claude.json").read_bytes() == first
    assert not list(home.glob("*.bak"))


@pytest.mark.parametrize(
    "content",
    ["{ // a comment\n}", '{"mcpServers": ', "[]", '{"mcpServers": []}', "\xff"],
)
def test_a_file_that_is_not_as_it_should_be_is_left_alone(content: str, run: Run, home: Path) -> None:
    file = home / ".claude.json"
    file.write_bytes(content.encode("latin-1"))
    result = run("claude-code", "--yes")
    assert result.exit_code == 1
    assert "Nothing was changed" in result.output
    assert file.read_bytes() == content.encode("latin-1")
    assert list(home.iterdir()) == [file]


def test_an_empty_file_counts_as_none(run: Run, home: Path) -> None:
    (home / ".claude.json").touch()
    assert run("claude-code", "--yes").exit_code == 0
    assert "command" in entry_in(home / ".claude.json", ClientName.CLAUDE_CODE)


def test_a_link_stays_a_link(run: Run, home: Path) -> None:
    real = home / "dotfiles.json"
    real.write_text("{}", encoding="utf-8")
    (home / ".claude.json").symlink_to(real)
    assert run("claude-code", "--yes").exit_code == 0
    assert (home / ".claude.json").is_symlink()
    assert "command" in entry_in(real, ClientName.CLAUDE_CODE)


def test_a_file_that_cannot_be_written_is_named(run: Run, home: Path) -> None:
    (home / ".cursor").write_text("in the way", encoding="utf-8")
    result = run("cursor", "--yes")
    assert result.exit_code == 1
    assert "mcp.json cannot be" in result.output


def test_nothing_is_written_without_a_yes_and_no_token_is_shown(run: Run, home: Path) -> None:
    result = run("cursor", "--http", answer="n\n")
    assert result.exit_code == 1
    assert str(home / ".cursor" / "mcp.json") in result.output
    assert TOKEN not in result.output
    assert not list(home.iterdir())


def test_a_yes_writes(run: Run, home: Path) -> None:
    assert run("cursor", answer="y\n").exit_code == 0
    assert (home / ".cursor" / "mcp.json").is_file()


def test_print_shows_the_entry_as_json_and_writes_nothing(run: Run, home: Path) -> None:
    result = run("vscode", "--http", "--print")
    entry = json.loads(result.output)["servers"][NAME]
    assert entry["headers"] == {"Authorization": f"Bearer {TOKEN}"}
    assert not list(home.iterdir())


def test_a_wrong_setting_is_a_sentence(run: Run) -> None:
    result = run("vscode", MCP_SERVER_PORT="many")
    assert result.exit_code == 1
    assert "MCP_SERVER_PORT" in result.output
    assert "Traceback" not in result.output


def test_the_page_about_clients_shows_what_the_command_writes() -> None:
    program = Program(
        Path("/home/you/owflex/.venv/bin/owflex"), {"OWFLEX_HOME": "/home/you/.local/share/owflex"}
    )
    endpoint = Endpoint("http://127.0.0.1:8001/mcp", "Bearer TOKEN")
    written = [
        nested(client, entry)
        for client in CLIENTS
        for entry in (stdio_entry(client, program), http_entry(client, endpoint, "linux"))
    ]
    page = PAGE.read_text(encoding="utf-8")
    shown = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", page, re.DOTALL)]
    shown += [tomllib.loads(block) for block in re.findall(r"```toml\n(.*?)```", page, re.DOTALL)]
    assert [block for block in shown if block not in written] == []
    assert [entry for entry in written if entry not in shown] == []
