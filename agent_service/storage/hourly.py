"""What is done to the database every hour, beside the service's work."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

import psycopg
from psycopg_pool import PoolTimeout

logger = logging.getLogger("agent_service")

SECONDS_BETWEEN = 3600.0


async def every_hour(work: Callable[[], Awaitable[object]], what: str) -> None:
    """Do it until cancelled; when it fails, `what` could not be removed: an hour later it is tried again."""
    while True:
        try:
            await work()
        except (psycopg.Error, PoolTimeout) as error:
            logger.warning("%s could not be removed: %s", what, type(error).__name__)
        await asyncio.sleep(SECONDS_BETWEEN)
