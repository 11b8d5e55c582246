"""Reads files in processes of their own, so that no file can stop, fill or crash the run."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from ingest.reading.chunked_document import DOCUMENTS, REQUESTS, ChunkedDocument, ReadRequest
from parsing.bounded.frames import Limits
from parsing.bounded.process import BoundedProcess
from parsing.errors import FileProblemError, FileTooHeavyError, FileTooSlowError

WORKER = "ingest.reading.worker"


@dataclass(frozen=True)
class ReadLimits:
    """How a file may be read: its bytes, the seconds and megabytes of memory it may take, tokens a chunk."""

    tokenizer_file: Path
    max_tokens: int
    max_file_bytes: int = 50_000_000
    seconds: int = 60
    memory_mb: int = 1_500


@dataclass(frozen=True)
class ReadAnswer:
    """The content of a file, or the problem with it in a sentence for the user."""

    content: ChunkedDocument | None = None
    problem: str | None = None


class ParserProcess:
    """One process that parses and chunks one file at a time."""

    def __init__(self, limits: ReadLimits) -> None:
        bounds = Limits(limits.seconds, limits.memory_mb)
        self._process = BoundedProcess(WORKER, _arguments(limits), bounds)

    async def read(self, request: ReadRequest) -> ReadAnswer:
        """The content of a file or the problem with it, within the limits."""
        try:
            read = await self._process.read(REQUESTS.dump_json(request))
            return ReadAnswer(DOCUMENTS.validate_json(read))
        except FileTooSlowError as error:
            return ReadAnswer(problem=f"{error} Raise INGEST_FILE_SECONDS to allow more.")
        except FileTooHeavyError as error:
            otherwise = ", or save it again with the program it comes from" if error.crashed else ""
            return ReadAnswer(problem=f"{error} Raise INGEST_FILE_MEMORY_MB to allow more{otherwise}.")
        except FileProblemError as error:
            return ReadAnswer(problem=str(error))

    async def close(self) -> None:
        """End the process, whatever it is doing."""
        await self._process.close()


class Parsers:
    """Several parser processes; each reads one file at a time.

    `limits` is asked in a thread before the first file: they depend on the model, which takes long to load.
    """

    def __init__(self, limits: Callable[[], ReadLimits], count: int) -> None:
        self._find_limits = limits
        self._limits: ReadLimits | None = None
        self._finding = asyncio.Lock()
        self._all: list[ParserProcess] = []
        # The last one back is the next to go, so that files that come one at a time need one process.
        self._free: asyncio.Queue[ParserProcess | None] = asyncio.LifoQueue()
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


def _arguments(limits: ReadLimits) -> list[str]:
    return [
        f"--tokenizer={limits.tokenizer_file}",
        f"--max-tokens={limits.max_tokens}",
        f"--max-bytes={limits.max_file_bytes}",
    ]
