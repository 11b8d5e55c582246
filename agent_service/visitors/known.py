"""The sites as they are now, or were two seconds ago: a site that is revoked opens nothing more by then."""

import asyncio
import time
from collections.abc import Callable, Sequence

from agent_service.visitors.sites import Site, active_sites, revoked_origins
from database.pool import Pool

FRESH_SECONDS = 2.0


class KnownSites:
    """Reads the active sites when somebody asks, at most every two seconds."""

    def __init__(self, pool: Pool, clock: Callable[[], float] = time.monotonic) -> None:
        self._pool = pool
        self._clock = clock
        self._sites: Sequence[Site] = ()
        self._until = -1.0
        # Pages there are told that it is over.
        self.past_origins: frozenset[str] = frozenset()
        self._reading = asyncio.Lock()

    async def active(self) -> Sequence[Site]:
        """The sites. Raises `psycopg.Error`, `PoolTimeout`: what is old is never used instead."""
        if self._clock() < self._until:
            return self._sites
        async with self._reading:
            # Somebody else may have read them meanwhile.
            if self._clock() >= self._until:
                began = self._clock()
                async with self._pool.connection() as connection:
                    self._sites = await active_sites(connection)
                    self.past_origins = await revoked_origins(connection)
                self._until = began + FRESH_SECONDS
        return self._sites
