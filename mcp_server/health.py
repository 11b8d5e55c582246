"""Is the server able to answer: Postgres, the embedding model, and whether the two belong together."""

import asyncio
import logging
from dataclasses import dataclass

import psycopg
from psycopg_pool import PoolTimeout

from database.pool import Pool
from knowledge_base.errors import KnowledgeBaseError
from knowledge_base.following import FollowingEmbedder

logger = logging.getLogger("mcp_server")

LOADING = "loading"
OK = "ok"


@dataclass(frozen=True)
class HealthState:
    """What each part says of itself; `ok` or a sentence."""

    database: str
    embedding_model: str

    @property
    def ready(self) -> bool:
        """True when a search can be answered now."""
        return self.database == OK and self.embedding_model == OK

    def as_json(self) -> dict[str, str | bool]:
        """The answer of `/ready`."""
        return {"ready": self.ready, "database": self.database, "embedding_model": self.embedding_model}


class Health:
    """Loads the model in the background and tells whether the server is ready."""

    def __init__(self, pool: Pool, embedder: FollowingEmbedder) -> None:
        self._pool = pool
        self._embedder = embedder
        self._model = LOADING

    async def load_model(self) -> None:
        """Load the embedding model in a thread; what went wrong is kept for `check` and logged."""
        try:
            await asyncio.to_thread(self._embedder.current.embed_query, "ready")
            self._model = OK
        except KnowledgeBaseError as error:
            self._model = str(error)
            logger.error("%s", error)

    async def check(self) -> HealthState:
        """The state right now."""
        return HealthState(await self._check_database(), self._model)

    async def _check_database(self) -> str:
        try:
            async with asyncio.timeout(5), self._pool.connection() as connection:
                await connection.execute("select from embedding_spaces")
        except (psycopg.Error, PoolTimeout, TimeoutError) as error:
            logger.warning("Postgres does not answer: %s", type(error).__name__)
            return "Postgres does not answer"
        return OK
