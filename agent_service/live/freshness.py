"""What other processes have changed is taken over within seconds."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import psycopg
from psycopg_pool import PoolTimeout

logger = logging.getLogger("agent_service")

SECONDS_BETWEEN_LOOKS = 2.0


async def keep_fresh(
    *looks: Callable[[], Awaitable[None]], pause: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> None:
    """Look for news every two seconds until it is cancelled; without a database all stays as it is."""
    is_away = False
    while True:
        try:
            for look in looks:
                await look()
            is_away = False
        except (psycopg.Error, PoolTimeout) as error:
            if not is_away:
                logger.warning("Whether settings have changed cannot be read: %s", type(error).__name__)
            is_away = True
        await pause(SECONDS_BETWEEN_LOOKS)
