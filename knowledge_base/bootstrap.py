"""Where the knowledge base is, and that it is up to date."""

from collections.abc import Generator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

from psycopg import AsyncConnection

from database.embedded import configured_or_embedded
from database.migrations import migrate
from database.pool import check_reachable
from knowledge_base.embedding import Embedder, create_embedder
from knowledge_base.embedding_spaces import model_to_use
from knowledge_base.posting_merge import merge_pending
from knowledge_base.settings import KnowledgeBaseSettings


@contextmanager
def knowledge_base_url(settings: KnowledgeBaseSettings, folder: Path) -> Generator[str]:
    """The URL of the knowledge base: the configured one, or the embedded Postgres while in the block."""
    with configured_or_embedded(settings.knowledge_base_database_url, folder, "knowledge_base") as url:
        yield url


async def embedder_for(settings: KnowledgeBaseSettings, url: str, model_name: str | None = None) -> Embedder:
    """The named model, else the one that the knowledge base at `url` is searched with; not loaded yet."""
    return create_embedder(model_name or await model_to_use(url, settings.embedding_model))


async def migrate_knowledge_base(url: str) -> list[str]:
    """Bring the database up to date; the names of the migrations that were applied.

    Raises `PostgresUnreachableError`, `MigrationChangedError`, `MigrationBlockedError`.
    """
    await check_reachable(url, "KNOWLEDGE_BASE_DATABASE_URL")
    applied = await migrate(url, files("knowledge_base") / "migrations")
    if applied:
        # Words that an earlier version has stored become pending.
        async with await AsyncConnection.connect(url, autocommit=True) as connection:
            await merge_pending(connection)
    return applied
