"""Where desktop clients keep their MCP servers, and what an entry looks like there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

BRIDGE = "mcp-remote@0.15.1"
# Claude Desktop splits arguments at spaces on Windows, so the header's value goes through the environment.
HEADER_VARIABLE = "OWFLEX_AUTHORIZATION"

Entry = dict[str, Any]


class ClientName(StrEnum):
    """Clients whose configuration file is known."""

    CLAUDE = "claude"
    CLAUDE_CODE = "claude-code"
    CURSOR = "cursor"
    VSCODE = "vscode"
    CODEX = "codex"
    GEMINI = "gemini-cli"
    WINDSURF = "windsurf"
    ZED = "zed"
    LM_STUDIO = "lm-studio"
    OPENCODE = "opencode"


TITLES = {
    ClientName.CLAUDE: "Claude Desktop",
    ClientName.CLAUDE_CODE: "Claude Code",
    ClientName.CURSOR: "Cursor",
    ClientName.VSCODE: "VS Code",
    ClientName.CODEX: "Codex",
    ClientName.GEMINI: "Gemini CLI",
    ClientName.WINDSURF: "Windsurf",
    ClientName.ZED: "Zed",
    ClientName.LM_STUDIO: "LM Studio",
    ClientName.OPENCODE: "opencode",
}
# Files in the home folder, the same on each platform.
IN_HOME = {
    ClientName.CLAUDE_CODE: ".claude.json",
    ClientName.CURSOR: ".cursor/mcp.json",
    ClientName.GEMINI: ".gemini/settings.json",
    ClientName.WINDSURF: ".codeium/windsurf/mcp_config.json",
    ClientName.LM_STUDIO: ".lmstudio/mcp.json",
}
# The names under which a file holds the servers, from the outside to the inside.
SERVERS = {
    ClientName.VSCODE: ("servers",),
    ClientName.CODEX: ("mcp_servers",),
    ClientName.ZED: ("context_servers",),
    ClientName.OPENCODE: ("mcp", "servers"),
}
# What a client calls the address of a server.
ADDRESS = {ClientName.GEMINI: "httpUrl", ClientName.WINDSURF: "serverUrl"}
SAYS_TYPE = {ClientName.CLAUDE_CODE, ClientName.VSCODE}


@dataclass(frozen=True)
class Machine:
    """What decides where a client keeps its configuration."""

    platform: str
    home: Path
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Program:
    """The owflex command as a client starts it."""

    command: Path
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Endpoint:
    """The running server and the header that opens it."""

    url: str
    authorization: str = field(repr=False)


def config_file(client: ClientName, machine: Machine) -> Path:
    """The file in which the client keeps the MCP servers of its user."""
    if client in IN_HOME:
        return machine.home / IN_HOME[client]
    if client is ClientName.CODEX:
        moved = machine.environment.get("CODEX_HOME")
        return (Path(moved) if moved else machine.home / ".codex") / "config.toml"
    if client is ClientName.OPENCODE:
        return _config_folder(machine) / "opencode" / "opencode.json"
    if client is ClientName.ZED and machine.platform != "win32":
        return _config_folder(machine) / "zed" / "settings.json"
    settings = _settings_folder(machine)
    if client is ClientName.VSCODE:
        return settings / "Code" / "User" / "mcp.json"
    if client is ClientName.ZED:
        return settings / "Zed" / "settings.json"
    return settings / "Claude" / "claude_desktop_config.json"


def servers_path(client: ClientName) -> tuple[str, ...]:
    """The names that lead to the object which holds the servers in the client's file."""
    return SERVERS.get(client, ("mcpServers",))


def stdio_entry(client: ClientName, program: Program) -> Entry:
    """The entry with which the client starts OwFlex itself."""
    command, arguments = str(program.command), ["mcp", "--transport", "stdio"]
    environment = dict(program.environment)
    if client is ClientName.OPENCODE:
        return {"type": "local", "command": [command, *arguments], "environment": environment}
    entry: Entry = {"command": command, "args": arguments, "env": environment}
    return {"type": "stdio", **entry} if client in SAYS_TYPE | {ClientName.CURSOR} else entry


def http_entry(client: ClientName, endpoint: Endpoint, platform: str) -> Entry:
    """The entry with which the client reaches the running server."""
    if client is ClientName.CLAUDE:
        return _bridged(endpoint, platform)
    headers = {"Authorization": endpoint.authorization}
    if client is ClientName.CODEX:
        return {"url": endpoint.url, "http_headers": headers}
    entry: Entry = {ADDRESS.get(client, "url"): endpoint.url, "headers": headers}
    if client is ClientName.OPENCODE:
        return {"type": "remote", **entry}
    return {"type": "http", **entry} if client in SAYS_TYPE else entry


def _settings_folder(machine: Machine) -> Path:
    if machine.platform == "win32":
        appdata = machine.environment.get("APPDATA")
        return Path(appdata) if appdata else machine.home / "AppData" / "Roaming"
    if machine.platform == "darwin":
        return machine.home / "Library" / "Application Support"
    return _config_folder(machine)


def _config_folder(machine: Machine) -> Path:
    """The XDG folder, which some clients use on every platform."""
    configured = machine.environment.get("XDG_CONFIG_HOME")
    return Path(configured) if configured else machine.home / ".config"


def _bridged(endpoint: Endpoint, platform: str) -> Entry:
    """Claude Desktop's file knows only programs: mcp-remote passes stdio on to HTTP."""
    command = ["cmd", "/c", "npx"] if platform == "win32" else ["npx"]
    options = ["--transport", "http-only", "--allow-http", "--header"]
    return {
        "command": command[0],
        "args": [*command[1:], "-y", BRIDGE, endpoint.url, *options, f"Authorization:${{{HEADER_VARIABLE}}}"],
        "env": {HEADER_VARIABLE: endpoint.authorization},
    }
