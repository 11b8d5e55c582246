"""What `/metrics` tells a Prometheus server; no text of users or documents is among it."""

import math
from collections.abc import Callable
from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from database.pool import Pool
from database.replicas import Replica, Replicas
from serving.stalls import Stalls

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
CALL_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


def _watch_pool(pool: Pool, registry: CollectorRegistry) -> None:
    for name, statistic, meaning in (
        ("owflex_pool_connections", "pool_size", "Connections to Postgres."),
        ("owflex_pool_connections_idle", "pool_available", "Connections to Postgres that nobody uses."),
        ("owflex_pool_requests_waiting", "requests_waiting", "Calls that wait for a connection."),
    ):
        gauge = Gauge(name, meaning, registry=registry)
        # The name is bound now; a plain lambda would ask for the last one in all of them.
        gauge.set_function(lambda statistic=statistic: float(pool.get_stats().get(statistic, 0)))


def _watch_replicas(replicas: Replicas, registry: CollectorRegistry) -> None:
    figures: list[tuple[str, str, Callable[[Replica], float]]] = [
        ("owflex_replica_used", "1 while a replica is read from, else 0.", lambda it: it.problem is None),
        (
            "owflex_replica_lag_seconds",
            "How far a replica is behind; NaN while not known.",
            lambda it: math.nan if it.lag_seconds is None else it.lag_seconds,
        ),
        ("owflex_replica_reads", "Reads that were sent to a replica.", lambda it: it.reads),
    ]
    for name, meaning, figure in figures:
        gauge = Gauge(name, meaning, ["replica"], registry=registry)
        for replica in replicas.all:
            ask = partial(figure, replica)
            gauge.labels(replica.name.removeprefix("replica ")).set_function(ask)


class Metrics:
    """The figures of one server."""

    def __init__(self, pool: Pool, replicas: Replicas | None = None) -> None:
        self.registry = CollectorRegistry()
        self._calls = Counter(
            "owflex_tool_calls", "Tool calls by outcome.", ["tool", "outcome"], registry=self.registry
        )
        self._seconds = Histogram(
            "owflex_tool_call_seconds",
            "Duration of tool calls.",
            ["tool"],
            buckets=CALL_BUCKETS,
            registry=self.registry,
        )
        self._searches = Counter("owflex_searches", "Searches by mode.", ["mode"], registry=self.registry)
        self._empty = Counter("owflex_searches_empty", "Searches that found nothing.", registry=self.registry)
        self._limited = Counter(
            "owflex_rate_limited_calls", "Tool calls over the limit of their user.", registry=self.registry
        )
        self._refused = Counter(
            "owflex_refused_requests",
            "Requests and connections that were refused before anything of them was done, by reason.",
            ["reason"],
            registry=self.registry,
        )
        self.model_load_seconds = Gauge(
            "owflex_model_load_seconds", "How long loading the embedding model took.", registry=self.registry
        )
        self.stalls = Stalls(self.registry)
        _watch_pool(pool, self.registry)
        if replicas is not None:
            _watch_replicas(replicas, self.registry)

    def called(self, tool: str, outcome: str, seconds: float) -> None:
        """Count one tool call."""
        self._calls.labels(tool, outcome).inc()
        self._seconds.labels(tool).observe(seconds)

    def searched(self, mode: str, *, empty: bool) -> None:
        """Count one search."""
        self._searches.labels(mode).inc()
        if empty:
            self._empty.inc()

    def limited(self) -> None:
        """Count one call that was refused because there were too many."""
        self._limited.inc()

    def refused(self, reason: str) -> None:
        """Count one request that was refused as a request."""
        self._refused.labels(reason).inc()

    def as_text(self) -> bytes:
        """All figures in the format of Prometheus."""
        return generate_latest(self.registry)
