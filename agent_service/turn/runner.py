"""Runs of the agent until one of them ends: what a model left unfinished, the next one takes over."""

import json
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import uuid4

from agents import RunConfig, Runner, TResponseInputItem
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

from agent_service.cards.approvals import Approvals, Decision, restored
from agent_service.context import IDEMPOTENCY_KEY, RequestContext, RunContext, call_key
from agent_service.i18n.catalog import say
from agent_service.models.fallback import TurnModel
from agent_service.settings.settings import AgentServiceSettings
from agent_service.tools.schemas import SEARCH
from agent_service.turn.agent import build_agent
from agent_service.turn.evidence import Evidence
from agent_service.turn.notice import note
from agent_service.turn.steps import NoteTool, Steps

LONGEST_QUERY = 400
AnswerUpdate = (
    AssistantMessageContentPartAdded
    | AssistantMessageContentPartTextDelta
    | AssistantMessageContentPartAnnotationAdded
    | AssistantMessageContentPartDone
)


@dataclass(frozen=True)
class TurnSetup:
    """What every attempt of one turn shares; `question` is the message to answer, `message_id` its id."""

    settings: AgentServiceSettings
    model: TurnModel
    mcp_server: MCPServer
    store: Store[RequestContext]
    approvals: Approvals
    thread: ThreadMetadata
    context: RequestContext
    question: str = ""
    message_id: str | None = None
    note_tool: NoteTool | None = None

    def new_turn(self) -> RunContext:
        """A context for one attempt; it has a queue of its own."""
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

    items: list[TResponseInputItem]
    note: str | None
    steps: Steps
    evidence: Evidence
    decided: Decision | None = None
    shown: list[str] = field(default_factory=list[str])
    result: RunResultStreaming | None = None
    turn: RunContext | None = None
    answered_by: str | None = None


async def run_attempts(setup: TurnSetup, progress: Progress) -> AsyncGenerator[ThreadStreamEvent]:
    """The events of the turn. Raises what ends it when no other model is left to take over.

    When a model breaks off, its unfinished words are taken back and the next one goes on from the finished
    tool calls: no tool runs a second time.
    """
    while True:
        try:
            async with aclosing(_attempt(setup, progress)) as events:
                async for event in events:
                    for earlier in _notices(setup, progress, event):
                        yield earlier
                    yield event
            return
        except Exception:
            if not setup.model.can_continue or progress.result is None:
                raise
            for event in _taken_back(progress):
                yield event
            progress.items = progress.result.to_input_list()


def speaks(event: ThreadStreamEvent) -> bool:
    """Whether the event is part of an assistant message."""
    if isinstance(event, ThreadItemUpdatedEvent):
        return isinstance(event.update, AnswerUpdate)
    if isinstance(event, ThreadItemAddedEvent | ThreadItemDoneEvent):
        return isinstance(event.item, AssistantMessageItem)
    return False


def _notices(setup: TurnSetup, progress: Progress, event: ThreadStreamEvent) -> Iterator[ThreadStreamEvent]:
    """A line before the answer, once for each model that speaks in another's place; it is stored with it."""
    if not speaks(event):
        return
    if isinstance(event, ThreadItemAddedEvent):
        progress.shown.append(event.item.id)
    model = setup.model
    if model.stands_in and progress.answered_by != model.answering.name:
        progress.answered_by = model.answering.name
        first, other = model.first_choice.name, model.answering.name
        title = say(setup.context.locale, "line.another_model", first=first, other=other)
        item_id = setup.store.generate_item_id("workflow", setup.thread, setup.context)
        progress.shown.append(item_id)
        yield ThreadItemDoneEvent(item=note(item_id, setup.thread.id, title))


def _taken_back(progress: Progress) -> Iterator[ThreadStreamEvent]:
    """The events that remove what was said in responses that the run does not know as finished."""
    assert progress.result is not None
    finished = {getattr(item.raw_item, "id", None) for item in progress.result.new_items}
    finished |= {item.get("id") for item in cast(list[dict[str, Any]], progress.items)}
    for item_id in progress.shown:
        if item_id not in finished:
            yield ThreadItemRemovedEvent(item_id=item_id)
    progress.shown = [item_id for item_id in progress.shown if item_id in finished]
    if not progress.shown:
        progress.evidence.begin_anew()


