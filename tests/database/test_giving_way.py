"""Children that work on files leave the processor to those that answer people."""

import asyncio
import os
import subprocess
import sys

import psutil

from database.process import NICER_BY, let_others_go_first
from parsing.bounded.frames import Limits
from parsing.bounded.process import BoundedProcess
from tests.support.patience import PATIENCE_SECONDS


def own_rank() -> int:
    return os.getpriority(os.PRIO_PROCESS, 0)


def test_a_child_gives_way_and_one_that_has_ended_is_fine() -> None:
    command = [sys.executable, "-c", "input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as child:
        let_others_go_first(child.pid)
        assert psutil.Process(child.pid).nice() == min(19, own_rank() + NICER_BY)
        child.communicate(b"\n")
    let_others_go_first(child.pid)


async def test_a_parser_gives_way() -> None:
    before = {child.pid for child in psutil.Process().children()}
    parser = BoundedProcess("agent_service.attachments.worker", (), Limits(seconds=PATIENCE_SECONDS))
    reading = asyncio.create_task(parser.read(b""))
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while min(own_rank() + NICER_BY, 19) not in _ranks(before):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
    finally:
        reading.cancel()
        await asyncio.wait([reading])


def _ranks(before: set[int]) -> list[int]:
    """The ranks of the children that have come since."""
    return [one.nice() for one in psutil.Process().children() if one.pid not in before]
