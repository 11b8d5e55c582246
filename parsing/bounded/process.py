"""The outer side: starts the process, ends it, and tells why it ended."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Sequence

from database.process import let_others_go_first
from parsing.bounded.frames import LENGTH, OUT_OF_MEMORY, READ, Limits, framed
from parsing.errors import (
    FileProblemError,
    FileTooHeavyError,
    FileTooLargeError,
    FileTooSlowError,
    ParserCrashedError,
)

MAX_ANSWER_BYTES = 256 * 1024 * 1024
START_SECONDS = 5
# Libraries leak at times: a process that has read this many files makes room for a new one.
MAX_FILES_A_PROCESS = 2_000
# What the parsers need of the environment; above all no keys and passwords.
INHERITED = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "PYTHONPATH",
    "SYSTEMROOT",
    "TMPDIR",
    "VIRTUAL_ENV",
)
FIXED = {
    "TOKENIZERS_PARALLELISM": "false",
    "RAYON_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
}


class BoundedProcess:
    """One process that runs `module`, started when it is first needed and again after every failure.

    The module takes `arguments` and the limits (`add_limits`), and calls `serve`.
    """

    def __init__(self, module: str, arguments: Sequence[str], limits: Limits) -> None:
        self._command = _command(module, arguments, limits)
        self._limits = limits
        self._process: Process | None = None
        self._read = 0

    async def read(self, request: bytes) -> bytes:
        """What the module makes of the request, within the limits. Raises `FileProblemError`."""
        process = await self._running()
        # Its start is not the file's fault.
        allowed = self._limits.seconds + (0 if self._read else START_SECONDS)
        try:
            async with asyncio.timeout(allowed):
                answer = await self._exchange(process, request)
        except (asyncio.IncompleteReadError, ConnectionError):
            raise await self._cause_of_death(process) from None
        except TimeoutError:
            await self.close()
            raise FileTooSlowError(self._limits.seconds) from None
        except (asyncio.CancelledError, FileTooLargeError):
            await self.close()
            raise
        self._read += 1
        return await self._body_of(answer)

    async def close(self) -> None:
        """End the process, whatever it is doing."""
        process, self._process, self._read = self._process, None, 0
        if process is not None and process.returncode is None:
            process.kill()
            await process.wait()

    async def _running(self) -> Process:
        if self._read >= MAX_FILES_A_PROCESS:
            await self.close()
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                *self._command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=_environment()
            )
            let_others_go_first(self._process.pid)
        return self._process

    async def _exchange(self, process: Process, request: bytes) -> bytes:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(framed(request))
        await process.stdin.drain()
        (length,) = LENGTH.unpack(await process.stdout.readexactly(LENGTH.size))
        if length > MAX_ANSWER_BYTES:
            raise FileTooLargeError("The file holds more text than can be handled at once. Split it.")
        return await process.stdout.readexactly(length)

    async def _body_of(self, answer: bytes) -> bytes:
        mark, body = answer[:1], answer[1:]
        if mark == READ:
            return body
        if mark == OUT_OF_MEMORY:
            await self.close()
            raise FileTooHeavyError(self._limits.memory_mb)
        raise FileProblemError(body.decode())

    async def _cause_of_death(self, process: Process) -> FileProblemError:
        code = await process.wait()
        await self.close()
        if -code == signal.SIGABRT:  # how libraries that are not written in Python end without memory
            return FileTooHeavyError(self._limits.memory_mb, crashed=True)
        return ParserCrashedError(signal.Signals(-code).name if code < 0 else f"exit code {code}")


def _command(module: str, arguments: Sequence[str], limits: Limits) -> list[str]:
    return [
        sys.executable,
        "-P",  # a folder that is ingested may hold files named like modules
        "-m",
        module,
        *arguments,
        f"--memory-mb={limits.memory_mb}",
        f"--seconds={limits.seconds}",
    ]


def _environment() -> dict[str, str]:
    return {name: os.environ[name] for name in INHERITED if name in os.environ} | FIXED
