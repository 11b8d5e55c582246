"""How often each one may do something: a token bucket for each of them."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

# Whoever was not seen for longest is forgotten first, and has mostly the full allowance again by then.
MAX_KEYS = 10_000

Key = TypeVar("Key", bound=Hashable)


class TokenBuckets(Generic[Key]):
    """Lets each key take `per_minute` tokens a minute (0: without limit), `burst` of them at once.

    Without `burst` a minute's worth may come at once.
    """

    def __init__(
        self,
        per_minute: float,
        burst: float | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        max_keys: int = MAX_KEYS,
    ) -> None:
        self._per_second = per_minute / 60
        self._burst = float(per_minute if burst is None else burst)
        self._clock = clock
        self._max_keys = max_keys
        # What is left to each key, and when that was so; the one heard of longest ago comes first.
        self._left: OrderedDict[Key, tuple[float, float]] = OrderedDict()

    def take(self, key: Key, amount: float = 1) -> int:
        """Take so many tokens; returns 0, or the whole seconds until there are so many, and then takes none.

        More than `burst` there never are: then the seconds are those until all are there.
        """
        if not self._per_second:
            return 0
        now = self._clock()
        left, at = self._left.pop(key, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._per_second)
        wait = 0 if left >= amount else math.ceil((min(amount, self._burst) - left) / self._per_second) or 1
        self._left[key] = (left if wait else left - amount, now)
        if len(self._left) > self._max_keys:
            self._left.popitem(last=False)
        return wait

    def give_back(self, key: Key) -> None:
        """Undo that a token was taken."""
        if key in self._left:
            left, at = self._left[key]
            self._left[key] = (min(self._burst, left + 1), at)

    def __len__(self) -> int:
        """How many keys are remembered."""
        return len(self._left)
