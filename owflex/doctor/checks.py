"""What `owflex doctor` looks at once the settings can be read: login, databases, models, servers."""

import os
from collections.abc import AsyncIterator
from importlib.resources import files
from pathlib import Path

import psycopg
from psycopg.rows import TupleRow
from pydantic import SecretStr

from agent_service.auth.login import identify_by
from agent_service.context import LOCAL_USER, RequestContext
from agent_service.errors import AgentServiceError
from agent_service.models.menu import ModelMenu
from agent_service.models.providers import choose_model
from agent_service.settings.bind import check_host
from agent_service.settings.settings import AgentServiceSettings
from agent_service.tools.connection import McpConnector
from database.embedded import configured_or_embedded
from database.errors import DatabaseError
from database.home import data_folder, read_or_create_secret
from database.migrations import pending
from database.pool import safe_address
from database.settings import read_settings
from database.surroundings import problems_around
from knowledge_base.embedding import DEFAULT_MODEL
from knowledge_base.embedding.opening import can_be_opened
from knowledge_base.embedding.reranking import check_reranker
from knowledge_base.embedding_spaces import check_model, count_awaiting, model_in_use
from knowledge_base.errors import KnowledgeBaseError
from mcp_server.settings import SIGNING_KEY_FILE, McpServerSettings
from owflex.doctor.backups import backup_finding
from owflex.doctor.findings import Finding, bad, fine, unknown
from owflex.doctor.model import model_findings
from owflex.doctor.replicas import replica_findings
from owflex.doctor.running import data_folder_finding, finding_of, look_at_running
from owflex.doctor.word_engine import word_engine_finding
from owflex.supervision.programs import chat_listener, mcp_listener
from serving.errors import UnsafeBindError

CONNECT_SECONDS = 5
MIN_POSTGRES = 150_000
Connection = psycopg.AsyncConnection[TupleRow]


async def look_at_programs(*, offline: bool) -> AsyncIterator[Finding]:
    """What is found, in the order in which the parts need each other."""
    mcp, chat = read_settings(McpServerSettings), read_settings(AgentServiceSettings)
    yield _login(chat)
    folder = data_folder(mcp.owflex_home)
    yield data_folder_finding(folder)
    for finding in look_at_running(folder, (chat_listener(chat), mcp_listener(mcp))):
        yield finding
    async for finding in _databases(mcp, chat, folder):
        yield finding
    yield backup_finding(folder)
    yield await _mcp_server(chat, folder)
    async for finding in _language_model(chat, offline=offline):
        yield finding


async def look_at_model(*, offline: bool) -> AsyncIterator[Finding]:
    """What the language model can do."""
    async for finding in _language_model(read_settings(AgentServiceSettings), offline=offline):
        yield finding


def _login(settings: AgentServiceSettings) -> Finding:
    try:
        check_host(settings)
        identify_by(settings)
    except (UnsafeBindError, AgentServiceError) as error:
        return bad("login", str(error), "See docs/users.md.")
    how = {"none": "one local user, no login", "jwt": "signed tokens", "proxy": "a proxy says who it is"}
    return fine(
        "login", f"AGENT_SERVICE_AUTH={settings.agent_service_auth}: {how[settings.agent_service_auth]}."
    )


async def _databases(
    mcp: McpServerSettings, chat: AgentServiceSettings, folder: Path
) -> AsyncIterator[Finding]:
    in_use: list[str] = []
    for name, url, database in (
        ("knowledge base", mcp.knowledge_base_database_url, "knowledge_base"),
        ("chat database", chat.chat_database_url, "chat"),
    ):
        if url is None and not (folder / "postgres").exists():
            yield unknown(name, "The embedded Postgres does not exist yet; the first start creates it.")
            continue
        async for finding in _database(name, url, folder, database, in_use):
            yield finding
    for finding in await replica_findings(mcp, folder):
        yield finding
    yield await word_engine_finding(mcp, folder)
    yield _embedding_model(mcp.embedding_model, in_use[0] if in_use else None)
    if mcp.rerank_model is not None:
        yield _reranking_model(mcp.rerank_model)


