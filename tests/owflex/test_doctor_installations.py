"""One installation that is well, and many that are broken in one way each: the doctor finds just that."""

import os
import re
import shutil
import socket
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import LiteralString
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from agent_service.routes.page import STATIC_FOLDER
from agent_service.settings.settings import AgentServiceSettings
from database.home import open_data_folder, read_or_create_secret
from database.migrations import migrate
from ingest.jobs.queue import ensure_tables
from ingest.settings import IngestSettings
from knowledge_base.access import SERVER_ROLE, prepare_server_role
from knowledge_base.embedding import source
from mcp_server.settings import SIGNING_KEY_FILE, TOKEN_FILE, McpServerSettings
from owflex.configuration.keeping_settings import KeepingSettings
from owflex.doctor.command import look
from owflex.doctor.findings import Finding, exit_code
from owflex.doctor.reasons import OF_THE_MODEL, REASONS, check_of
from owflex.doctor.space import MAX_LOG_BYTES
from owflex.doctor.versions import page_finding
from owflex.keeping.state import remember_backup, remember_failure
from tests.support.ports import free_port

# What a small installation on one machine need not have.
NOT_THERE = {"owflex up", "API keys", "MCP server", "language model"}
DAY = 86_400


@dataclass(frozen=True)
class Healthy:
    """An installation that is well: its folders, its databases, and their address for an administrator."""

    home: Path
    backups: Path
    knowledge_base: str
    chat: str
    above: str

    def execute(self, statement: LiteralString) -> None:
        """Let the administrator do something in the knowledge base."""
        with psycopg.connect(self.above, autocommit=True) as connection:
            connection.execute(statement)


