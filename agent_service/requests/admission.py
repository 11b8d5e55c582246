"""Which requests may begin an answer: not while the service stops, and not more than a user may ask.

A user may send so many messages a minute, and spend so many tokens a day.
"""

import math
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from chatkit.types import (
    ChatKitReq,
    ThreadsAddClientToolOutputReq,
    ThreadsAddStructuredInputReq,
    ThreadsAddUserMessageReq,
    ThreadsCreateReq,
    ThreadsCustomActionReq,
    ThreadsRetryAfterItemReq,
)

from agent_service.context import RequestContext
from agent_service.errors import RequestRefusedError
from agent_service.models.menu import ModelMenu
from agent_service.observe.metrics import Metrics
from agent_service.settings.settings import AgentServiceSettings
from agent_service.storage.usage import tokens_used
from database.pool import Pool
from serving.draining import Running
from serving.token_buckets import TokenBuckets

STARTS_A_TURN = (
    ThreadsCreateReq
    | ThreadsAddUserMessageReq
    | ThreadsAddClientToolOutputReq
    | ThreadsAddStructuredInputReq
    | ThreadsRetryAfterItemReq
    | ThreadsCustomActionReq
)
RETRY_AFTER_SECONDS = 5


def admit(running: Running) -> None:
    """Return while new turns may begin. Raises `RequestRefusedError` (503)."""
    if running.is_stopping:
        raise RequestRefusedError(
            "refused.stopping", status=503, code="stopping", retry_after=RETRY_AFTER_SECONDS
        )


class Admission:
    """Lets requests in or refuses them, before anything of them was done."""

    def __init__(self, menu: ModelMenu, limits: "Limits", running: Running, metrics: Metrics) -> None:
        self._menu = menu
        self._limits = limits
        self._running = running
        self._metrics = metrics

    async def check(self, request: ChatKitReq, context: RequestContext) -> None:
        """Return when the request may be carried out; a message is counted.

        Raises `RequestRefusedError`, or what the database raises.
        """
        if not isinstance(request, STARTS_A_TURN):
            return
        try:
            if isinstance(request, ThreadsCreateReq | ThreadsAddUserMessageReq):
                self._menu.check(request.params.input.inference_options.model)
            admit(self._running)
            await self._limits.admit(context.user_id)
        except RequestRefusedError as error:
            self._metrics.refused(error.code)
            raise

    def give_back(self, context: RequestContext, reason: str) -> None:
        """Take back that a message was counted; it was refused later, for this reason."""
        self._limits.give_back(context.user_id)
        self._metrics.refused(reason)


class Limits:
    """Refuses what is more than CHAT_RATE_LIMIT_PER_MINUTE and CHAT_TOKENS_PER_DAY allow."""

    def __init__(
        self,
        settings: AgentServiceSettings,
        pool: Pool,
        clock: Callable[[], float] = time.monotonic,
        today: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._rate = TokenBuckets[str](settings.chat_rate_limit_per_minute or 0, clock=clock)
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
