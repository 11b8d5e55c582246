"""`subscriptions/listen` (2026-07-28): clients hear when documents, collections and their tasks change.

A subscription is one open answer; nothing of it is kept anywhere, and each process tells its own clients what
all processes change (`knowledge_base.changes`). Told is only who may read it at that moment.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from fastmcp.server.auth import AuthProvider
from fastmcp.server.dependencies import get_access_token
from mcp import MCPError
from mcp.server.context import ServerRequestContext
from mcp.shared.subscriptions import SUBSCRIPTION_ID_META_KEY
from mcp_types import (
    INVALID_PARAMS,
    INVALID_REQUEST,
    SubscriptionFilter,
    SubscriptionsAcknowledgedNotification,
    SubscriptionsAcknowledgedNotificationParams,
    SubscriptionsListenRequestParams,
    SubscriptionsListenResult,
)

from knowledge_base.access import acting_with
from knowledge_base.changes import ChangeFeed, Changes
from knowledge_base.reads import Reads
from mcp_server.auth.callers import Caller, current_caller
from mcp_server.auth.scopes import READ_SCOPE
from mcp_server.calls.rate_limit import TOO_MANY_CODE
from mcp_server.extensions.pending_changes import PendingChanges
from mcp_server.extensions.task_notices import TaskNotices
from mcp_server.extensions.watched import MAX_WATCHED, Watched, notices_about, watched_by
from serving.draining import Running

# What changes within so long is told together, and so often a token is looked at anew.
TOGETHER_SECONDS, CHECKED_EVERY_SECONDS = 0.2, 30.0
AWAY = "Changes cannot be heard right now: the database does not answer. Try again in a moment."

Request = ServerRequestContext[Any, Any]


@dataclass
class Subscriptions:
    """Serves `subscriptions/listen`: `each` at once for a user, `total` in this process."""

    reads: Reads
    feed: ChangeFeed
    running: Running
    tasks: TaskNotices
    auth: AuthProvider | None
    stdio_caller: Caller | None
    each: int
    total: int

    def __post_init__(self) -> None:
        self._open = Counter[str]()

    async def __call__(
        self, ctx: Request, params: SubscriptionsListenRequestParams
    ) -> SubscriptionsListenResult:
        """Acknowledge, and tell what changes until the client goes, its token ends, or the server stops.

        Raises `MCPError` for too many subscriptions, or one that names too much.
        """
        if ctx.request_id is None:
            raise MCPError(INVALID_REQUEST, "subscriptions/listen needs a request id.")
        caller = current_caller(self.stdio_caller)
        asked = params.notifications
        if len(asked.resource_subscriptions or ()) > MAX_WATCHED:
            raise MCPError(INVALID_PARAMS, f"resourceSubscriptions: at most {MAX_WATCHED} addresses.")
        task_ids = self.tasks.asked_for(ctx, asked)
        pending = PendingChanges()
        meta: dict[str, Any] = {SUBSCRIPTION_ID_META_KEY: ctx.request_id}
        async with self._place(caller.user), self._heard(pending):
            watched = await self._watched(caller, asked)
            tasks = await self.tasks.known(caller, task_ids)
            await _acknowledge(ctx, meta, _honored(asked, watched, list(tasks)))
            async for changes in self._until_the_end(pending):
                await self.reads.wrote(caller.user)
                for notice in await self._notices(caller, watched, changes, meta):
                    await ctx.session.send_notification(notice, related_request_id=ctx.request_id)
                await self.tasks.tell(ctx, caller, tasks, changes, meta)
        return SubscriptionsListenResult(_meta=meta)

    @asynccontextmanager
    async def _place(self, user: str) -> AsyncGenerator[None]:
        if self._open[user] >= self.each or self._open.total() >= self.total:
            raise MCPError(
                TOO_MANY_CODE,
                f"Too many subscriptions: {self.each} at once are allowed for a user, and {self.total} for "
                "all. Close one, or name more in one.",
            )
        self._open[user] += 1
        try:
            yield
        finally:
            self._open[user] -= 1
            if not self._open[user]:
                del self._open[user]

    @asynccontextmanager
    async def _heard(self, pending: PendingChanges) -> AsyncGenerator[None]:
        async with AsyncExitStack() as stack:
            try:
                await stack.enter_async_context(self.feed.heard_by(pending.add))
            except TimeoutError:
                raise MCPError(TOO_MANY_CODE, AWAY) from None
            yield

    async def _watched(self, caller: Caller, asked: SubscriptionFilter) -> Watched:
        if READ_SCOPE not in caller.scopes:
            return Watched(list_changes=False)
        return await watched_by(self.reads, caller, asked)

    async def _notices(
        self, caller: Caller, watched: Watched, changes: Changes, meta: dict[str, Any]
    ) -> Sequence[Any]:
        if watched.is_empty:
            return []
        async with acting_with(self.reads.primary, caller.access) as (_, held):
            return notices_about(watched, changes, held.collections, meta)

    async def _until_the_end(self, pending: PendingChanges) -> AsyncGenerator[Changes]:
        """What changed, time and again, as long as the server runs and the token is good."""
        is_good = self._token_check()
        stopping = asyncio.ensure_future(self.running.stopping.wait())
        try:
            while not stopping.done():
                waiting = asyncio.ensure_future(pending.wait())
                await asyncio.wait(
                    {waiting, stopping}, timeout=CHECKED_EVERY_SECONDS, return_when=asyncio.FIRST_COMPLETED
                )
                waiting.cancel()
                if stopping.done() or not await is_good():
                    return
                if pending.is_empty:
                    continue
                await asyncio.sleep(TOGETHER_SECONDS)
                yield pending.take()
        finally:
            stopping.cancel()

    def _token_check(self) -> Callable[[], Awaitable[bool]]:
        """Whether the token of this request would still be let in."""
        token, auth = get_access_token(), self.auth

        async def is_good() -> bool:
            if token is None or auth is None:
                return True
            if token.expires_at is not None and token.expires_at <= time.time():
                return False
            return await auth.verify_token(token.token) is not None

        return is_good


def _honored(asked: SubscriptionFilter, watched: Watched, tasks: Sequence[str]) -> SubscriptionFilter:
    """What the client will be told of: what it may not read is left out, as what there is not."""
    more: dict[str, Any] = {"taskIds": list(tasks)} if tasks else {}
    return SubscriptionFilter(
        # Tools and prompts stay as they are while the server runs; a new version ends the subscription.
        tools_list_changed=asked.tools_list_changed or None,
        prompts_list_changed=asked.prompts_list_changed or None,
        resources_list_changed=watched.list_changes or None,
        resource_subscriptions=list(watched.uris) or None,
        **more,
    )


async def _acknowledge(ctx: Request, meta: dict[str, Any], honored: SubscriptionFilter) -> None:
    params = SubscriptionsAcknowledgedNotificationParams(notifications=honored, _meta=meta)
    await ctx.session.send_notification(
        SubscriptionsAcknowledgedNotification(params=params), related_request_id=ctx.request_id
    )
