"""Settings are written alike for all programs, and a wrong one is said before a program is loaded."""

import os
import re
import subprocess
import sys
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import pytest
from annotated_types import Le
from pydantic.fields import FieldInfo

from database.errors import SettingsError
from database.settings import ProgramSettings, read_settings
from owflex.evaluation.reports import ReportSettings
from owflex.reference import PROGRAMS

ROOT = Path(__file__).parents[2]
KINDS: list[type[ProgramSettings]] = [*(kind for _, kind in PROGRAMS), ReportSettings]
FIELDS = [(kind, name) for kind in KINDS for name in kind.model_fields]
# Where any text will not do.
EXAMPLES = {
    "backup_every": "0 4 * * *",
    "task_time_zone": "Europe/Berlin",
    "cors_origins": "https://a.example,https://b.example",
    "mcp_allowed_origins": "https://a.example,https://b.example",
    "mcp_servers": '{"tracker": {"url": "https://tracker.example/mcp"}}',
    "chat_greetings": '{"de": "Guten Tag"}',
    "chat_prompts": '[{"label": "Leave", "prompt": "How much leave do I have?"}]',
    "system_prompt_file": str(ROOT / "LICENSE"),
    "knowledge_base_read_urls": "postgresql://reader@replica:5432/knowledge_base",
}
ADDRESSES = re.compile(r"_(?:public|base|server)_url$")
SECRET = "only-for-few-eyes"
# Each of them takes a good part of a second.
HEAVY = frozenset(
    {"fastmcp", "mcp", "chatkit", "agents", "openai", "fastapi", "uvicorn", "numpy", "psycopg"}
    | {"torch", "openvino", "transformers", "sentence_transformers", "procrastinate"}
)


def example(name: str, field: FieldInfo) -> str:
    """A value as people write it, other than the default."""
    if name in EXAMPLES:
        return EXAMPLES[name]
    kind: Any = field.annotation
    if get_origin(kind) in (Union, UnionType):
        kind = next(one for one in get_args(kind) if one is not type(None))
    if get_origin(kind) is Literal:
        return str(next(choice for choice in get_args(kind) if choice != field.default))
    if kind is bool:
        return str(not field.default)
    if kind in (int, float):
        return _number(field)
    if get_origin(kind) is list:
        return "one.example,two.example"
    return "https://some.example/path" if ADDRESSES.search(name) else "x" * 40


def _number(field: FieldInfo) -> str:
    if field.annotation is float:
        return str(field.default * 0.9)
    return str(field.default - 1 if Le(field.default) in field.metadata else (field.default or 0) + 1)


