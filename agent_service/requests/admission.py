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
from agent_service.visitors.quotas import count_message
from agent_service.visitors.sites import Site
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
        has_message = isinstance(request, ThreadsCreateReq | ThreadsAddUserMessageReq)
        await self.begin(request.params.input.inference_options.model if has_message else None, context)

    async def begin(self, model: str | None, context: RequestContext) -> None:
        """Return when an answer of this model may begin; a message is counted. Raises as `check` does."""
        try:
            self._menu.check(model)
            _check_no_choice(self._menu, model, context)
            admit(self._running)
            await self._limits.admit(context.user_id)
            if context.site is not None:
                await self._limits.admit_visitor(context.site, context.user_id)
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
        self._settings = settings
        self._pool = pool
        self._clock = clock
        self._today = today
        self.renew()

    def renew(self) -> None:
        """Read the settings anew; what everybody may send begins from the whole."""
        self._rate = TokenBuckets[str](self._settings.chat_rate_limit_per_minute or 0, clock=self._clock)

    async def admit(self, user: str) -> None:
        """Count a message. Raises `RequestRefusedError` (429), or what the database raises."""
        await self._check_tokens(user)
        wait = self._rate.take(user)
        if wait:
            form = "one" if wait == 1 else "many"
            raise _too_many(f"refused.too_fast.{form}", wait)

    async def admit_visitor(self, site: Site, user: str) -> None:
        """Count a message of a visitor for the day. Raises as `admit` does."""
        await count_message(self._pool, site, user)

    def give_back(self, user: str) -> None:
        """Take back that a message was counted."""
        self._rate.give_back(user)

    async def _check_tokens(self, user: str) -> None:
        most = self._settings.chat_tokens_per_day
        if not most:
            return
        now = self._today()
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        if await tokens_used(self._pool, user, midnight) < most:
            return
        wait = math.ceil((midnight + timedelta(days=1) - now).total_seconds())
        raise _too_many("refused.day_used_up", wait)


def _check_no_choice(menu: ModelMenu, model: str | None, context: RequestContext) -> None:
    """Visitors are answered by the default model."""
    if context.site is not None and model not in (None, menu.chosen.name):
        raise RequestRefusedError("refused.unknown_model", code="unknown_model", name=str(model)[:80])


def _too_many(key: str, wait: int) -> RequestRefusedError:
    return RequestRefusedError(key, status=429, code="rate_limited", retry_after=wait, seconds=wait)
