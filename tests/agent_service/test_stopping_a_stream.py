"""A browser that goes away ends the stream, also where a cancellation is lost on its way."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from typing import cast

import pytest
from starlette.responses import StreamingResponse

from agent_service.http.sse import SSE, stream_response


class Stream:
    """Events of which some cancellations are lost."""

    def __init__(self, lost: int) -> None:
        self._lost = lost
        self.kept = False

    async def events(self) -> AsyncGenerator[bytes]:
        """One event at once, others as often as a cancellation is lost; then what there is is kept."""
        yield b"first"
        try:
            while True:
                await self._wait()
                yield b"next"
        finally:
            await asyncio.sleep(0)
            self.kept = True

    async def _wait(self) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self._lost -= 1
            if self._lost < 0:
                raise


@pytest.mark.timeout(60)
@pytest.mark.parametrize("lost", [0, 1, 3])
async def test_a_stream_ends_when_nobody_reads_it(lost: int) -> None:
    stream = Stream(lost)
    response = cast("StreamingResponse", await stream_response(stream.events(), SSE, 60))
    body = cast("AsyncGenerator[bytes]", response.body_iterator)
    assert b"first" in await anext(body)
    reading = asyncio.create_task(body.__anext__())
    await asyncio.sleep(0)
    reading.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await reading
    assert stream.kept
