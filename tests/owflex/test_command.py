"""The command says what it does, and what is written about it is true."""

import asyncio
import re
import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner

from database.errors import PortTakenError
from database.settings import ProgramSettings
from owflex import reference
from owflex.__main__ import app
from owflex.supervision.programs import Listener

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"
COMMANDS = [
    "up",
    "status",
    "logs",
    "ingest",
    "mcp",
    "chat",
    "search",
    "token",
    "evaluate",
    "feedback",
    "doctor",
    "backup",
    "restore",
    "export",
    "import",
    "user",
    "prune",
    "upgrade-postgres",
]
OF_COMPOSE = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text()))
# What the pages call the file of a secret.
SECRET_FORMS = {
    "NAME_FILE",
    *(f"{name}_FILE" for name in ("MCP_SIGNING_KEY", "CHAT_DATABASE_URL", "OPENAI_API_KEY")),
}
# Read by the OpenTelemetry library.
OF_LIBRARIES = {"OTEL_EXPORTER_OTLP_ENDPOINT"}
# Settings of programs that run beside OwFlex, and of the system.
OF_OTHERS = {"OLLAMA_CONTEXT_LENGTH", "SSL_CERT_FILE"}


def shown(*arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments), env={"COLUMNS": "200", "NO_COLOR": "1"})
    assert result.exit_code == 0, result.output
    return result.output


def settings_of_all_programs() -> set[str]:
    programs: list[type[ProgramSettings]] = [settings for _, settings in reference.PROGRAMS]
    return {name.upper() for settings in programs for name in settings.model_fields}


def test_the_help_lists_every_command() -> None:
    assert all(command in shown("--help") for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_help_text(command: str) -> None:
    assert len(shown(command, "--help").splitlines()) > 5


def test_the_version_is_shown() -> None:
    assert re.fullmatch(r"owflex \d+\.\d+\.\d+\n", shown("--version"))


def test_the_settings_page_is_what_the_code_says() -> None:
    assert (DOCS / "settings.md").read_text() == reference.settings_page(), "run: python -m owflex.reference"


def test_the_tools_page_is_what_the_server_says() -> None:
    page = asyncio.run(reference.tools_page())
    assert (DOCS / "tools.md").read_text() == page, "run: python -m owflex.reference"


def test_every_setting_is_described() -> None:
    for _, settings in reference.PROGRAMS:
        assert all(field.description for field in settings.model_fields.values())


def test_the_example_of_an_env_file_names_only_real_settings() -> None:
    names = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.M))
    assert names - settings_of_all_programs() == OF_COMPOSE | OF_LIBRARIES


def test_an_env_file_with_empty_values_changes_nothing(tmp_path: Path) -> None:
    for _, settings in reference.PROGRAMS:
        assert settings(_env_file=ROOT / ".env.example") == settings(_env_file=None)  # pyright: ignore[reportCallIssue]


def test_every_file_the_pages_link_to_exists() -> None:
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.glob("*.md")]:
        for link in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
            assert (page.parent / link).exists(), f"{page.name} links to {link}"


def test_every_setting_the_pages_name_exists() -> None:
    known = settings_of_all_programs() | OF_COMPOSE | OF_LIBRARIES | OF_OTHERS | SECRET_FORMS
    for page in [ROOT / "README.md", *DOCS.glob("*.md")]:
        named = set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+)(?:=[^`]*)?`", page.read_text()))
        assert named <= known | {"OWFLEX_CHROMIUM", "PIP_EXTRA_INDEX_URL", "MEDIA_TYPES"}, page.name


def test_the_readme_shows_every_command() -> None:
    readme = (ROOT / "README.md").read_text()
    assert all(f"owflex {command} " in readme for command in COMMANDS)


def test_a_taken_port_names_the_setting_to_change() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        listener = Listener("127.0.0.1", port, "MCP_SERVER_PORT")
        with pytest.raises(PortTakenError, match="MCP_SERVER_PORT"):
            listener.check_free()
    listener.check_free()


def test_a_program_that_listens_everywhere_is_reached_on_loopback() -> None:
    assert Listener("0.0.0.0", 80, "X").url == "http://127.0.0.1:80"  # noqa: S104
    assert Listener("::", 80, "X").url == "http://[::1]:80"
