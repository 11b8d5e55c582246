"""Embedding spaces: whose vectors there are, and which are searched. Those of two models never mix."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from psycopg import AsyncConnection
from psycopg.rows import TupleRow, class_row

from knowledge_base.embedding import DEFAULT_MODEL, Embedder
from knowledge_base.errors import EmbeddingSpaceMismatchError, ModelInUseError

Connection = AsyncConnection[TupleRow]

# Any fixed number serves: whoever writes vectors holds it shared, whoever changes the space holds it alone.
SPACE_LOCK = 7_021_544_002
# So long the vectors of a replaced model stay, for servers that have not loaded the new one yet.
KEPT = timedelta(hours=1)


@dataclass(frozen=True)
class EmbeddingSpace:
    """Vectors of one model; `normalized`: all have length 1."""

    space_id: int
    model_name: str
    dimensions: int
    normalized: bool


@dataclass(frozen=True)
class SpaceState:
    """A model with its vectors, and what they are: `in use`, `begun` for a change to it, or `old`."""

    model_name: str
    dimensions: int
    vectors: int
    state: Literal["in use", "begun", "old"]


@dataclass(frozen=True)
class Progress:
    """How many chunks have their vector in a space, and how many there are."""

    done: int
    total: int


async def space_in_use(connection: Connection) -> EmbeddingSpace | None:
    """The space that is searched; None while nothing was ingested."""
    async with connection.cursor(row_factory=class_row(EmbeddingSpace)) as cursor:
        await cursor.execute(
            """
            select id as space_id, model_name, dimensions, normalized
            from embedding_spaces
            where in_use
            """
        )
        return await cursor.fetchone()


async def model_in_use(connection: Connection) -> str | None:
    """Name of the model that made the stored vectors; None while there are none."""
    space = await space_in_use(connection)
    return None if space is None else space.model_name


async def model_to_use(url: str, configured: str | None) -> str:
    """The configured model; without one that of the index in use, else the default one."""
    if configured is not None:
        return configured
    async with await AsyncConnection.connect(url) as connection:
        return await model_in_use(connection) or DEFAULT_MODEL


async def hold_space_if_any(connection: Connection, model_name: str) -> int | None:
    """Id of the space in use, which stays so until the transaction ends; None while there are no vectors.

    Asks nothing of the model but its name. Raises `EmbeddingSpaceMismatchError` when the stored vectors come
    from another one.
    """
    await connection.execute("select pg_advisory_xact_lock_shared(%(key)s)", {"key": SPACE_LOCK})
    space = await space_in_use(connection)
    if space is None:
        return None
    check_model(space.model_name, model_name)
    return space.space_id


async def hold_space_in_use(connection: Connection, embedder: Embedder) -> int:
    """Id of the space in use, which stays in use until the transaction ends; made when there is none.

    Raises `EmbeddingSpaceMismatchError` when the stored vectors come from another model.
    """
    await connection.execute("select pg_advisory_xact_lock_shared(%(key)s)", {"key": SPACE_LOCK})
    await connection.execute(
        """
        insert into embedding_spaces (model_name, dimensions, in_use)
        select %(model_name)s, %(dimensions)s, true
        where not exists (select 1 from embedding_spaces where in_use)
        on conflict do nothing
        """,
        {"model_name": embedder.model_name, "dimensions": embedder.dimensions},
    )
    space = await space_in_use(connection)
    assert space is not None
    check_model(space.model_name, embedder.model_name)
    if space.dimensions != embedder.dimensions:
        raise EmbeddingSpaceMismatchError(
            f"The stored vectors of {space.model_name} have {space.dimensions} dimensions, the model makes "
            f"{embedder.dimensions}: so it is another model under the same name. "
            "Run: owflex model use PATH-OR-NAME"
        )
    return space.space_id


def check_model(stored: str, configured: str) -> None:
    """Raise `EmbeddingSpaceMismatchError` when the two models differ."""
    if stored != configured:
        raise EmbeddingSpaceMismatchError(
            f"The documents were embedded with {stored}, but EMBEDDING_MODEL is {configured}. "
            f"Set EMBEDDING_MODEL={stored}, or build a new index: owflex model use {configured}"
        )


async def new_space(connection: Connection, embedder: Embedder) -> int:
    """Id of a space to fill beside the one in use: one that an earlier run began or left, or a new one.

    A space that was begun for a third model is given up. Raises `ModelInUseError`.
    """
    await connection.execute("select pg_advisory_xact_lock(%(key)s)", {"key": SPACE_LOCK})
    model = {"model_name": embedder.model_name, "dimensions": embedder.dimensions}
    if await model_in_use(connection) == embedder.model_name:
        raise ModelInUseError(embedder.model_name)
    await connection.execute(
        """
        delete from embedding_spaces
        where not in_use
          and (retired_at is null or model_name = %(model_name)s)
          and (model_name <> %(model_name)s or dimensions <> %(dimensions)s)
        """,
        model,
    )
    await connection.execute(
        """
        insert into embedding_spaces (model_name, dimensions, in_use)
        select %(model_name)s, %(dimensions)s, false
        where not exists (select 1 from embedding_spaces where model_name = %(model_name)s)
        """,
        model,
    )
    rows = await connection.execute(
        """
        update embedding_spaces set retired_at = null
        where model_name = %(model_name)s and not in_use
        returning id
        """,
        model,
    )
    row = await rows.fetchone()
    assert row is not None
    return row[0]


async def progress_of(connection: Connection, space_id: int) -> Progress:
    """How far a space is filled."""
    async with connection.cursor(row_factory=class_row(Progress)) as cursor:
        await cursor.execute(
            """
            select (select count(*) from chunk_embeddings where space_id = %(space_id)s) as done,
                   (select count(*) from chunks) as total
            """,
            {"space_id": space_id},
        )
        progress = await cursor.fetchone()
    assert progress is not None
    return progress


async def count_awaiting(connection: Connection) -> int:
    """How many passages are found by their words only, until their vectors are made."""
    rows = await connection.execute("select count(*) from chunks_awaiting_vectors")
    row = await rows.fetchone()
    return 0 if row is None else row[0]


async def switch_to_space(connection: Connection, space_id: int) -> bool:
    """Search this space from the end of the transaction on, when every chunk has its vector there.

    The old vectors stay for servers that have not changed yet (see `remove_retired_spaces`).
    """
    await connection.execute("select pg_advisory_xact_lock(%(key)s)", {"key": SPACE_LOCK})
    progress = await progress_of(connection, space_id)
    if progress.done < progress.total:
        return False
    await connection.execute("update embedding_spaces set in_use = false, retired_at = now() where in_use")
    await connection.execute(
        "update embedding_spaces set in_use = true, retired_at = null where id = %(id)s", {"id": space_id}
    )
    await connection.execute("delete from chunks_awaiting_vectors")
    return True


async def remove_retired_spaces(connection: Connection) -> None:
    """Remove the vectors of models that were replaced more than an hour ago."""
    await connection.execute(
        "delete from embedding_spaces where not in_use and retired_at < now() - %(kept)s", {"kept": KEPT}
    )


async def space_with_id(connection: Connection, space_id: int) -> EmbeddingSpace:
    """The space with this id, which must be there."""
    async with connection.cursor(row_factory=class_row(EmbeddingSpace)) as cursor:
        await cursor.execute(
            """
            select id as space_id, model_name, dimensions, normalized
            from embedding_spaces
            where id = %(id)s
            """,
            {"id": space_id},
        )
        space = await cursor.fetchone()
    assert space is not None
    return space


async def all_spaces(connection: Connection) -> list[SpaceState]:
    """Every model that has vectors, or is to have some; the one in use first."""
    async with connection.cursor(row_factory=class_row(SpaceState)) as cursor:
        await cursor.execute(
            """
            select model_name, dimensions,
                   (select count(*) from chunk_embeddings where space_id = embedding_spaces.id) as vectors,
                   case when in_use then 'in use' when retired_at is null then 'begun' else 'old' end as state
            from embedding_spaces
            order by in_use desc, id
            """
        )
        return await cursor.fetchall()
