"""Makes anew what `owflex ingest verify` found missing or wrong."""

from collections.abc import Mapping, Sequence

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from database.pool import Pool
from ingest.storing.reindexing import embed_missing
from knowledge_base.embedding import Embedder
from knowledge_base.embedding_spaces import hold_space_in_use, remove_retired_spaces
from knowledge_base.postings import PassageText, copy_postings, impacts, languages_of

Connection = AsyncConnection[TupleRow]

# Passages that are indexed anew in one transaction.
MENDED_AT_ONCE = 200


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


async def repair_postings(pool: Pool) -> int:
    """Index passages anew that miss some of their words, and forget the words of passages that are gone.

    Returns how many passages were indexed.
    """
    async with pool.connection() as connection:
        await connection.execute(
            """
            delete from postings
            where not exists (select 1 from chunks where chunks.id = postings.chunk_id)
            """
        )
        rows = await connection.execute(
            """
            select distinct chunks.id
            from chunks
            cross join unnest(chunks.lexemes) as wanted (lexeme)
            where not exists (
                select 1
                from postings
                where postings.lexeme = wanted.lexeme and postings.chunk_id = chunks.id
            )
            order by chunks.id
            """
        )
        ids = [chunk_id async for (chunk_id,) in rows]
        for first in range(0, len(ids), MENDED_AT_ONCE):
            async with connection.transaction():
                await _index_anew(connection, ids[first : first + MENDED_AT_ONCE])
    return len(ids)


async def _index_anew(connection: Connection, ids: Sequence[int]) -> None:
    # Locked: a chunk that is removed meanwhile would leave behind what is written here.
    rows = await connection.execute(
        """
        select chunks.id, documents.collection, chunks.context, chunks.content
        from chunks
        join documents on documents.id = chunks.document_id
        where chunks.id = any(%(ids)s)
        order by chunks.id
        for update of chunks
        """,
        {"ids": list(ids)},
    )
    found = await rows.fetchall()
    languages = await languages_of(connection, {collection for _, collection, _, _ in found})
    weights: dict[int, dict[str, float]] = {}
    for language in sorted(set(languages.values())):
        passages = {
            chunk_id: PassageText(context, content)
            for chunk_id, collection, context, content in found
            if languages[collection] == language
        }
        made = await impacts(connection, language, list(passages.values()))
        weights |= dict(zip(passages, made, strict=True))
    await _replace_postings(connection, weights)


async def _replace_postings(connection: Connection, weights: Mapping[int, Mapping[str, float]]) -> None:
    await connection.execute(
        """
        delete from postings
        using chunks
        cross join unnest(chunks.lexemes) as old (lexeme)
        where chunks.id = any(%(ids)s) and postings.lexeme = old.lexeme and postings.chunk_id = chunks.id
        """,
        {"ids": list(weights)},
    )
    async with connection.cursor() as cursor:
        await cursor.executemany(
            "update chunks set lexemes = %(lexemes)s where id = %(id)s",
            [{"id": chunk_id, "lexemes": list(lexemes)} for chunk_id, lexemes in weights.items()],
        )
    await copy_postings(connection, weights)
