"""What `owflex doctor` finds out about the roles of Postgres: whether they can do no more than they must."""

from collections.abc import Sequence

import psycopg
from psycopg.rows import TupleRow

from knowledge_base.access import GUARDED, READ, READ_AND_WRITTEN, SERVER_ROLE
from owflex.doctor.findings import Finding, bad, fine, unknown, warning

Connection = psycopg.AsyncConnection[TupleRow]
NAME = "roles"
ATTRIBUTES = ("superuser", "bypassrls", "createrole", "createdb", "replication")


async def role_findings(connection: Connection, *, is_embedded: bool) -> list[Finding]:
    """Whether the server's role is held to row-level security, and who the owner of the tables is.

    The embedded Postgres has one owner, a superuser whom nobody else reaches. Raises `psycopg.Error`.
    """
    attributes = await _attributes(connection, SERVER_ROLE)
    if attributes is None:
        return [unknown(NAME, f"The role {SERVER_ROLE} does not exist yet; the first start makes it.")]
    above = [*_of_attributes(attributes), *await _of_memberships(connection)]
    # Whoever is above the tables has all rights on them, which would be said once for each.
    found = above or await _of_tables(connection)
    if not is_embedded and (finding := await _of_login(connection)) is not None:
        found.append(finding)
    return found or [fine(NAME, f"The MCP server works as {SERVER_ROLE}, with no more rights than it needs.")]


def _of_attributes(attributes: Sequence[str]) -> list[Finding]:
    if not attributes:
        return []
    no = " ".join(f"no{one}" for one in attributes)
    sentence = (
        f"The role {SERVER_ROLE} has {', '.join(attributes)}, and so gets around what keeps users apart."
    )
    return [bad(NAME, sentence, f"Run in Postgres: alter role {SERVER_ROLE} {no};")]


async def _of_memberships(connection: Connection) -> list[Finding]:
    rows = await connection.execute(
        """
        select granted.rolname::text
        from pg_auth_members member join pg_roles granted on granted.oid = member.roleid
        where member.member = (select oid from pg_roles where rolname = %(role)s)
        order by 1
        """,
        {"role": SERVER_ROLE},
    )
    others = [f'"{name}"' async for (name,) in rows]
    if not others:
        return []
    names = ", ".join(others)
    sentence = f"The role {SERVER_ROLE} is a member of {names}, and has their rights too."
    return [bad(NAME, sentence, f"Run in Postgres: revoke {names} from {SERVER_ROLE};")]


async def _of_tables(connection: Connection) -> list[Finding]:
    """Tables that are not guarded or belong to the role, and rights on tables that it does not need."""
    owned, open_ones, too_much = await _tables(connection)
    found: list[Finding] = []
    if owned:
        sentence = f"The role {SERVER_ROLE} owns {', '.join(owned)}: an owner sees all rows."
        cure = f"Run in Postgres, in the knowledge base: reassign owned by {SERVER_ROLE} to current_user;"
        found.append(bad(NAME, sentence, cure))
    if open_ones:
        sentence = f"Row-level security is off for {', '.join(open_ones)}: users see each other's rows."
        cure = " ".join(f"alter table {name} enable row level security;" for name in open_ones)
        found.append(bad(NAME, sentence, f"Run in Postgres, in the knowledge base: {cure}"))
    if too_much:
        sentence = f"The role {SERVER_ROLE} has rights that it does not need: {', '.join(too_much)}."
        cure = (
            f"Run in Postgres, in the knowledge base: revoke all on all tables in schema public from "
            f"{SERVER_ROLE}, public; then start the MCP server anew, which grants what it needs."
        )
        found.append(warning(NAME, sentence, cure))
    return found


async def _tables(connection: Connection) -> tuple[list[str], list[str], list[str]]:
    rows = await connection.execute(
        """
        select relname::text, relowner = role.oid, relrowsecurity,
               array(
                   select what from unnest(array['select', 'insert', 'update', 'delete', 'truncate']) as what
                   where has_table_privilege(role.oid, pg_class.oid, what)
               )
        from pg_class, (select oid from pg_roles where rolname = %(role)s) as role
        where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace
        order by 1
        """,
        {"role": SERVER_ROLE},
    )
    owned: list[str] = []
    unguarded: list[str] = []
    too_much: list[str] = []
    for name, is_owner, is_guarded, rights in await rows.fetchall():
        if is_owner:
            owned.append(name)
        if name in GUARDED and not is_guarded:
            unguarded.append(name)
        more = [right for right in rights if right not in _needed(name)]
        too_much += [f"{' and '.join(more)} on {name}"] if more and not is_owner else []
    return owned, unguarded, too_much


def _needed(table: str) -> Sequence[str]:
    if table in READ_AND_WRITTEN:
        return ("select", "insert", "update", "delete")
    return ("select",) if table in READ else ()


async def _of_login(connection: Connection) -> Finding | None:
    """A warning when the programs log into a server of the operator's own as a superuser."""
    user = connection.info.user
    attributes = await _attributes(connection, user)
    if attributes is None or "superuser" not in attributes:
        return None
    return warning(
        NAME,
        f"The programs log in as {user}, a superuser: whoever gets their address owns the whole server.",
        "Let them log in as the owner of these tables only; docs/deployment.md shows how.",
    )


async def _attributes(connection: Connection, role: str) -> list[str] | None:
    """What a role may do besides what was granted to it; None where there is no such role."""
    cursor = await connection.execute(
        """
        select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication
        from pg_roles where rolname = %(role)s
        """,
        {"role": role},
    )
    row = await cursor.fetchone()
    return None if row is None else [name for name, has in zip(ATTRIBUTES, row, strict=True) if has]
