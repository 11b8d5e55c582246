"""One running turn per thread: claims, hearts that stop, and what the thread shows afterwards."""

import asyncio
import os
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, LiteralString

import pytest
from agents.testing import ScriptedModel, assistant_message, function_call
from chatkit.types import TaskItem, ThreadStreamEvent, UserMessageItem

from agent_service.context import RequestContext
from agent_service.errors import RequestRefusedError
from agent_service.storage.presence import Presence
from agent_service.storage.turn_lock import (
    DEAD_AFTER_SECONDS,
    MemoryTurnLocks,
    PostgresTurnLocks,
    TurnLocks,
    locked_turn,
)
from database.pool import Pool
from tests.support.patience import PATIENCE_SECONDS

if TYPE_CHECKING:
    from conftest import Chat, FakeKnowledge, OpenChat

ANN = RequestContext("ann")
BOB = RequestContext("bob")
QUESTION = "How many days of leave do I have?"
# Claims a turn in a process of its own, says so, and lives until it is killed.
CLAIM = """
import asyncio, sys
from agent_service.context import RequestContext
from agent_service.storage.turn_lock import PostgresTurnLocks, locked_turn
from database.pool import create_pool

async def claim(url, thread_id):
    async with create_pool(url) as pool:
        async with locked_turn(PostgresTurnLocks(pool), thread_id, RequestContext("ann"), wait_seconds=0):
            print("claimed", flush=True)
            await asyncio.Event().wait()

asyncio.run(claim(*sys.argv[1:]))
"""


@dataclass(frozen=True)
class Claims:
    """TurnLocks, and a way to stop the hearts of all that run."""

    turns: TurnLocks
    stop_hearts: Callable[[], Awaitable[None]]


async def stop_hearts(pool: Pool) -> None:
    """As if the processes of all turns had been gone for a minute."""
    async with pool.connection() as connection:
        await connection.execute("update turns set heartbeat_at = heartbeat_at - interval '1 minute'")


@pytest.fixture(params=["memory", "postgres"])
async def claims(request: pytest.FixtureRequest, pool: Pool) -> Claims:
    if request.param == "postgres":
        return Claims(PostgresTurnLocks(pool), lambda: stop_hearts(pool))
    now = [0.0]

    async def wait() -> None:
        now[0] += DEAD_AFTER_SECONDS + 1

    return Claims(MemoryTurnLocks(clock=lambda: now[0]), wait)


async def test_a_thread_has_one_turn_and_is_free_after_it(claims: Claims) -> None:
    async with locked_turn(claims.turns, "t", ANN, wait_seconds=0) as first:
        with pytest.raises(RequestRefusedError, match="still being answered") as refused:
            async with locked_turn(claims.turns, "t", ANN, wait_seconds=0):
                pass
        async with locked_turn(claims.turns, "another", ANN, wait_seconds=0) as other:
            pass
    async with locked_turn(claims.turns, "t", ANN, wait_seconds=0) as second:
        pass
    assert (first, other, second) == (False, False, False)
    assert (refused.value.status, refused.value.code) == (409, "thread_busy")


async def test_a_turn_that_failed_or_was_stopped_leaves_the_thread_free(claims: Claims) -> None:
    for error in (ValueError(), asyncio.CancelledError()):
        with pytest.raises(type(error)):
            async with locked_turn(claims.turns, "t", ANN, wait_seconds=0):
                raise error
    async with locked_turn(claims.turns, "t", ANN, wait_seconds=0) as after_a_dead_one:
        assert not after_a_dead_one


async def test_who_waits_gets_the_thread_when_the_turn_ends(claims: Claims) -> None:
    entered: list[int] = []

    async def take(number: int) -> None:
        async with locked_turn(claims.turns, "t", ANN, wait_seconds=20):
            entered.append(number)
            assert len(entered) - len(left) == 1
            await asyncio.sleep(0)
            left.append(number)

    left: list[int] = []
    await asyncio.gather(*(take(number) for number in range(4)))
    assert sorted(left) == [0, 1, 2, 3]


async def test_a_turn_whose_heart_stopped_is_taken_over_and_cannot_disturb(claims: Claims) -> None:
    turns = claims.turns
    assert await turns.begin("t", "dead", ANN) == "begun"
    assert await turns.beat("t", "dead")
    await claims.stop_hearts()
    assert await turns.begin("t", "new", ANN) == "taken over"
    assert not await turns.beat("t", "dead")
    await turns.end("t", "dead")
    assert await turns.begin("t", "third", ANN) == "busy"


async def test_a_dead_turn_is_cleared_once_and_for_its_user_only(claims: Claims) -> None:
    turns = claims.turns
    await turns.begin("t", "token", ANN)
    assert not await turns.clear_dead("t", ANN)
    await claims.stop_hearts()
    assert not await turns.clear_dead("t", BOB)
    assert await turns.clear_dead("t", ANN)
    assert not await turns.clear_dead("t", ANN)


