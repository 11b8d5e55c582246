"""Makes anew what `owflex ingest verify` found missing or wrong."""

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from database.pool import Pool
from ingest.storing.reindexing import embed_missing
from knowledge_base.embedding import Embedder
from knowledge_base.embedding_spaces import hold_space_in_use, remove_retired_spaces

Connection = AsyncConnection[TupleRow]


async def repair(pool: Pool, embedder: Embedder) -> int:
    """Make missing and wrong vectors anew; documents without all their chunks are made anew by the next run.

    Returns how many vectors were made. Raises `EmbeddingSpaceMismatchError`.
    """
    async with pool.connection() as connection, connection.transaction():
        space_id = await hold_space_in_use(connection, embedder)
        await _remove_broken(connection)
        await remove_retired_spaces(connection)
    return await embed_missing(pool, embedder, space_id)


async def _remove_broken(connection: Connection) -> None:
    await connection.execute(
        """
        delete from chunk_embeddings
        using embedding_spaces
        where embedding_spaces.id = chunk_embeddings.space_id
          and vector_dims(chunk_embeddings.embedding) <> embedding_spaces.dimensions
        """
    )
    # With no recipe they differ from every file, and are read again.
    await connection.execute(
        """
        update documents
        set recipe = ''
        where chunk_count <> (select count(*) from chunks where document_id = documents.id)
           or chunk_count <> coalesce(
               (select max(position) + 1 from chunks where document_id = documents.id), 0
           )
        """
    )
