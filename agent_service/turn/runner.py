"""Runs of the agent until one of them ends: what a model left unfinished, the next one takes over."""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast
from uuid import uuid4

from agents import Agent, ModelSettings, RunConfig, Runner, TResponseInputItem
from agents.mcp import MCPServer
from agents.result import RunResultStreaming
from chatkit.agents import stream_agent_response  # pyright: ignore[reportUnknownVariableType]
from chatkit.store import Store
from chatkit.types import (
    AssistantMessageContentPartAdded,
    AssistantMessageContentPartAnnotationAdded,
    AssistantMessageContentPartDone,
    AssistantMessageContentPartTextDelta,
    AssistantMessageItem,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadItemRemovedEvent,
    ThreadItemUpdatedEvent,
    ThreadMetadata,
    ThreadStreamEvent,
)
from openai.types.responses import ResponseFunctionToolCallParam
from openai.types.responses.response_input_item_param import FunctionCallOutput
from opentelemetry.trace import INVALID_SPAN, Span, use_span

from agent_service.cards.approvals import Approvals, Decision, restored
from agent_service.context import IDEMPOTENCY_KEY, RequestContext, RunContext, call_key
from agent_service.models.fallback import TurnModel
from agent_service.settings.settings import AgentServiceSettings
from agent_service.settings.system_prompt import PERSONA, RULES
from agent_service.tools.schemas import SEARCH
from agent_service.turn.tool_calls import Evidence, Steps

MAX_QUERY_CHARACTERS = 400
RUN_CONFIG = RunConfig(
    tracing_disabled=True,
    trace_include_sensitive_data=False,
    tool_not_found_behavior="return_error_to_model",
)
AnswerUpdate = (
    AssistantMessageContentPartAdded
    | AssistantMessageContentPartTextDelta
    | AssistantMessageContentPartAnnotationAdded
    | AssistantMessageContentPartDone
)


@dataclass(frozen=True)
class Turn:
    """What all runs of one turn share; `question` is the message to answer, `message_id` its id."""

    settings: AgentServiceSettings
    model: TurnModel
    mcp_server: MCPServer
    store: Store[RequestContext]
    approvals: Approvals
    thread: ThreadMetadata
    context: RequestContext
    question: str = ""
    message_id: str | None = None
    span: Span = INVALID_SPAN

    def new_run(self) -> RunContext:
        """A context for one run; it has a queue of its own."""
        return RunContext(
            thread=self.thread,
            store=self.store,
            request_context=self.context,
            message_id=self.message_id,
        )


@dataclass
class Progress:
    """How far a turn has come: the input with everything done so far, and what the user was shown of it.

    `decided` is the user's word on the call at which the run had stopped.
    """

    turn: Turn
    items: list[TResponseInputItem]
    note: str | None
    steps: Steps
    evidence: Evidence
    decided: Decision | None = None
    shown: list[str] = field(default_factory=list[str])
    result: RunResultStreaming | None = None
    run: RunContext | None = None

    @property
    def waits_for_approval(self) -> bool:
        """Whether the run has stopped at a call that the user must approve."""
        return self.result is not None and bool(self.result.interruptions)


async def run_agent(progress: Progress) -> AsyncGenerator[ThreadStreamEvent]:
    """The events of the turn's runs. Raises what ends them when no other model is left to take over.

    A model that speaks before any tool was asked for is not heard: we search and it speaks again. So it is
    with providers that ignore that their first call must be a tool call. When a model breaks off, its
    unfinished words are taken back and the next one goes on from the finished tool calls: no tool runs a
    second time.
    """
    run = _next_run(progress)
    while True:
        early = _EarlyWords(progress)
        try:
            async with _running(progress, run) as events:
                async for event in events:
                    for heard in early.feed(event):
                        yield heard
            if early.may_speak:
                for event in early.held:
                    yield event
                return
            run = progress.turn.new_run()
            progress.items = [*progress.items, *await _search(progress, run)]
        except Exception as error:  # noqa: BLE001 - it is raised again unless another model goes on
            for event in _taken_back(progress, error):
                yield event
            run = _next_run(progress)


def speaks(event: ThreadStreamEvent) -> bool:
    """Whether the event is part of an assistant message."""
    if isinstance(event, ThreadItemUpdatedEvent):
        return isinstance(event.update, AnswerUpdate)
    if isinstance(event, ThreadItemAddedEvent | ThreadItemDoneEvent):
        return isinstance(event.item, AssistantMessageItem)
    return False


