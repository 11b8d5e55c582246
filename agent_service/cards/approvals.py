"""Tool calls that wait for the user's word: kept in Postgres, each decided once."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, LiteralString, cast
from uuid import uuid4

from agents import Agent
from agents.result import RunResultStreaming
from agents.run_state import RunState
from chatkit.store import NotFoundError

from agent_service.cards.paused_run import Carried, split_state, with_carried
from agent_service.context import RunContext
from agent_service.tools.run_server import DENIED
from agent_service.tools.schemas import Passage
from database.pool import Pool, fetch, fetch_as
from serving.requests import acting_now

HOURS_OPEN = 24

Outcome = Literal["approved", "denied", "expired"]

INSERT: LiteralString = """
insert into approvals (id, thread_id, user_id, widget_id, message_id, calls, state, expires_at)
values (%(id)s, %(thread_id)s, %(user_id)s, %(widget_id)s, %(message_id)s, %(calls)s::json, %(state)s::json,
        now() + make_interval(hours => %(hours)s))
returning 1
"""

# The lock lets one of two clicks through; the other then finds no row without an outcome.
DECIDE: LiteralString = """
with waiting as (
    select id, state
    from approvals
    where thread_id = %(thread_id)s and widget_id = %(widget_id)s and user_id = %(user_id)s
      and outcome is null
    for update
)
update approvals
set outcome = case when expires_at > now() then %(outcome)s::text else 'expired' end,
    state = case when expires_at > now() then approvals.state end,
    decided_at = now()
from waiting
where approvals.id = waiting.id
returning approvals.outcome, approvals.calls::text, approvals.message_id, waiting.state::text
"""

# A run that was decided and never ended, because its process did: the same word once more goes on with it.
LOOK_UP: LiteralString = """
select outcome, calls::text, message_id, case when outcome = %(outcome)s then state::text end
from approvals
where thread_id = %(thread_id)s and widget_id = %(widget_id)s and user_id = %(user_id)s
  and outcome is not null
"""

FINISH: LiteralString = """
update approvals set state = null
where thread_id = %(thread_id)s and widget_id = %(widget_id)s and user_id = %(user_id)s
  and outcome is not null
returning 1
"""

FORGET_EXPIRED: LiteralString = """
update approvals
set outcome = 'expired', state = null, decided_at = now()
where outcome is null and expires_at <= now()
returning 1
"""


@dataclass(frozen=True)
class WaitingCall:
    """One tool call that waits; `says` is what the user reads of it, `changes` has a line for each change.

    `is_unasked` says that it waits because the user's message does not ask for it.
    """

    call_id: str
    tool: str
    arguments: dict[str, Any]
    says: str
    changes: list[str] = field(default_factory=list[str])
    is_unasked: bool = False


@dataclass(frozen=True)
class Decision:
    """What became of an approval. `state` is the paused run; None when all was decided and done before.

    `carried` is what that run needs besides.
    """

    outcome: Outcome
    calls: list[WaitingCall]
    message_id: str | None
    state: dict[str, Any] | None
    carried: Carried = field(default_factory=Carried)


class Approvals:
    """The approvals of all users; each is reached through the card that asks for it."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def save(
        self,
        turn: RunContext,
        widget_id: str,
        calls: Sequence[WaitingCall],
        result: RunResultStreaming,
        found: Sequence[Passage] = (),
    ) -> None:
        """Store the paused run of `turn` behind its card, with the passages that it may cite.

        Raises `NotFoundError` without such a thread.
        """
        run = as_it_was_sent(result.to_state().to_json(context_serializer=_no_context))
        state = with_carried(run, Carried(found, turn.calls))
        await fetch(self._pool, FORGET_EXPIRED, {})
        rows = await fetch(
            self._pool,
            INSERT,
            {
                "id": f"apr_{uuid4().hex}",
                "thread_id": turn.thread.id,
                "user_id": turn.request_context.user_id,
                "widget_id": widget_id,
                "message_id": turn.message_id,
                "calls": json.dumps([asdict(call) for call in calls]),
                # Escaped to ASCII: Postgres takes neither NUL nor half a surrogate pair.
                "state": json.dumps(state),
                "hours": HOURS_OPEN,
            },
        )
        if not rows:
            raise NotFoundError(f"There is no thread {turn.thread.id!r}.")

    async def decide(
        self, thread_id: str, widget_id: str, user_id: str, outcome: Literal["approved", "denied"]
    ) -> Decision:
        """The decision on the card, taken now or earlier; with the paused run until that has ended.

        Call it while nothing else runs in the thread.
        Raises `NotFoundError` when this user has no such card in the thread.
        """
        values = {"thread_id": thread_id, "widget_id": widget_id, "user_id": user_id, "outcome": outcome}
        who = acting_now(user_id, "chat")
        rows = await fetch_as(self._pool, who, DECIDE, values) or await fetch(self._pool, LOOK_UP, values)
        if not rows:
            raise NotFoundError(f"There is no approval {widget_id!r}.")
        decided, calls, message_id, stored = rows[0]
        state, carried = split_state(json.loads(stored)) if stored else (None, Carried())
        return Decision(
            outcome=decided,
            calls=[WaitingCall(**call) for call in json.loads(calls)],
            message_id=message_id,
            state=state,
            carried=carried,
        )

    async def finish(self, thread_id: str, widget_id: str, user_id: str) -> None:
        """Forget the paused run of a card: it has gone on to its end."""
        values = {"thread_id": thread_id, "widget_id": widget_id, "user_id": user_id}
        await fetch(self._pool, FINISH, values)


def as_it_was_sent(run: Mapping[str, Any]) -> dict[str, Any]:
    """The saved run with earlier answers as plain texts again, as the history has them.

    The SDK writes them as parts without a type, which its own converter for chat completions then refuses.
    """
    items = run.get("original_input")
    if not isinstance(items, list):
        return dict(run)
    return {**run, "original_input": [_plain(item) for item in cast(list[dict[str, Any]], items)]}


def _plain(item: dict[str, Any]) -> dict[str, Any]:
    parts: object = item.get("content")
    if item.get("role") != "assistant" or "type" in item or not isinstance(parts, list):
        return item
    texts = [part.get("text", "") for part in cast(list[dict[str, Any]], parts)]
    return {"role": "assistant", "content": "".join(texts)}


async def restored(agent: Agent[RunContext], turn: RunContext, decision: Decision) -> RunState[RunContext]:
    """The paused run in the context of `turn`, with the user's word on each call that waited.

    Raises what the SDK raises when the state does not fit the agent.
    """
    assert decision.state is not None
    turn.calls = decision.carried.calls
    loaded = await RunState.from_json(agent, decision.state, context_override=cast(Any, turn))
    state = cast(RunState[RunContext], loaded)
    for item in state.get_interruptions():
        if decision.outcome == "approved":
            state.approve(item)
        else:
            state.reject(item, rejection_message=DENIED)
    return state


def _no_context(_: object) -> dict[str, Any]:
    """Nothing of the request is kept: whoever resumes brings a context of their own."""
    return {}
