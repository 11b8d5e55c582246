"""What `owflex doctor` sees of the two databases, and of what is in them."""

from collections.abc import AsyncIterator
from importlib.resources import files
from pathlib import Path

import psycopg
from psycopg.rows import TupleRow
from pydantic import SecretStr

from agent_service.settings.settings import AgentServiceSettings
from database.embedded import configured_or_embedded
from database.errors import DatabaseError
from database.migrations import foreign, pending
from database.pool import safe_address
from database.surroundings import problems_around
from knowledge_base.embedding_spaces import count_awaiting, space_in_use
from mcp_server.settings import McpServerSettings
from owflex.doctor.embedding import embedding_finding, reranking_finding
from owflex.doctor.findings import Finding, bad, fine, unknown
from owflex.doctor.replicas import replica_findings
from owflex.doctor.roles import role_findings
from owflex.doctor.running import finding_of
from owflex.doctor.sites import readable_by_sites, site_findings
from owflex.doctor.stored import key_findings, queue_finding
from owflex.doctor.word_engine import word_engine_finding

CONNECT_SECONDS = 5
MIN_POSTGRES = 150_000
MIN_PGVECTOR = (0, 8)
KNOWLEDGE_BASE, CHAT = "knowledge base", "chat database"
Connection = psycopg.AsyncConnection[TupleRow]


async def database_findings(
    mcp: McpServerSettings, chat: AgentServiceSettings, folder: Path
) -> AsyncIterator[Finding]:
    """Both databases, the replicas, and the models that belong to the index."""
    spaces = SpaceSeen()
    for name, url in ((KNOWLEDGE_BASE, mcp.knowledge_base_database_url), (CHAT, chat.chat_database_url)):
        if url is None and not (folder / "postgres").exists():
            yield unknown(name, "The embedded Postgres does not exist yet; the first start creates it.")
            continue
        async for finding in _database(name, url, folder, spaces):
            yield finding
    for finding in await replica_findings(mcp, folder):
        yield finding
    yield await word_engine_finding(mcp, folder)
    yield embedding_finding(mcp.embedding_model, spaces.model, spaces.dimensions)
    if mcp.rerank_model is not None:
        yield reranking_finding(mcp.rerank_model)


class SpaceSeen:
    """The embedding model that the index was made with, once the database has said it, and more it says."""

    model: str | None = None
    dimensions: int = 0
    # What visitors of sites may read.
    of_sites: dict[str, set[str]] | None = None


async def _database(
    name: str, url: SecretStr | None, folder: Path, spaces: SpaceSeen
) -> AsyncIterator[Finding]:
    database = "chat" if name == CHAT else "knowledge_base"
    try:
        with configured_or_embedded(url, folder, database) as address:
            async with await psycopg.AsyncConnection.connect(
                address, connect_timeout=CONNECT_SECONDS, autocommit=True
            ) as connection:
                async for finding in _inside(connection, name, spaces, is_embedded=url is None):
                    yield finding
    except (DatabaseError, psycopg.Error, OSError) as error:
        where = "the embedded Postgres" if url is None else safe_address(url.get_secret_value())
        setting = "CHAT_DATABASE_URL" if name == CHAT else "KNOWLEDGE_BASE_DATABASE_URL"
        yield bad(
            name,
            f"{where} cannot be used ({type(error).__name__}).",
            f"Start Postgres, or correct {setting}; its log is in the data folder.",
        )


async def _inside(
    connection: Connection, name: str, spaces: SpaceSeen, *, is_embedded: bool
) -> AsyncIterator[Finding]:
    """What the database says; the embedding model it was filled with goes into `spaces`."""
    number = connection.info.server_version
    said = f"Postgres {number // 10_000}.{number % 10_000}"
    if number < MIN_POSTGRES:
        yield bad(name, f"{said} is too old.", "Use Postgres 15 or newer.")
        return
    yield fine(name, f"{said} answers.")
    if name == KNOWLEDGE_BASE:
        yield await _pgvector(connection)
    for part, problem in (await problems_around(connection, None)).items():
        yield finding_of(part, problem)
    tables = await _tables(connection, name)
    yield tables
    if name == KNOWLEDGE_BASE and tables.state == "ok":
        async for finding in _in_knowledge_base(connection, spaces, is_embedded=is_embedded):
            yield finding
    if name == CHAT and tables.state == "ok":
        for finding in await site_findings(connection, spaces.of_sites):
            yield finding


async def _tables(connection: Connection, name: str) -> Finding:
    """Whether the tables are those of this version."""
    migrations = files("agent_service" if name == CHAT else "knowledge_base") / "migrations"
    if others := await foreign(connection, migrations):
        return bad(
            name,
            f"Another version of OwFlex made its tables: {others[-1]} is unknown to this one.",
            "Install that version or a newer one (pip install --upgrade owflex), or restore an older backup.",
        )
    if missing := await pending(connection, migrations):
        return unknown(name, f"{len(missing)} migrations are due; the next start applies them.")
    return fine(name, "All migrations are applied.")


async def _in_knowledge_base(
    connection: Connection, spaces: SpaceSeen, *, is_embedded: bool
) -> AsyncIterator[Finding]:
    space = await space_in_use(connection)
    if space is not None:
        spaces.model, spaces.dimensions = space.model_name, space.dimensions
    if waiting := await count_awaiting(connection):
        yield unknown(
            KNOWLEDGE_BASE,
            f"{waiting} passages are found by their words only: their vectors are not made yet.",
            "A running worker or ingestion makes them, or: owflex ingest verify --repair",
        )
    for finding in await role_findings(connection, is_embedded=is_embedded):
        yield finding
    for finding in await key_findings(connection):
        yield finding
    yield await queue_finding(connection)
    spaces.of_sites = await readable_by_sites(connection)


async def _pgvector(connection: Connection) -> Finding:
    cursor = await connection.execute(
        "select default_version, installed_version from pg_available_extensions where name = 'vector'"
    )
    row = await cursor.fetchone()
    if row is None:
        return bad(
            "pgvector", "The database server does not have it.", "Install pgvector 0.8 or newer there."
        )
    available, installed = row
    if installed is None:
        return unknown("pgvector", f"Version {available} is available; the first start enables it.")
    if _number(installed) < MIN_PGVECTOR:
        return bad(
            "pgvector",
            f"Version {installed} is too old; the server has {available}.",
            "Install pgvector 0.8 or newer there, then in the knowledge base: alter extension vector update;",
        )
    return fine("pgvector", f"Version {installed}.")


def _number(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".") if part.isdigit())