def _taken_back(progress: Progress, error: Exception) -> Iterator[ThreadStreamEvent]:
    """The events that remove what was said in responses that the run does not know as finished.

    The input becomes that of the next run: what is finished. Raises `error` when nobody can take over.
    """
    if progress.result is None or not progress.turn.model.can_continue:
        raise error
    finished = {getattr(item.raw_item, "id", None) for item in progress.result.new_items}
    finished |= {item.get("id") for item in cast(list[dict[str, Any]], progress.items)}
    for item_id in progress.shown:
        if item_id not in finished:
            yield ThreadItemRemovedEvent(item_id=item_id)
    progress.shown = [item_id for item_id in progress.shown if item_id in finished]
    if not progress.shown:
        progress.evidence.begin_anew()
    progress.items = progress.result.to_input_list()


class _EarlyWords:
    """Holds back what a model says before it may speak."""

    def __init__(self, progress: Progress) -> None:
        self._turn = progress.turn
        self._evidence = progress.evidence
        self.held: list[ThreadStreamEvent] = []

    @property
    def may_speak(self) -> bool:
        """Whether a tool was asked for, or none is needed."""
        turn = self._turn
        return turn.model.answering.extractive or not turn.question or self._evidence.tool_calls > 0

    def feed(self, event: ThreadStreamEvent) -> list[ThreadStreamEvent]:
        """The event behind what was held back; nothing when it must wait itself."""
        if self.may_speak:
            released, self.held = [*self.held, event], []
            return released
        if speaks(event):
            self.held.append(event)
            return []
        return [event]


@asynccontextmanager
async def _running(progress: Progress, run: RunContext) -> AsyncGenerator[AsyncIterator[ThreadStreamEvent]]:
    """The events of one run while in the block; it is ended with it."""
    turn = progress.turn
    must_use_tools = progress.evidence.tool_calls == 0
    agent = build_agent(turn, progress.note, must_use_tools=must_use_tools)
    progress.run = run
    decided, progress.decided = progress.decided, None
    entry = await restored(agent, run, decided) if decided else progress.items
    # The run's tasks are begun within the turn's span, and so are the calls they make.
    with use_span(turn.span, record_exception=False, set_status_on_exception=False):
        result = progress.result = Runner.run_streamed(
            agent,
            entry,
            context=run,
            hooks=progress.steps,
            max_turns=turn.settings.max_turns,
            run_config=RUN_CONFIG,
        )
    try:
        yield stream_agent_response(run, result)
    finally:
        # The run has tasks of its own, which the end of this block alone would not reach.
        result.cancel()
        run._complete()  # pyright: ignore[reportPrivateUsage]


def build_agent(turn: Turn, note: str | None, *, must_use_tools: bool) -> Agent[RunContext]:
    """The agent for one run; its first model call has to be a tool call if it `must_use_tools`."""
    today = datetime.now().astimezone()
    rules = RULES.format(today=f"{today:%A, %Y-%m-%d}", locale=turn.context.locale)
    instructions = f"{turn.settings.system_prompt or PERSONA}\n{rules}"
    return Agent[RunContext](
        name="OwFlex",
        instructions=f"{instructions}\n{note}" if note else instructions,
        model=turn.model,
        mcp_servers=[turn.mcp_server],
        model_settings=ModelSettings(tool_choice="required" if must_use_tools else None, include_usage=True),
    )


def _next_run(progress: Progress) -> RunContext:
    """A new context that goes on with the steps that are still open, after the calls that have ended."""
    run = progress.turn.new_run()
    if progress.run is not None:
        items = cast(list[dict[str, Any]], progress.items)
        ended = {str(item["call_id"]) for item in items if item.get("type") == "function_call_output"}
        run.calls = progress.run.calls.only(ended)
        run.workflow_item = progress.run.workflow_item
    return run


async def _search(progress: Progress, run: RunContext) -> list[TResponseInputItem]:
    """A search as if the model had asked for it: the call and its result as input items."""
    turn = progress.turn
    call_id = f"call_{uuid4().hex}"
    arguments = {"query": turn.question[:MAX_QUERY_CHARACTERS]}
    await progress.steps.begin(run, call_id, SEARCH, arguments)
    key = call_key(f"{turn.thread.id}/{turn.message_id}", SEARCH, arguments)
    result = await turn.mcp_server.call_tool(SEARCH, arguments, {IDEMPOTENCY_KEY: key})
    content = None if result.is_error else cast(dict[str, Any] | None, result.structured_content)
    await progress.steps.end(run, call_id, SEARCH, content)
    progress.evidence.tool_calls += 1
    output = json.dumps(content) if content is not None else "The search failed."
    return [
        ResponseFunctionToolCallParam(
            type="function_call", call_id=call_id, name=SEARCH, arguments=json.dumps(arguments)
        ),
        FunctionCallOutput(type="function_call_output", call_id=call_id, output=output),
    ]
