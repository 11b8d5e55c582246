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


TITLES = {
    ClientName.CLAUDE: "Claude Desktop",
    ClientName.CLAUDE_CODE: "Claude Code",
    ClientName.CURSOR: "Cursor",
    ClientName.VSCODE: "VS Code",
}


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
    if client is ClientName.CLAUDE_CODE:
        return machine.home / ".claude.json"
    if client is ClientName.CURSOR:
        return machine.home / ".cursor" / "mcp.json"
    settings = _settings_folder(machine)
    if client is ClientName.VSCODE:
        return settings / "Code" / "User" / "mcp.json"
    return settings / "Claude" / "claude_desktop_config.json"


def servers_key(client: ClientName) -> str:
    """The name of the object that holds the servers in the client's file."""
    return "servers" if client is ClientName.VSCODE else "mcpServers"


def stdio_entry(client: ClientName, program: Program) -> Entry:
    """The entry with which the client starts OwFlex itself."""
    entry: Entry = {
        "command": str(program.command),
        "args": ["mcp", "--transport", "stdio"],
        "env": dict(program.environment),
    }
    return entry if client is ClientName.CLAUDE else {"type": "stdio", **entry}


def http_entry(client: ClientName, endpoint: Endpoint, platform: str) -> Entry:
    """The entry with which the client reaches the running server."""
    if client is ClientName.CLAUDE:
        return _bridged(endpoint, platform)
    entry: Entry = {"url": endpoint.url, "headers": {"Authorization": endpoint.authorization}}
    return entry if client is ClientName.CURSOR else {"type": "http", **entry}


def _settings_folder(machine: Machine) -> Path:
    if machine.platform == "win32":
        appdata = machine.environment.get("APPDATA")
        return Path(appdata) if appdata else machine.home / "AppData" / "Roaming"
    if machine.platform == "darwin":
        return machine.home / "Library" / "Application Support"
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
