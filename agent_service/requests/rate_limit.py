"""How much one user may ask: messages a minute, and tokens a day."""

import math
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from agent_service.errors import RequestRefusedError
from agent_service.settings.settings import AgentServiceSettings
from agent_service.storage.usage import tokens_used
from database.pool import Pool
from serving.token_buckets import TokenBuckets


class Limits:
    """Refuses what is more than CHAT_RATE_LIMIT_PER_MINUTE and CHAT_TOKENS_PER_DAY allow."""

    def __init__(
        self,
        settings: AgentServiceSettings,
        pool: Pool,
        clock: Callable[[], float] = time.monotonic,
        today: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._rate = TokenBuckets[str](settings.chat_rate_limit_per_minute, clock=clock)
        self._tokens_per_day = settings.chat_tokens_per_day
        self._pool = pool
        self._today = today

    async def admit(self, user: str) -> None:
        """Count a message. Raises `RequestRefusedError` (429), or what the database raises."""
        await self._check_tokens(user)
        wait = self._rate.take(user)
        if wait:
            form = "one" if wait == 1 else "many"
            raise _too_many(f"refused.too_fast.{form}", wait)

    def give_back(self, user: str) -> None:
        """Take back that a message was counted."""
        self._rate.give_back(user)

    async def _check_tokens(self, user: str) -> None:
        if not self._tokens_per_day:
            return
        now = self._today()
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        if await tokens_used(self._pool, user, midnight) < self._tokens_per_day:
            return
        wait = math.ceil((midnight + timedelta(days=1) - now).total_seconds())
        raise _too_many("refused.day_used_up", wait)


def _too_many(key: str, wait: int) -> RequestRefusedError:
    return RequestRefusedError(key, status=429, code="rate_limited", retry_after=wait, seconds=wait)
