"""Who may see what, enforced by Postgres itself: row-level security under a role that cannot get around it.

The policies are in `migrations/0005_access.sql`. Whoever serves users works as `SERVER_ROLE` and says in
every transaction whom it serves; without that no row is visible.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import psycopg
from psycopg import AsyncConnection, sql
from psycopg.rows import TupleRow

from database.migrations import ADVISORY_LOCK
from database.pool import Pool, create_pool
from knowledge_base.errors import ServerRoleError
from knowledge_base.snapshot import one_moment
from knowledge_base.vector_index import look_widely

Connection = AsyncConnection[TupleRow]

SERVER_ROLE = "owflex_mcp_server"
READ = (
    "documents",
    "chunks",
    "chunk_embeddings",
    "chunks_awaiting_vectors",
    "embedding_spaces",
    "language_fits",
    "vocabularies",
    "postings",
    "pending_postings",
    "engine_words",
    "word_engine",
    "collections",
    "api_keys",
    "uploads",
    "schema_migrations",
)
READ_AND_WRITTEN = ("tasks",)
# What the server says of an upload; how it stands is for the workers to say.
OF_UPLOADS = (
    *("user_id", "collection", "kind", "name", "content", "url", "media_type", "metadata"),
    *("document_id", "idempotency_key"),
)
GUARDED = (
    "documents",
    "chunks",
    "chunk_embeddings",
    "chunks_awaiting_vectors",
    "vocabularies",
    "postings",
    "pending_postings",
    "engine_words",
    "collections",
    "tasks",
    "api_keys",
    "uploads",
)
# A hash of all visible passages fits: without it each row of a restricted search is looked up by itself.
WORK_MEMORY = "32MB"


@dataclass(frozen=True)
class Access:
    """In whose name statements run, and which collections are open to them; None opens all."""

    user: str
    collections: frozenset[str] | None = None


@asynccontextmanager
async def acting_for(pool: Pool, access: Access, *, at_once: bool = False) -> AsyncGenerator[Connection]:
    """A connection in a transaction that sees only what `access` opens; `at_once`: all as of one moment."""
    async with (
        pool.connection() as connection,
        one_moment(connection) if at_once else connection.transaction(),
    ):
        await connection.execute(
            """
            select set_config('owflex.user', %(user)s, true),
                   set_config('owflex.all_collections', %(all)s, true),
                   set_config('owflex.collections', %(collections)s::text[]::text, true)
            """,
            {
                "user": access.user,
                "all": "yes" if access.collections is None else "no",
                "collections": sorted(access.collections or ()),
            },
        )
        yield connection


async def prepare_server_role(url: str) -> None:
    """Make the role and give it what it needs, where that is missing. Raises `ServerRoleError`."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        # Two programs that begin together must not grant the same at once.
        await connection.execute("select pg_advisory_lock(%(key)s)", {"key": ADVISORY_LOCK})
        try:
            await _make_role(connection)
            await _grant(connection)
        except psycopg.errors.InsufficientPrivilege as error:
            user = connection.info.user
            raise ServerRoleError(
                f"The database user {user} may not set up the role {SERVER_ROLE}, as which the MCP server "
                f"works ({error.diag.message_primary}). Let an administrator run once: "
                f'create role {SERVER_ROLE} nologin; grant {SERVER_ROLE} to "{user}";'
            ) from None


def open_server_pool(
    url: str,
    *,
    min_size: int = 1,
    max_size: int = 4,
    timeout: float = 15,
    statement_timeout_ms: int = 10_000,
) -> Pool:
    """A pool, not open yet, whose connections work as `SERVER_ROLE`."""
    return create_pool(
        url,
        min_size=min_size,
        max_size=max_size,
        timeout=timeout,
        statement_timeout_ms=statement_timeout_ms,
        configure=_become_server,
    )


async def check_isolation(connection: Connection) -> None:
    """Raise `ServerRoleError` when Postgres would not hold back rows from this connection."""
    rows = await connection.execute(
        """
        select current_user::text,
               (select rolsuper or rolbypassrls from pg_roles where rolname = current_user),
               (
                   select coalesce(array_agg(name order by name), '{}')
                   from unnest(%(guarded)s::text[]) as name
                   where not row_security_active(name::regclass)
               )
        """,
        {"guarded": list(GUARDED)},
    )
    row = await rows.fetchone()
    assert row is not None
    user, is_above, unguarded = row
    if is_above or unguarded:
        raise ServerRoleError(
            f"The database role {user} would see rows of all users: "
            + ("it is a superuser or bypasses row-level security. " if is_above else "")
            + (f"Row-level security does not hold for {', '.join(unguarded)}. " if unguarded else "")
            + f"The MCP server works as {SERVER_ROLE}, which must be neither the owner of the tables nor a "
            f"superuser: run `alter role {SERVER_ROLE} nosuperuser nobypassrls`."
        )


async def _become_server(connection: Connection) -> None:
    await connection.execute(sql.SQL("set role {}").format(sql.Identifier(SERVER_ROLE)))
    await connection.execute("select set_config('work_mem', %(size)s, false)", {"size": WORK_MEMORY})
    await look_widely(connection)


async def _make_role(connection: Connection) -> None:
    role = sql.Identifier(SERVER_ROLE)
    rows = await connection.execute("select from pg_roles where rolname = %(role)s", {"role": SERVER_ROLE})
    if await rows.fetchone() is None:
        # The server of another database of the same Postgres may be first.
        with suppress(psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
            await connection.execute(sql.SQL("create role {} nologin").format(role))
    try:
        await connection.execute(sql.SQL("set role {}").format(role))
    except psycopg.errors.InsufficientPrivilege:
        await connection.execute(sql.SQL("grant {} to current_user").format(role))
    await connection.execute("reset role")


async def _grant(connection: Connection) -> None:
    role = sql.Identifier(SERVER_ROLE)
    for statement, tables in (
        (sql.SQL("grant select on {tables} to {role}"), READ),
        (sql.SQL("grant select, insert, update, delete on {tables} to {role}"), READ_AND_WRITTEN),
        (sql.SQL("grant update (last_used_at) on {tables} to {role}"), ("api_keys",)),
    ):
        await connection.execute(statement.format(tables=_names(tables), role=role))
    statement = sql.SQL("grant insert ({columns}) on uploads to {role}")
    await connection.execute(statement.format(columns=_names(OF_UPLOADS), role=role))
    await connection.execute(
        sql.SQL("grant execute on function documents_with(jsonb[]) to {role}").format(role=role)
    )


def _names(names: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))
