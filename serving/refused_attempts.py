"""Attempts that were refused, for the audit log: bounded for each kind, so that nobody can flood it."""

import asyncio
import logging
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

import psycopg
from psycopg_pool import PoolTimeout
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from database.acting import Through
from database.audit import Attempt
from serving.requests import acting_now

logger = logging.getLogger("serving")

LOGIN_REFUSED, RIGHT_REFUSED = "login.refused", "right.refused"
OF_STATUS = {401: LOGIN_REFUSED, 403: RIGHT_REFUSED}
UNKNOWN = "unknown"
# In the state of a request: the account that somebody wanted to be let into.
ACCOUNT = "account"
# Of each kind so many are written at once, and then none for so long.
MAX_AT_ONCE = 10
SECONDS_BETWEEN_WRITES = 60.0
SECONDS_TO_WRITE_LAST = 2.0

Write = Callable[[Sequence[Attempt]], Awaitable[None]]
Pause = Callable[[], Awaitable[None]]


async def _a_minute() -> None:
    await asyncio.sleep(SECONDS_BETWEEN_WRITES)


class RefusedAttempts:
    """Takes attempts at once and has them written a moment later, at most ten of a kind a minute.

    Those that are left out are counted, and the count is written. Nobody waits for the log here.
    """

    def __init__(self, write: Write, pause: Pause = _a_minute) -> None:
        self._write = write
        self._pause = pause
        self._waiting: defaultdict[str, list[Attempt]] = defaultdict(list)
        self._left_out: Counter[tuple[str, Through]] = Counter()
        self._news = asyncio.Event()

    def note(self, attempt: Attempt) -> None:
        """Remember one, or count it when there are too many of its kind."""
        waiting = self._waiting[attempt.action]
        if len(waiting) < MAX_AT_ONCE:
            waiting.append(attempt)
        else:
            self._left_out[attempt.action, attempt.through] += 1
        self._news.set()

    async def keep_writing(self) -> None:
        """Write what comes, until it is cancelled; then what is left."""
        try:
            while True:
                await self._news.wait()
                await self.write()
                await self._pause()
        finally:
            with suppress(TimeoutError):
                async with asyncio.timeout(SECONDS_TO_WRITE_LAST):
                    await self.write()

    async def write(self) -> None:
        """Write what waits; where the log cannot be written, it is only counted from now on."""
        attempts = [attempt for waiting in self._waiting.values() for attempt in waiting]
        left_out, self._left_out = self._left_out, Counter()
        self._waiting.clear()
        self._news.clear()
        counts = [
            Attempt(action, "several", through, details={"left_out": count})
            for (action, through), count in left_out.items()
        ]
        if not attempts and not counts:
            return
        try:
            await self._write([*attempts, *counts])
        except (psycopg.Error, PoolTimeout, TimeoutError) as error:
            logger.warning("Refused attempts could not be written down: %s", type(error).__name__)
            self._left_out = left_out
            for attempt in attempts:
                self._left_out[attempt.action, attempt.through] += 1
            self._news.set()


class NotedRefusals:
    """An ASGI app whose answers 401 and 403 are noted: who asked from which address, and for what."""

    def __init__(
        self,
        app: ASGIApp,
        attempts: RefusedAttempts,
        through: Through,
        address_of: Callable[[Scope], str],
    ) -> None:
        self._app = app
        self._attempts = attempts
        self._through: Through = through
        self._address_of = address_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in OF_STATUS:
                self._note(scope, message["status"])
            await send(message)

        await self._app(scope, receive, noting)

    def _note(self, scope: Scope, status: int) -> None:
        state = scope.get("state", {})
        who = acting_now(str(state.get("user") or UNKNOWN), self._through)
        account = {ACCOUNT: str(state[ACCOUNT])} if ACCOUNT in state else {}
        self._attempts.note(
            Attempt(
                OF_STATUS[status],
                who.actor,
                who.through,
                f"{scope['method']} {scope['path']}"[:300],
                who.request_id,
                who.trace_id,
                {"address": self._address_of(scope)[:100]} | account,
            )
        )


def peer_of(scope: Scope) -> str:
    """The address that a connection comes from."""
    client = scope.get("client")
    return str(client[0]) if client else ""
