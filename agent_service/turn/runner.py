"""Runs of the agent until one of them ends: what a model left unfinished, the next one takes over."""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, cast
from uuid import uuid4

import anyio
from agents import (
    Agent,
    ModelSettings,
    RunConfig,
    RunContextWrapper,
    RunErrorHandlerResult,
    Runner,
    Tool,
)
from agents.exceptions import UserError
from agents.mcp import MCPServer, MCPUtil
from agents.result import RunResultStreaming
from chatkit.agents import stream_agent_response  # pyright: ignore[reportUnknownVariableType]
from chatkit.types import (
    AssistantMessageContentPartAdded,
    AssistantMessageContentPartAnnotationAdded,
    AssistantMessageContentPartDone,
    AssistantMessageContentPartTextDelta,
    AssistantMessageItem,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadItemUpdatedEvent,
    ThreadStreamEvent,
)
from mcp.shared.exceptions import MCPError
from openai.types.responses import ResponseFunctionToolCallParam
from openai.types.responses.response_input_item_param import FunctionCallOutput
from opentelemetry.trace import use_span

from agent_service.cards.approvals import restored
from agent_service.context import IDEMPOTENCY_KEY, RunContext, call_key
from agent_service.settings.system_prompt import OTHERS, PERSONA, RULES
from agent_service.tools.run_server import RunServer
from agent_service.tools.schemas import MAX_QUERY_CHARACTERS, SEARCH
from agent_service.turn.progress import Progress, Turn
from agent_service.turn.recovery import next_run, taken_back

logger = logging.getLogger("agent_service")

MAX_LOGGED_CHARACTERS = 500
# Longer is not waited for a run that was cancelled.
MAX_SECONDS_TO_END = 5
NO_STEPS_LEFT = (
    "You can call no more tools. Answer now from what they have returned, and say what you did not find."
)
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


async def run_agent(progress: Progress) -> AsyncGenerator[ThreadStreamEvent]:
    """The events of the turn's runs. Raises what ends them when no other model is left to take over.

    A model that speaks before anything came back from the tools is not heard: we search and it speaks again.
    So it is with providers that ignore that their first call must be a tool call, and with calls that failed.
    When a model breaks off, its unfinished words are taken back and the next one goes on from the finished
    tool calls: no tool runs a second time. A model that has no step left answers once more, without tools.
    Where a conversation is too long for the model it is shortened.
    """
    run = next_run(progress)
    while True:
        early = _EarlyWords(progress)
        try:
            async with _running(progress, run) as events:
                async for event in events:
                    for heard in early.feed(event):
                        yield heard
            if progress.may_speak or progress.waits_for_approval:
                for event in early.held:
                    yield event
                return
            run = progress.turn.new_run()
            await _search(progress, run)
        except Exception as error:  # noqa: BLE001 - it is raised again unless another run goes on
            for event in taken_back(progress, error):
                yield event
            run = next_run(progress)
            await _search_before_last(progress, run)


def speaks(event: ThreadStreamEvent) -> bool:
    """Whether the event is part of an assistant message."""
    if isinstance(event, ThreadItemUpdatedEvent):
        return isinstance(event.update, AnswerUpdate)
    if isinstance(event, ThreadItemAddedEvent | ThreadItemDoneEvent):
        return isinstance(event.item, AssistantMessageItem)
    return False


