"""Whether the posting lists say of every passage what it keeps of its words, and how to make them say it."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from typing import LiteralString

import numpy as np
import psycopg
from psycopg import AsyncConnection, sql
from psycopg.rows import TupleRow

from database.pool import Pool
from knowledge_base.engine_words import forget_engine, kept_engine
from knowledge_base.list_rows import write_lists
from knowledge_base.passage_words import PassageText, coded_words
from knowledge_base.posting_merge import hold_merge, joined, keys_of, merge_pending
from knowledge_base.postings import Place, languages_of, vocabularies_of
from knowledge_base.word_codes import POSTING, RANGE, RANGE_BITS, Array

Connection = AsyncConnection[TupleRow]
Coded = tuple[int, bytes]

# What is pending is not in the engine yet, or still is.
IN_ENGINE: LiteralString = """
select count(*)
from (
    select id
    from chunks
    where vocabulary_id is not null
      and not exists (select from pending_postings where chunk_id = chunks.id)
) as stored
full join (
    select chunk_id
    from engine_words
    where not exists (select from pending_postings where chunk_id = engine_words.chunk_id)
) as known on chunk_id = id
where id is null or chunk_id is null
"""


@dataclass(frozen=True)
class RangeFaults:
    """What is wrong among 65 536 ids: passages that miss words in the lists, and how many are too many."""

    id_range: int
    lost: frozenset[int]
    unfounded: int


async def find_word_faults(connection: Connection) -> AsyncGenerator[RangeFaults]:
    """What is wrong, range by range; those without a fault are left out."""
    rows = await connection.execute(
        """
        select id >> 16 from chunks group by 1
        union
        select id_range from postings group by 1
        union
        select chunk_id >> 16 from pending_postings group by 1
        """
    )
    for (id_range,) in sorted(await rows.fetchall()):
        faults = await _faults_of(connection, id_range)
        if faults.lost or faults.unfounded:
            yield faults


async def count_engine_faults(connection: Connection) -> int:
    """How many passages an engine for words lacks, or has though they are gone; 0 where none is used.

    Where the engine does not work any more it is all of them.
    """
    if await kept_engine(connection) is None:
        return 0
    try:
        async with connection.transaction():
            return await _counted(connection, IN_ENGINE)
    except psycopg.DatabaseError:
        if connection.broken:
            raise
        return await _counted(connection, "select count(*) from chunks")


async def _counted(connection: Connection, statement: LiteralString) -> int:
    row = await (await connection.execute(statement)).fetchone()
    return 0 if row is None else row[0]


async def repair_postings(pool: Pool) -> int:
    """Write lists anew that miss words of passages, or have words of passages that are gone.

    An engine's words are then out of date too, and are no longer kept (see `ensure_word_engine`).
    Passages that miss words are indexed from their text, in the language that their document has now.
    Returns how many it was.
    """
    indexed = 0
    async with pool.connection() as connection:
        await merge_pending(connection, at_least=1)
        if await count_engine_faults(connection):
            await forget_engine(connection)
        async for faults in find_word_faults(connection):
            async with connection.transaction():
                await hold_merge(connection)
                await forget_engine(connection)
                indexed += await _index_anew(connection, faults.lost)
                await _write_range_anew(connection, faults.id_range)
    return indexed


async def _faults_of(connection: Connection, id_range: int) -> RangeFaults:
    wanted, listed = await _wanted(connection, id_range), await _listed(connection, id_range)
    lost: set[int] = set()
    unfounded = 0
    for vocabulary_id in wanted.keys() | listed.keys():
        if vocabulary_id is None:
            lost |= {chunk_id for chunk_id, _ in wanted[None]}
            continue
        should, _ = keys_of(wanted.get(vocabulary_id, []))
        there = listed.get(vocabulary_id, np.empty(0, np.uint64))
        missing = np.unique(np.setdiff1d(should, there) & np.uint64(RANGE - 1))
        lost |= {id_range << RANGE_BITS | place for place in missing.tolist()}
        unfounded += len(np.setdiff1d(there, should))
    return RangeFaults(id_range, frozenset(lost), unfounded)


async def _wanted(
    connection: Connection, id_range: int, *, but_pending: bool = False
) -> Mapping[int | None, list[Coded]]:
    """What the passages of a range keep of their words, by vocabulary."""
    rows = await connection.execute(
        """
        select vocabulary_id, id, lexemes
        from chunks
        where id >= %(first)s and id < %(end)s
          and not (%(but_pending)s and exists (select from pending_postings where chunk_id = chunks.id))
        """,
        _bounds(id_range) | {"but_pending": but_pending},
    )
    found: dict[int | None, list[Coded]] = {}
    async for vocabulary_id, chunk_id, coded in rows:
        found.setdefault(vocabulary_id, []).append((chunk_id, coded))
    return found


async def _listed(connection: Connection, id_range: int) -> dict[int, Array]:
    """What the lists say with what is pending, as lexeme and place in one number, by vocabulary."""
    rows = await connection.execute(
        """
        select vocabulary_id, lexeme, passages, list
        from postings
        where id_range = %(id_range)s and length(list) = passages * %(size)s
        """,
        {"id_range": id_range, "size": POSTING.itemsize},
    )
    lists: dict[int, list[tuple[int, int, bytes]]] = {}
    async for vocabulary_id, *each in rows:
        lists.setdefault(vocabulary_id, []).append((each[0], each[1], each[2]))
    found = {vocabulary_id: joined(each)[0] for vocabulary_id, each in lists.items()}
    rows = await connection.execute(
        """
        select vocabulary_id, added, chunk_id, lexemes
        from pending_postings
        where chunk_id >= %(first)s and chunk_id < %(end)s
        """,
        _bounds(id_range),
    )
    for vocabulary_id, added, chunk_id, coded in await rows.fetchall():
        keys, _ = keys_of([(chunk_id, coded)])
        there = found.get(vocabulary_id, np.empty(0, np.uint64))
        found[vocabulary_id] = np.union1d(there, keys) if added else np.setdiff1d(there, keys)
    return found


def _bounds(id_range: int) -> dict[str, int | bool]:
    return {"first": id_range << RANGE_BITS, "end": (id_range + 1) << RANGE_BITS}


async def _write_range_anew(connection: Connection, id_range: int) -> None:
    await connection.execute("delete from postings where id_range = %(id_range)s", {"id_range": id_range})
    for vocabulary_id, passages in (await _wanted(connection, id_range, but_pending=True)).items():
        if vocabulary_id is not None:
            await write_lists(connection, vocabulary_id, id_range, *keys_of(passages))


async def _index_anew(connection: Connection, ids: frozenset[int]) -> int:
    # Locked: a chunk that is removed meanwhile must take away what is written here.
    rows = await connection.execute(
        """
        select chunks.id, documents.collection, documents.language, chunks.context, chunks.content
        from chunks
        join documents on documents.id = chunks.document_id
        where chunks.id = any(%(ids)s)
        order by chunks.id
        for update of chunks
        """,
        {"ids": sorted(ids)},
    )
    found = await rows.fetchall()
    collections = await languages_of(connection, {collection for _, collection, *_ in found})
    by_place: dict[Place, dict[int, PassageText]] = {}
    for chunk_id, collection, language, context, content in found:
        place = (collection, collections[collection].of(language))
        by_place.setdefault(place, {})[chunk_id] = PassageText(context, content)
    vocabularies = await vocabularies_of(connection, by_place.keys())
    for place, passages in by_place.items():
        coded = await coded_words(connection, place[1], list(passages.values()))
        await _write_words(connection, vocabularies[place], list(passages), coded)
    return len(found)


async def _write_words(
    connection: Connection, vocabulary_id: int, ids: Sequence[int], coded: Sequence[bytes]
) -> None:
    values = {"vocabulary_id": vocabulary_id, "ids": list(ids), "coded": list(coded)}
    await connection.execute(
        """
        update chunks
        set lexemes = given.lexemes || labels_of(documents.metadata), vocabulary_id = %(vocabulary_id)s
        from unnest(%(ids)s::bigint[], %(coded)s::bytea[]) as given (id, lexemes), documents
        where chunks.id = given.id and documents.id = chunks.document_id
        """,
        values,
    )
    # They are seen by those who see the vocabulary.
    for table in ("chunk_embeddings", "passage_grams"):
        await connection.execute(
            sql.SQL(
                """
                update {} set vocabulary_id = %(vocabulary_id)s
                where chunk_id = any(%(ids)s) and vocabulary_id is distinct from %(vocabulary_id)s
                """
            ).format(sql.Identifier(table)),
            values,
        )
