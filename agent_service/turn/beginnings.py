"""To begin an answer costs most of the processor: beside others, who asks much begins one after the other."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from serving.fair_slots import FairSlots

# A model may think for long; that costs us nothing.
MAX_SECONDS = 2.0


class Beginning:
    """One answer until its first word, or for two seconds."""

    def __init__(self, slots: FairSlots[str], user: str) -> None:
        self._slots = slots
        self._user = user
        self._has_ended = False
        self._timer = asyncio.get_running_loop().call_later(MAX_SECONDS, self.end)

    def spoken(self, after: float | None) -> None:
        """Note after how many seconds the first word came; None while there is none."""
        if after is not None:
            self.end()

    def end(self) -> None:
        """It has begun; the user's next one may."""
        self._timer.cancel()
        if not self._has_ended:
            self._has_ended = True
            self._slots.release(self._user)


class Beginnings:
    """Who is alone begins as many answers at once as they like; beside others each user begins one."""

    def __init__(self) -> None:
        # Whoever waits holds a connection, and those are counted.
        self._slots = FairSlots[str](0, contended=1, waiting=100_000)

    @asynccontextmanager
    async def one(self, user: str) -> AsyncGenerator[Beginning]:
        """Waits for the user's turn; at the end of the block at the latest it has ended."""
        await self._slots.take(user)
        beginning = Beginning(self._slots, user)
        try:
            yield beginning
        finally:
            beginning.end()