async def _database(
    name: str, url: SecretStr | None, folder: Path, database: str, in_use: list[str]
) -> AsyncIterator[Finding]:
    try:
        with configured_or_embedded(url, folder, database) as address:
            async with await psycopg.AsyncConnection.connect(
                address, connect_timeout=CONNECT_SECONDS, autocommit=True
            ) as connection:
                for finding in await _inside(connection, name, database, in_use):
                    yield finding
    except (DatabaseError, psycopg.Error, OSError) as error:
        where = "the embedded Postgres" if url is None else safe_address(url.get_secret_value())
        setting = "CHAT_DATABASE_URL" if database == "chat" else "KNOWLEDGE_BASE_DATABASE_URL"
        yield bad(
            name,
            f"{where} cannot be used ({type(error).__name__}).",
            f"Start Postgres, or correct {setting}; its log is in the data folder.",
        )


async def _inside(connection: Connection, name: str, database: str, in_use: list[str]) -> list[Finding]:
    """What the database says; the embedding model it was filled with goes into `in_use`."""
    number = connection.info.server_version
    version = f"Postgres {number // 10_000}.{number % 10_000}"
    if number < MIN_POSTGRES:
        return [bad(name, f"{version} is too old.", "Use Postgres 15 or newer.")]
    findings = [fine(name, f"{version} answers.")]
    package = "agent_service" if database == "chat" else "knowledge_base"
    if database != "chat":
        findings.append(await _pgvector(connection))
    missing = await pending(connection, files(package) / "migrations")
    if not missing and database != "chat":
        model = await model_in_use(connection)
        in_use += [model] if model else []
    for part, said in (await problems_around(connection, None)).items():
        findings.append(finding_of(part, said))
    if missing:
        findings.append(unknown(name, f"{len(missing)} migrations are due; the next start applies them."))
    else:
        findings.append(fine(name, "All migrations are applied."))
        if database != "chat" and (waiting := await count_awaiting(connection)):
            findings.append(
                unknown(
                    name,
                    f"{waiting} passages are found by their words only: their vectors are not made yet.",
                    "A running worker or ingestion makes them, or: owflex ingest verify --repair",
                )
            )
    return findings


async def _pgvector(connection: Connection) -> Finding:
    cursor = await connection.execute(
        "select default_version, installed_version from pg_available_extensions where name = 'vector'"
    )
    row = await cursor.fetchone()
    if row is None:
        return bad(
            "pgvector", "The database server does not have it.", "Install pgvector 0.8 or newer there."
        )
    if row[1] is None:
        return unknown("pgvector", f"Version {row[0]} is available; the first start enables it.")
    return fine("pgvector", f"Version {row[1]}.")


def _embedding_model(configured: str | None, in_use: str | None) -> Finding:
    name = configured or in_use or DEFAULT_MODEL
    try:
        if in_use is not None:
            check_model(in_use, name.removeprefix("sentence-transformers/"))
        is_here = can_be_opened(name)
    except KnowledgeBaseError as error:
        return bad("embedding model", str(error), "")
    if not is_here:
        return unknown(
            "embedding model",
            f"{name} is not on this machine; it is downloaded when it is first needed.",
            "Without internet access, set EMBEDDING_MODEL to a folder.",
        )
    return fine("embedding model", f"{name} is on this machine.")


def _reranking_model(name: str) -> Finding:
    try:
        check_reranker(name)
    except KnowledgeBaseError as error:
        return bad("reranking model", str(error), "")
    return fine("reranking model", f"{name} is set, and what loads it is installed.")


async def _mcp_server(settings: AgentServiceSettings, folder: Path) -> Finding:
    try:
        key = settings.mcp_signing_key or _key_in(folder)
    except DatabaseError as error:
        return bad("MCP server", str(error), "")
    if key is None:
        return unknown("MCP server", "It has never run here: there is no signing key yet.", "Run: owflex up")
    problem = await McpConnector(settings, key).problem(RequestContext(LOCAL_USER))
    if problem is None:
        return fine("MCP server", f"{settings.mcp_server_url} answers and accepts the chat's token.")
    if problem.startswith("nothing answers"):
        return unknown("MCP server", f"Nothing answers at {settings.mcp_server_url}.", "Run: owflex up")
    sentence, _, cure = problem.partition("; ")
    return bad("MCP server", f"{sentence}.", cure or "Look at the log of the MCP server.")


def _key_in(folder: Path) -> SecretStr | None:
    file = folder / SIGNING_KEY_FILE
    if not os.access(file, os.R_OK):
        return None
    return read_or_create_secret(folder, SIGNING_KEY_FILE)


async def _language_model(settings: AgentServiceSettings, *, offline: bool) -> AsyncIterator[Finding]:
    try:
        ModelMenu(settings, choose_model(settings))
    except AgentServiceError as error:
        yield bad("language model", str(error), "See docs/language-models.md.")
        return
    async for finding in model_findings(settings, offline=offline):
        yield finding
