"""Takes the clicks on cards: approvals go on with their run, task cards call the tools directly."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from typing import Any

from agents.mcp import MCPServer
from chatkit.actions import Action
from chatkit.store import Store
from chatkit.types import (
    AssistantMessageItem,
    SyncCustomActionResponse,
    TaskItem,
    ThreadItemDoneEvent,
    ThreadItemRemovedEvent,
    ThreadItemReplacedEvent,
    ThreadMetadata,
    ThreadStreamEvent,
    UserMessageItem,
    WidgetItem,
)

from agent_service.cards.approval_cards import decided
from agent_service.cards.approvals import Approvals, Decision
from agent_service.cards.task_cards import NOT_UNDERSTOOD, add_from_answer, answer_id, run_card_action
from agent_service.cards.widgets import DECISIONS, new_card_id
from agent_service.context import RequestContext
from agent_service.errors import ActionRefusedError
from agent_service.tools.run_server import limit
from agent_service.tools.scope import scope_of
from agent_service.turn.history import tags_of

ConnectMcp = Callable[[RequestContext], AbstractAsyncContextManager[MCPServer]]


@dataclass(frozen=True)
class Click:
    """A button pressed: on the card `sender`, or on no card."""

    thread: ThreadMetadata
    action: Action[str, Any]
    sender: WidgetItem | None
    context: RequestContext


@dataclass(frozen=True)
class Clicked:
    """What a click led to: the events that show it, and the decided run that goes on over `mcp_server`.

    `message` is the one that the run answers.
    """

    events: Sequence[ThreadStreamEvent]
    decision: Decision | None = None
    mcp_server: MCPServer | None = None
    message: UserMessageItem | None = None


@dataclass(frozen=True)
class Clicks:
    """Does what a click on a card asks for, in the name of who clicked."""

    store: Store[RequestContext]
    approvals: Approvals
    connect_mcp: ConnectMcp

    async def handle(self, click: Click, stack: AsyncExitStack) -> Clicked:
        """Do it; the connection of a run that goes on is left on the stack.

        Raises what the tools, the model or the database raise.
        """
        if click.action.type not in DECISIONS:
            card = await self._card_after(click)
            is_same = click.sender is not None and click.sender.id == card.id
            return Clicked(
                [ThreadItemReplacedEvent(item=card) if is_same else ThreadItemDoneEvent(item=card)]
            )
        # Connected first: an approval that cannot be carried out now stays open.
        server = await stack.enter_async_context(self.connect_mcp(click.context))
        return await self._decide(click, server)

    async def answer(self, click: Click) -> SyncCustomActionResponse:
        """The card after a click that is not streamed. Raises `SaidError` with the reason."""
        if click.action.type in DECISIONS:
            raise ActionRefusedError("click.needs_stream")
        card = await self._card_after(click)
        await self.store.save_item(click.thread.id, card, click.context)
        return SyncCustomActionResponse(updated_item=card)

    async def _decide(self, click: Click, server: MCPServer) -> Clicked:
        if click.sender is None:
            raise ActionRefusedError(NOT_UNDERSTOOD)
        outcome = DECISIONS[click.action.type]
        user_id = click.context.user_id
        decision = await self.approvals.decide(click.thread.id, click.sender.id, user_id, outcome)
        events: list[ThreadStreamEvent] = [*decided(decision, click.sender, click.context.locale)]
        if decision.state is None or decision.outcome == "expired":
            return Clicked(events)
        events += await self._cut_off_line(click)
        message = await self._message(click, decision)
        limit(server, None if message is None else scope_of(tags_of(message)))
        return Clicked(events, decision, server, message)

    async def _cut_off_line(self, click: Click) -> list[ThreadStreamEvent]:
        """The event that takes away the line which says that this run was cut off: it goes on now."""
        newest = await self.store.load_thread_items(click.thread.id, None, 1, "desc", click.context)
        last = newest.data[0] if newest.data else None
        return [ThreadItemRemovedEvent(item_id=last.id)] if isinstance(last, TaskItem) else []

    async def _message(self, click: Click, decision: Decision) -> UserMessageItem | None:
        if decision.message_id is None:
            return None
        item = await self.store.load_item(click.thread.id, decision.message_id, click.context)
        return item if isinstance(item, UserMessageItem) else None

    async def _card_after(self, click: Click) -> WidgetItem:
        item_id = answer_id(click.action)
        if item_id is not None:
            return await self._card_for_answer(click, item_id)
        if click.sender is None:
            raise ActionRefusedError(NOT_UNDERSTOOD)
        async with self.connect_mcp(click.context) as server:
            return await run_card_action(server, click.action, click.sender, click.context.locale)

    async def _card_for_answer(self, click: Click, item_id: str) -> WidgetItem:
        answer = await self.store.load_item(click.thread.id, item_id, click.context)
        if not isinstance(answer, AssistantMessageItem):
            raise ActionRefusedError(NOT_UNDERSTOOD)
        async with self.connect_mcp(click.context) as server:
            return await add_from_answer(server, answer, new_card_id(), click.context.locale)
