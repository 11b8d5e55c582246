"""The versions that OwFlex was tested with: `constraints.txt`, which every installation uses.

`python pin_versions.py` asks pip which versions the ranges of `pyproject.toml` lead to today, with all
extras, and writes them down. `python pin_versions.py check` compares the file with `pyproject.toml` and
with what is installed. There are names and versions in it, no addresses. PyTorch is left out: which build
fits depends on the machine (docs/installation.md).
"""

import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent
FILE = ROOT / "constraints.txt"
HEAD = """\
# The versions that OwFlex was tested with. Made by `make constraints`; do not edit.
"""
# Chosen for the machine, by the Makefile or by hand, and what comes with it.
FREE = ("torch", "triton", "nvidia-", "cuda-")
OURS = "owflex"
TOOLS = {"pip", "setuptools", "uv", "wheel"}


def main(arguments: list[str]) -> int:
    """Write the file, or check it; 1 when it is not current."""
    if arguments == ["check"]:
        problems = [*missing_or_outside(pins(), requirements()), *different_here(pins())]
        for problem in problems:
            print(problem)  # noqa: T201
        if problems:
            print("constraints.txt is not current. Run: make constraints")  # noqa: T201
        return 1 if problems else 0
    FILE.write_text(HEAD + "".join(f"{name}=={version}\n" for name, version in resolved()), encoding="utf-8")
    return 0


def resolved() -> list[tuple[str, str]]:
    """Names and versions that pip would install now, with all extras. Raises `CalledProcessError`."""
    extras = ",".join(project()["optional-dependencies"])
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed"]
    command += ["--report", "-", "--disable-pip-version-check", torch(), f"{ROOT}[{extras}]"]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603
    found = [entry["metadata"] for entry in json.loads(answer.stdout)["install"]]
    pairs = {canonicalize_name(package["name"]): str(package["version"]) for package in found}
    return sorted((name, version) for name, version in pairs.items() if is_pinned(name))


def torch() -> str:
    """The build of PyTorch that the Makefile installs: with none named, pip would fetch gigabytes."""
    line = next(
        line for line in (ROOT / "Makefile").read_text(encoding="utf-8").splitlines() if "TORCH ?=" in line
    )
    return line.partition("?=")[2].strip()


def project() -> dict[str, Any]:
    """The project's table of `pyproject.toml`."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def requirements() -> Iterator[Requirement]:
    """All requirements that `pyproject.toml` names, those of extras too."""
    table = project()
    lists = [table["dependencies"], *table["optional-dependencies"].values()]
    yield from (Requirement(text) for texts in lists for text in texts)


def pins() -> dict[str, str]:
    """The versions of `constraints.txt` by name."""
    lines = FILE.read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if line and not line.startswith("#"))


def missing_or_outside(pinned: dict[str, str], wanted: Iterator[Requirement]) -> Iterator[str]:
    """A sentence for each requirement that has no version, or one outside of its range."""
    for requirement in wanted:
        version = pinned.get(canonicalize_name(requirement.name))
        if version is None:
            yield f"{requirement.name} has no version."
        elif version not in requirement.specifier:
            yield f"{requirement.name}=={version} is outside of {requirement.specifier}."


def different_here(pinned: dict[str, str]) -> Iterator[str]:
    """A sentence for each installed package that has another version, or none in the file."""
    for package in distributions():
        name = canonicalize_name(package.metadata["Name"])
        if is_pinned(name) and pinned.get(name) != package.version:
            yield f"{name}=={package.version} is installed; the file says {pinned.get(name, 'nothing')}."


def is_pinned(name: str) -> bool:
    """Whether the file names this package."""
    return name != OURS and name not in TOOLS and not name.startswith(FREE)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
