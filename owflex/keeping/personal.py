"""Which rows of a database belong to one person: found in the catalogue, so that no new table is forgotten.

A table with a column `user_id` says it itself. What refers to such rows, over however many tables, belongs to
the same person. What a person handed in as documents is known by its origin. A collection that is one
person's own is theirs with all that is in it; of other collections only the rights that were given to them.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import psycopg
from psycopg import sql

from database.audit import AuditEvent, write_event
from knowledge_base.uploads import origin_of
from owflex.keeping.audit_log import has_log
from owflex.keeping.tables import Table, tables_of

# Tables of which a person's rows are told by something else than `user_id`.
ROOTS: Mapping[str, sql.SQL] = {
    "origins": sql.SQL("name = %(origin)s"),
    "procrastinate_jobs": sql.SQL("args ->> 'user_id' = %(user_id)s"),
    "collection_rights": sql.SQL("subject_kind = 'user' and subject = %(user_id)s"),
}
# What refers to rows of another table without the database's knowing it: columns, table, columns there.
UNDECLARED: Mapping[str, tuple[Sequence[str], str, Sequence[str]]] = {
    "origins": (["collection"], "collections", ["name"])
}
# Made from passages, and mended with them: by triggers, and when what is pending is merged.
DERIVED = frozenset({"postings", "pending_postings", "engine_words", "metadata_names"})
# About the installation, not about anybody.
IMPERSONAL = frozenset(
    {
        "schema_migrations",
        "groups",
        "new_collections",
        "vocabularies",
        "embedding_spaces",
        "language_fits",
        "word_engine",
        "procrastinate_workers",
        # Who changed a setting must be known afterwards too.
        "changed_settings",
        "setting_changes",
        # What programs say of themselves before anybody has let them in.
        "oauth_clients",
        "oauth_requests",
        # Whose visitors may ask, and how much all of them did.
        "sites",
        "site_days",
        # Whom a provider has not named yet.
        "pending_sign_ins",
        # Names stay there as long as KEEP_AUDIT_DAYS says: who did what must be known afterwards too.
        "audit_events",
    }
)
OWNED = """
select namespace.nspname, class.relname
from pg_attribute attribute
join pg_class class on class.oid = attribute.attrelid
join pg_namespace namespace on namespace.oid = class.relnamespace
where attribute.attname = 'user_id' and class.relkind = 'r' and not attribute.attisdropped
  and namespace.nspname not in ('pg_catalog', 'information_schema')
"""
REFERENCES = """
select from_space.nspname, from_class.relname, to_space.nspname, to_class.relname,
       array(select attname::text from unnest(conkey) with ordinality as key (number, place)
             join pg_attribute on attrelid = conrelid and attnum = key.number order by place),
       array(select attname::text from unnest(confkey) with ordinality as key (number, place)
             join pg_attribute on attrelid = confrelid and attnum = key.number order by place)
from pg_constraint
join pg_class from_class on from_class.oid = conrelid
join pg_namespace from_space on from_space.oid = from_class.relnamespace
join pg_class to_class on to_class.oid = confrelid
join pg_namespace to_space on to_space.oid = to_class.relnamespace
where contype = 'f' and conrelid <> confrelid
order by 1, 2
"""


@dataclass(frozen=True)
class Reference:
    """Columns of a table that name rows of another."""

    columns: Sequence[str]
    target: Table
    target_columns: Sequence[str]


@dataclass(frozen=True)
class PersonalTables:
    """The tables of a database in which rows belong to people, and what tells whose they are."""

    roots: Mapping[Table, sql.SQL]
    references: Mapping[Table, Sequence[Reference]]

    @property
    def all(self) -> list[Table]:
        """Every one, by name."""
        found = set(self.roots)
        while more := {
            table for table in self.references if table not in found and self._refers(table, found)
        }:
            found |= more
        return sorted(found, key=str)

    def condition(self, table: Table) -> sql.Composable:
        """The rows of the person `%(user_id)s`, whose documents have the origin `%(origin)s`."""
        personal = set(self.all)
        own = [self.roots[table]] if table in self.roots else []
        through = [
            sql.SQL("({}) in (select {} from {} where {})").format(
                _columns(reference.columns),
                _columns(reference.target_columns),
                reference.target.sql,
                self.condition(reference.target),
            )
            for reference in self.references.get(table, ())
            if reference.target in personal
        ]
        return sql.SQL("(") + sql.SQL(" or ").join([*own, *through]) + sql.SQL(")")

    def _refers(self, table: Table, targets: set[Table]) -> bool:
        return any(reference.target in targets for reference in self.references[table])


def personal_tables(connection: psycopg.Connection) -> PersonalTables:
    """What the catalogue says now."""
    by_user = sql.SQL("user_id = %(user_id)s")
    roots = {Table(schema, name): by_user for schema, name in connection.execute(OWNED)}
    tables = tables_of(connection)
    roots |= {table: ROOTS[table.name] for table in tables if table.name in ROOTS}
    references: defaultdict[Table, list[Reference]] = defaultdict(list)
    for schema, name, to_schema, to_name, columns, to_columns in connection.execute(REFERENCES):
        references[Table(schema, name)].append(Reference(columns, Table(to_schema, to_name), to_columns))
    for table in tables:
        if table.name in UNDECLARED:
            columns, target, to_columns = UNDECLARED[table.name]
            references[table].append(Reference(columns, Table(table.schema, target), to_columns))
    return PersonalTables(roots, references)


def values_of(user_id: str) -> dict[str, str]:
    """What the conditions ask for."""
    return {"user_id": user_id, "origin": origin_of(user_id)}


def count_rows(connection: psycopg.Connection, user_id: str) -> dict[str, int]:
    """How many rows of each table are the person's; tables without any are left out."""
    personal = personal_tables(connection)
    counts = {str(table): _count(connection, personal, table, user_id) for table in personal.all}
    return {name: count for name, count in counts.items() if count}


def delete_rows(connection: psycopg.Connection, user_id: str) -> None:
    """Remove the person's rows, in one transaction; what refers to them goes with them.

    The audit log keeps what it says of the person.
    """
    personal = personal_tables(connection)
    with connection.transaction():
        removed = 0
        # What refers to others first, so that no reference keeps a row.
        for table in _referring_first(personal):
            statement = sql.SQL("delete from {} where {}").format(table.sql, personal.condition(table))
            removed += connection.execute(statement, values_of(user_id)).rowcount
        if removed and has_log(connection):
            write_event(connection, AuditEvent("user.deleted", about=user_id))


def _referring_first(personal: PersonalTables) -> Iterator[Table]:
    left = set(personal.all)
    while left:
        named = {one.target for table in left for one in personal.references.get(table, ())}
        # Tables that refer to each other in a circle go together.
        free = sorted(left - named, key=str) or sorted(left, key=str)
        yield from free
        left -= set(free)


def _count(connection: psycopg.Connection, personal: PersonalTables, table: Table, user_id: str) -> int:
    statement = sql.SQL("select count(*) from {} where {}").format(table.sql, personal.condition(table))
    row = connection.execute(statement, values_of(user_id)).fetchone()
    return row[0] if row else 0


def _columns(names: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))
