"""What is over is removed every hour: sessions, links, attempts, browsers that were not seen for long."""

from functools import partial

from agent_service.accounts.sessions import Lifetimes
from agent_service.storage.hourly import every_hour
from database.pool import Pool

STATEMENTS = (
    "delete from browser_sessions where expires_at < now() or seen_at < now() - %(idle)s",
    "delete from one_time_links where expires_at < now()",
    "delete from second_steps where expires_at < now()",
    "delete from second_factors where confirmed_at is null and created_at < now() - interval '1 day'",
    "delete from pending_sign_ins where expires_at < now()",
    "delete from sign_in_attempts where happened_at < now() - interval '1 day'",
    "delete from known_browsers where used_at < now() - interval '1 year'",
)


async def forget_old(pool: Pool, lifetimes: Lifetimes) -> None:
    """Remove what is over. Raises `psycopg.Error`, `PoolTimeout`."""
    async with pool.connection() as connection:
        for statement in STATEMENTS:
            await connection.execute(statement, {"idle": lifetimes.idle})


async def keep_forgetting(pool: Pool, lifetimes: Lifetimes) -> None:
    """Do that every hour, until it is cancelled; what fails is tried again an hour later."""
    await every_hour(partial(forget_old, pool, lifetimes), "Sessions that are over")