async def _attempt(setup: TurnSetup, progress: Progress) -> AsyncGenerator[ThreadStreamEvent]:
    """One run; a model that speaks before any tool was asked for is not heard: we search and it speaks again.

    So it is with providers that ignore that their first call must be a tool call.
    """
    held: list[ThreadStreamEvent] = []
    async with aclosing(_run(setup, progress, _next_turn(setup, progress))) as events:
        async for event in events:
            if speaks(event) and not _may_speak(setup, progress):
                held.append(event)
                continue
            if _may_speak(setup, progress):
                for earlier in held:
                    yield earlier
                held.clear()
            yield event
    if _may_speak(setup, progress):
        for event in held:
            yield event
        return
    turn = setup.new_turn()
    progress.items = [*progress.items, *await _search(setup, progress, turn)]
    async with aclosing(_run(setup, progress, turn)) as events:
        async for event in events:
            yield event


def _may_speak(setup: TurnSetup, progress: Progress) -> bool:
    return setup.model.answering.extractive or not setup.question or progress.evidence.tool_calls > 0


async def _run(setup: TurnSetup, progress: Progress, turn: RunContext) -> AsyncGenerator[ThreadStreamEvent]:
    must_use_tools = progress.evidence.tool_calls == 0
    agent = build_agent(
        setup.model, setup.mcp_server, setup.settings, setup.context, must_use_tools=must_use_tools
    )
    if progress.note:
        agent = agent.clone(instructions=f"{agent.instructions}\n{progress.note}")
    progress.turn = turn
    decided, progress.decided = progress.decided, None
    result = progress.result = Runner.run_streamed(
        agent,
        await restored(agent, turn, decided) if decided else progress.items,
        context=turn,
        hooks=progress.steps,
        max_turns=setup.settings.max_turns,
        run_config=RunConfig(
            tracing_disabled=True,
            trace_include_sensitive_data=False,
            tool_not_found_behavior="return_error_to_model",
        ),
    )
    try:
        async for event in stream_agent_response(turn, result):
            yield event
    finally:
        # The run has tasks of its own, which the end of this generator alone would not reach.
        result.cancel()
        turn._complete()  # pyright: ignore[reportPrivateUsage]


def _next_turn(setup: TurnSetup, progress: Progress) -> RunContext:
    """A new context that goes on with the steps that are still open, after the calls that have ended."""
    turn = setup.new_turn()
    if progress.turn is not None:
        items = cast(list[dict[str, Any]], progress.items)
        ended = {str(item["call_id"]) for item in items if item.get("type") == "function_call_output"}
        turn.calls = progress.turn.calls.only(ended)
        turn.workflow_item = progress.turn.workflow_item
    return turn


async def _search(setup: TurnSetup, progress: Progress, turn: RunContext) -> list[TResponseInputItem]:
    """A search as if the model had asked for it: the call and its result as input items."""
    call_id = f"call_{uuid4().hex}"
    arguments = {"query": setup.question[:LONGEST_QUERY]}
    await progress.steps.begin(turn, call_id, SEARCH, arguments)
    key = call_key(f"{setup.thread.id}/{setup.message_id}", SEARCH, arguments)
    result = await setup.mcp_server.call_tool(SEARCH, arguments, {IDEMPOTENCY_KEY: key})
    content = None if result.is_error else cast(dict[str, Any] | None, result.structured_content)
    await progress.steps.end(turn, call_id, SEARCH, content)
    progress.evidence.tool_calls += 1
    output = json.dumps(content) if content is not None else "The search failed."
    return [
        ResponseFunctionToolCallParam(
            type="function_call", call_id=call_id, name=SEARCH, arguments=json.dumps(arguments)
        ),
        FunctionCallOutput(type="function_call_output", call_id=call_id, output=output),
    ]