class _EarlyWords:
    """Holds back what a model says before it may speak."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self.held: list[ThreadStreamEvent] = []

    def feed(self, event: ThreadStreamEvent) -> list[ThreadStreamEvent]:
        """The event behind what was held back; nothing when it must wait itself."""
        if self._progress.may_speak:
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
    agent = build_agent(progress)
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
            max_turns=1 if progress.is_last_request else turn.settings.max_turns,
            run_config=RUN_CONFIG,
            error_handlers={"model_refusal": _is_an_answer},
        )
    try:
        yield stream_agent_response(run, result)
    finally:
        # The run has tasks of its own, which the end of this block alone would not reach.
        result.cancel()
        run._complete()  # pyright: ignore[reportPrivateUsage]
        await _ended(result)


async def _ended(result: RunResultStreaming) -> None:
    """Return when the run uses nothing any more, and what its model took is counted."""
    if result.run_loop_task is not None:
        with anyio.CancelScope(shield=True):
            await asyncio.wait([result.run_loop_task], timeout=MAX_SECONDS_TO_END)


def _is_an_answer(_: object) -> RunErrorHandlerResult:
    """A refusal has been shown like any other answer; the run ends as after one."""
    return RunErrorHandlerResult(final_output="", include_in_history=False)


class RunAgent(Agent[RunContext]):
    """An agent whose tools are made of the server's schemas once, not anew for each request to the model.

    The first call is one of our own tools: those of other servers are there once `has_called` says so.
    """

    has_called: Callable[[], bool] = staticmethod(lambda: True)

    async def get_mcp_tools(self, run_context: RunContextWrapper[RunContext]) -> list[Tool]:
        """The tools of the connections. Raises what listing ours raises."""
        if not self.mcp_servers:
            return []
        server, *others = self.mcp_servers
        made = server.made_tools if isinstance(server, RunServer) else None
        if made is None:
            made = await self._tools_of([server], run_context)
        if isinstance(server, RunServer):
            server.made_tools = made
        foreign = await self._tools_of(others, run_context) if others and self.has_called() else []
        return [*made, *foreign]

    async def _tools_of(
        self, servers: list[MCPServer], run_context: RunContextWrapper[RunContext]
    ) -> list[Tool]:
        return await MCPUtil.get_all_function_tools(servers, False, run_context, self)


def build_agent(progress: Progress) -> Agent[RunContext]:
    """The agent for one run: its first model call has to be a tool call; the last request has no tools."""
    turn = progress.turn
    today = datetime.now().astimezone()
    rules = RULES.format(today=f"{today:%A, %Y-%m-%d}", locale=turn.context.locale)
    of_site = turn.context.site and turn.context.site.prompt
    others = turn.others.servers
    about_others = OTHERS.format(names=", ".join(one.name for one in others)) if others else None
    notes = [of_site, about_others, progress.note, NO_STEPS_LEFT if progress.is_last_request else None]
    must_use_tools = progress.evidence.tool_calls == 0 and not progress.is_last_request
    agent = RunAgent(
        name="OwFlex",
        instructions="\n".join(filter(None, [turn.settings.system_prompt or PERSONA, rules, *notes])),
        model=turn.model,
        mcp_servers=[] if progress.is_last_request else [turn.mcp_server, *others],
        model_settings=ModelSettings(tool_choice="required" if must_use_tools else None, include_usage=True),
    )
    agent.has_called = lambda: progress.evidence.tool_calls > 0
    return agent


async def _search_before_last(progress: Progress, run: RunContext) -> None:
    """Search when the model is asked for the last time and none of its calls has worked."""
    if progress.is_last_request and progress.is_unfounded and not progress.has_searched:
        await _search(progress, run)


async def _search(progress: Progress, run: RunContext) -> None:
    """Search as if the model had asked for it: the call and its result are added to the input."""
    turn = progress.turn
    progress.has_searched = True
    call_id = f"call_{uuid4().hex}"
    arguments = {"query": turn.question[:MAX_QUERY_CHARACTERS]}
    with use_span(turn.span, record_exception=False, set_status_on_exception=False):
        await progress.steps.begin(run, call_id, SEARCH, arguments)
        content = await _found(turn, arguments)
        await progress.steps.end(run, call_id, SEARCH, content)
    progress.evidence.tool_calls += 1
    output = json.dumps(content) if content is not None else "The search failed."
    call = ResponseFunctionToolCallParam(
        type="function_call", call_id=call_id, name=SEARCH, arguments=json.dumps(arguments)
    )
    result = FunctionCallOutput(type="function_call_output", call_id=call_id, output=output)
    progress.items = [*progress.items, call, result]


async def _found(turn: Turn, arguments: dict[str, Any]) -> dict[str, Any] | None:
    """What the search returned; None when it failed: the answer then says that it rests on nothing."""
    key = call_key(f"{turn.thread.id}/{turn.message_id}", SEARCH, arguments)
    try:
        result = await turn.mcp_server.call_tool(SEARCH, arguments, {IDEMPOTENCY_KEY: key})
    except (MCPError, UserError) as error:
        logger.warning("The search failed: %s: %s", type(error).__name__, str(error)[:MAX_LOGGED_CHARACTERS])
        return None
    return None if result.is_error else cast(dict[str, Any] | None, result.structured_content)
