"""Answers that are being given end when the session of their reader does: signed out, disabled, removed."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Generator
from contextlib import contextmanager

import psycopg
from psycopg_pool import PoolTimeout
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent_service.accounts.sessions import still_good
from agent_service.errors import RequestRefusedError
from agent_service.http.responses import error_response
from database.pool import Pool

logger = logging.getLogger("agent_service")

# Somebody who was shut out reads for this long at most.
SECONDS_BETWEEN_LOOKS = 2.0
SESSION = "session"


class LiveSessions:
    """The sessions whose requests are being answered in this process, and whether they are still good."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._ends: defaultdict[bytes, set[asyncio.Event]] = defaultdict(set)

    @contextmanager
    def one(self, session: bytes) -> Generator[asyncio.Event]:
        """While in the block: an event that is set when the session ends."""
        ended = asyncio.Event()
        self._ends[session].add(ended)
        try:
            yield ended
        finally:
            self._ends[session].discard(ended)
            if not self._ends[session]:
                del self._ends[session]

    async def look(self) -> None:
        """Tell those whose session is over. Raises `psycopg.Error`, `PoolTimeout`."""
        if not (running := set(self._ends)):
            return
        for session in running - await still_good(self._pool, running):
            for ended in self._ends.get(session, set[asyncio.Event]()):
                ended.set()

    async def keep_looking(self) -> None:
        """Look every two seconds, until it is cancelled."""
        while True:
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
            try:
                await self.look()
            except (psycopg.Error, PoolTimeout) as error:
                logger.warning("Sessions could not be looked at: %s", type(error).__name__)


class EndedWithSession:
    """An ASGI app whose answers break off when the session in their state ends, as if the reader had left."""

    def __init__(self, app: ASGIApp, sessions: LiveSessions) -> None:
        self._app = app
        self._sessions = sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        session = scope.get("state", {}).get(SESSION)
        if scope["type"] != "http" or not isinstance(session, bytes):
            await self._app(scope, receive, send)
            return
        with self._sessions.one(session) as ended:
            await _Ending(ended, receive, send).serve(self._app, scope)


class _Ending:
    """One request; what the app is told and may send after the end of the session."""

    def __init__(self, ended: asyncio.Event, receive: Receive, send: Send) -> None:
        self._ended = ended
        self._receive = receive
        self._send = send
        self._has_begun = False
        # One that says how long it is will be over in a moment, and must not be cut.
        self._is_cut = True

    async def serve(self, app: ASGIApp, scope: Scope) -> None:
        """Run the app; after the end of the session it hears that the reader has left."""
        try:
            await app(scope, self._heard, self._say)
        except OSError:
            if not self._ended.is_set():
                raise
        if not self._ended.is_set() or not self._is_cut:
            return
        if self._has_begun:
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})
        else:
            await _signed_out(scope)(scope, self._receive, self._send)

    async def _heard(self) -> Message:
        getting, ending = asyncio.ensure_future(self._receive()), asyncio.ensure_future(self._ended.wait())
        try:
            await asyncio.wait({getting, ending}, return_when=asyncio.FIRST_COMPLETED)
            return {"type": "http.disconnect"} if self._ended.is_set() else await getting
        finally:
            getting.cancel()
            ending.cancel()

    async def _say(self, message: Message) -> None:
        if self._ended.is_set() and self._is_cut:
            # As servers say it when a reader has left.
            raise OSError("The session has ended.")
        if message["type"] == "http.response.start":
            self._has_begun = True
            self._is_cut = "content-length" not in Headers(raw=message["headers"])
        await self._send(message)
        if message["type"] == "http.response.body" and not message.get("more_body"):
            self._is_cut = False


def _signed_out(scope: Scope) -> Response:
    error = RequestRefusedError("login.required", status=401, code="login_required")
    return error_response(error, Headers(scope=scope))
