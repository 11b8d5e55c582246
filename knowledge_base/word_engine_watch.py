"""Which engine words are searched by now, and what hinders it; see `knowledge_base.word_engines`."""

import logging
import time
from dataclasses import dataclass

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from knowledge_base.settings import EngineSetting
from knowledge_base.word_engines import BUILT_IN, WordEngine, installed, is_made

logger = logging.getLogger("knowledge_base")

Connection = AsyncConnection[TupleRow]

ASKED_EVERY_SECONDS = 60.0
MAKE_IT = "the next run of `owflex ingest`, a worker or `owflex ingest verify --repair` makes it"


class EngineWatch:
    """Knows which engine can be used without asking Postgres at every search, and what hinders it."""

    def __init__(self, setting: EngineSetting = "built-in") -> None:
        self.setting: EngineSetting = setting
        # By the server that a connection goes to: replicas are searched too.
        self._known: dict[tuple[str, int], tuple[float, WordEngine | None]] = {}
        # What is not as the setting wants it, and whether that is worse than it should be.
        self.note: str | None = None
        self.problem: str | None = None
        self.name = BUILT_IN
        self._passages = 0

    async def current(self, connection: Connection) -> "EngineInUse | None":
        """The engine to search by, as it was a minute ago at most; None for the built-in way."""
        if self.setting == BUILT_IN:
            return None
        server = connection.info.host, connection.info.port
        asked, engine = self._known.get(server, (-ASKED_EVERY_SECONDS, None))
        now = time.monotonic()
        if now - asked >= ASKED_EVERY_SECONDS:
            engine = await self._look(connection)
            self._known[server] = now, engine
        return None if engine is None else EngineInUse(engine, self, self._passages)

    @property
    def as_words(self) -> str:
        """What words are searched by, and what there is to know of it."""
        said = self.problem or self.note
        return f"{self.name} ({said})" if said else self.name

    def failed(self, engine: WordEngine, reason: str) -> None:
        """Search without the engine until it is looked at again."""
        logger.warning("%s failed at a search, the built-in way is used instead: %s", engine.name, reason)
        now = time.monotonic()
        self._known = dict.fromkeys(self._known, (now, None))
        self.name, self.problem = BUILT_IN, f"{engine.name} failed: {reason}"

    async def _look(self, connection: Connection) -> WordEngine | None:
        rows = await connection.execute(
            """
            select pg_is_in_recovery(), reltuples::bigint
            from pg_class
            where oid = 'engine_words'::regclass
            """
        )
        row = await rows.fetchone()
        assert row is not None
        is_replica, self._passages = row
        if is_replica:
            # Whether its index follows there was not tried.
            return None
        engine = await installed(connection)
        self.note = self.problem = None
        self.name = BUILT_IN
        if engine is None:
            if self.setting != "auto":
                self.problem = (
                    f"KNOWLEDGE_BASE_WORD_ENGINE is {self.setting}, which is not in this database: "
                    f"an administrator runs `create extension {self.setting}` there"
                )
            return None
        if not await is_made(connection):
            self.note = (
                f"the index of {engine.name} is not made yet, or not since Postgres was started: {MAKE_IT}"
            )
            return None
        self.name = engine.name
        return engine


@dataclass(frozen=True)
class EngineInUse:
    """An engine to search by, and who is to be told when it fails."""

    engine: WordEngine
    watch: EngineWatch
    # About so many are in its index, whether the caller may see them or not.
    passages: int = 0
