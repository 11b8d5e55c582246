"""How many tokens the answers of each user took."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime

import psycopg
from chatkit.store import NotFoundError
from psycopg_pool import PoolTimeout

from agent_service.context import RequestContext
from database.pool import Pool, fetch

logger = logging.getLogger("agent_service")

CHARACTERS_PER_TOKEN = 4
# The end of an answer does not wait longer for this.
MAX_WAIT_SECONDS = 5


def estimated_tokens(text: str) -> int:
    """About how many tokens a text is; languages differ, so this is a bound to plan with, not a bill."""
    return -(-len(text) // CHARACTERS_PER_TOKEN)


async def record_usage(pool: Pool, thread_id: str, user_id: str, spent: "dict[str, Tokens]") -> None:
    """Store what a turn took, a row for each model. Without a database the answer stands, uncounted."""
    try:
        async with asyncio.timeout(MAX_WAIT_SECONDS):
            for model, tokens in spent.items():
                await _insert(pool, thread_id, user_id, model, tokens)
    except (psycopg.Error, PoolTimeout, TimeoutError) as error:
        logger.error("The usage of a turn could not be stored: %s", type(error).__name__)


async def _insert(pool: Pool, thread_id: str, user_id: str, model: str, tokens: "Tokens") -> None:
    await fetch(
        pool,
        """
        insert into usage (thread_id, user_id, model, input_tokens, output_tokens, estimated)
        values (%(thread_id)s, %(user_id)s, %(model)s, %(input)s, %(output)s, %(estimated)s)
        returning 1
        """,
        {
            "thread_id": thread_id,
            "user_id": user_id,
            "model": model,
            "input": tokens.input,
            "output": tokens.output,
            "estimated": tokens.estimated,
        },
    )


async def tokens_used(pool: Pool, user: str, since: datetime) -> int:
    """Input and output tokens of the user's turns since then. Raises what the database raises."""
    rows = await fetch(
        pool,
        """
        select coalesce(sum(input_tokens + output_tokens), 0)::bigint
        from usage
        where user_id = %(user)s and created_at >= %(since)s
        """,
        {"user": user, "since": since},
    )
    return int(rows[0][0]) if rows else 0


async def check_not_deleted(pool: Pool, thread_id: str, context: RequestContext) -> None:
    """Return unless the conversation was answered within the last day and is gone since.

    Raises `NotFoundError`: what a user has deleted does not come back because it is sent again.
    """
    rows = await fetch(
        pool,
        """
        select 1 from usage
        where user_id = %(user)s and created_at > now() - interval '1 day' and thread_id = %(thread_id)s
          and not exists (select 1 from threads where id = %(thread_id)s)
        limit 1
        """,
        {"user": context.user_id, "thread_id": thread_id},
    )
    if rows:
        raise NotFoundError(f"The thread {thread_id!r} was deleted.")


@dataclass(frozen=True)
class Tokens:
    """Tokens read and written; `estimated` where the provider did not say (also: a broken-off answer)."""

    input: int = 0
    output: int = 0
    estimated: bool = False

    def __add__(self, other: "Tokens") -> "Tokens":
        return Tokens(self.input + other.input, self.output + other.output, self.estimated or other.estimated)
