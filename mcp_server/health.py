"""Is the server able to answer: Postgres, the embedding model, and whether the two belong together.

Without the model it answers by words: that is degraded, and no reason to send users elsewhere.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from importlib.resources import files
from pathlib import Path
from threading import Thread
from typing import Literal

import psycopg
from psycopg_pool import PoolTimeout

from database.audit import write_attempts
from database.migrations import pending
from database.pool import Pool
from database.replicas import Replicas
from database.surroundings import disk_problem, problems_around
from knowledge_base.access import Connection, check_isolation
from knowledge_base.embedding_spaces import space_in_use
from knowledge_base.errors import KnowledgeBaseError, ServerRoleError
from knowledge_base.following_embedder import FollowingEmbedder
from knowledge_base.word_engine_watch import EngineWatch
from knowledge_base.word_engines import BUILT_IN
from mcp_server.metrics import Metrics
from serving.draining import Running
from serving.refused_attempts import RefusedAttempts

logger = logging.getLogger("mcp_server")

State = Literal["ready", "degraded", "unavailable"]

LOADING = "loading"
OK = "ok"
SECONDS_FOR_POSTGRES = 3
SECONDS_BETWEEN_LOADS = 60


@dataclass(frozen=True)
class HealthState:
    """What each part says of itself, `ok` or a sentence; `problems` are of the parts nobody asks for else.

    A replica that is left out degrades the server: others do its work.
    """

    database: str
    embedding_model: str
    problems: Mapping[str, str] = field(default_factory=dict[str, str])
    replicas: Mapping[str, str] = field(default_factory=dict[str, str])
    words_by: str = BUILT_IN
    word_engine_problem: str | None = None

    @property
    def ready(self) -> bool:
        """True when a search can be answered now, if only by words."""
        return self.database == OK and not self.problems

    @property
    def state(self) -> State:
        """The whole in one word."""
        if not self.ready:
            return "unavailable"
        return "degraded" if self._reasons else "ready"

    @property
    def reason(self) -> str | None:
        """Why it is degraded."""
        return "; ".join(self._reasons) if self.state == "degraded" else None

    @property
    def _reasons(self) -> list[str]:
        left_out = [f"{name} is left out: it {said}" for name, said in self.replicas.items() if said != OK]
        if self.word_engine_problem is not None:
            left_out.append(f"words are searched by the built-in way: {self.word_engine_problem}")
        if self.embedding_model == OK:
            return left_out
        why = "is loading" if self.embedding_model == LOADING else "cannot be loaded"
        return [f"searches find by words only: the embedding model {why}", *left_out]

    def as_json(self) -> dict[str, str | bool | dict[str, str]]:
        """The answer of `/ready`."""
        known: dict[str, str | bool | dict[str, str]] = {
            "ready": self.ready,
            "state": self.state,
            **({"reason": self.reason} if self.reason else {}),
            "database": self.database,
            "embedding_model": self.embedding_model,
            **({"word_search": self.words_by} if self.words_by != BUILT_IN else {}),
            **({"replicas": dict(self.replicas)} if self.replicas else {}),
        }
        return known | dict(self.problems)


class Health:
    """Loads the model in the background, tells whether the server is ready, and holds its figures.

    `folder` is the data folder where the embedded Postgres is used: its disk must have room.
    """

    def __init__(
        self,
        pool: Pool,
        embedder: FollowingEmbedder,
        folder: Path | None = None,
        replicas: Replicas | None = None,
        word_engines: EngineWatch | None = None,
    ) -> None:
        self.word_engines = word_engines or EngineWatch()
        self.running = Running()
        self.attempts = RefusedAttempts(partial(write_attempts, pool))
        self.metrics = Metrics(pool, replicas)
        self._replicas = replicas
        self._pool = pool
        self._embedder = embedder
        self._load_problem: str | None = None
        self._folder = folder
        self._looking: asyncio.Task[HealthState] | None = None

    async def load_model(self) -> bool:
        """Load the embedding model in a thread; what went wrong is kept for `check` and logged."""
        began = time.perf_counter()
        try:
            await _in_daemon_thread(self._embedder.load)
        except KnowledgeBaseError as error:
            self._load_problem = str(error)
            logger.error("%s", error)
            return False
        self.metrics.model_load_seconds.set(time.perf_counter() - began)
        return True

    @property
    def _model(self) -> str:
        return OK if self._embedder.is_loaded else self._load_problem or LOADING

    async def keep_loading(self) -> None:
        """Return when the model is loaded; what hinders it may be mended without a restart."""
        is_loaded = await self.load_model()
        while not is_loaded:
            await asyncio.sleep(SECONDS_BETWEEN_LOADS)
            is_loaded = await self.load_model()

    async def check(self) -> HealthState:
        """The state right now; however many ask at once, Postgres is asked once."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        return await asyncio.shield(self._looking)

    async def _look(self) -> HealthState:
        problems: dict[str, str] = {"server": "stopping"} if self.running.is_stopping else {}
        try:
            try:
                async with asyncio.timeout(SECONDS_FOR_POSTGRES), self._pool.connection() as connection:
                    problems |= await self._look_into(connection)
            except (PoolTimeout, TimeoutError):
                # Maybe all connections are busy, which is no reason to send users elsewhere.
                await self._knock()
        except (psycopg.Error, TimeoutError) as error:
            logger.warning("Postgres does not answer: %s", type(error).__name__)
            if self._folder is not None and (problem := disk_problem(self._folder)) is not None:
                problems["disk"] = problem
            return self._state("Postgres does not answer", problems)
        return self._state(OK, problems)

    def _state(self, database: str, problems: Mapping[str, str]) -> HealthState:
        words = self.word_engines
        return HealthState(
            database, self._model, problems, self._said_of_replicas, words.as_words, words.problem
        )

    @property
    def _said_of_replicas(self) -> dict[str, str]:
        return {} if self._replicas is None else self._replicas.as_words()

    async def _knock(self) -> None:
        async with asyncio.timeout(SECONDS_FOR_POSTGRES):
            connection = await psycopg.AsyncConnection.connect(str(self._pool.conninfo))
            await connection.close()

    async def _look_into(self, connection: Connection) -> dict[str, str]:
        problems: dict[str, str] = {}
        if missing := await pending(connection, files("knowledge_base") / "migrations"):
            problems["migrations"] = f"not applied: {', '.join(missing)}"
            return problems
        problems |= await problems_around(connection, self._folder)
        try:
            await check_isolation(connection)
        except ServerRoleError as error:
            # The sentence names roles and tables; `/ready` answers everybody.
            logger.error("%s", error)
            problems["isolation"] = "Postgres does not keep users apart; the log says why"
        await self.word_engines.current(connection)
        if index := await self._look_at_index(connection):
            problems["index"] = index
        return problems

    async def _look_at_index(self, connection: Connection) -> str | None:
        space = await space_in_use(connection)
        embedder = self._embedder.current
        # Another model means that the index was replaced: the next search lets the server follow.
        if self._model != OK or space is None or space.model_name != embedder.model_name:
            return None
        if space.dimensions == embedder.dimensions:
            return None
        return f"its vectors have {space.dimensions} dimensions, the model makes {embedder.dimensions}"


async def _in_daemon_thread(work: Callable[[], None]) -> None:
    """Wait for the work, which does not keep the process alive: it may wait for others' work for long."""
    loop, done = asyncio.get_running_loop(), asyncio.Event()
    failed: list[Exception] = []

    def run() -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - raised below, where it is waited for
            failed.append(error)
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(done.set)

    Thread(target=run, name="loading", daemon=True).start()
    await done.wait()
    if failed:
        raise failed[0]
