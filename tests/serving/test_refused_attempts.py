"""Refused attempts are written, bounded for each kind, and nobody waits for that."""

import asyncio
from collections.abc import Sequence

import psycopg

from database.audit import Attempt
from serving.refused_attempts import MAX_AT_ONCE, RefusedAttempts


class Log:
    """What was written; it can be out of reach."""

    def __init__(self) -> None:
        self.written: list[Attempt] = []
        self.is_away = False

    async def write(self, attempts: Sequence[Attempt]) -> None:
        if self.is_away:
            raise psycopg.OperationalError
        self.written += attempts

    @property
    def left_out(self) -> int:
        return sum(int(one.details.get("left_out", 0)) for one in self.written)


def attempt(action: str = "login.refused", target: str = "POST /mcp") -> Attempt:
    return Attempt(action, "unknown", "mcp", target)


async def test_a_flood_of_one_kind_is_counted_and_hides_no_other() -> None:
    log = Log()
    attempts = RefusedAttempts(log.write)
    for number in range(100_000):
        attempts.note(attempt(target=f"POST /{number}"))
    attempts.note(attempt("right.refused", "add_document"))
    await attempts.write()
    assert len(log.written) == MAX_AT_ONCE + 2
    assert log.left_out == 100_000 - MAX_AT_ONCE
    assert [one.target for one in log.written if one.action == "right.refused"] == ["add_document"]


async def test_the_first_is_written_at_once_and_the_next_ones_after_a_pause() -> None:
    log, paused, go_on = Log(), asyncio.Event(), asyncio.Event()

    async def pause() -> None:
        paused.set()
        await go_on.wait()

    attempts = RefusedAttempts(log.write, pause)
    writing = asyncio.create_task(attempts.keep_writing())
    attempts.note(attempt(target="first"))
    await paused.wait()
    attempts.note(attempt(target="second"))
    assert [one.target for one in log.written] == ["first"]
    # At the end what is left is written too.
    writing.cancel()
    await asyncio.wait([writing])
    assert [one.target for one in log.written] == ["first", "second"]


async def test_what_cannot_be_written_is_counted_and_the_count_comes_later() -> None:
    log = Log()
    attempts = RefusedAttempts(log.write)
    log.is_away = True
    for _ in range(MAX_AT_ONCE + 5):
        attempts.note(attempt())
    await attempts.write()
    log.is_away = False
    await attempts.write()
    assert log.left_out == MAX_AT_ONCE + 5
    await attempts.write()
    assert log.left_out == MAX_AT_ONCE + 5
