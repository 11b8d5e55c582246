"""How long an event loop keeps others waiting, as figures for Prometheus."""

import asyncio
from collections import deque

from prometheus_client import CollectorRegistry, Gauge, Histogram

SECONDS_BETWEEN_LOOKS = 0.05
REMEMBERED_SECONDS = 60
LAG_BUCKETS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2, 5)


class Stalls:
    """A task that wakes up again and again, and notes how late it was."""

    def __init__(self, registry: CollectorRegistry, prefix: str = "owflex") -> None:
        self._recent: deque[tuple[float, float]] = deque()
        self._lag = Histogram(
            f"{prefix}_event_loop_lag_seconds",
            "How much later than planned the event loop woke up.",
            buckets=LAG_BUCKETS,
            registry=registry,
        )
        longest = Gauge(
            f"{prefix}_event_loop_longest_stall_seconds",
            f"The longest of these delays within the last {REMEMBERED_SECONDS} seconds.",
            registry=registry,
        )
        longest.set_function(lambda: max((lag for _, lag in self._recent), default=0.0))

    async def watch(self) -> None:
        """Measure until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            planned = loop.time() + SECONDS_BETWEEN_LOOKS
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
            now = loop.time()
            self._note(now, max(0.0, now - planned))

    def _note(self, now: float, lag: float) -> None:
        self._lag.observe(lag)
        while self._recent and self._recent[0][0] < now - REMEMBERED_SECONDS:
            self._recent.popleft()
        # Only what can still become the longest is kept.
        while self._recent and self._recent[-1][1] <= lag:
            self._recent.pop()
        self._recent.append((now, lag))
