"""What `/metrics` of the chat tells a Prometheus server; no text and no name of a user is among it."""

import hmac
from collections.abc import Callable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import Response

from agent_service.storage.usage import Tokens
from database.pool import Pool
from serving.draining import Running

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.1, 0.25, 0.5, 1, 2, 3, 5, 8, 13, 20, 30, 60, 120)
POOL_FIGURES = (
    ("owflex_chat_pool_connections", "pool_size", "Connections to the chat database."),
    ("owflex_chat_pool_connections_idle", "pool_available", "Connections that nobody uses."),
    ("owflex_chat_pool_requests_waiting", "requests_waiting", "Statements that wait for a connection."),
)


def metrics_page(
    metrics: "Metrics", token: SecretStr | None, *, is_open: bool
) -> Callable[[Request], Response]:
    """The route; it wants the token, and is closed without one unless `is_open`."""

    def page(request: Request) -> Response:
        given = request.headers.get("authorization", "").encode()
        if token is not None:
            is_allowed = hmac.compare_digest(given, f"Bearer {token.get_secret_value()}".encode())
        else:
            is_allowed = is_open
        if not is_allowed:
            return Response(status_code=401, headers={"WWW-Authenticate": "Bearer"})
        return Response(metrics.as_text(), media_type=CONTENT_TYPE)

    return page


class Metrics:
    """The figures of one chat service."""

    def __init__(self, pool: Pool, running: Running) -> None:
        self.registry = CollectorRegistry()
        self._turns = self._counter("turns", "Answers by outcome.", "outcome")
        self._refused = self._counter("refused", "Messages that were not taken, by reason.", "reason")
        self._tools = self._counter("tool_calls", "Tool calls by outcome.", "tool", "outcome")
        self._fallbacks = self._counter("fallbacks", "Answers in which another model stood in.", "model")
        self._tokens = self._counter("tokens", "Tokens of language models.", "model", "direction")
        self._first_word = self._histogram("first_token_seconds", "From a message to the first word.")
        self._duration = self._histogram("turn_seconds", "From a message to the end of the answer.")
        self._gauge("owflex_chat_turns_running", "Answers in the making.", lambda: float(running.count))
        for name, statistic, meaning in POOL_FIGURES:
            self._gauge(name, meaning, lambda key=statistic: float(pool.get_stats().get(key, 0)))

    def turn_ended(self, outcome: str, seconds: float, first_word_seconds: float | None) -> None:
        """Count one turn; `first_word_seconds` is None when there was no word."""
        self._turns.labels(outcome).inc()
        self._duration.observe(seconds)
        if first_word_seconds is not None:
            self._first_word.observe(first_word_seconds)

    def tool_called(self, tool: str, worked: bool) -> None:
        """Count one tool call."""
        self._tools.labels(tool, "ok" if worked else "failed").inc()

    def stood_in(self, model: str) -> None:
        """Count one answer that a stand-in gave."""
        self._fallbacks.labels(model).inc()

    def spent(self, tokens: Mapping[str, Tokens]) -> None:
        """Count what the models of a turn read and wrote."""
        for model, used in tokens.items():
            self._tokens.labels(model, "input").inc(used.input)
            self._tokens.labels(model, "output").inc(used.output)

    def refused(self, reason: str) -> None:
        """Count one message that was not taken."""
        self._refused.labels(reason).inc()

    def as_text(self) -> bytes:
        """All figures in the format of Prometheus."""
        return generate_latest(self.registry)

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(f"owflex_chat_{name}", meaning, labels, registry=self.registry)

    def _histogram(self, name: str, meaning: str) -> Histogram:
        return Histogram(f"owflex_chat_{name}", meaning, buckets=SECONDS, registry=self.registry)

    def _gauge(self, name: str, meaning: str, value: Callable[[], float]) -> None:
        Gauge(name, meaning, registry=self.registry).set_function(value)
