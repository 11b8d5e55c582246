"""Places are shared: whoever asks much waits longest, and nothing is lost when somebody leaves."""

import asyncio

import pytest

from serving.fair_slots import PRESENT_SECONDS, FairSlots, TooManyWaitingError


async def settled() -> None:
    """Return when everything that can go on has."""
    for _ in range(10):
        await asyncio.sleep(0)


class Line:
    """Who takes places, in the order in which they get them."""

    def __init__(self, slots: FairSlots[str]) -> None:
        self.slots = slots
        self.got: list[str] = []

    def join(self, *keys: str) -> list["asyncio.Task[None]"]:
        """Line up for places that are kept."""
        return [asyncio.create_task(self._take(key)) for key in keys]

    async def _take(self, key: str) -> None:
        await self.slots.take(key)
        self.got.append(key)


async def test_a_flood_of_one_lets_another_be_next() -> None:
    line = Line(FairSlots(1))
    line.join(*["flooder"] * 50, "other")
    await settled()
    assert line.got == ["flooder"]
    line.slots.release("flooder")
    await settled()
    assert line.got == ["flooder", "other"]


async def test_one_has_at_most_its_share_and_less_beside_others() -> None:
    now = [0.0]
    line = Line(FairSlots(8, each=6, contended=2, clock=lambda: now[0]))
    line.join(*["flooder"] * 20)
    await settled()
    assert line.got == ["flooder"] * 6
    line.join("other")
    await settled()
    assert line.got[-1] == "other"
    for _ in range(4):
        line.slots.release("flooder")
        await settled()
    assert line.slots.count_of("flooder") == 2
    line.slots.release("other")
    now[0] = PRESENT_SECONDS + 2
    line.slots.release("flooder")
    await settled()
    assert line.slots.count_of("flooder") == 6


async def test_who_waits_too_long_or_in_too_long_a_line_is_told() -> None:
    slots = FairSlots[str](1, waiting=1)
    await slots.take("ann")
    with pytest.raises(TooManyWaitingError):
        await slots.take("ann", 0)
    waiting = asyncio.create_task(slots.take("ann"))
    await settled()
    with pytest.raises(TooManyWaitingError):
        await slots.take("ann")
    slots.release("ann")
    await waiting
    assert (slots.running, slots.waiting) == (1, 0)


async def test_a_place_given_to_one_who_leaves_goes_to_the_next() -> None:
    line = Line(FairSlots(1))
    await line.slots.take("first")
    leaving, _ = line.join("leaving", "next")
    await settled()
    line.slots.release("first")
    leaving.cancel()
    await settled()
    assert line.got == ["next"]
    line.slots.release("next")
    assert (line.slots.running, line.slots.waiting) == (0, 0)


async def test_no_bound_is_no_bound() -> None:
    line = Line(FairSlots(0))
    line.join(*["ann"] * 500)
    await settled()
    assert len(line.got) == 500
