"""Migrated databases that are used again: emptying one costs a fifth of making one.

A database is kept only when Postgres finds it just as the migrations left it, in every definition, privilege
and setting and without a row; one that differs is dropped. So a test may change whatever it likes.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from importlib.resources import files
from uuid import uuid4

import psycopg
from psycopg import sql

from database.migrations import migrate

# The changes that nearly every test makes; a database with others is dropped. `schema_migrations` is no data.
EMPTY_IT = """
set client_min_messages = warning;
-- The audit log lets nobody empty it.
set session_replication_role = replica;
select pg_terminate_backend(pid, 10000)
from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid();
do $$
declare
    filled text;
    used regclass;
begin
    select string_agg(oid::regclass::text, ', ') into filled
    from pg_class
    where relkind = 'r' and relnamespace = 'public'::regnamespace
        and relname <> 'schema_migrations' and pg_relation_size(oid) > 0;
    if filled is not null then
        execute 'truncate ' || filled || ' restart identity cascade';
    end if;
    for used in
        select seqrelid from pg_sequence, pg_get_sequence_data(seqrelid) as now
        where now.is_called or now.last_value <> seqstart
    loop
        execute format('alter sequence %s restart', used);
    end loop;
    if exists (select from pg_roles where rolname = 'owflex_mcp_server') then
        drop owned by owflex_mcp_server;
    end if;
end
$$;
select pg_stat_reset();
"""

# One line for each thing that is not Postgres' own, as text that two databases can be compared by.
STATE = """
with ours as (
    select * from pg_class where relnamespace = 'public'::regnamespace
)
select concat_ws(
    '|', 'relation', relname, relkind, relrowsecurity, relforcerowsecurity, relpersistence, reloptions,
    coalesce(relacl, acldefault(case relkind when 'S' then 's' else 'r' end::"char", relowner))
)
from ours
union all
select concat_ws('|', 'rows', relname, pg_relation_size(oid) > 0)
from ours where relkind = 'r' and relname <> 'schema_migrations'
union all
select concat_ws(
    '|', 'column', relname, attnum, attname, atttypid::regtype, atttypmod, attnotnull, attidentity,
    attstorage, attisdropped, attoptions, coalesce(attacl, '{}'), pg_get_expr(adbin, adrelid)
)
from ours
join pg_attribute on attrelid = ours.oid and attnum > 0
left join pg_attrdef on adrelid = attrelid and adnum = attnum
union all
select concat_ws('|', 'statistics', starelid::regclass, staattnum)
from pg_statistic where starelid in (select oid from ours)
union all
select concat_ws('|', 'index', pg_get_indexdef(indexrelid), indisvalid)
from pg_index where indrelid in (select oid from ours)
union all
select concat_ws('|', 'constraint', conrelid::regclass, conname, pg_get_constraintdef(oid))
from pg_constraint where connamespace = 'public'::regnamespace
union all
select concat_ws('|', 'trigger', tgrelid::regclass, tgname, tgenabled)
from pg_trigger where not tgisinternal
union all
select concat_ws('|', 'policy', polrelid::regclass, polname, polcmd, polroles, pg_get_expr(polqual, polrelid))
from pg_policy
union all
select concat_ws('|', 'sequence', seqrelid::regclass, seqstart, seqincrement, now.last_value, now.is_called)
from pg_sequence, pg_get_sequence_data(seqrelid) as now
union all
select concat_ws('|', 'function', oid::regprocedure, md5(prosrc), prosecdef, proconfig, proacl)
from pg_proc where pronamespace = 'public'::regnamespace
union all
select concat_ws('|', 'type', oid::regtype) from pg_type where typnamespace = 'public'::regnamespace
union all
select concat_ws('|', 'extension', extname, extversion) from pg_extension
union all
select concat_ws('|', 'schema', nspname, nspacl) from pg_namespace where nspname !~ '^pg_(toast_)?temp_'
union all
select concat_ws('|', 'setting', setrole, setconfig)
from pg_db_role_setting
where setdatabase = (select oid from pg_database where datname = current_database())
union all
select concat_ws('|', 'database', datallowconn, datconnlimit, datacl)
from pg_database where datname = current_database()
union all
select concat_ws('|', 'migration', name, sha256) from schema_migrations
order by 1
"""


# How many have visited the database since it was emptied, those who are still there included.
VISITORS = """
select
    (select sessions from pg_stat_database where datname = current_database())
    + (
        select count(*)
        from pg_stat_activity
        where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()
    )