def value_of(kind: type[ProgramSettings], name: str, written: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv(name.upper(), written)
    return getattr(read_settings(kind), name)


def short(value: object) -> str:
    """What stands for a class or a name in the name of a test."""
    return value.__name__ if isinstance(value, type) else str(value)


def is_checked(field: FieldInfo) -> bool:
    """Whether not every text will do."""
    kind: Any = field.annotation
    is_short = "SecretStr" in str(kind) and bool(field.metadata)
    return is_short or kind in (int, float, bool) or get_origin(kind) is Literal


CHECKED = [(kind, name) for kind, name in FIELDS if is_checked(kind.model_fields[name])]
LISTS = [
    (kind, name)
    for kind, name in FIELDS
    if get_origin(kind.model_fields[name].annotation) is list and name != "chat_prompts"
]


@pytest.fixture(autouse=True)
def empty_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No `.env` and no settings of the machine."""
    monkeypatch.chdir(tmp_path)
    for _, name in FIELDS:
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize(("kind", "name"), FIELDS, ids=short)
def test_white_space_around_a_value_does_not_count(
    kind: type[ProgramSettings], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    left_out = getattr(read_settings(kind), name)
    written = example(name, kind.model_fields[name])
    plain = value_of(kind, name, written, monkeypatch)
    assert plain != left_out
    assert value_of(kind, name, f" \t{written} \r\n", monkeypatch) == plain
    for nothing in ("", "  ", "\n", " , "):
        assert value_of(kind, name, nothing, monkeypatch) == left_out


@pytest.mark.parametrize(("kind", "name"), LISTS, ids=short)
def test_lists_are_split_alike(
    kind: type[ProgramSettings], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = example(name, kind.model_fields[name]).split(",")
    loose = " ,".join(["", *(f"\t{part} " for part in parts), "\n"])
    assert value_of(kind, name, loose, monkeypatch) == parts


@pytest.mark.parametrize(("kind", "name"), CHECKED, ids=short)
def test_a_wrong_value_is_told_in_our_words_without_itself(
    kind: type[ProgramSettings], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SettingsError) as refused:
        value_of(kind, name, SECRET, monkeypatch)
    said = str(refused.value)
    assert said.startswith(f"{name.upper()}: ")
    assert "Allowed: " in said
    assert "Correct it in the environment or in .env" in said
    assert SECRET not in said
    assert "put should" not in said


def imported_by(*command: str, **settings: str) -> tuple[int, str, set[str]]:
    """The exit code of a program that was run in a folder of its own, what it said, and what it imported."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "COLUMNS": "200"} | settings
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", *command],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    lines = done.stderr.splitlines()
    imports = [line for line in lines if line.startswith("import time:")]
    said = "\n".join([done.stdout, *(line for line in lines if line not in set(imports))])
    return done.returncode, said, {line.rpartition("|")[2].strip() for line in imports}


@pytest.mark.parametrize(
    ("command", "setting"),
    [
        (["agent_service"], "AGENT_SERVICE_PORT"),
        (["mcp_server"], "MCP_SERVER_PORT"),
        (["mcp_server", "--transport", "stdio"], "MCP_SERVER_PORT"),
        (["ingest", "sync", "."], "INGEST_PARSERS"),
        (["owflex", "ingest", "."], "INGEST_PARSERS"),
        (["owflex", "up"], "INGEST_PARSERS"),
        (["owflex", "mcp"], "MCP_SERVER_PORT"),
        (["owflex", "mcp", "install", "cursor", "--yes"], "MCP_SERVER_PORT"),
        (["owflex", "chat"], "AGENT_SERVICE_PORT"),
        (["owflex", "doctor"], "AGENT_SERVICE_PORT"),
        (["owflex", "search", "leave"], "MCP_SERVER_PORT"),
        (["owflex", "evaluate", "make"], "MAX_TURNS"),
        (["owflex", "feedback", "export"], "MAX_TURNS"),
    ],
    ids=" ".join,
)
def test_a_wrong_setting_is_said_before_anything_heavy_is_imported(command: list[str], setting: str) -> None:
    code, said, imported = imported_by(*command, **{setting: "lots"})
    assert code == 1
    assert f"{setting}: " in said
    assert not imported & HEAVY


@pytest.mark.parametrize(
    ("command", "settings", "cure"),
    [
        ("agent_service", {"AGENT_SERVICE_HOST": "0.0.0.0"}, "AGENT_SERVICE_ALLOW_REMOTE=true"),  # noqa: S104
        ("mcp_server", {"MCP_SERVER_HOST": "0.0.0.0"}, "Set MCP_SERVER_TOKEN and MCP_SIGNING_KEY"),  # noqa: S104
        ("mcp_server", {"MCP_AUTH_ISSUER": "https://login.example"}, "Set all of them, or unset"),
    ],
)
def test_settings_that_do_not_go_together_are_said_as_early(
    command: str, settings: dict[str, str], cure: str
) -> None:
    code, said, imported = imported_by(command, **settings)
    assert (code, cure in said) == (1, True)
    assert not imported & HEAVY


@pytest.mark.parametrize(
    "command", [["--help"], ["--version"], ["up", "--help"], ["ingest", "sync", "--help"]]
)
def test_help_needs_no_good_settings_and_nothing_heavy(command: list[str]) -> None:
    code, said, imported = imported_by("owflex", *command, AGENT_SERVICE_PORT="lots", INGEST_PARSERS="lots")
    assert code == 0, said
    assert not imported & (HEAVY | {"pydantic_settings"})
