"""Several models in line: the first that works answers, and one that failed rests for a while."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import openai
from agents import Model, ModelResponse
from agents.exceptions import ModelTimeoutError
from agents.items import TResponseStreamEvent
from agents.retry import ModelRetryAdvice, ModelRetryAdviceRequest
from openai.types.responses import (
    ResponseCompletedEvent,
    ResponseOutputItemAddedEvent,
    ResponseOutputItemDoneEvent,
    ResponseTextDeltaEvent,
)
from opentelemetry import trace
from opentelemetry.trace import SpanKind, StatusCode

from agent_service.models.endings import Ending, NoAnswerError, ending_of, is_too_long, is_withheld
from agent_service.models.providers import ChosenModel
from agent_service.storage.usage import Tokens, estimated_tokens

logger = logging.getLogger("agent_service")

# Without a collector this is a tracer that does nothing.
TRACER = trace.get_tracer("owflex.chat")

# A wrong key or an empty account is not put right within a minute; a busy server often is.
LONG_REST = 300.0
SHORT_REST = 30.0
REFUSED = (401, 402, 403, 404)
# These speak of one request; the next one may be fine.
ABOUT_THE_REQUEST = (400, 413, 422)
OPENING = ("response.created", "response.in_progress")
# Another model may answer what this one did not.
WORTH_ANOTHER = ("declined", "filtered", "spent", "empty")


def status_of(error: BaseException) -> int:
    """The HTTP status of a provider's error, 500 without one; in a stream providers send it as a code."""
    for name in ("status_code", "code"):
        value = getattr(error, name, None)
        if isinstance(value, int) or (isinstance(value, str) and value.isdigit()):
            return int(value)
    return 500


def rest_seconds(error: Exception) -> float:
    """How long a model that failed like this is not asked first."""
    status = status_of(error)
    if status in ABOUT_THE_REQUEST or isinstance(error, NoAnswerError) or is_withheld(error, status):
        return 0.0
    if status in REFUSED:
        return LONG_REST
    return _retry_after(error) or SHORT_REST


def _retry_after(error: Exception) -> float | None:
    if not isinstance(error, openai.APIStatusError):
        return None
    wanted = error.response.headers.get("retry-after", "")
    return min(max(float(wanted), 1.0), LONG_REST) if wanted.isdigit() else None


