"""How many messages visitors may send: each of them, and all of a site, in a day (UTC)."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString

from agent_service.errors import RequestRefusedError
from agent_service.visitors.sites import Connection, Site
from database.pool import Pool

# Adds one, unless that is one too many: then no row comes back.
COUNT_VISITOR: LiteralString = """
insert into visitor_days as days (user_id, day, messages) values (%(user_id)s, %(day)s, 1)
on conflict (user_id, day) do update set messages = days.messages + 1 where days.messages < %(per_visitor)s
returning 1
"""
COUNT_SITE: LiteralString = """
insert into site_days as days (site_id, day, messages) values (%(site_id)s, %(day)s, 1)
on conflict (site_id, day) do update set messages = days.messages + 1 where days.messages < %(per_day)s
returning 1
"""


async def count_message(pool: Pool, site: Site, user_id: str) -> None:
    """Count a message of a visitor. Raises `RequestRefusedError` (429), or what the database raises.

    All processes count together. A message that is refused counts for nobody.
    """
    now = datetime.now(UTC)
    values = {
        "user_id": user_id,
        "site_id": site.site_id,
        "day": now.date(),
        "per_visitor": site.per_visitor,
        "per_day": site.per_day,
    }
    async with pool.connection() as connection, connection.transaction():
        if not await _counted(connection, COUNT_VISITOR, values):
            raise _used_up("visitors.used_up", now)
        if not await _counted(connection, COUNT_SITE, values):
            raise _used_up("visitors.site_used_up", now)


async def messages_today(connection: Connection) -> dict[int, int]:
    """How many messages have come today, by the id of the site."""
    rows = await connection.execute(
        "select site_id, messages from site_days where day = %(day)s", {"day": datetime.now(UTC).date()}
    )
    return {site_id: messages async for site_id, messages in rows}


async def _counted(connection: Connection, statement: LiteralString, values: dict[str, Any]) -> bool:
    return await (await connection.execute(statement, values)).fetchone() is not None


def _used_up(key: str, now: datetime) -> RequestRefusedError:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    wait = math.ceil((midnight - now).total_seconds())
    return RequestRefusedError(key, status=429, code="quota_used_up", retry_after=wait)
