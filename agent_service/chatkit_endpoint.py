"""`POST /chatkit`: the protocol over HTTP, with errors as HTTP answers wherever nothing was sent yet."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from typing import ClassVar

import anyio
import psycopg
from chatkit.server import ChatKitServer, StreamingResult
from chatkit.store import NotFoundError
from chatkit.types import (
    AttachmentsCreateReq,
    AttachmentsDeleteReq,
    ChatKitReq,
    InputTranscribeReq,
    ThreadsAddUserMessageReq,
    ThreadsCreateReq,
    ThreadsCustomActionReq,
    ThreadsSyncCustomActionReq,
    UserMessageInput,
)
from psycopg_pool import PoolTimeout
from pydantic import TypeAdapter, ValidationError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from agent_service.errors import RequestRefusedError
from agent_service.request_context import RequestContext
from agent_service.stream_errors import DATABASE_GONE, UNEXPECTED

logger = logging.getLogger("agent_service")

REQUEST = TypeAdapter[ChatKitReq](ChatKitReq)
STREAM_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
UNSUPPORTED: dict[type, str] = {
    AttachmentsCreateReq: "Attachments are not supported.",
    AttachmentsDeleteReq: "Attachments are not supported.",
    InputTranscribeReq: "Dictation is not set up on this server.",
    ThreadsCustomActionReq: "This server offers no actions.",
    ThreadsSyncCustomActionReq: "This server offers no actions.",
}


class ChatKitEndpoint:
    """Runs ChatKit requests for the user that `context_of` finds in a request."""

    def __init__(
        self,
        server: ChatKitServer[RequestContext],
        context_of: Callable[[Request], RequestContext],
        max_request_bytes: int,
    ) -> None:
        self._server = server
        self._context_of = context_of
        self._max_request_bytes = max_request_bytes

    async def __call__(self, request: Request) -> Response:
        """The protocol's answer, JSON or a stream of events; an error is JSON with a message for people."""
        try:
            body = await self._body(request)
            check_request(body)
            result = await self._server.process(body, self._context_of(request))
            if isinstance(result, StreamingResult):
                return await _streaming(result)
            return Response(result.json, media_type="application/json", headers={"Cache-Control": "no-store"})
        except RequestRefusedError as error:
            return error_response(str(error), status=error.status, code=error.code)
        except NotFoundError:
            return error_response("There is no such conversation.", status=404, code="not_found")
        except (psycopg.Error, PoolTimeout) as error:
            logger.error("The chat database failed: %s", type(error).__name__)
            return error_response(DATABASE_GONE, status=503, code="database_unavailable")
        except Exception:
            logger.exception("A ChatKit request failed")
            return error_response(UNEXPECTED, status=500, code="internal_error")

    async def _body(self, request: Request) -> bytes:
        body = bytearray()
        try:
            async for chunk in request.stream():
                body += chunk
                if len(body) > self._max_request_bytes:
                    raise RequestRefusedError(
                        f"The request is larger than {self._max_request_bytes} bytes.",
                        status=413,
                        code="too_large",
                    )
        except ClientDisconnect:
            raise RequestRefusedError("The request was cut off.") from None
        return bytes(body)


def check_request(body: bytes) -> None:
    """Return when the service can carry the request out. Raises `RequestRefusedError`."""
    try:
        request = REQUEST.validate_json(body)
    except ValidationError as error:
        raise RequestRefusedError(f"This is no valid ChatKit request: {_problems(error)}") from None
    if type(request) in UNSUPPORTED:
        raise RequestRefusedError(UNSUPPORTED[type(request)], code="unsupported")
    if isinstance(request, ThreadsCreateReq | ThreadsAddUserMessageReq):
        _check_message(request.params.input)


def error_response(message: str, *, status: int, code: str) -> JSONResponse:
    """An error as JSON: a short code for programs, a sentence for people."""
    return JSONResponse({"error": {"code": code, "message": message}}, status_code=status)


def _check_message(message: UserMessageInput) -> None:
    if message.attachments:
        raise RequestRefusedError(UNSUPPORTED[AttachmentsCreateReq], code="unsupported")
    if not any(part.text.strip() for part in message.content):
        raise RequestRefusedError("The message is empty.")


def _problems(error: ValidationError) -> str:
    """Where and why, for at most three problems, without the input."""
    problems = error.errors(include_input=False, include_url=False, include_context=False)[:3]
    return "; ".join(f"{'.'.join(str(part) for part in p['loc']) or 'body'}: {p['msg']}" for p in problems)


async def _streaming(result: StreamingResult) -> Response:
    """The stream, once its first event is there: until then an error can still be an HTTP answer."""
    pump = _Pump(result)
    try:
        first = await pump.next()
    except ValidationError:
        raise  # what is stored cannot be read: not the client's mistake
    except ValueError as error:
        raise RequestRefusedError(f"The conversation is not in a state for this: {error}") from None
    except asyncio.CancelledError:
        await pump.stop()
        raise
    if first is None:
        raise RequestRefusedError("There is no such message.", status=404, code="not_found")
    return StreamingResponse(_events(first, pump), media_type="text/event-stream", headers=STREAM_HEADERS)


async def _events(first: bytes, pump: "_Pump") -> AsyncGenerator[bytes]:
    try:
        event: bytes | None = first
        while event is not None:
            yield event
            event = await pump.next()
    finally:
        await pump.stop()


class _Pump:
    """Runs a stream in a task of its own.

    When the browser goes away the stream is cancelled right where it waits, so that it can keep what it has;
    cancelled from the outside, a generator that was just handing out an event would never hear of it.
    """

    # The event loop alone would not keep a task alive whose request is gone.
    _running: ClassVar[set[asyncio.Task[None]]] = set()

    def __init__(self, result: StreamingResult) -> None:
        self._queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._task = asyncio.create_task(self._run(result))
        self._running.add(self._task)
        self._task.add_done_callback(self._running.discard)

    async def next(self) -> bytes | None:
        """The next event; None after the last. Raises what ended the stream."""
        event = await self._queue.get()
        if event is None:
            await self._task
        return event

    async def stop(self) -> None:
        """Cancel the stream and wait until it has cleaned up."""
        self._task.cancel()
        with anyio.CancelScope(shield=True):
            await asyncio.wait([self._task])

    async def _run(self, result: StreamingResult) -> None:
        try:
            async for event in result:
                self._queue.put_nowait(event)
        finally:
            self._queue.put_nowait(None)
