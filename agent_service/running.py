"""The turns that run right now, so that the service can stop without cutting one off."""

import asyncio
import logging
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType

import uvicorn

from agent_service.errors import RequestRefusedError

logger = logging.getLogger("agent_service")

RETRY_AFTER_SECONDS = 5


class Running:
    """Counts turns; once the service stops no new one may begin."""

    def __init__(self) -> None:
        self.count = 0
        self.is_stopping = False
        self._is_idle = asyncio.Event()
        self._is_idle.set()

    def admit(self) -> None:
        """Return while new turns may begin. Raises `RequestRefusedError` (503)."""
        if self.is_stopping:
            raise RequestRefusedError(
                "The chat is being restarted. Send your message again in a moment.",
                status=503,
                code="stopping",
                retry_after=RETRY_AFTER_SECONDS,
            )

    @contextmanager
    def turn(self) -> Generator[None]:
        """While in the block one turn more is running."""
        self.count += 1
        self._is_idle.clear()
        try:
            yield
        finally:
            self.count -= 1
            if not self.count:
                self._is_idle.set()

    async def drain(self, seconds: float) -> bool:
        """Refuse new turns and wait for the running ones; False when some still run after `seconds`."""
        self.is_stopping = True
        try:
            async with asyncio.timeout(seconds):
                await self._is_idle.wait()
        except TimeoutError:
            return False
        return True


class DrainingServer(uvicorn.Server):
    """Asked to stop, it goes on until the running turns have ended; asked again, it stops at once."""

    def __init__(self, config: uvicorn.Config, running: Running, grace_seconds: float) -> None:
        super().__init__(config)
        self._running = running
        self._grace_seconds = grace_seconds
        self._draining: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, *args: object, **kwargs: object) -> None:
        """Begin to listen."""
        self._loop = asyncio.get_running_loop()
        await super().startup(*args, **kwargs)  # pyright: ignore[reportArgumentType]

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Called by a signal."""
        if self._loop is None or self._running.is_stopping:
            super().handle_exit(sig, frame)
            return
        self._running.is_stopping = True
        # The signal is raised again when uvicorn has stopped, so that the process ends as it would.
        self._captured_signals.append(sig)
        self._loop.call_soon_threadsafe(self._begin_to_drain)

    def _begin_to_drain(self) -> None:
        self._draining = asyncio.create_task(self._drain())

    async def _drain(self) -> None:
        if self._running.count:
            logger.info("Stopping: waiting for %s running answers", self._running.count)
        if not await self._running.drain(self._grace_seconds):
            logger.warning("Stopping: %s answers are cut off", self._running.count)
        self.should_exit = True
