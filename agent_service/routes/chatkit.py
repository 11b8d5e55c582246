"""`POST /chatkit`: the protocol over HTTP, with errors as HTTP answers wherever nothing was sent yet."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

import psycopg
from chatkit.server import ChatKitServer, StreamingResult
from chatkit.store import NotFoundError
from psycopg_pool import PoolTimeout
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from agent_service.context import RequestContext, locale_of
from agent_service.errors import BUSY, RequestRefusedError
from agent_service.http.responses import error_response
from agent_service.http.sse import framing_for, stream_response
from agent_service.i18n.catalog import DATABASE_GONE, UNEXPECTED, say
from agent_service.requests.body_size import largest_request
from agent_service.requests.validation import check_possible, parse_request
from agent_service.storage.turn_lock import MemoryTurns, Turns
from agent_service.turn.exclusive import OneTurn

logger = logging.getLogger("agent_service")


@dataclass(frozen=True)
class Bounds:
    """What a request may take; `actions` may be sent without a card, None leaves that to the server."""

    request_bytes: int = 262_144
    turn_wait_seconds: float = 30
    keep_alive_seconds: float = 15
    actions: frozenset[str] | None = None


class ChatKitEndpoint:
    """Runs ChatKit requests for the user that `context_of` finds in a request.

    `turns` are shared by all processes that share the store; without them they are those of this process.
    `not_begun` is told whose request was let in and then found its thread busy.
    """

    def __init__(
        self,
        server: ChatKitServer[RequestContext],
        context_of: Callable[[Request], RequestContext],
        bounds: Bounds,
        turns: Turns | None = None,
        not_begun: Callable[[RequestContext], None] = lambda _: None,
    ) -> None:
        self._server = server
        self._context_of = context_of
        self._bounds = bounds
        self._not_begun = not_begun
        self._one_turn = OneTurn(turns or MemoryTurns(), server.store, bounds.turn_wait_seconds)

    async def __call__(self, request: Request) -> Response:
        """The protocol's answer, JSON or a stream of events; an error is JSON with a message for people."""
        locale = locale_of(request.headers.get("accept-language"))
        try:
            return await self._answer(request)
        except RequestRefusedError as error:
            return error_response(str(error), status=error.status, code=error.code, headers=error.headers)
        except NotFoundError:
            return error_response(say(locale, "failed.no_conversation"), status=404, code="not_found")
        except (psycopg.Error, PoolTimeout) as error:
            logger.error("The chat database failed: %s", type(error).__name__)
            return error_response(say(locale, DATABASE_GONE), status=503, code="database_unavailable")
        except Exception:
            logger.exception("A ChatKit request failed")
            return error_response(say(locale, UNEXPECTED), status=500, code="internal_error")

    async def _answer(self, http: Request) -> Response:
        body = await self._body(http)
        request, context = parse_request(body), self._context_of(http)
        await check_possible(self._server, request, context, self._bounds.actions)
        await self._one_turn.tell_of_dead_turn(request, context)
        async with self._one_turn.alone(request, context):
            result = await self._server.process(body, context)
        if not isinstance(result, StreamingResult):
            return Response(result.json, media_type="application/json", headers={"Cache-Control": "no-store"})
        framing = framing_for(http.headers.get("accept", ""))
        events = self._one_turn.stream(request, result, context)
        try:
            return await stream_response(events, framing, self._bounds.keep_alive_seconds, context.locale)
        except RequestRefusedError as error:
            if error.code == BUSY:
                self._not_begun(context)
            raise

    async def _body(self, request: Request) -> bytes:
        body = bytearray()
        try:
            async for chunk in request.stream():
                body += chunk
                most = largest_request(body, self._bounds.request_bytes)
                if len(body) > most:
                    raise RequestRefusedError(
                        f"The request is larger than {most} bytes.",
                        status=413,
                        code="too_large",
                    )
        except ClientDisconnect:
            raise RequestRefusedError("The request was cut off.") from None
        return bytes(body)