async def test_a_beat_keeps_a_turn_alive(claims: Claims) -> None:
    await claims.turns.begin("t", "token", ANN)
    await claims.stop_hearts()
    assert await claims.turns.beat("t", "token")
    assert await claims.turns.begin("t", "other", ANN) == "busy"


async def test_a_killed_process_leaves_a_turn_that_another_takes_over(chat_url: str, pool: Pool) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CLAIM, chat_url, "t", stdout=asyncio.subprocess.PIPE, env=dict(os.environ)
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"claimed\n"
    turns = PostgresTurnLocks(pool)
    assert await turns.begin("t", "mine", ANN) == "busy"
    process.kill()
    await process.wait()
    assert await turns.begin("t", "mine", ANN) == "busy"
    await stop_hearts(pool)
    assert await turns.begin("t", "mine", ANN) == "taken over"


def search_and_say(call_id: str) -> list[list[Any]]:
    """The model's steps of one turn."""
    call = function_call("search_documents", {"query": "leave"}, call_id=call_id)
    return [[call], [assistant_message("25 days. [[12]]")]]


def two_answers() -> ScriptedModel:
    return ScriptedModel([*search_and_say("c1"), *search_and_say("c2")])


@asynccontextmanager
async def hanging_turn(
    open_chat: "OpenChat", knowledge: "FakeKnowledge", **settings: float
) -> AsyncGenerator[tuple["Chat", str, AsyncIterator[ThreadStreamEvent]]]:
    """A chat, a thread whose answer hangs in a search, and its stream."""
    # The first turn never gets beyond its search.
    chat = await open_chat(ScriptedModel([search_and_say("c1")[0], *search_and_say("c2")]), **settings)
    knowledge.hangs = True
    async with chat.open_stream(chat.message(QUESTION)) as events:
        first = await anext(events)
        assert first.type == "thread.created"
        await knowledge.is_hanging.wait()
        yield chat, first.thread.id, events


async def test_a_message_into_a_thread_that_is_being_answered_is_a_409(
    open_chat: "OpenChat", knowledge: "FakeKnowledge"
) -> None:
    async with hanging_turn(open_chat, knowledge, turn_wait_seconds=0) as (chat, thread_id, _):
        response = await chat.post(chat.message("And sick leave?", thread_id))
        assert response.status_code == 409
        assert response.json()["error"]["code"] == "thread_busy"
        questions = [item for item in await chat.items(thread_id) if isinstance(item, UserMessageItem)]
        assert len(questions) == 1


async def test_a_message_that_waited_is_answered_after_the_one_before_was_stopped(
    open_chat: "OpenChat", knowledge: "FakeKnowledge"
) -> None:
    async with hanging_turn(open_chat, knowledge, turn_wait_seconds=30) as (chat, thread_id, _):
        second = asyncio.create_task(chat.say("And now?", thread_id))
        knowledge.hangs = False
    answer = await second
    assert answer.error is None
    assert answer.text == "25 days."


@pytest.mark.parametrize(("request_type", "more"), [("threads.get_by_id", {}), ("items.list", {"limit": 5})])
async def test_a_thread_whose_process_was_killed_says_so_once_and_goes_on(
    open_chat: "OpenChat", pool: Pool, request_type: str, more: dict[str, int]
) -> None:
    chat = await open_chat(two_answers())
    thread_id = (await chat.say(QUESTION)).thread_id
    question = (await chat.items(thread_id))[0]
    await leave_half_a_turn(pool, thread_id)
    for _ in range(2):
        await chat.ask(request_type, thread_id=thread_id, **more)
    items = await chat.items(thread_id)
    (note,) = [item for item in items if isinstance(item, TaskItem)]
    assert items[-1] == note
    assert note.task.model_dump()["title"] == "The answer was cut off"
    retry = {"thread_id": thread_id, "item_id": question.id}
    response = await chat.post({"type": "threads.retry_after_item", "params": retry})
    assert response.status_code == 200
    retried = await chat.items(thread_id)
    assert note not in retried
    assert (retried[0].type, retried[-1].type) == ("user_message", "assistant_message")


async def test_a_message_after_a_killed_process_finds_the_half_turn_too(
    open_chat: "OpenChat", pool: Pool
) -> None:
    chat = await open_chat(two_answers())
    thread_id = (await chat.say(QUESTION)).thread_id
    await leave_half_a_turn(pool, thread_id)
    await chat.say("Are you there?", thread_id)
    types = [item.type for item in await chat.items(thread_id)]
    assert types[:3] == ["user_message", "task", "user_message"]
    assert types[-1] == "assistant_message"
    async with pool.connection() as connection:
        left = await (await connection.execute("select count(*) from turns")).fetchone()
    assert left == (0,)


async def leave_half_a_turn(pool: Pool, thread_id: str) -> None:
    """As a killed process leaves it: a question without its answer, and a turn whose heart stopped."""
    async with pool.connection() as connection:
        await connection.execute(
            "delete from thread_items where thread_id = %s and data ->> 'type' <> 'user_message'", [thread_id]
        )
    await PostgresTurnLocks(pool).begin(thread_id, "killed", ANN)
    await stop_hearts(pool)


