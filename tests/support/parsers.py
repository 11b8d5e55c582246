"""Parser processes that outlive the ingestion that started them: starting one costs more than most tests.

They are the real ones, with the limits they were started with; ingestion itself uses each for many files.
"""

import asyncio
import hashlib
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

from ingest.reading.chunked_document import ReadRequest
from ingest.reading.process import ParserProcess, ReadAnswer, ReadLimits

Key = tuple[ReadLimits, asyncio.AbstractEventLoop]


class WarmParsers:
    """Lends parsers, those first that were given back; their tokenizers are kept in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._idle: dict[Key, list[ParserProcess]] = defaultdict(list)

    def lend(self, limits: ReadLimits) -> "LentParser":
        """A parser with these limits, in the place of `ParserProcess`."""
        kept = replace(limits, tokenizer_file=self._kept(limits.tokenizer_file))
        # A process is spoken to by the loop that started it.
        idle = self._idle[kept, asyncio.get_running_loop()]
        return LentParser(idle.pop() if idle else ParserProcess(kept), idle)

    async def close(self) -> None:
        """End those that this loop started; others went with their loop."""
        for (_, loop), idle in self._idle.items():
            if loop is asyncio.get_running_loop():
                for parser in idle:
                    await parser.close()

    def _kept(self, tokenizer: Path) -> Path:
        data = tokenizer.read_bytes()
        kept = self._folder / f"{hashlib.sha256(data).hexdigest()}.json"
        if not kept.exists():
            kept.write_bytes(data)
        return kept


class LentParser:
    """A parser that is given back instead of ended, unless a file keeps it."""

    def __init__(self, parser: ParserProcess, idle: list[ParserProcess]) -> None:
        self._parser = parser
        self._idle = idle
        self._reading = False

    async def read(self, request: ReadRequest) -> ReadAnswer:
        """What the parser answers."""
        self._reading = True
        answer = await self._parser.read(request)
        self._reading = False
        return answer

    async def close(self) -> None:
        """Give it back; one that is reading, or was stopped meanwhile, is ended."""
        if self._reading:
            await self._parser.close()
        else:
            self._idle.append(self._parser)
