"""The end of work that goes on beside other work."""

import asyncio
from typing import Any

# Whoever needs the time to clean up is not disturbed meanwhile.
SECONDS_BETWEEN_REQUESTS = 5.0


async def end(*tasks: asyncio.Task[Any]) -> None:
    """Cancel tasks and wait until they have ended, however they do; what they raise is theirs.

    Once is not enough: `asyncio.wait_for` of Python 3.11 loses a cancellation that comes together with what
    it waits for, and the pool of connections waits by it. Such a task would go on for ever.
    """
    waiting = set(tasks)
    while waiting:
        for task in waiting:
            task.cancel()
        _, waiting = await asyncio.wait(waiting, timeout=SECONDS_BETWEEN_REQUESTS)
