"""The HNSW index over many vectors: made when exact search gets slow, used as long as it is whole."""

import logging
import time
from dataclasses import dataclass

import psycopg
from psycopg import AsyncConnection, sql
from psycopg.rows import TupleRow, class_row

from database.pool import first_line
from knowledge_base.embedding_spaces import SPACE_LOCK, EmbeddingSpace, space_in_use

logger = logging.getLogger("knowledge_base")

Connection = AsyncConnection[TupleRow]

# Below so many vectors an exact search takes four milliseconds at most, and misses nothing.
WORTH_AN_INDEX = 10_000
# With pgvector's default of 64 one result in seventy is lost at 100 000 vectors; with 200 the build takes
# nearly twice as long and found no more of 10 000.
M, EF_CONSTRUCTION = 16, 100
# Vectors that a search looks at; measured with these, 98 of 100 of the ten nearest are found.
EF_SEARCH = 200
# The same where a filter leaves out a part of them.
EF_SEARCH_FILTERED = 400
# Vectors that the index looks at while a filter lets few of them through; then all are compared.
MAX_SCANNED = 20_000
# The graph is built in memory: so many bytes for a link of a vector, and for a vector besides its numbers.
# What does not fit makes the build several times slower; Postgres takes all of it at the start.
MEMORY_A_LINK, MEMORY_A_VECTOR = 16, 256
LEAST_BUILD_MB, MOST_BUILD_MB = 128, 4096
ASKED_EVERY_SECONDS = 60.0


@dataclass(frozen=True)
class VectorIndex:
    """A finished index over the vectors of one space."""

    space_id: int
    dimensions: int


async def vector_index(connection: Connection, model_name: str) -> VectorIndex | None:
    """The index over the vectors of a model, when there is one and it is whole."""
    async with connection.cursor(row_factory=class_row(VectorIndex)) as cursor:
        await cursor.execute(
            """
            select spaces.id as space_id, spaces.dimensions
            from embedding_spaces as spaces
            join pg_class on pg_class.relname = 'nearest_in_space_' || spaces.id
            join pg_index on pg_index.indexrelid = pg_class.oid and pg_index.indisvalid
            where spaces.model_name = %(model_name)s and pg_table_is_visible(pg_class.oid)
            """,
            {"model_name": model_name},
        )
        return await cursor.fetchone()


async def ensure_vector_index(
    connection: Connection, *, worth: int = WORTH_AN_INDEX, space: EmbeddingSpace | None = None
) -> bool:
    """Make the index of a space (by default the one in use) with `worth` vectors or more; True when made.

    The connection must be in autocommit mode. Reading and writing go on meanwhile; an index whose making was
    interrupted is made anew.
    """
    space = space or await space_in_use(connection)
    if space is None or await vector_index(connection, space.model_name) is not None:
        return False
    rows = await connection.execute(
        "select count(*) from chunk_embeddings where space_id = %(id)s", {"id": space.space_id}
    )
    count = await rows.fetchone()
    if count is None or count[0] < worth:
        return False
    await connection.execute("select pg_advisory_lock(%(key)s)", {"key": SPACE_LOCK + 1})
    try:
        if await vector_index(connection, space.model_name) is None:
            await _build(connection, space, build_megabytes(count[0], space.dimensions))
    finally:
        await connection.execute("select pg_advisory_unlock(%(key)s)", {"key": SPACE_LOCK + 1})
    return True


async def drop_left_indexes(connection: Connection) -> None:
    """Drop the indexes of spaces that are gone. The connection must be in autocommit mode."""
    rows = await connection.execute(
        """
        select relname
        from pg_class
        where relkind = 'i'
          and relname ~ '^nearest_in_space_[0-9]+$'
          and pg_table_is_visible(oid)
          and not exists (select from embedding_spaces where relname = 'nearest_in_space_' || id)
        """
    )
    for (name,) in await rows.fetchall():
        await connection.execute(sql.SQL("drop index concurrently if exists {}").format(sql.Identifier(name)))


async def look_widely(connection: Connection) -> None:
    """Let searches on this connection look at enough of the index, and go on where a filter left too few.

    A search reads little and by indexes: helpers take longer to start than to read it.
    """
    await connection.execute(
        """
        select set_config('hnsw.ef_search', %(ef)s, false),
               set_config('hnsw.iterative_scan', 'relaxed_order', false),
               set_config('hnsw.max_scan_tuples', %(most)s, false),
               set_config('max_parallel_workers_per_gather', '0', false),
               set_config('random_page_cost', '1.1', false)
        """,
        {"ef": str(EF_SEARCH), "most": str(MAX_SCANNED)},
    )


async def look_more_widely(connection: Connection) -> None:
    """Let what is searched with a filter until the end of the transaction look at more."""
    await connection.execute(
        "select set_config('hnsw.ef_search', %(ef)s, true)", {"ef": str(EF_SEARCH_FILTERED)}, prepare=True
    )


class IndexWatch:
    """Knows the index without asking Postgres at every search."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[float, VectorIndex | None]] = {}

    async def current(self, connection: Connection, model_name: str) -> VectorIndex | None:
        """The index over a model's vectors, as it was a minute ago at most."""
        asked, index = self._known.get(model_name, (-ASKED_EVERY_SECONDS, None))
        now = time.monotonic()
        if now - asked >= ASKED_EVERY_SECONDS:
            index = await vector_index(connection, model_name)
            self._known = {model_name: (now, index)}
        return index


def build_megabytes(vectors: int, dimensions: int) -> int:
    """Memory for the graph over so many vectors of 16-bit floats, and a fifth for what is added meanwhile."""
    graph = vectors * (2 * dimensions + 2 * M * MEMORY_A_LINK + MEMORY_A_VECTOR)
    return min(max(LEAST_BUILD_MB, graph * 6 // 5 // 2**20), MOST_BUILD_MB)


async def _build(connection: Connection, space: EmbeddingSpace, megabytes: int) -> None:
    """Make the index with all processes that Postgres lends; with one where it cannot give them the memory.

    They share it through `/dev/shm`, of which a container has 64 MB unless it is told otherwise.
    """
    await connection.execute("select set_config('statement_timeout', '0', false)")
    await connection.execute(
        "select set_config('maintenance_work_mem', %(size)s, false)", {"size": f"{megabytes}MB"}
    )
    try:
        await _create_index(connection, space)
    except (psycopg.errors.DiskFull, psycopg.errors.OutOfMemory) as error:
        logger.warning("The vector index is built by one process, which takes longer: %s", first_line(error))
        await connection.execute("select set_config('max_parallel_maintenance_workers', '0', false)")
        await _create_index(connection, space)


async def _create_index(connection: Connection, space: EmbeddingSpace) -> None:
    name = sql.Identifier(f"nearest_in_space_{space.space_id}")
    await connection.execute(sql.SQL("drop index concurrently if exists {}").format(name))
    await connection.execute(
        sql.SQL(
            """
            create index concurrently {name} on chunk_embeddings
            using hnsw ((embedding::halfvec({dimensions})) halfvec_cosine_ops)
            with (m = {m}, ef_construction = {ef_construction})
            where space_id = {space_id}
            """
        ).format(
            name=name,
            dimensions=sql.Literal(space.dimensions),
            m=sql.Literal(M),
            ef_construction=sql.Literal(EF_CONSTRUCTION),
            space_id=sql.Literal(space.space_id),
        )
    )
