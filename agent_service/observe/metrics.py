"""What those who run the chat see of it: figures for Prometheus; of each turn a line in the log and a span.

No text and no name of a user is among the figures.
"""

import hmac
import logging
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager

from chatkit.types import (
    AssistantMessageContentPartTextDelta,
    ThreadItemUpdatedEvent,
    ThreadStreamEvent,
)
from opentelemetry import trace
from opentelemetry.trace import Span, StatusCode
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import Response

from agent_service.context import RequestContext
from agent_service.models.fallback import TurnModel
from agent_service.observe import logs
from agent_service.storage.usage import Tokens
from database.pool import Pool
from serving.draining import Running
from serving.stalls import Stalls

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.1, 0.25, 0.5, 1, 2, 3, 5, 8, 13, 20, 30, 60, 120)
POOL_FIGURES = (
    ("owflex_chat_pool_connections", "pool_size", "Connections to the chat database."),
    ("owflex_chat_pool_connections_idle", "pool_available", "Connections that nobody uses."),
    ("owflex_chat_pool_requests_waiting", "requests_waiting", "Statements that wait for a connection."),
)
logger = logging.getLogger("agent_service.turns")

# Without a collector this is a tracer that does nothing.
TRACER = trace.get_tracer("owflex.chat")
MAX_LOGGED_CHARACTERS = 2000


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
        self.stalls = Stalls(self.registry, "owflex_chat")
        self._turns = self._counter("turns", "Answers by outcome.", "outcome")
        self._refused = self._counter(
            "refused", "Messages and requests that were not taken, by reason.", "reason"
        )
        self._tools = self._counter("tool_calls", "Tool calls by outcome.", "tool", "outcome")
        self._fallbacks = self._counter("fallbacks", "Answers in which another model stood in.", "model")
        self._tokens = self._counter("tokens", "Tokens of language models.", "model", "direction")
        self._first_word = self._histogram("first_token_seconds", "From a message to the first word.")
        self._duration = self._histogram("turn_seconds", "From a message to the end of the answer.")
        self._gauge("owflex_chat_turns_running", "Answers in progress.", lambda: float(running.count))
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


class TurnWatch:
    """What is noted while a turn runs; `model` is the one that answers it."""

    def __init__(self, span: Span, model: TurnModel) -> None:
        self.began = time.monotonic()
        self.first_word_after: float | None = None
        self.span = span
        self.model = model

    def feed(self, event: ThreadStreamEvent) -> list[ThreadStreamEvent]:
        """The event itself."""
        if self.first_word_after is None and _is_word(event):
            self.first_word_after = time.monotonic() - self.began
        return [event]

    def end(self) -> list[ThreadStreamEvent]:
        """Nothing."""
        return []


def _is_word(event: ThreadStreamEvent) -> bool:
    return isinstance(event, ThreadItemUpdatedEvent) and isinstance(
        event.update, AssistantMessageContentPartTextDelta
    )


class TurnWatcher:
    """Watches all turns of a service; a turn's text is logged only if `logs_messages`."""

    def __init__(self, metrics: Metrics, *, logs_messages: bool) -> None:
        self._metrics = metrics
        self._logs_messages = logs_messages

    @contextmanager
    def turn(self, model: TurnModel, context: RequestContext) -> Generator[TurnWatch]:
        """Watch the turn that runs within the block: it was answered, failed or was stopped."""
        logs.user.set(context.user_id)
        watch = TurnWatch(TRACER.start_span("chat turn"), model)
        outcome = "stopped"
        try:
            yield watch
            outcome = "answered"
        except Exception:
            outcome = "failed"
            raise
        finally:
            self._ended(watch, outcome)

    def asked(self, question: str) -> None:
        """Log the question, if questions are to be logged."""
        if self._logs_messages:
            logger.info("question: %r", question[:MAX_LOGGED_CHARACTERS])

    def _ended(self, watch: TurnWatch, outcome: str) -> None:
        model, seconds = watch.model, time.monotonic() - watch.began
        self._metrics.turn_ended(outcome, seconds, watch.first_word_after)
        self._metrics.spent(model.spent)
        if model.stands_in:
            self._metrics.stood_in(model.answering.name)
        _end_span(watch, outcome)
        tokens = sum(used.input + used.output for used in model.spent.values())
        logger.info("turn %s by %s in %.2f s, %s tokens", outcome, model.answering.name, seconds, tokens)


def _end_span(watch: TurnWatch, outcome: str) -> None:
    span, model = watch.span, watch.model
    span.set_attribute("owflex.outcome", outcome)
    span.set_attribute("gen_ai.request.model", model.answering.name)
    span.set_attribute("gen_ai.usage.input_tokens", sum(used.input for used in model.spent.values()))
    span.set_attribute("gen_ai.usage.output_tokens", sum(used.output for used in model.spent.values()))
    if outcome == "failed":
        span.set_status(StatusCode.ERROR)
    span.end()
