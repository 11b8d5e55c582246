"""The tables of a database as its catalogue has them, with how many rows each has and what all rows come to.

No list of names stands here: a table that a migration adds is found, copied and compared like every other.
"""

from dataclasses import dataclass

import psycopg
from psycopg import sql

# Ordinary tables and partitions of every schema that is not Postgres' own, nor an extension's.
TABLES = """
select namespace.nspname, class.relname
from pg_class class
join pg_namespace namespace on namespace.oid = class.relnamespace
where class.relkind = 'r'
  and namespace.nspname not in ('pg_catalog', 'information_schema')
  and namespace.nspname !~ '^pg_(toast|temp)'
  and not exists (
      select from pg_depend
      where pg_depend.classid = 'pg_class'::regclass and objid = class.oid and deptype = 'e'
  )
order by 1, 2
"""
# Equal rows give equal sums in whatever order they are read, so that Postgres need not sort them, and 128
# bits leave no room for chance.
DIGEST = sql.SQL(
    """
    select count(*),
           coalesce(sum(('x' || left(digest, 16))::bit(64)::bigint::numeric), 0)::text
               || ':' || coalesce(sum(('x' || right(digest, 16))::bit(64)::bigint::numeric), 0)::text
    from (select md5(counted::text) as digest from only {} as counted) as digests
    """
)


@dataclass(frozen=True)
class Table:
    """A table by its schema and name."""

    schema: str
    name: str

    def __str__(self) -> str:
        return self.name if self.schema == "public" else f"{self.schema}.{self.name}"

    @property
    def sql(self) -> sql.Identifier:
        """The name as it stands in a statement."""
        return sql.Identifier(self.schema, self.name)


@dataclass(frozen=True)
class Content:
    """How many rows a table has, and what stands for all of them."""

    rows: int
    digest: str


def tables_of(connection: psycopg.Connection) -> list[Table]:
    """Every table with rows of ours."""
    return [Table(schema, name) for schema, name in connection.execute(TABLES)]


def content_of(connection: psycopg.Connection, table: Table) -> Content:
    """The table's rows as the connection's transaction sees them; computed by Postgres."""
    row = connection.execute(DIGEST.format(table.sql)).fetchone()
    assert row is not None
    return Content(row[0], row[1])


def contents_of(connection: psycopg.Connection) -> dict[str, Content]:
    """What every table holds, by name."""
    return {str(table): content_of(connection, table) for table in tables_of(connection)}


def differences(wanted: dict[str, Content], found: dict[str, Content]) -> list[str]:
    """The tables that are not the same, each with what is different."""
    return [
        f"{name} ({_shown(wanted.get(name))}, now {_shown(found.get(name))})"
        for name in sorted(wanted.keys() | found.keys())
        if wanted.get(name) != found.get(name)
    ]


def has_rows(connection: psycopg.Connection) -> bool:
    """Whether anything is stored besides which migrations were applied."""
    kept = (table for table in tables_of(connection) if table.name != "schema_migrations")
    exists = sql.SQL("select exists (select from {})")
    return any(connection.execute(exists.format(table.sql)).fetchone() == (True,) for table in kept)


def _shown(content: Content | None) -> str:
    return "missing" if content is None else f"{content.rows} rows, digest {content.digest[:8]}"
