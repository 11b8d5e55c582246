"""What the user `local` of an installation without a login has becomes a person's."""

from collections.abc import Mapping
from dataclasses import dataclass

import psycopg
from psycopg import sql

from agent_service.context import LOCAL_USER
from database.audit import AuditEvent, write_event
from owflex.keeping.personal import personal_tables
from owflex.keeping.places import Installation, Place, connected
from owflex.keeping.tables import Table
from owflex.people.errors import PersonError

# Of the knowledge base. Documents that were added on the page keep their origin, which their sources and
# citations name; what administrators and rights say of them stays as it is.
TABLES_OF_KNOWLEDGE = frozenset({"tasks", "task_changes", "api_keys", "oauth_grants"})
# What an undone change puts back must be the person's, too.
CHANGES = """
update task_changes
set before = before || jsonb_build_object('user_id', user_id),
    after = after || jsonb_build_object('user_id', user_id)
where user_id = %s
"""


@dataclass(frozen=True)
class TakenOver:
    """How many rows of which table became the person's, by database."""

    user: str
    chat: Mapping[str, int]
    knowledge_base: Mapping[str, int]


def take_over_local(installation: Installation, user_id: str) -> TakenOver:
    """Make chats, files, votes, tasks and keys of `local` those of this user.

    Each database changes as one; repeated, it does the rest. Raises `PersonError`.
    """
    try:
        chat = _moved(installation.chat, user_id)
        knowledge = _moved(installation.knowledge_base, user_id)
    except psycopg.errors.UniqueViolation as error:
        raise PersonError(
            f"{user_id} has something already that local has, too ({error.diag.table_name}). "
            "Take over into a new account."
        ) from None
    return TakenOver(user_id, chat, knowledge)


def _moved(place: Place, user_id: str) -> Mapping[str, int]:
    with connected(place) as connection, connection.transaction():
        counts: dict[str, int] = {}
        for table in _tables(place, connection):
            statement = sql.SQL("update {} set user_id = %s where user_id = %s").format(table.sql)
            if done := connection.execute(statement, (user_id, LOCAL_USER)).rowcount:
                counts[table.name] = done
        if "task_changes" in counts:
            connection.execute(CHANGES, (user_id,))
        if counts:
            write_event(connection, AuditEvent("local.taken_over", LOCAL_USER, about=user_id, details=counts))
    return counts


def _tables(place: Place, connection: psycopg.Connection) -> list[Table]:
    """Those with a column `user_id` whose rows go over."""
    roots = personal_tables(connection).roots
    return [table for table in roots if place.name == "chat" or table.name in TABLES_OF_KNOWLEDGE]
