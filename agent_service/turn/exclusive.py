"""A streamed request as the only turn of its thread."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from chatkit.server import StreamingResult
from chatkit.store import Store
from chatkit.types import (
    ChatKitReq,
    ItemsListReq,
    ThreadsCreateReq,
    ThreadsGetByIdReq,
    ThreadsSyncCustomActionReq,
)

from agent_service.context import RequestContext
from agent_service.http.sse import SSE_PREFIX
from agent_service.storage.turn_lock import Turns, turn_of
from agent_service.turn.cut_off import note_cut_off


@dataclass(frozen=True)
class OneTurn:
    """Lets one request at a time write to a thread; others wait `wait_seconds` for it to end."""

    turns: Turns
    store: Store[RequestContext]
    wait_seconds: float

    async def stream(
        self, request: ChatKitReq, result: StreamingResult, context: RequestContext
    ) -> AsyncGenerator[bytes]:
        """The events of the request. Raises `RequestRefusedError` (409) while another turn runs."""
        events = aiter(result)
        first: bytes | None = None
        if isinstance(request, ThreadsCreateReq):
            # The new thread's first event says its id; nobody else knows it before.
            first = await anext(events)
            thread_id = str(json.loads(first.removeprefix(SSE_PREFIX))["thread"]["id"])
        else:
            thread_id = str(request.params.thread_id)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownArgumentType, reportUnknownMemberType]
        async with turn_of(
            self.turns, thread_id, context, wait_seconds=self.wait_seconds
        ) as after_a_dead_one:
            if after_a_dead_one:
                await note_cut_off(self.store, thread_id, context)
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
        thread_id = request.params.thread_id
        async with turn_of(self.turns, thread_id, context, wait_seconds=self.wait_seconds) as after_dead:
            if after_dead:
                await note_cut_off(self.store, thread_id, context)
            yield

    async def tell_of_dead_turn(self, request: ChatKitReq, context: RequestContext) -> None:
        """Before a thread is shown: note in it that an answer was cut off, when its process is gone."""
        if not isinstance(request, ThreadsGetByIdReq | ItemsListReq):
            return
        thread_id = request.params.thread_id
        if await self.turns.clear_dead(thread_id, context):
            await note_cut_off(self.store, thread_id, context)
