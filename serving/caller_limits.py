"""How many requests one caller may have in work, and send in a minute."""

from collections.abc import Callable, Hashable

from starlette.types import ASGIApp, Receive, Scope, Send

from serving.fair_slots import FairSlots, TooManyWaitingError
from serving.refusals import TOO_MANY_AT_ONCE, TOO_MANY_REQUESTS, Refusal, Refuse
from serving.token_buckets import TokenBuckets

# A page that loads sends some at once; more of them wait for a moment.
WAIT_SECONDS = 10


class CallerLimits:
    """An ASGI app of which each caller may have `at_once` requests in work and send `per_minute` (0: any).

    `caller_of` gives None for what is free. More than `at_once` wait; those that wait long are refused.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        caller_of: Callable[[Scope], Hashable | None],
        at_once: int,
        per_minute: int,
        refuse: Refuse,
    ) -> None:
        self._app = app
        self._caller_of = caller_of
        self._slots = FairSlots[Hashable](0, each=at_once, waiting=max(at_once, 1))
        self._rate = TokenBuckets[Hashable](per_minute)
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        caller = self._caller_of(scope) if scope["type"] == "http" else None
        if caller is None:
            await self._app(scope, receive, send)
        elif wait := self._rate.take(caller):
            await self._answer(TOO_MANY_REQUESTS.after(wait), scope, receive, send)
        else:
            await self._in_turn(caller, scope, receive, send)

    async def _in_turn(self, caller: Hashable, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._slots.take(caller, WAIT_SECONDS)
        except TooManyWaitingError:
            await self._answer(TOO_MANY_AT_ONCE, scope, receive, send)
            return
        try:
            await self._app(scope, receive, send)
        finally:
            self._slots.release(caller)

    async def _answer(self, refusal: Refusal, scope: Scope, receive: Receive, send: Send) -> None:
        await self._refuse(refusal, scope)(scope, receive, send)
