"""A stream of ChatKit events as an HTTP answer: SSE or NDJSON, with signs of life while nothing happens."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable
from dataclasses import dataclass
from typing import ClassVar

import anyio
from chatkit.types import ErrorEvent
from pydantic import ValidationError
from starlette.responses import Response, StreamingResponse

from agent_service.errors import RequestRefusedError
from agent_service.i18n.catalog import FALLBACK, say

HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
MAX_SILENCE_SECONDS = 600
# Events that were written and not yet sent.
MAX_UNSENT_EVENTS = 500
SSE_PREFIX = b"data: "


@dataclass(frozen=True)
class Framing:
    """How events are written: `keep_alive` is what stands between them while nothing happens."""

    media_type: str
    keep_alive: bytes
    prefix: bytes
    end: bytes

    def write(self, event: bytes) -> bytes:
        """An event of the ChatKit SDK, which is one of SSE, in this framing."""
        return self.prefix + event.removeprefix(SSE_PREFIX).rstrip(b"\n") + self.end


SSE = Framing("text/event-stream", b": nothing new\n\n", SSE_PREFIX, b"\n\n")
NDJSON = Framing("application/x-ndjson", b"\n", b"", b"\n")


def framing_for(accept: str) -> Framing:
    """NDJSON for who accepts it and no SSE; SSE for everybody else."""
    return NDJSON if NDJSON.media_type in accept and SSE.media_type not in accept else SSE


async def stream_response(
    events: AsyncIterable[bytes], framing: Framing, keep_alive_seconds: float, locale: str = FALLBACK
) -> Response:
    """The stream, once its first event is there: until then an error can still be an HTTP answer.

    Raises `RequestRefusedError`, or what the stream raises before its first event.
    """
    pump = _Pump(events)
    try:
        first = await pump.next()
    except ValidationError:
        raise  # what is stored cannot be read: not the client's mistake
    except ValueError as error:
        # The SDK's own reason, in English.
        raise RequestRefusedError("refused.not_now", reason=error) from None
    except asyncio.CancelledError:
        await pump.stop()
        raise
    if first is None:
        raise RequestRefusedError("refused.no_message", status=404, code="not_found")
    content = _framed(first, pump, framing, keep_alive_seconds, locale)
    return StreamingResponse(content, media_type=framing.media_type, headers=HEADERS)


async def _framed(
    first: bytes, pump: "_Pump", framing: Framing, keep_alive_seconds: float, locale: str
) -> AsyncGenerator[bytes]:
    silence = 0.0
    try:
        yield framing.write(first)
        while silence < MAX_SILENCE_SECONDS:
            try:
                event = await pump.next(within=keep_alive_seconds)
            except _NothingNew:
                silence += keep_alive_seconds
                yield framing.keep_alive
                continue
            if event is None:
                return
            silence = 0.0
            yield framing.write(event)
        error = ErrorEvent(code="custom", message=say(locale, "failed.silent"), allow_retry=True)
        yield framing.write(error.model_dump_json(exclude_none=True).encode())
    finally:
        await pump.stop()


class _NothingNew(Exception):  # noqa: N818 - no error, but a sign of time that passed
    """No event came within the time."""


class _Pump:
    """Runs a stream in a task of its own.

    When the browser goes away the stream is cancelled right where it waits, so that it can keep what it has;
    cancelled from the outside, a generator that was just handing out an event would never hear of it.
    """

    # The event loop alone would not keep a task alive whose request is gone.
    _running: ClassVar[set[asyncio.Task[None]]] = set()

    def __init__(self, events: AsyncIterable[bytes]) -> None:
        self._queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._stopping = False
        self._room = asyncio.Semaphore(MAX_UNSENT_EVENTS)
        self._task = asyncio.create_task(self._run(events))
        self._running.add(self._task)
        self._task.add_done_callback(self._running.discard)

    async def next(self, within: float | None = None) -> bytes | None:
        """The next event; None after the last. Raises what ended the stream, `_NothingNew` after `within`."""
        try:
            # The task is not inside: what it raises, a TimeoutError too, is its own.
            async with asyncio.timeout(within):
                event = await self._queue.get()
        except TimeoutError:
            raise _NothingNew from None
        self._room.release()
        if event is None:
            await self._task
        return event

    async def stop(self) -> None:
        """Cancel the stream and wait until it has cleaned up."""
        self._stopping = True
        self._task.cancel()
        with anyio.CancelScope(shield=True):
            await asyncio.wait([self._task])

    async def _run(self, events: AsyncIterable[bytes]) -> None:
        try:
            async for event in events:
                # Whoever reads slowly is written for slowly; what nobody reads is ended by the HTTP server.
                await self._room.acquire()
                self._queue.put_nowait(event)
                if self._stopping:
                    # It goes on, so the cancellation was lost on its way: `asyncio.wait_for` of Python 3.11
                    # loses one that comes together with what it waits for.
                    self._task.cancel()
        finally:
            self._queue.put_nowait(None)
