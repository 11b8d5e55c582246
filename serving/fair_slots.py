"""A number of places that users share: whoever asks much waits longest, and keeps nobody else waiting."""

import asyncio
import time
from collections import Counter, deque
from collections.abc import AsyncGenerator, Callable, Hashable
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

# Who asked within this time counts as being there, although between two questions.
PRESENT_SECONDS = 5.0

Key = TypeVar("Key", bound=Hashable)
Place = asyncio.Future[None]


class TooManyWaitingError(Exception):
    """The key has as many waiting as it may have, or one of them has waited as long as it may."""


class FairSlots(Generic[Key]):
    """`total` places (0: any number), of which one key may take `each` (0: all); keys that wait take turns.

    While several keys are there, none of them gets more than `contended` (0: no such bound): what one of them
    has running then is no more than what another adds to it. At most `waiting` of a key may wait.
    """

    def __init__(
        self,
        total: int,
        *,
        each: int = 0,
        contended: int = 0,
        waiting: int = 1000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._total = total
        self._each = each
        self._contended = contended
        self._most_waiting = waiting
        self._clock = clock
        self._running = Counter[Key]()
        self._lanes: dict[Key, deque[Place]] = {}
        self._seen: dict[Key, float] = {}
        # When each was last given a place, by number: of those that have as much, who waits longest is next.
        self._given: dict[Key, int] = {}
        self._number = 0
        self._looked_at = -PRESENT_SECONDS

    @property
    def running(self) -> int:
        """How many places are taken."""
        return self._running.total()

    @property
    def waiting(self) -> int:
        """How many wait for one."""
        return sum(map(len, self._lanes.values()))

    def count_of(self, key: Key) -> int:
        """How many places the key has."""
        return self._running[key]

    @asynccontextmanager
    async def one(
        self, key: Key, within: float | None = None, refused: Callable[[], Exception] = TooManyWaitingError
    ) -> AsyncGenerator[None]:
        """A place while in the block. Raises what `refused` makes, also after `within` seconds."""
        try:
            await self.take(key, within)
        except TooManyWaitingError:
            raise refused() from None
        try:
            yield
        finally:
            self.release(key)

    async def take(self, key: Key, within: float | None = None) -> None:
        """Wait for a place, to be given back by `release`. Raises `TooManyWaitingError`, also after `within`
        seconds.
        """
        self._note(key)
        if key not in self._lanes and self._may_run(key):
            self._give(key)
            return
        place = self._line_up(key)
        try:
            async with asyncio.timeout(within):
                await place
        except BaseException as error:
            self._leave(key, place)
            if isinstance(error, TimeoutError):
                raise TooManyWaitingError from None
            raise

    def release(self, key: Key) -> None:
        """Give a place back; the next in turn gets it."""
        self._running[key] -= 1
        if not self._running[key]:
            del self._running[key]
        self._note(key)
        self._wake()

    def _line_up(self, key: Key) -> Place:
        lane = self._lanes.setdefault(key, deque())
        if len(lane) >= self._most_waiting:
            if not lane:
                del self._lanes[key]
            raise TooManyWaitingError
        place: Place = asyncio.get_running_loop().create_future()
        lane.append(place)
        return place

    def _leave(self, key: Key, place: Place) -> None:
        if place.done() and not place.cancelled():
            self.release(key)  # it was given just when it was no longer wanted
            return
        lane = self._lanes.get(key, deque())
        if place in lane:
            lane.remove(place)
            if not lane:
                del self._lanes[key]
        self._wake()

    def _wake(self) -> None:
        while (key := self._next()) is not None:
            lane = self._lanes[key]
            place = lane.popleft()
            if not lane:
                del self._lanes[key]
            if not place.done():
                self._give(key)
                place.set_result(None)

    def _give(self, key: Key) -> None:
        self._running[key] += 1
        self._number += 1
        self._given[key] = self._number

    def _next(self) -> Key | None:
        """The key that may run and has the least; of several the one that got a place longest ago."""
        able = (key for key in self._lanes if self._may_run(key))
        return min(able, key=lambda key: (self._running[key], self._given.get(key, 0)), default=None)

    def _may_run(self, key: Key) -> bool:
        most = self._each or self._total
        if self._contended and self._others_than(key):
            most = min(most, self._contended) if most else self._contended
        is_free = not self._total or self.running < self._total
        return is_free and (not most or self._running[key] < most)

    def _others_than(self, key: Key) -> bool:
        return any(other != key for other in self._seen)

    def _note(self, key: Key) -> None:
        now = self._clock()
        self._seen[key] = now
        if now - self._looked_at < 1:
            return
        self._looked_at = now
        self._seen = {key: at for key, at in self._seen.items() if self._is_there(key, now - at)}
        self._given = {key: number for key, number in self._given.items() if key in self._seen}

    def _is_there(self, key: Key, silent_for: float) -> bool:
        return silent_for <= PRESENT_SECONDS or self._running[key] > 0 or key in self._lanes
