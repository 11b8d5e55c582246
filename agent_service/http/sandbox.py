"""Short-lived processes for work on strangers' bytes: they can be ended, and know none of our secrets."""

import asyncio
import sys

from database.process import let_others_go_first

# No keys and no addresses. What a model needs is on the disk, and nothing is to be fetched.
ENVIRONMENT = {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "2"}


async def run_child(module: str, argument: str, data: bytes, *, seconds: float) -> bytes:
    """What `python -m module argument` writes when given `data`. Raises `TimeoutError` after `seconds`."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        "-m",
        module,
        argument,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=ENVIRONMENT,
    )
    let_others_go_first(process.pid)
    try:
        output, _ = await asyncio.wait_for(process.communicate(data), seconds)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return output
