"""One answer: the agent's run as ChatKit events, with its steps and citations."""

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, cast
from uuid import uuid4

from agents import RunConfig, Runner, TResponseInputItem
from agents.mcp import MCPServer
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
    ThreadItemUpdatedEvent,
    ThreadMetadata,
    ThreadStreamEvent,
)
from openai.types.responses import ResponseFunctionToolCallParam
from openai.types.responses.response_input_item_param import FunctionCallOutput

from agent_service.agent import build_agent
from agent_service.citations import cite
from agent_service.errors import EmptyAnswerError
from agent_service.evidence import Evidence
from agent_service.llm import ChosenModel
from agent_service.request_context import RequestContext
from agent_service.settings import AgentServiceSettings
from agent_service.steps import Steps, Turn
from agent_service.tool_results import SEARCH

LONGEST_QUERY = 400
AnswerUpdate = (
    AssistantMessageContentPartAdded
    | AssistantMessageContentPartTextDelta
    | AssistantMessageContentPartAnnotationAdded
    | AssistantMessageContentPartDone
)


@dataclass(frozen=True)
class TurnSetup:
    """What every attempt of one turn shares."""

    settings: AgentServiceSettings
    chosen: ChosenModel
    mcp_server: MCPServer
    store: Store[RequestContext]
    thread: ThreadMetadata
    context: RequestContext

    def new_turn(self) -> Turn:
        """A context for one attempt; it has a queue of its own."""
        return Turn(thread=self.thread, store=self.store, request_context=self.context)


async def stream_answer(
    setup: TurnSetup, history: list[TResponseInputItem], question: str
) -> AsyncGenerator[ThreadStreamEvent]:
    """The events of the answer to the last message of `history`. Raises what the model or the tools raise.

    When a provider ignores that its first call must be a tool call, its words are held back and dropped: we
    search for `question` ourselves and it answers again with the result.
    """
    evidence = Evidence()
    steps = Steps(evidence)
    is_answered = False
    async with aclosing(_attempts(setup, history, question, steps, evidence)) as events:
        async for event in cite(events, evidence):
            is_answered = is_answered or _is_answer(event)
            yield event
    if not is_answered:
        raise EmptyAnswerError("The language model gave no answer.")


async def _attempts(
    setup: TurnSetup, history: list[TResponseInputItem], question: str, steps: Steps, evidence: Evidence
) -> AsyncGenerator[ThreadStreamEvent]:
    may_speak_first = setup.chosen.extractive or not question
    held: list[ThreadStreamEvent] = []
    async with aclosing(_run(setup, setup.new_turn(), history, steps, must_use_tools=True)) as events:
        async for event in events:
            if _speaks(event) and not (may_speak_first or evidence.tool_calls):
                held.append(event)
                continue
            if evidence.tool_calls:
                for earlier in held:
                    yield earlier
                held.clear()
            yield event
    if may_speak_first or evidence.tool_calls:
        for event in held:
            yield event
        return
    turn = setup.new_turn()
    searched = [*history, *await _search(setup.mcp_server, turn, question, steps)]
    async with aclosing(_run(setup, turn, searched, steps, must_use_tools=False)) as events:
        async for event in events:
            yield event


async def _run(
    setup: TurnSetup, turn: Turn, history: list[TResponseInputItem], steps: Steps, *, must_use_tools: bool
) -> AsyncGenerator[ThreadStreamEvent]:
    agent = build_agent(
        setup.chosen.model, setup.mcp_server, setup.settings, setup.context, must_use_tools=must_use_tools
    )
    result = Runner.run_streamed(
        agent,
        history,
        context=turn,
        hooks=steps,
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


async def _search(mcp_server: MCPServer, turn: Turn, question: str, steps: Steps) -> list[TResponseInputItem]:
    """A search as if the model had asked for it: the call and its result as input items."""
    call_id = f"call_{uuid4().hex}"
    arguments = {"query": question[:LONGEST_QUERY]}
    await steps.begin(turn, call_id, SEARCH, arguments)
    result = await mcp_server.call_tool(SEARCH, arguments)
    content = None if result.is_error else cast(dict[str, Any] | None, result.structured_content)
    await steps.end(turn, call_id, SEARCH, content)
    output = json.dumps(content) if content is not None else "The search failed."
    return [
        ResponseFunctionToolCallParam(
            type="function_call", call_id=call_id, name=SEARCH, arguments=json.dumps(arguments)
        ),
        FunctionCallOutput(type="function_call_output", call_id=call_id, output=output),
    ]


def _speaks(event: ThreadStreamEvent) -> bool:
    """Whether the event is part of an assistant message."""
    if isinstance(event, ThreadItemUpdatedEvent):
        return isinstance(event.update, AnswerUpdate)
    if isinstance(event, ThreadItemAddedEvent | ThreadItemDoneEvent):
        return isinstance(event.item, AssistantMessageItem)
    return False


def _is_answer(event: ThreadStreamEvent) -> bool:
    return (
        isinstance(event, ThreadItemDoneEvent)
        and isinstance(event.item, AssistantMessageItem)
        and any(part.text.strip() for part in event.item.content)
    )
