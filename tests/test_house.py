"""The house is as its description says."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.python_sources import tree_of

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = (
    "owflex",
    "mcp_server",
    "agent_service",
    "ingest",
    "parsing",
    "knowledge_base",
    "serving",
    "database",
)
DESCRIPTIONS = ("docs/architecture.md", "CONTRIBUTING.md")
# What a name may be relative to.
PLACES = (ROOT, ROOT / "chat_page", ROOT / "chat_page" / "src")
# `name/` in backquotes is a folder.
# What the guide to a new format writes for an example.
EXAMPLES = {"parsing/lyrics.py"}
FOLDER = re.compile(r"`((?:[\w.-]+/)+)`")
FILE = re.compile(r"`((?:[\w.-]+/)+[\w-]+\.(?:py|ts|toml|md|json|mjs|sql))`")
MAX_LINES = 300


def exists(name: str) -> bool:
    return any((place / name).exists() for place in PLACES)


def modules() -> Iterator[Path]:
    for package in PACKAGES:
        yield from (ROOT / package).rglob("*.py")


def test_every_package_is_described() -> None:
    text = (ROOT / DESCRIPTIONS[0]).read_text(encoding="utf-8")
    assert {f"{package}/" for package in PACKAGES} <= set(FOLDER.findall(text))


@pytest.mark.parametrize("package", ["agent_service", "parsing", "owflex", "mcp_server"])
def test_every_room_is_described(package: str) -> None:
    text = (ROOT / DESCRIPTIONS[0]).read_text(encoding="utf-8")
    rooms = {path.parent.relative_to(ROOT).as_posix() for path in (ROOT / package).glob("*/__init__.py")}
    assert {f"{room}/" for room in rooms} <= set(FOLDER.findall(text))


@pytest.mark.parametrize("description", DESCRIPTIONS)
def test_every_folder_and_file_that_is_named_exists(description: str) -> None:
    text = (ROOT / description).read_text(encoding="utf-8")
    named = [*FOLDER.findall(text), *FILE.findall(text)]
    assert named
    assert [name for name in named if name not in EXAMPLES and not exists(name)] == []


def test_no_module_imports_a_private_name_of_another() -> None:
    taken = [
        f"{path.relative_to(ROOT)}: {node.module}.{name.name}"
        for path in modules()
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in PACKAGES
        for name in node.names
        if name.name.startswith("_") and not name.name.startswith("__")
    ]
    assert taken == []


def test_files_stay_short_enough_to_be_read() -> None:
    long = {path.relative_to(ROOT): len(path.read_text(encoding="utf-8").splitlines()) for path in modules()}
    assert {str(path): lines for path, lines in long.items() if lines > MAX_LINES} == {}


def test_everything_is_printed_by_a_console_that_writes_control_characters_out() -> None:
    assert [
        f"{path.relative_to(ROOT)}"
        for path in modules()
        if path != ROOT / "serving" / "terminal.py"
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ImportFrom)
        and node.module == "rich.console"
        and any(name.name == "Console" for name in node.names)
    ] == []