class ModelLine:
    """The models of this process in order, and which of them rest."""

    def __init__(
        self, chosen: ChosenModel, seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.seconds = seconds
        self._models: list[ChosenModel | None] = [chosen, *[None for _ in chosen.fallbacks]]
        self._fallbacks = chosen.fallbacks
        self._clock = clock
        self._rests_until: dict[int, float] = {}

    def at(self, place: int) -> ChosenModel:
        """The model at this place, built at first use."""
        model = self._models[place]
        if model is None:
            model = self._models[place] = self._fallbacks[place - 1].build()
        return model

    def order(self) -> list[int]:
        """The places in the order to try them: those that rest come last, the first to wake before others."""
        now = self._clock()
        waits = [max(0.0, self._rests_until.get(place, now) - now) for place in range(len(self._models))]
        return sorted(range(len(self._models)), key=lambda place: waits[place])

    def failed(self, place: int, error: Exception) -> None:
        """Let the model rest."""
        self._rests_until[place] = self._clock() + rest_seconds(error)

    def worked(self, place: int) -> None:
        """Forget its failures."""
        self._rests_until.pop(place, None)


class TurnModel(Model):
    """The models of one turn as one: it goes on to the next while nothing of an answer has been passed on.

    Afterwards it raises what happened, and `can_continue` says whether asking again can help: the next call
    goes to the next model. No model that failed is asked again in the same turn, but one that said nothing is
    asked once more. `ending` says how the last answer ended when it is not whole and nobody can do better.
    """

    def __init__(self, line: ModelLine) -> None:
        self._line = line
        self._left = line.order()
        self._asked_again: set[int] = set()
        self.can_continue = False
        self.ending: Ending | None = None
        self.answering = line.at(self._left[0])
        self.spent: dict[str, Tokens] = {}

    @property
    def stands_in(self) -> bool:
        """Whether another model than the first one in line answers."""
        return self.answering is not self._line.at(0)

    @property
    def first_choice(self) -> ChosenModel:
        """The model that should have answered."""
        return self._line.at(0)

    async def get_response(self, *args: Any, **kwargs: Any) -> ModelResponse:
        """The response of the model whose turn it is."""
        return await self.answering.model.get_response(*args, **kwargs)

    async def stream_response(self, *args: Any, **kwargs: Any) -> AsyncIterator[TResponseStreamEvent]:
        """The events of the first model that gives any. Raises what the last one raised."""
        while True:
            place = self._left[0]
            self.answering = self._line.at(place)
            self.can_continue, self.ending = False, None
            call = _Call(self.answering, self._line.seconds, args, kwargs)
            try:
                async with self._counted(call):
                    while (events := await call.next()) is not None:
                        self._take_ending(place, call.ending)
                        for event in events:
                            yield event
                self._line.worked(place)
                return
            except Exception as error:
                self._move_on(place, error)
                if call.has_begun or not self.can_continue:
                    raise

    def give_up(self, error: Exception) -> None:
        """Leave the model whose turn it is; `can_continue` says whether there is another one."""
        self._drop(self._left[0], error)

    def get_retry_advice(self, request: ModelRetryAdviceRequest) -> ModelRetryAdvice | None:
        """What the model whose turn it is advises."""
        return self.answering.model.get_retry_advice(request)

    def _take_ending(self, place: int, ending: Ending | None) -> None:
        """Keep how the answer ended. Raises `NoAnswerError` when asking again may bring a better one."""
        is_asked_again = ending == "empty" and place not in self._asked_again
        if ending is not None and (is_asked_again or (ending in WORTH_ANOTHER and len(self._left) > 1)):
            raise NoAnswerError(ending)
        self.ending = ending

    def _move_on(self, place: int, error: Exception) -> None:
        """Decide who is asked next: the same model once more, the next one, or nobody."""
        if isinstance(error, NoAnswerError) and error.ending == "empty" and place not in self._asked_again:
            self._asked_again.add(place)
            self.can_continue = True
        elif not is_too_long(error, status_of(error)):
            self._drop(place, error)

    def _drop(self, place: int, error: Exception) -> None:
        self._line.failed(place, error)
        self.can_continue = len(self._left) > 1
        if self.can_continue:
            self._left.remove(place)
            logger.warning("The model %s failed (%s)", self.answering.name, type(error).__name__)

    @asynccontextmanager
    async def _counted(self, call: "_Call") -> AsyncGenerator[None]:
        name = self.answering.name
        span = TRACER.start_span("model call", kind=SpanKind.CLIENT)
        span.set_attribute("gen_ai.request.model", name)
        try:
            yield
        except Exception as error:
            span.set_attribute("error.type", type(error).__name__)
            span.set_status(StatusCode.ERROR)
            raise
        finally:
            used = call.tokens()
            span.set_attribute("gen_ai.usage.input_tokens", used.input)
            span.set_attribute("gen_ai.usage.output_tokens", used.output)
            span.end()
            self.spent[name] = self.spent.get(name, Tokens()) + used
            await call.close()


class _Call:
    """One call of a model: its events, none later than `seconds` after the one before, and what it took."""

    def __init__(self, model: ChosenModel, seconds: float, args: Any, kwargs: Any) -> None:
        self._events = cast(
            AsyncGenerator[TResponseStreamEvent], model.model.stream_response(*args, **kwargs)
        )
        self._seconds = seconds
        self._opening: list[TResponseStreamEvent] = []
        self.has_begun = False
        self.ending: Ending | None = None
        self._is_free = model.extractive
        self._input = (args[:2], kwargs.get("system_instructions"), kwargs.get("input"))
        self._written: list[str] = []
        self._reported: Tokens | None = None
        self._has_answered = False

    async def next(self) -> list[TResponseStreamEvent] | None:
        """What may be passed on next; None at the end.

        Events that only open the answer wait for its first word: without that, another model can answer.
        Raises `ModelTimeoutError`, or what the model raises.
        """
        try:
            async with asyncio.timeout(self._seconds):
                event = await anext(self._events)
        except StopAsyncIteration:
            return None
        except TimeoutError as error:
            raise ModelTimeoutError(self._seconds) from error
        self._note(event)
        if isinstance(event, ResponseCompletedEvent):
            return self._released(event)
        self.has_begun = self.has_begun or _says_something(event)
        if not self.has_begun:
            self._opening.append(event)
            return []
        return self._released(event)

    def _released(self, event: TResponseStreamEvent) -> list[TResponseStreamEvent]:
        """The event, behind those that waited for it; an empty answer has no message."""
        waiting, self._opening = self._opening, []
        if self.ending is not None and self.ending != "declined":
            waiting = [waited for waited in waiting if waited.type in OPENING]
        return [*waiting, event]

    def _note(self, event: TResponseStreamEvent) -> None:
        self._has_answered = True
        if isinstance(event, ResponseTextDeltaEvent):
            self._written.append(event.delta)
        elif isinstance(event, ResponseCompletedEvent):
            self.ending = ending_of(event.response)
            usage = event.response.usage
            if usage is not None and usage.total_tokens:
                self._reported = Tokens(usage.input_tokens, usage.output_tokens)

    def tokens(self) -> Tokens:
        """What the provider reported, else an estimate."""
        if self._reported is not None:
            return self._reported
        if self._is_free or not self._has_answered:
            return Tokens()
        return Tokens(
            estimated_tokens(str(self._input)), estimated_tokens("".join(self._written)), estimated=True
        )

    async def close(self) -> None:
        """End the call, wherever it is."""
        await self._events.aclose()


def _says_something(event: TResponseStreamEvent) -> bool:
    """Whether the event brings more of an answer than its frame, blank text or a refusal."""
    if isinstance(event, ResponseTextDeltaEvent):
        return bool(event.delta.strip())
    if isinstance(event, ResponseOutputItemAddedEvent | ResponseOutputItemDoneEvent):
        return event.item.type != "message"
    return event.type.startswith(("response.function", "response.reasoning"))
