"""Who may see what, enforced by Postgres itself: row-level security under a role that cannot get around it.

The policies are in `migrations/0005_access.sql` and `migrations/0015_rights.sql`. Whoever serves users works
as `SERVER_ROLE` and says in every transaction whom it serves; without that no row is visible.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from typing import LiteralString

import psycopg
from psycopg import AsyncConnection, AsyncCursor, sql
from psycopg.rows import TupleRow

from database.acting import Through
from database.migrations import ADVISORY_LOCK
from database.pool import Pool, create_pool
from knowledge_base.errors import ServerRoleError
from knowledge_base.snapshot import without_waiting
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
    "passage_grams",
    "word_engine",
    "collections",
    "metadata_names",
    "api_keys",
    "uploads",
    "schema_migrations",
)
OF_RIGHTS = ("groups", "group_members", "collection_rights", "new_collections", "shut_out_people")
OF_OAUTH = ("oauth_clients", "oauth_requests", "oauth_grants", "oauth_codes", "oauth_tokens")
READ_AND_WRITTEN = ("tasks", "task_changes", "background_calls", *OF_RIGHTS, *OF_OAUTH)
CALLED: tuple[LiteralString, ...] = (
    "documents_with(jsonb[])",
    "forget_old_task_changes()",
    "is_shut_out(text)",
    "open_collections(text, text[])",
    "make_own_collection(text)",
    "make_closed_collection(text)",
    "collection_sizes(text)",
    "uploads_of_all(integer)",
    "withdraw_upload(bigint)",
    "origins_of_all()",
)
# What the server says of an upload; how it stands is for the workers to say.
OF_UPLOADS = (
    *("user_id", "collection", "kind", "name", "content", "url", "media_type", "metadata"),
    *("document_id", "idempotency_key"),
)
# What was refused is written down; what is there, the server neither sees nor changes.
OF_AUDIT_EVENTS = (
    *("action", "outcome", "actor", "through", "target", "target_id", "about", "request_id", "trace_id"),
    "details",
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
    "passage_grams",
    "collections",
    "metadata_names",
    "tasks",
    "task_changes",
    "api_keys",
    "uploads",
    "background_calls",
    "audit_events",
    *OF_RIGHTS,
    *OF_OAUTH,
)
BEGIN: LiteralString = "begin isolation level read committed"
BEGIN_AT_ONCE: LiteralString = "begin isolation level repeatable read"
SERVE: LiteralString = """
select set_config('owflex.user', %(user)s, true),
       set_config('owflex.all_collections', %(all)s, true),
       set_config('owflex.collections', %(collections)s::text[]::text, true),
       set_config('owflex.all_rights', %(all_rights)s, true),
       set_config('owflex.administers', %(administers)s, true),
       set_config('owflex.through', %(through)s, true),
       set_config('owflex.request_id', %(request_id)s, true),
       set_config('owflex.trace_id', %(trace_id)s, true)
"""
BY_RIGHTS: LiteralString = """
select all_open, readable from open_collections(%(user)s, %(of_token)s::text[])
"""
# A hash of all visible passages fits: without it each row of a restricted search is looked up by itself.
WORK_MEMORY = "32MB"


@dataclass(frozen=True)
class Access:
    """In whose name statements run, and which collections are open to them; None opens all.

    `by_rights`: of these only what the user has a right to, as Postgres finds it when a transaction begins;
    with `rights_of` what that subject has, in whose name the user comes.
    `administers`: groups and rights of all are open. Through what, and in which request and trace they come,
    is for the audit log.
    """

    user: str
    collections: frozenset[str] | None = None
    through: Through = "mcp"
    request_id: str = ""
    trace_id: str = ""
    by_rights: bool = False
    administers: bool = False
    rights_of: str | None = None


@asynccontextmanager
async def acting_for(pool: Pool, access: Access, *, at_once: bool = False) -> AsyncGenerator[Connection]:
    """A connection in a transaction that sees only what `access` opens.

    `at_once`: all as of one moment, for what only reads. Statements are then in a pipeline: what goes wrong
    with one is raised when its rows are fetched, or at the end. What went wrong in the block is rolled back.
    Raises what Postgres raises, also when it cannot commit.
    """
    async with acting_with(pool, access, at_once=at_once) as (connection, _):
        yield connection


@asynccontextmanager
async def acting_with(
    pool: Pool, access: Access, *, at_once: bool = False
) -> AsyncGenerator[tuple[Connection, Access]]:
    """As `acting_for`, and the access as it is in this transaction: `collections` are those that the user's
    rights leave, and None where they leave all.
    """
    async with pool.connection() as connection:
        async with without_waiting(connection):
            asked = await _begin(connection, access, BEGIN_AT_ONCE if at_once else BEGIN)
            held = await _held(asked, access) if access.by_rights else access
            if at_once:
                yield connection, held
                await AsyncCursor(connection).execute("commit", prepare=False)
        if not at_once:
            yield connection, held
            # The pool rolls back by itself, but says nothing of a connection that is gone by now.
            await connection.commit()


async def _begin(connection: Connection, access: Access, begin: LiteralString) -> AsyncCursor[TupleRow]:
    """Begin a transaction in a pipeline and name its caller; where rights decide, the cursor has what they
    leave open, and all is closed until they are known.
    """
    by_rights = access.by_rights
    opened = sorted(access.collections or ())
    values = {
        "user": access.user,
        "all": "yes" if access.collections is None and not by_rights else "no",
        "collections": [] if by_rights else opened,
        "all_rights": "no" if by_rights else "yes",
        "administers": "yes" if access.administers else "no",
        "through": access.through,
        "request_id": access.request_id,
        "trace_id": access.trace_id,
    }
    # A plain cursor makes no span: the values of these statements name the caller.
    await AsyncCursor(connection).execute(begin, prepare=False)
    cursor = AsyncCursor(connection)
    await cursor.execute(SERVE, values, prepare=True)
    if by_rights:
        of_token = None if access.collections is None else opened
        cursor = AsyncCursor(connection)
        holder = access.rights_of or access.user
        await cursor.execute(BY_RIGHTS, {"user": holder, "of_token": of_token}, prepare=True)
    return cursor


async def _held(cursor: AsyncCursor[TupleRow], access: Access) -> Access:
    """The access, with the collections that rights leave open."""
    row = await cursor.fetchone()
    assert row is not None
    all_open, readable = row
    return replace(access, collections=None if all_open else frozenset(readable))


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
        (sql.SQL("grant update (last_used_at, revoked_at) on {tables} to {role}"), ("api_keys",)),
    ):
        await connection.execute(statement.format(tables=_names(tables), role=role))
    for table, columns in (("uploads", OF_UPLOADS), ("audit_events", OF_AUDIT_EVENTS)):
        statement = sql.SQL("grant insert ({columns}) on {table} to {role}")
        await connection.execute(
            statement.format(columns=_names(columns), table=sql.Identifier(table), role=role)
        )
    for function in CALLED:
        grant = sql.SQL("grant execute on function {function} to {role}")
        await connection.execute(grant.format(function=sql.SQL(function), role=role))


def _names(names: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))
