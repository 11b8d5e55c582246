"""Where the knowledge base is, and that it is up to date."""

from collections.abc import Generator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

from database.embedded import embedded_postgres
from database.migrations import migrate
from database.pool import check_reachable
from knowledge_base.settings import KnowledgeBaseSettings


@contextmanager
def knowledge_base_url(settings: KnowledgeBaseSettings, folder: Path) -> Generator[str]:
    """The URL of the knowledge base: the configured one, or the embedded Postgres while in the block."""
    if settings.knowledge_base_database_url is not None:
        yield settings.knowledge_base_database_url.get_secret_value()
        return
    with embedded_postgres(folder, "knowledge_base") as url:
        yield url


def embedding_cache(folder: Path) -> Path:
    """Where converted embedding models are kept in the data folder."""
    return folder / "cache" / "embedding"


async def migrate_knowledge_base(url: str) -> None:
    """Bring the database up to date. Raises `PostgresUnreachableError`, `MigrationChangedError`."""
    await check_reachable(url, "KNOWLEDGE_BASE_DATABASE_URL")
    await migrate(url, files("knowledge_base") / "migrations")
