"""One turn as those who run the service see it: its figures, a line in the log, a span in the trace."""

import logging
import time
from collections.abc import Generator
from contextlib import contextmanager

from chatkit.types import (
    AssistantMessageContentPartTextDelta,
    ThreadItemUpdatedEvent,
    ThreadStreamEvent,
    UserMessageItem,
)
from opentelemetry import trace
from opentelemetry.trace import Span, StatusCode

from agent_service.context import RequestContext
from agent_service.models.fallback import TurnModel
from agent_service.observe import logs
from agent_service.observe.metrics import Metrics
from agent_service.turn.history import text_of

logger = logging.getLogger("agent_service.turns")

# Without a collector this is a tracer that does nothing.
TRACER = trace.get_tracer("owflex.chat")
MAX_LOGGED_CHARACTERS = 2000


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

    def asked(self, message: UserMessageItem) -> None:
        """Log the question, if questions are to be logged."""
        if self._logs_messages:
            logger.info("question: %r", text_of(message)[:MAX_LOGGED_CHARACTERS])

    def _ended(self, watch: TurnWatch, outcome: str) -> None:
        model, seconds = watch.model, time.monotonic() - watch.began
        self._metrics.turn_ended(outcome, seconds, watch.first_word_after)
        self._metrics.spent(model.spent)
        if model.stands_in:
            self._metrics.stood_in(model.answering.name)
        _end_span(watch, model, outcome)
        tokens = sum(used.input + used.output for used in model.spent.values())
        logger.info("turn %s by %s in %.2f s, %s tokens", outcome, model.answering.name, seconds, tokens)


def _end_span(watch: TurnWatch, model: TurnModel, outcome: str) -> None:
    span = watch.span
    span.set_attribute("owflex.outcome", outcome)
    span.set_attribute("gen_ai.request.model", model.answering.name)
    span.set_attribute("gen_ai.usage.input_tokens", sum(used.input for used in model.spent.values()))
    span.set_attribute("gen_ai.usage.output_tokens", sum(used.output for used in model.spent.values()))
    if outcome == "failed":
        span.set_status(StatusCode.ERROR)
    span.end()
