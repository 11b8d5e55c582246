"""Reads files in processes of their own, so that no file can stop, fill or crash the run."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from ingest.content import ANSWERS, REQUESTS, ReadAnswer, ReadRequest
from ingest.parser_worker import LENGTH

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


@dataclass(frozen=True)
class ReadLimits:
    """How a file may be read: its bytes, the seconds and megabytes of memory it may take, tokens a chunk."""

    tokenizer_file: Path
    max_tokens: int
    max_file_bytes: int = 50_000_000
    seconds: int = 60
    memory_mb: int = 1_500


class ParserProcess:
    """One process, started when it is first needed and again after every failure."""

    def __init__(self, limits: ReadLimits) -> None:
        self._limits = limits
        self._process: Process | None = None
        self._read = 0

    async def read(self, request: ReadRequest) -> ReadAnswer:
        """The content of a file or the problem with it, within the limits."""
        process = await self._running()
        # Its start is not the file's fault.
        allowed = self._limits.seconds + (0 if self._read else START_SECONDS)
        try:
            async with asyncio.timeout(allowed):
                answer = await self._exchange(process, request)
        except TimeoutError:
            await self.close()
            return ReadAnswer(
                problem=f"Reading the file takes longer than {self._limits.seconds} seconds. "
                "Raise INGEST_FILE_SECONDS to try."
            )
        except (asyncio.IncompleteReadError, ConnectionError):
            return ReadAnswer(problem=await self._cause_of_death(process))
        except asyncio.CancelledError:
            await self.close()
            raise
        self._read += 1
        if answer.last:
            await self.close()
        return answer

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
                *_command(self._limits), stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=_environment()
            )
        return self._process

    async def _exchange(self, process: Process, request: ReadRequest) -> ReadAnswer:
        assert process.stdin is not None
        assert process.stdout is not None
        body = REQUESTS.dump_json(request)
        process.stdin.write(LENGTH.pack(len(body)) + body)
        await process.stdin.drain()
        (length,) = LENGTH.unpack(await process.stdout.readexactly(LENGTH.size))
        if length > MAX_ANSWER_BYTES:
            await self.close()
            return ReadAnswer(problem="The file holds more text than can be handled at once. Split it.")
        return ANSWERS.validate_json(await process.stdout.readexactly(length))

    async def _cause_of_death(self, process: Process) -> str:
        code = await process.wait()
        self._process = None
        name = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        if -code == signal.SIGABRT:  # how libraries that are not written in Python end without memory
            return (
                f"The file crashes its parser, or reading it takes more than {self._limits.memory_mb} MB of "
                "memory. Raise INGEST_FILE_MEMORY_MB to try, or save it anew with the program it comes from."
            )
        return f"The file crashes its parser ({name}). Save it anew with the program it comes from."


class Parsers:
    """Several parser processes; each reads one file at a time.

    `limits` is asked in a thread before the first file: they depend on the model, which takes long to load.
    """

    def __init__(self, limits: Callable[[], ReadLimits], count: int) -> None:
        self._find_limits = limits
        self._limits: ReadLimits | None = None
        self._finding = asyncio.Lock()
        self._all: list[ParserProcess] = []
        self._free: asyncio.Queue[ParserProcess | None] = asyncio.Queue()
        for _ in range(count):
            self._free.put_nowait(None)

    @asynccontextmanager
    async def one(self) -> AsyncGenerator[ParserProcess]:
        """A parser that is free; it is taken while in the block. Raises `EmbeddingModelError`."""
        process = await self._free.get()
        try:
            if process is None:
                process = await self._new()
            yield process
        finally:
            self._free.put_nowait(process)

    async def _new(self) -> ParserProcess:
        async with self._finding:
            if self._limits is None:
                self._limits = await asyncio.to_thread(self._find_limits)
        process = ParserProcess(self._limits)
        self._all.append(process)
        return process

    async def close(self) -> None:
        """End all processes."""
        for process in self._all:
            await process.close()


def _command(limits: ReadLimits) -> list[str]:
    return [
        sys.executable,
        "-P",  # a folder that is ingested may hold files named like modules
        "-m",
        "ingest.parser_worker",
        f"--tokenizer={limits.tokenizer_file}",
        f"--max-tokens={limits.max_tokens}",
        f"--max-bytes={limits.max_file_bytes}",
        f"--memory-mb={limits.memory_mb}",
        f"--seconds={limits.seconds}",
    ]


def _environment() -> dict[str, str]:
    return {name: os.environ[name] for name in INHERITED if name in os.environ} | FIXED
