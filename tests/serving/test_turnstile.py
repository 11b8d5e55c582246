"""Requests that come at once begin in different rounds of the event loop."""

import asyncio
from collections import Counter

from starlette.types import Message, Receive, Scope, Send

from serving.turnstile import Turnstile

MANY = 50


async def receive() -> Message:
    return {"type": "http.request"}


async def send(message: Message) -> None:
    """Nobody reads it."""


async def test_other_work_goes_on_between_the_beginnings() -> None:
    rounds, begun = 0, Counter[int]()

    async def other_work() -> None:
        nonlocal rounds
        while True:
            rounds += 1
            await asyncio.sleep(0)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        begun[rounds] += 1

    served = Turnstile(app)
    working = asyncio.create_task(other_work())
    await asyncio.gather(*(served({"type": "http", "headers": []}, receive, send) for _ in range(MANY)))
    working.cancel()
    assert begun.total() == MANY
    assert max(begun.values()) == 1


async def test_a_request_that_waits_keeps_no_other_from_beginning() -> None:
    go_on, begun = asyncio.Event(), 0

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal begun
        begun += 1
        if begun == 2:
            go_on.set()
        await go_on.wait()

    served = Turnstile(app)
    await asyncio.gather(*(served({"type": "http", "headers": []}, receive, send) for _ in range(2)))
    assert begun == 2


async def test_one_who_leaves_while_waiting_stops_nobody() -> None:
    begun: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        begun.append(scope["path"])

    served = Turnstile(app)
    requests = [
        asyncio.create_task(served({"type": "http", "path": path, "headers": []}, receive, send))
        for path in ("a", "b", "c")
    ]
    await asyncio.sleep(0)
    requests[1].cancel()
    await asyncio.wait(requests)
    assert begun == ["a", "c"]