@pytest.fixture(scope="module", autouse=True)
def weights_are_checked_once() -> Iterator[None]:
    """The checksum of the embedding model takes longer than all else."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("knowledge_base.embedding.source.verify", cache(source.verify))
        yield


@pytest.fixture(scope="module")
async def healthy(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Healthy]:
    """Databases of a role with few rights, as the handbook says, and the files of a data folder."""
    folder = tmp_path_factory.mktemp("healthy")
    owner = f"owner_{uuid4().hex}"
    names = [f"{owner}_documents", f"{owner}_chat"]
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        _make_owner(connection, owner)
        for name in names:
            _make_database(connection, postgres_url, name, owner)
        documents, chat = (make_conninfo(postgres_url, dbname=name, user=owner) for name in names)
        await migrate(documents, files("knowledge_base") / "migrations")
        await migrate(chat, files("agent_service") / "migrations")
        await prepare_server_role(documents)
        await ensure_tables(documents)
        backups = folder / "backups"
        home = _filled_home(folder / "home", backups)
        yield Healthy(home, backups, documents, chat, make_conninfo(postgres_url, dbname=names[0]))
        for name in names:
            connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
        connection.execute(sql.SQL("drop role {}").format(sql.Identifier(owner)))


def _make_owner(connection: psycopg.Connection, owner: str) -> None:
    role = sql.Identifier(owner)
    connection.execute(sql.SQL("create role {} login").format(role))
    if connection.execute("select 1 from pg_roles where rolname = %s", (SERVER_ROLE,)).fetchone() is None:
        connection.execute(sql.SQL("create role {} nologin").format(sql.Identifier(SERVER_ROLE)))
    connection.execute(sql.SQL("grant {} to {}").format(sql.Identifier(SERVER_ROLE), role))


def _make_database(connection: psycopg.Connection, postgres_url: str, name: str, owner: str) -> None:
    statement = sql.SQL("create database {} owner {} template template0")
    connection.execute(statement.format(sql.Identifier(name), sql.Identifier(owner)))
    with psycopg.connect(make_conninfo(postgres_url, dbname=name), autocommit=True) as inside:
        inside.execute("create extension vector")


def _filled_home(home: Path, backups: Path) -> Path:
    open_data_folder(home)
    for name in (TOKEN_FILE, SIGNING_KEY_FILE):
        read_or_create_secret(home, name)
    (home / "logs").mkdir()
    (home / "logs" / "chat.log").write_text("It runs.\n")
    backups.mkdir()
    last = backups / "owflex-2026-11-30T023000Z.backup"
    last.write_bytes(b"all of it")
    last.chmod(0o600)
    remember_backup(home, last, last.stat().st_size)
    return home


@pytest.fixture
def at_home(healthy: Healthy, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Healthy:
    """The settings of the installation, and no others."""
    for settings in (AgentServiceSettings, McpServerSettings, IngestSettings, KeepingSettings):
        for name in settings.model_fields:
            monkeypatch.delenv(name.upper(), raising=False)
    for name, value in {
        "OWFLEX_HOME": healthy.home,
        "KNOWLEDGE_BASE_DATABASE_URL": healthy.knowledge_base,
        "CHAT_DATABASE_URL": healthy.chat,
        "BACKUP_FOLDER": healthy.backups,
        "AGENT_SERVICE_PORT": free_port(),
        "MCP_SERVER_PORT": free_port(),
    }.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.chdir(tmp_path)
    return healthy


async def found() -> list[Finding]:
    """What the doctor finds, in which each that is not well says why it matters and what to do."""
    findings = [finding async for finding in look()]
    for finding in findings:
        if finding.state in ("bad", "warning"):
            assert finding.why
            assert finding.cure, finding
    return findings


async def only_finding(name: str, state: str) -> Finding:
    """The one thing that is not well."""
    wrong = [finding for finding in await found() if finding.state in ("bad", "warning")]
    assert [(finding.name, finding.state) for finding in wrong] == [(name, state)], wrong
    assert exit_code(wrong) == int(state == "bad")
    return wrong[0]


async def test_nothing_is_wrong_with_a_healthy_installation(at_home: Healthy) -> None:
    findings = await found()
    assert {finding.name for finding in findings if finding.state not in ("ok", "unknown")} == set()
    assert {finding.name for finding in findings if finding.state == "unknown"} == NOT_THERE
    assert exit_code(findings) == 0
    assert len(findings) > 20


@pytest.mark.parametrize(
    ("settings", "name", "state", "sentence", "cure"),
    [
        ({"MCP_SERVR_TOKEN": "x" * 40}, "settings", "warning", "MCP_SERVR_TOKEN", "MCP_SERVER_TOKEN"),
        ({"AGENT_SERVICE_AUTH": "proxy"}, "login", "bad", "AGENT_SERVICE_PROXY_ADDRESSES", "docs/users.md"),
        (
            {"AGENT_SERVICE_HOST": "0.0.0.0", "AGENT_SERVICE_ALLOW_REMOTE": "true"},  # noqa: S104
            *("exposure", "warning", "everybody who reaches it", "AGENT_SERVICE_AUTH"),
        ),
        ({"MCP_SERVER_HOST": "0.0.0.0"}, "exposure", "bad", "other machines", "MCP_SIGNING_KEY"),  # noqa: S104
        (
            {
                "AGENT_SERVICE_AUTH": "proxy",
                "AGENT_SERVICE_PROXY_ADDRESSES": "10.1.0.1",
                "CHAT_ANSWERS_AT_ONCE": "0",
            },
            *("exposure", "warning", "CHAT_ANSWERS_AT_ONCE=0", "Take CHAT_ANSWERS_AT_ONCE out"),
        ),
        (
            {
                "AGENT_SERVICE_AUTH": "proxy",
                "AGENT_SERVICE_PROXY_ADDRESSES": "10.1.0.1",
                "AGENT_SERVICE_PUBLIC_URL": "http://chat.example",
            },
            *("exposure", "warning", "in clear", "https://"),
        ),
        ({"APPROVAL_TOOLS": "none"}, "exposure", "warning", "without asking", "APPROVAL_TOOLS"),
        ({"MCP_AUTH_AUDIENCE": "x"}, "identity provider", "bad", "need four settings", "Set all of them"),
        (
            {"MCP_OAUTH": "true", "MCP_PUBLIC_URL": "http://kb.example"},
            *("OAuth", "bad", "MCP_PUBLIC_URL must be an https", "MCP_OAUTH=false"),
        ),
        ({"EMBEDDING_MODEL": "/no/such"}, "embedding model", "bad", "no folder /no/such", "EMBEDDING_MODEL"),
        ({"MODEL_NAME": "litellm/x"}, "language model", "bad", "", "docs/language-models.md"),
        ({"BACKUP_FOLDER": "/no/such/disk/b"}, "backups", "bad", "/no/such/disk is not there", "Mount"),
        (
            {"CHAT_DATABASE_URL": "postgresql://ann:geheim@127.0.0.1:1/chat"},
            *("chat database", "bad", "cannot be used", "CHAT_DATABASE_URL"),
        ),
    ],
)
async def test_a_wrong_setting_is_found(
    at_home: Healthy,
    monkeypatch: pytest.MonkeyPatch,
    settings: dict[str, str],
    name: str,
    state: str,
    sentence: str,
    cure: str,
) -> None:
    for setting, value in settings.items():
        monkeypatch.setenv(setting, value)
    finding = await only_finding(name, state)
    assert sentence in finding.sentence
    assert cure in finding.cure
    assert "geheim" not in str(finding)


async def test_one_database_for_both_is_found(at_home: Healthy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAT_DATABASE_URL", at_home.knowledge_base)
    wrong = [finding for finding in await found() if finding.state == "bad"]
    assert wrong[0].name == "exposure"
    assert "create database chat" in wrong[0].cure


async def test_a_superuser_as_login_is_found(at_home: Healthy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KNOWLEDGE_BASE_DATABASE_URL", at_home.above)
    assert "superuser" in (await only_finding("roles", "warning")).sentence


IN_POSTGRES: list[tuple[LiteralString, LiteralString, str, str, str, str]] = [
    (
        "insert into schema_migrations values ('9999_new.sql', '')",
        "delete from schema_migrations where name = '9999_new.sql'",
        *("knowledge base", "bad", "9999_new.sql", "pip install --upgrade"),
    ),
    (
        "update schema_migrations set applied_at = applied_at + interval '400 days'",
        "update schema_migrations set applied_at = applied_at - interval '400 days'",
        *("clock", "bad", "days behind", "Set it"),
    ),
    (
        "alter role owflex_mcp_server bypassrls",
        "alter role owflex_mcp_server nobypassrls",
        *("roles", "bad", "bypassrls", "alter role owflex_mcp_server nobypassrls"),
    ),
    (
        "grant pg_read_all_data to owflex_mcp_server",
        "revoke pg_read_all_data from owflex_mcp_server",
        *("roles", "bad", "member of", 'revoke "pg_read_all_data"'),
    ),
    (
        "alter table tasks disable row level security",
        "alter table tasks enable row level security",
        *("roles", "bad", "tasks", "alter table tasks enable row level security"),
    ),
    (
        "grant delete on documents to owflex_mcp_server",
        "revoke delete on documents from owflex_mcp_server",
        *("roles", "warning", "delete on documents", "revoke all on all tables"),
    ),
    (
        "insert into api_keys (name, key_hash, user_id, scopes) values ('old \x1b[31mred', 'x', 'ann', '{}')",
        "truncate api_keys restart identity",
        *("API keys", "warning", "1 (old \\x1b[31mred) never end", "owflex token revoke 1"),
    ),
    (
        "insert into api_keys (name, key_hash, user_id, scopes, created_at, expires_at)"
        " values ('a', 'x', 'ann', '{}', now() - interval '100 days', now() + interval '9 days')",
        "truncate api_keys restart identity",
        *("API keys", "warning", "not used for 90 days", "owflex token revoke 1"),
    ),
    (
        "insert into procrastinate_jobs (queue_name, task_name, status) values ('ingest', 'x', 'failed')",
        "truncate procrastinate_jobs cascade",
        *("queue", "warning", "1 jobs failed", "owflex ingest status"),
    ),
    (
        "insert into procrastinate_jobs (queue_name, task_name, status) values ('ingest', 'x', 'doing')",
        "truncate procrastinate_jobs cascade",
        *("queue", "bad", "workers that have died", "owflex ingest worker"),
    ),
    (
        "insert into procrastinate_jobs (queue_name, task_name, scheduled_at)"
        " values ('ingest', 'ingest:file', now() - interval '1 hour')",
        "truncate procrastinate_jobs cascade",
        *("queue", "bad", "no worker runs", "owflex ingest worker"),
    ),
    (
        "insert into embedding_spaces (model_name, dimensions, in_use) values ('some/model', 384, true)",
        "delete from embedding_spaces",
        *("embedding model", "unknown", "some/model is not on this machine", "EMBEDDING_MODEL"),
    ),
    (
        "insert into embedding_spaces (model_name, dimensions, in_use)"
        " values ('all-MiniLM-L6-v2', 768, true)",
        "delete from embedding_spaces",
        *("embedding model", "bad", "768 dimensions", "owflex model use"),
    ),
]


@pytest.mark.parametrize(("broken", "mended", "name", "state", "sentence", "cure"), IN_POSTGRES)
async def test_what_is_wrong_in_postgres_is_found(
    at_home: Healthy,
    broken: LiteralString,
    mended: LiteralString,
    name: str,
    state: str,
    sentence: str,
    cure: str,
) -> None:
    at_home.execute(broken)
    try:
        findings = [finding for finding in await found() if finding.state in ("bad", "warning", state)]
    finally:
        at_home.execute(mended)
    wrong = [finding for finding in findings if finding.name not in NOT_THERE or finding.state != "unknown"]
    assert [(finding.name, finding.state) for finding in wrong] == [(name, state)]
    assert sentence in wrong[0].sentence
    assert cure in wrong[0].cure


async def test_a_database_that_may_only_be_read_is_found(at_home: Healthy) -> None:
    name = sql.Identifier(str(conninfo_to_dict(at_home.knowledge_base)["dbname"]))
    with psycopg.connect(at_home.above, autocommit=True) as connection:
        connection.execute(sql.SQL("alter database {} set default_transaction_read_only = on").format(name))
        try:
            finding = await only_finding("writing", "bad")
        finally:
            connection.execute(sql.SQL("alter database {} reset default_transaction_read_only").format(name))
    assert "read-only" in finding.sentence


def _key_for_all(home: Path) -> Callable[[], object]:
    home.chmod(0o755)
    (home / TOKEN_FILE).chmod(0o644)
    return lambda: (home.chmod(0o700), (home / TOKEN_FILE).chmod(0o600))


def _key_cut_short(home: Path) -> Callable[[], object]:
    key = (home / SIGNING_KEY_FILE).read_bytes()
    (home / SIGNING_KEY_FILE).write_bytes(b"short")
    return lambda: (home / SIGNING_KEY_FILE).write_bytes(key)


def _huge_log(home: Path) -> Callable[[], object]:
    file = home / "logs" / "mcp.log"
    file.touch()
    os.truncate(file, MAX_LOG_BYTES + 1)
    return file.unlink


def _backup_cut_short(home: Path) -> Callable[[], object]:
    file = next((home.parent / "backups").iterdir())
    whole = file.read_bytes()
    file.write_bytes(whole[:3])
    return lambda: file.write_bytes(whole)


def _backup_open_to_all(home: Path) -> Callable[[], object]:
    file = next((home.parent / "backups").iterdir())
    file.chmod(0o644)
    return lambda: file.chmod(0o600)


def _backup_gone(home: Path) -> Callable[[], object]:
    file = next((home.parent / "backups").iterdir())
    file.rename(home / "moved")
    return lambda: (home / "moved").rename(file)


def _backup_failed(home: Path) -> Callable[[], object]:
    remember_failure(home, "the disk is full")
    file = next((home.parent / "backups").iterdir())
    return lambda: remember_backup(home, file, file.stat().st_size)


def _backup_late(home: Path) -> Callable[[], object]:
    state = home / "backup.json"
    now = state.read_text()
    state.write_text(now.replace(now[now.index(":") + 1 : now.index(",")], str(time.time() - 9 * DAY)))
    return lambda: state.write_text(now)


@pytest.mark.parametrize(
    ("spoil", "name", "state", "sentence", "cure"),
    [
        (_key_for_all, "private files", "bad", TOKEN_FILE, "chmod 600"),
        (_key_cut_short, "MCP server", "bad", "cut short", "Remove it"),
        (_huge_log, "logs", "warning", "mcp.log", "KEEP_LOGS_DAYS"),
        (_backup_cut_short, "backups", "bad", "has 3 bytes, and had 9", "owflex backup"),
        (_backup_open_to_all, "private files", "bad", ".backup", "chmod 600"),
        (_backup_gone, "backups", "bad", "not there any more", "BACKUP_FOLDER"),
        (_backup_failed, "backups", "bad", "the disk is full", "owflex backup"),
        (_backup_late, "backups", "bad", "9 days ago", "owflex logs keeper"),
    ],
)
async def test_what_is_wrong_with_files_is_found(
    at_home: Healthy,
    spoil: Callable[[Path], Callable[[], object]],
    name: str,
    state: str,
    sentence: str,
    cure: str,
) -> None:
    mend = spoil(at_home.home)
    try:
        finding = await only_finding(name, state)
    finally:
        mend()
    assert sentence in finding.sentence
    assert cure in finding.cure


async def test_backups_beside_the_data_are_found(at_home: Healthy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKUP_FOLDER", str(at_home.home / "backups"))
    assert "another disk" in (await only_finding("exposure", "warning")).cure


@pytest.fixture
def settings_for_all(tmp_path: Path) -> Path:
    """A `.env` with a secret, that every user of the machine may read."""
    env = tmp_path / ".env"
    env.write_text("OPENAI_API_KEY=sk-secret\nMODEL_NAME=extractive\n= no setting\n")
    env.chmod(0o644)
    return env


async def test_settings_with_secrets_that_all_may_read_are_found(
    at_home: Healthy, settings_for_all: Path
) -> None:
    findings = {finding.name: finding for finding in await found() if finding.state in ("bad", "warning")}
    assert set(findings) == {"private files", "settings"}
    assert f"chmod 600 '{settings_for_all}'" in findings["private files"].cure
    assert "Line 3" in findings["settings"].sentence
    assert "sk-secret" not in str(findings)


async def test_a_file_in_the_place_of_the_data_folder_is_found(
    at_home: Healthy, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("OWFLEX_HOME", str(tmp_path / "file"))
    assert "OWFLEX_HOME" in (await only_finding("data folder", "bad")).cure


async def test_a_port_that_another_program_has_is_found(at_home: Healthy) -> None:
    port = int(os.environ["AGENT_SERVICE_PORT"])
    with closing(socket.create_server(("127.0.0.1", port))):
        finding = await only_finding(f"port {port}", "bad")
    assert "AGENT_SERVICE_PORT" in finding.cure


def test_a_page_that_lacks_a_part_is_found(tmp_path: Path) -> None:
    assert page_finding(tmp_path).state == "bad"
    shutil.copytree(STATIC_FOLDER, tmp_path / "static")
    assert page_finding(tmp_path / "static").state == "ok"
    (tmp_path / "static" / "app.css").unlink()
    assert "static/app.css" in page_finding(tmp_path / "static").sentence


def test_every_check_has_a_row_in_the_handbook() -> None:
    page = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
    table = page.partition("| check |")[2].partition("\n\n")[0]
    first = [line.split("|")[1] for line in table.splitlines()[2:]]
    rows = {name for cell in first for name in re.findall(r"`([^`]+)`", cell)}
    assert rows == {*REASONS}


async def test_every_finding_is_of_a_check(at_home: Healthy) -> None:
    assert [finding.name for finding in await found() if check_of(finding.name) is None] == []
    assert Finding("tool calls", "bad", "").why == OF_THE_MODEL
