"""docker-compose.yml as Compose would read it, and its services as processes of this machine."""

import os
import re
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
SECRETS = "/run/secrets/"
VARIABLE = re.compile(r"\$\{([A-Z_]+)(?::-([^}]*))?\}")


def compose(**variables: str) -> dict[str, Any]:
    """The file, with the variables of `.env` and their defaults put in."""

    def value(found: re.Match[str]) -> str:
        return variables.get(found[1], found[2] or "")

    return yaml.safe_load(VARIABLE.sub(value, (ROOT / "docker-compose.yml").read_text()))


def process_environment(
    service: Mapping[str, Any], secrets: Path, home: Path, changed: Mapping[str, str]
) -> dict[str, str]:
    """The environment of a service's process; `changed` says what other machines are called here."""
    kept = ("PATH", "LANG", "COVERAGE_PROCESS_START", "OMP_NUM_THREADS", "HF_HUB_OFFLINE")
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    environment |= {"OWFLEX_HOME": str(home), "HOME": "/nonexistent", "PYTHONPATH": str(ROOT)}
    for name, value in service.get("environment", {}).items():
        text = str(value).replace(SECRETS, f"{secrets}/")
        for old, new in changed.items():
            text = text.replace(old, new)
        environment[name] = text
    return environment


def process_command(service: Mapping[str, Any]) -> list[str]:
    """The command line of a service, by the Python of the tests."""
    command = [*service.get("entrypoint", []), *service["command"]]
    return [sys.executable, *command[1:]] if command[0] == "python" else owflex(*command[1:])


def health_command(service: Mapping[str, Any], changed: Mapping[str, str]) -> list[str]:
    """The health check of a service, by the Python of the tests."""
    kind, *command = service["healthcheck"]["test"]
    if kind == "CMD-SHELL":
        command = shlex.split(command[0])
    for old, new in changed.items():
        command = [part.replace(old, new) for part in command]
    return [sys.executable, *command[1:]] if command[0] == "python" else command


def owflex(*arguments: str) -> list[str]:
    """The command `owflex`."""
    return [sys.executable, "-m", "owflex", *arguments]
