"""`POST /chatkit`: the protocol over HTTP, with errors as HTTP answers wherever nothing was sent yet."""

import json
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace

import psycopg
from chatkit.server import ChatKitServer, StreamingResult
from chatkit.store import NotFoundError, Store
from chatkit.types import (
    ChatKitReq,
    ItemsListReq,
    ThreadsCreateReq,
    ThreadsGetByIdReq,
    ThreadsSyncCustomActionReq,
)
from psycopg_pool import PoolTimeout
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from agent_service.context import RequestContext
from agent_service.errors import BUSY, RequestRefusedError, SaidError
from agent_service.http.bodies import demand_json
from agent_service.http.idempotency import key_in
from agent_service.http.responses import ContextOf, error_response, user_header
from agent_service.http.sse import SSE_PREFIX, framing_for, stream_response
from agent_service.i18n.catalog import UNEXPECTED
from agent_service.requests.answers import TOO_MANY, AnswersInTurn
from agent_service.requests.validation import RequestChecks, largest_request, parse_request
from agent_service.server import OwFlexChatKitServer
from agent_service.storage.failures import storage_sentence
from agent_service.storage.turn_lock import MemoryTurnLocks, TurnLocks, locked_turn
from agent_service.turn.notice import note_cut_off

logger = logging.getLogger("agent_service")


@dataclass(frozen=True)
class Bounds:
    """What a request may take."""

    request_bytes: int = 262_144
    turn_wait_seconds: float = 30
    keep_alive_seconds: float = 15


@dataclass(frozen=True)
class ChatKitEndpoint:
    """Runs ChatKit requests for the user that `context_of` finds in a request; any `ChatKitServer` will do.

    `locks` are shared by all processes that share the store; the default ones are those of this process.
    """

    server: ChatKitServer[RequestContext]
    context_of: ContextOf
    bounds: Bounds = field(default_factory=Bounds)
    locks: TurnLocks = field(default_factory=MemoryTurnLocks)
    checks: RequestChecks | None = None
    answers: AnswersInTurn | None = None

    async def __call__(self, request: Request) -> Response:
        """The protocol's answer, JSON or a stream of events; an error is JSON with a message for people."""
        try:
            return await self._answer(request)
        except Exception as error:  # noqa: BLE001 - whatever it is, it becomes an answer and goes to the log
            return error_response(_refusal(error), request.headers)

    async def _answer(self, http: Request) -> Response:
        demand_json(http)
        body = await self._body(http)
        request, context = parse_request(body), self.context_of(http)
        if isinstance(self.server, OwFlexChatKitServer):
            context = replace(context, key=key_in(http.headers))
        checks = self.checks or RequestChecks(self.server)
        await checks.check(request, context)
        thread = ExclusiveThread(self.locks, self.server.store, self.bounds.turn_wait_seconds)
        await thread.tell_of_dead_turn(request, context)
        async with thread.alone(request, context):
            # Ours takes the request as it was parsed; the SDK's would parse the body once more.
            given = request if isinstance(self.server, OwFlexChatKitServer) else body
            result = await self.server.process(given, context)  # pyright: ignore[reportArgumentType]
        if not isinstance(result, StreamingResult):
            headers = {"Cache-Control": "no-store", **user_header(context.user_id)}
            return Response(result.json, media_type="application/json", headers=headers)
        framing = framing_for(http.headers.get("accept", ""))
        events = self._in_turn(thread.stream(request, result, context), context)
        try:
            response = await stream_response(events, framing, self.bounds.keep_alive_seconds, context.locale)
        except RequestRefusedError as error:
            if error.code in (BUSY, TOO_MANY):
                checks.give_back(context, error.code)
            raise
        response.headers.update(user_header(context.user_id))
        return response

    async def _in_turn(self, events: AsyncGenerator[bytes], context: RequestContext) -> AsyncGenerator[bytes]:
        """The events, as soon as the user has few enough answers in the making.

        Raises `RequestRefusedError` (429) before the first event.
        """
        async with (
            aclosing(events),
            nullcontext() if self.answers is None else self.answers.one(context.user_id),
        ):
            async for event in events:
                yield event

    async def _body(self, request: Request) -> bytes:
        body = bytearray()
        try:
            async for chunk in request.stream():
                body += chunk
                most = largest_request(body, self.bounds.request_bytes)
                if len(body) > most:
                    raise RequestRefusedError("refused.too_large", status=413, code="too_large", bytes=most)
        except ClientDisconnect:
            raise RequestRefusedError("refused.cut_off") from None
        return bytes(body)


def _refusal(error: Exception) -> SaidError:
    match error:
        case SaidError():
            return error
        case NotFoundError():
            return RequestRefusedError("failed.no_conversation", status=404, code="not_found")
        case psycopg.Error() | PoolTimeout():
            logger.error("The chat database failed: %s", type(error).__name__)
            key = storage_sentence(error)
            return RequestRefusedError(key, status=503, code="database_unavailable")
        case _:
            logger.error("A ChatKit request failed", exc_info=error)
            return RequestRefusedError(UNEXPECTED, status=500, code="internal_error")


@dataclass(frozen=True)
class ExclusiveThread:
    """Lets one request at a time write to a thread; others wait `wait_seconds` for it to end."""

    locks: TurnLocks
    store: Store[RequestContext]
    wait_seconds: float

    async def stream(
        self, request: ChatKitReq, result: StreamingResult, context: RequestContext
    ) -> AsyncGenerator[bytes]:
        """The events of the request. Raises `RequestRefusedError` (409) while another turn runs."""
        events = aiter(result)
        first: bytes | None = None
        if isinstance(request, ThreadsCreateReq) and context.key is not None:
            thread_id = self.store.generate_thread_id(context)
        elif isinstance(request, ThreadsCreateReq):
            # The new thread's first event says its id; nobody else knows it before.
            first = await anext(events)
            thread_id = str(json.loads(first.removeprefix(SSE_PREFIX))["thread"]["id"])
        else:
            thread_id = str(request.params.thread_id)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownArgumentType, reportUnknownMemberType]
        async with self._locked(thread_id, context):
            if first is not None:
                yield first
            async for event in events:
                yield event

    @asynccontextmanager
    async def alone(self, request: ChatKitReq, context: RequestContext) -> AsyncGenerator[None]:
        """The thread for a click that is not streamed; other requests need no such thing.

        Raises `RequestRefusedError` (409) while a turn runs.
        """
        if not isinstance(request, ThreadsSyncCustomActionReq):
            yield
            return
        async with self._locked(request.params.thread_id, context):
            yield

    async def tell_of_dead_turn(self, request: ChatKitReq, context: RequestContext) -> None:
        """Before a thread is shown: note in it that an answer was cut off, when its process is gone."""
        if not isinstance(request, ThreadsGetByIdReq | ItemsListReq):
            return
        thread_id = request.params.thread_id
        if await self.locks.clear_dead(thread_id, context):
            await note_cut_off(self.store, thread_id, context)

    @asynccontextmanager
    async def _locked(self, thread_id: str, context: RequestContext) -> AsyncGenerator[None]:
        """The thread while in the block; in it stands, if so, that the answer before was cut off."""
        async with locked_turn(self.locks, thread_id, context, wait_seconds=self.wait_seconds) as after_dead:
            if after_dead:
                # A conversation may have been begun in vain, and one may have been deleted.
                with suppress(NotFoundError):
                    await note_cut_off(self.store, thread_id, context)
            yield
