"""The ChatKit server: what happens between a message and its answer."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, aclosing

import anyio
from agents.mcp import MCPServer
from chatkit.server import ChatKitServer
from chatkit.types import (
    AssistantMessageItem,
    FeedbackKind,
    Task,
    ThreadItem,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadItemRemovedEvent,
    ThreadMetadata,
    ThreadStreamEvent,
    UserMessageItem,
    WorkflowItem,
)

from agent_service import feedback as votes
from agent_service.history import load_history, text_of, title_of
from agent_service.llm import ChosenModel
from agent_service.request_context import RequestContext
from agent_service.settings import AgentServiceSettings
from agent_service.store import PostgresStore
from agent_service.stream_errors import for_user
from agent_service.turn import TurnSetup, stream_answer
from database.pool import Pool

ConnectMcp = Callable[[RequestContext], AbstractAsyncContextManager[MCPServer]]


class OwFlexChatKitServer(ChatKitServer[RequestContext]):
    """Answers messages with an agent that reaches documents and tasks over MCP only."""

    def __init__(
        self, pool: Pool, settings: AgentServiceSettings, chosen: ChosenModel, connect_mcp: ConnectMcp
    ) -> None:
        super().__init__(PostgresStore(pool))
        self._pool = pool
        self._settings = settings
        self._chosen = chosen
        self._connect_mcp = connect_mcp

    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: RequestContext
    ) -> AsyncIterator[ThreadStreamEvent]:
        """The answer's events; a failure becomes one sentence for the user, without half an answer."""
        if thread.title is None and input_user_message is not None:
            thread.title = title_of(input_user_message)
        try:
            async with aclosing(self._answer(thread, input_user_message, context)) as events:
                async for event in _without_leftovers(events):
                    yield event
        except Exception as error:
            raise for_user(error, self._chosen) from error

    async def add_feedback(
        self, thread_id: str, item_ids: list[str], feedback: FeedbackKind, context: RequestContext
    ) -> None:
        """Store the user's vote on the items."""
        await votes.save_feedback(self._pool, thread_id, item_ids, feedback, context)

    async def handle_stream_cancelled(
        self, thread: ThreadMetadata, pending_items: list[ThreadItem], context: RequestContext
    ) -> None:
        """Keep the part of the answer that was there, even while everything around is being cancelled."""
        with anyio.CancelScope(shield=True):
            await super().handle_stream_cancelled(thread, pending_items, context)

    async def _answer(
        self, thread: ThreadMetadata, message: UserMessageItem | None, context: RequestContext
    ) -> AsyncGenerator[ThreadStreamEvent]:
        history = await load_history(self.store, thread.id, self._settings.history_limit, context)
        question = " ".join(text_of(message).split()) if message else ""
        async with self._connect_mcp(context) as mcp_server:
            setup = TurnSetup(self._settings, self._chosen, mcp_server, self.store, thread, context)
            async with aclosing(stream_answer(setup, history, question)) as events:
                async for event in events:
                    yield event


async def _without_leftovers(events: AsyncIterator[ThreadStreamEvent]) -> AsyncIterator[ThreadStreamEvent]:
    """The events; before an error those that take back a half answer and end the steps that were shown."""
    unfinished: dict[str, ThreadItem] = {}
    try:
        async for event in events:
            if isinstance(event, ThreadItemAddedEvent):
                unfinished[event.item.id] = event.item
            elif isinstance(event, ThreadItemDoneEvent):
                unfinished.pop(event.item.id, None)
            yield event
    except Exception:
        for item in unfinished.values():
            for event in _closing(item):
                yield event
        raise


def _closing(item: ThreadItem) -> list[ThreadStreamEvent]:
    if isinstance(item, AssistantMessageItem):
        return [ThreadItemRemovedEvent(item_id=item.id)]
    if isinstance(item, WorkflowItem):
        tasks = [_stopped(task) for task in item.workflow.tasks]
        workflow = item.workflow.model_copy(update={"tasks": tasks})
        return [ThreadItemDoneEvent(item=item.model_copy(update={"workflow": workflow}))]
    return []


def _stopped(task: Task) -> Task:
    if task.status_indicator != "loading":
        return task
    return task.model_copy(update={"status_indicator": "none"})
