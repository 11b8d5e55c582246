"""Work beside other work ends, also when a cancellation is lost on its way."""

import asyncio

import pytest

from database import ending
from database.ending import end


@pytest.fixture(autouse=True)
def no_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ending, "SECONDS_BETWEEN_REQUESTS", 0.01)


async def test_work_that_loses_a_cancellation_is_asked_again() -> None:
    lost: list[int] = []

    async def work() -> None:
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                if lost:
                    raise
                lost.append(1)

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    await end(task)
    assert (task.cancelled(), lost) == (True, [1])


async def test_it_waits_for_the_cleaning_up_and_raises_nothing_of_it() -> None:
    cleaned: list[str] = []

    async def work(name: str) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cleaned.append(name)
            if name == "fails":
                raise OSError(name)

    tasks = [asyncio.create_task(work(name)) for name in ("ends", "fails")]
    await asyncio.sleep(0)
    await end(*tasks)
    assert sorted(cleaned) == ["ends", "fails"]
    assert isinstance(tasks[1].exception(), OSError)


async def test_nothing_to_end_is_no_wait() -> None:
    await end()
