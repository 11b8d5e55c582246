"""What runs right now, so that a server can stop without cutting it off."""

import asyncio
import logging
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType

import uvicorn

logger = logging.getLogger("serving")


class Running:
    """Counts what runs; once the server stops, nothing new is to begin."""

    def __init__(self) -> None:
        self.count = 0
        self.is_stopping = False
        # For answers that would go on as long as the server runs.
        self.stopping = asyncio.Event()
        self._is_idle = asyncio.Event()
        self._is_idle.set()

    @contextmanager
    def one(self) -> Generator[None]:
        """While in the block one more is running."""
        self.count += 1
        self._is_idle.clear()
        try:
            yield
        finally:
            self.count -= 1
            if not self.count:
                self._is_idle.set()

    async def drain(self, seconds: float) -> bool:
        """Let nothing new begin and wait for what runs; False when something still runs after `seconds`."""
        self.is_stopping = True
        self.stopping.set()
        try:
            async with asyncio.timeout(seconds):
                await self._is_idle.wait()
        except TimeoutError:
            return False
        return True


class DrainingServer(uvicorn.Server):
    """Asked to stop, it goes on answering until what runs has ended; asked again, it stops at once.

    uvicorn alone would stop listening at once, and nobody could ask how it stands.
    """

    def __init__(self, config: uvicorn.Config, running: Running, grace_seconds: float) -> None:
        super().__init__(config)
        self._running = running
        self._grace_seconds = grace_seconds
        self._loop: asyncio.AbstractEventLoop | None = None
        self._draining: asyncio.Task[None] | None = None

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
        self._loop.call_soon_threadsafe(self._begin_to_drain, sig)

    def _begin_to_drain(self, sig: int) -> None:
        self._draining = asyncio.create_task(self._drain(sig))

    async def _drain(self, sig: int) -> None:
        if self._running.count:
            logger.info("Stopping: waiting for what runs (%s)", self._running.count)
        if not await self._running.drain(self._grace_seconds):
            logger.warning("Stopping: what still runs is cut off (%s)", self._running.count)
        if not self.should_exit:
            super().handle_exit(sig, None)
