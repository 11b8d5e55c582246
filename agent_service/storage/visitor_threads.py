"""Conversations of visitors that nobody has come back to are removed, and counts of days that are over."""

from functools import partial
from typing import LiteralString

from agent_service.storage.hourly import every_hour
from agent_service.storage.old_threads import BLOCK, DELETE_OLD_THREADS
from database.acting import act_as, this_account
from database.pool import Pool

VISITORS = "visitor:%"
OLD_COUNTS: tuple[LiteralString, ...] = (
    "delete from visitor_days where day < current_date - 2",
    "delete from site_days where day < current_date - 400",
)


async def forget_visitors(pool: Pool, days: int) -> int:
    """Remove what has not been used for so many days; how many conversations went.

    Raises `psycopg.Error`, `PoolTimeout`.
    """
    removed, gone = 0, BLOCK
    async with pool.connection() as connection:
        while gone == BLOCK:
            async with connection.transaction():
                await act_as(connection, this_account("schedule"), once=True)
                chosen = {"users": VISITORS, "days": days, "block": BLOCK}
                gone = (await connection.execute(DELETE_OLD_THREADS, chosen)).rowcount
            removed += gone
        for statement in OLD_COUNTS:
            await connection.execute(statement)
    return removed


async def keep_forgetting_visitors(pool: Pool, days: int) -> None:
    """Do that every hour, until it is cancelled; what fails is tried again an hour later."""
    await every_hour(partial(forget_visitors, pool, days), "Old chats of visitors")