class DeafLocks(MemoryTurnLocks):
    """Locks whose heartbeat does not hear that it is cancelled, as `asyncio.wait_for` before Python 3.12."""

    def __init__(self) -> None:
        super().__init__()
        self.is_beating = asyncio.Event()

    async def beat(self, thread_id: str, token: str) -> bool:
        """True, once it is cancelled."""
        self.is_beating.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return True
        return False


async def test_a_turn_ends_when_its_heart_did_not_hear_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent_service.storage.turn_lock.HEARTBEAT_SECONDS", 0)
    locks = DeafLocks()

    async def turn() -> None:
        async with locked_turn(locks, "thr_1", RequestContext("ann"), wait_seconds=0):
            await locks.is_beating.wait()

    running = asyncio.create_task(turn())
    done, _ = await asyncio.wait([running], timeout=PATIENCE_SECONDS)
    assert done, "the end of the turn waits for its heart"
    assert await locks.begin("thr_1", "next", RequestContext("ann")) == "begun"


# Holds a turn with the lock of its process, says so, and lives until it is killed.
PRESENT = """
import asyncio, sys
from agent_service.context import RequestContext
from agent_service.storage.presence import Presence
from agent_service.storage.turn_lock import PostgresTurnLocks, locked_turn
from database.pool import create_pool

async def claim(url, thread_id):
    async with create_pool(url) as pool, Presence(url) as presence:
        await presence.until_held()
        turns = PostgresTurnLocks(pool, presence)
        async with locked_turn(turns, thread_id, RequestContext("ann"), wait_seconds=0):
            print("claimed", flush=True)
            await asyncio.Event().wait()

asyncio.run(claim(*sys.argv[1:]))
"""


async def test_the_turn_of_a_killed_process_is_taken_over_without_waiting_for_its_heart(
    pool: Pool, chat_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent_service.storage.turn_lock.DEAD_AFTER_SECONDS", 100_000)
    monkeypatch.setattr("agent_service.storage.turn_lock.GONE_AFTER_SECONDS", 0)
    locks = PostgresTurnLocks(pool)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PRESENT, chat_url, "t", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"claimed\n"
    assert await locks.begin("t", "mine", ANN) == "busy"
    assert not await locks.clear_dead("t", ANN)
    process.kill()
    await process.wait()
    async with locked_turn(locks, "t", ANN, wait_seconds=60) as after_a_dead_one:
        assert after_a_dead_one


async def test_a_lock_that_is_lost_is_taken_again(pool: Pool, chat_url: str) -> None:
    of_locks: LiteralString = "from pg_locks where locktype = 'advisory' and objid::bigint = %s"
    async with (
        Presence(chat_url) as presence,
        pool.connection() as connection,
        asyncio.timeout(PATIENCE_SECONDS),
    ):
        await presence.until_held()
        number = presence.number
        ended = await connection.execute(f"select pg_terminate_backend(pid, 10000) {of_locks}", [number])
        assert await ended.fetchall() == [(True,)]
        held: list[Any] = []
        while not held:
            await asyncio.sleep(0.05)
            held = await (await connection.execute(f"select 1 {of_locks}", [number])).fetchall()
        assert presence.number == number


async def test_after_a_restart_of_postgres_only_the_heart_counts(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent_service.storage.turn_lock.GONE_AFTER_SECONDS", 0)
    monkeypatch.setattr("agent_service.storage.turn_lock.DEAD_AFTER_SECONDS", 1e9)
    locks = PostgresTurnLocks(pool)
    assert await locks.begin("t", "1.nobody", ANN) == "begun"
    async with pool.connection() as connection:
        await connection.execute("update turns set heartbeat_at = pg_postmaster_start_time()")
    assert await locks.begin("t", "mine", ANN) == "busy"
    async with pool.connection() as connection:
        await connection.execute("update turns set heartbeat_at = now()")
    assert await locks.begin("t", "mine", ANN) == "taken over"


async def test_the_heart_of_a_turn_that_had_to_wait_beats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent_service.storage.turn_lock.HEARTBEAT_SECONDS", 0)
    monkeypatch.setattr("agent_service.storage.turn_lock.PAUSE_SECONDS", 0)
    beats: list[bool] = []
    seen = asyncio.Event()

    class Counted(MemoryTurnLocks):
        async def beat(self, thread_id: str, token: str) -> bool:
            beats.append(await super().beat(thread_id, token))
            seen.set()
            return beats[-1]

    locks = Counted()
    await locks.begin("t", "other", ANN)

    async def turn() -> None:
        async with locked_turn(locks, "t", ANN, wait_seconds=60):
            await seen.wait()

    waiting = asyncio.create_task(turn())
    for _ in range(20):
        await asyncio.sleep(0)
    await locks.end("t", "other")
    await waiting
    assert beats
    assert all(beats)
