"""The container files name only what exists (there is no container engine in the tests)."""

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from owflex import reference

ROOT = Path(__file__).parent.parent.parent
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
DOCKERFILE = (ROOT / "Dockerfile").read_text()
OURS = ["mcp-server", "agent-service", "ingest-worker", "ingest"]
SETTINGS = {name.upper() for _, settings in reference.PROGRAMS for name in settings.model_fields}


def service(name: str) -> dict[str, Any]:
    return COMPOSE["services"][name]


def commands() -> Iterator[list[str]]:
    """The command line of each of our services."""
    for name in OURS:
        yield [*service(name).get("entrypoint", []), *service(name)["command"]]


@pytest.mark.parametrize("command", list(commands()), ids=" ".join)
def test_every_command_exists(command: list[str]) -> None:
    if command[:2] == ["python", "-m"]:
        assert importlib.util.find_spec(f"{command[2]}.__main__") is not None
    else:
        assert command[:2] == ["owflex", "ingest"]


@pytest.mark.parametrize("name", OURS)
def test_every_variable_is_a_setting(name: str) -> None:
    assert set(service(name)["environment"]) <= SETTINGS


@pytest.mark.parametrize("name", OURS)
def test_the_settings_are_accepted_by_the_program(name: str) -> None:
    values = {
        key.lower(): re.sub(r"\$\{[^}]*\}", "x" * 40, value)
        for key, value in service(name)["environment"].items()
    }
    for _, settings in reference.PROGRAMS:
        settings.model_validate(values)


def test_every_variable_asked_for_is_in_the_example_file() -> None:
    asked = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text()))
    assert asked <= set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.M))


def test_every_port_is_published_on_loopback_only() -> None:
    ports = [port for name in COMPOSE["services"] for port in service(name).get("ports", [])]
    assert len(ports) == 3
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_what_runs_for_long_has_a_health_check_and_waits_for_what_it_needs() -> None:
    for name in ("postgres", "mcp-server", "agent-service"):
        assert service(name)["healthcheck"]["test"]
    for name in OURS:
        for needed, how in service(name)["depends_on"].items():
            assert needed in COMPOSE["services"]
            assert how == {"condition": "service_healthy"}


def test_the_image_copies_only_what_exists() -> None:
    for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.M):
        for path in line.split()[:-1]:
            assert (ROOT / path).exists(), path


def test_the_image_copies_everything_the_package_is_built_from() -> None:
    copied = {
        path for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.M) for path in line.split()[:-1]
    }
    packages = {path.parent.name for path in ROOT.glob("*/py.typed")}
    assert (
        packages | {"pyproject.toml", "README.md", "LICENSE", "build_page.py", "hatch_build.py", "docs"}
        <= copied
    )