"""


class FreshDatabases:
    """Databases of one server with the migrations of `package`; who asks for one gets it as if just made.

    One connection to each stays open: a new one knows nothing of the catalogue, and to look at all
    definitions costs it three times as much.
    """

    def __init__(self, postgres_url: str, package: str) -> None:
        self._postgres_url = postgres_url
        self._package = package
        self._template = f"template_of_{package}"
        self._state: list[str] = []
        self._spare: list[str] = []
        self._kept: dict[str, psycopg.Connection] = {}

    @asynccontextmanager
    async def one(self) -> AsyncGenerator[str]:
        """The URL of a database, the caller's alone while in the block; fails when it is not as fresh."""
        if not self._state:
            await self._make_template()
        name = self._spare.pop() if self._spare else self._create(f"test_{uuid4().hex}", self._template)
        differing = self._differing(name)
        assert not differing, f"A test before this one still changes {name}: {sorted(differing)}"
        yield self._url_of(name)
        self._take_back(name)

    def close(self) -> None:
        """Close the connections that are kept."""
        for name in list(self._kept):
            self._forget(name)

    async def _make_template(self) -> None:
        self._create(self._template, "template1")
        url = self._url_of(self._template)
        await migrate(url, files(self._package) / "migrations")
        with psycopg.connect(url) as connection:
            self._state = _state(connection)

    def _create(self, name: str, template: str) -> str:
        statement = sql.SQL("create database {} template {}")
        with psycopg.connect(self._postgres_url, autocommit=True) as connection:
            connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))
        return name

    def _differing(self, name: str) -> set[str]:
        """What is not as the migrations left it; where nobody was since it was emptied, nothing can be."""
        try:
            if self._connection(name).execute(VISITORS).fetchone() == (0,):
                return set()
        except psycopg.OperationalError:
            self._forget(name)
        return set(_state(self._connection(name))) ^ set(self._state)

    def _take_back(self, name: str) -> None:
        try:
            if self._is_emptied(name):
                self._spare.append(name)
            else:
                self._drop(name)
        except psycopg.OperationalError:
            # A test may have stopped the server for good.
            self._spare.clear()

    def _is_emptied(self, name: str) -> bool:
        """Whether the database is as fresh again."""
        for _ in range(2):
            try:
                connection = self._connection(name)
                connection.execute(EMPTY_IT)
                return _state(connection) == self._state
            except psycopg.OperationalError:
                # A test may have ended all connections and forbidden new ones: then it can only be dropped.
                self._forget(name)
        return False

    def _connection(self, name: str) -> psycopg.Connection:
        """The one that is kept open; it counts as a visitor when it is new."""
        if name not in self._kept:
            self._kept[name] = psycopg.connect(self._url_of(name), autocommit=True, prepare_threshold=None)
            self._kept[name].execute("select pg_stat_force_next_flush()")
        return self._kept[name]

    def _forget(self, name: str) -> None:
        if name in self._kept:
            self._kept.pop(name).close()

    def _drop(self, name: str) -> None:
        self._forget(name)
        with psycopg.connect(self._postgres_url, autocommit=True) as connection:
            connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))

    def _url_of(self, name: str) -> str:
        return self._postgres_url.replace("/tests?", f"/{name}?")


def _state(connection: psycopg.Connection) -> list[str]:
    return [line for (line,) in connection.execute(STATE)]
