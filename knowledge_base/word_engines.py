"""Engines for word search that a Postgres may have, in the place of reading posting lists: pg_textsearch.

Only proposing passages is theirs; what those count, a search computes from the words that passages keep. The
posting lists are kept beside: they know how rare a word is for a caller, and search where the engine cannot.
"""

import logging
from dataclasses import dataclass
from typing import LiteralString, Protocol

import psycopg
from psycopg import AsyncConnection, sql
from psycopg.rows import TupleRow, class_row

from database.pool import first_line
from knowledge_base.engine_words import (
    ENGINE_B,
    ENGINE_K1,
    copy_words,
    forget_engine,
    kept_engine,
    question_of,
)
from knowledge_base.posting_merge import BLOCK, hold_merge
from knowledge_base.settings import EngineSetting
from knowledge_base.word_codes import decode_words

logger = logging.getLogger("knowledge_base")

Connection = AsyncConnection[TupleRow]

BUILT_IN = "built-in"
# A passage has to be among so many that are found by its own words: others may have the same ones.
FOUND_AMONG = 1_000


class WordEngine(Protocol):
    """Proposes passages by words."""

    @property
    def name(self) -> str:
        """What it is called, with its version."""
        ...

    async def best(
        self, connection: Connection, question: str, count: int, collection: str | None
    ) -> list[int]:
        """Ids of the best passages that are open to the caller, best first; `question` as `question_of` says.

        All that have one of the words where these are fewer than `count`. Raises `psycopg.DatabaseError`.
        """
        ...


# The planner must never score row by row: in version 0.6.1 that is slow, and in parallel it does not end. For
# the same reason the score is not asked for: 20 ms instead of 0.3. A count in the text of the statement is
# seen by the index, which else guesses how many are wanted.
BEST: LiteralString = """
create or replace function best_in_engine(question text, most integer, of_collection text)
    returns setof bigint
    language plpgsql stable
    set enable_seqscan = off
    set enable_bitmapscan = off
    set enable_sort = off
    set max_parallel_workers_per_gather = 0
    -- While the index is made anew nobody waits for it.
    set lock_timeout = '200ms'
    -- Before Postgres 18 what is switched off counts as dear, and dear statements are compiled first.
    set jit = off
as $$
begin
    return query execute format(
        'select chunk_id
         from engine_words
         where vocabulary_id = any (
             array(select id from vocabularies where $1 is null or collection = $1)
         )
         order by words operator({schema}.<@>) {schema}.to_bm25query(%L, %L)
         limit %s',
        question, {index}, most
    ) using of_collection;
end
$$
"""


@dataclass(frozen=True)
class PgTextsearch:
    """The extension pg_textsearch, where an administrator has created it in this database."""

    version: str
    schema: str

    @property
    def name(self) -> str:
        """What it is called, with its version."""
        return f"pg_textsearch {self.version}"

    async def best(
        self, connection: Connection, question: str, count: int, collection: str | None
    ) -> list[int]:
        """See `WordEngine`."""
        rows = await connection.execute(
            "select best_in_engine(%(question)s, %(count)s, %(collection)s)",
            {"question": question, "count": count, "collection": collection},
            prepare=True,
        )
        return [chunk_id for (chunk_id,) in await rows.fetchall()]

    async def make(self, connection: Connection) -> None:
        """Index the words; part of the transaction that has written them."""
        await connection.execute(
            sql.SQL(
                """
                create index words_by_engine on engine_words using bm25 (words)
                with (text_config = 'simple', k1 = {k1}, b = {b})
                """
            ).format(k1=sql.Literal(ENGINE_K1), b=sql.Literal(ENGINE_B))
        )
        await connection.execute(
            sql.SQL(BEST).format(schema=sql.Identifier(self.schema), index=sql.Literal("words_by_engine"))
        )


async def installed(connection: Connection) -> PgTextsearch | None:
    """The engine that has been created in this database."""
    async with connection.cursor(row_factory=class_row(PgTextsearch)) as cursor:
        await cursor.execute(
            """
            select extversion as version, nspname as schema
            from pg_extension
            join pg_namespace on pg_namespace.oid = extnamespace
            where extname = 'pg_textsearch'
            """
        )
        return await cursor.fetchone()


async def is_made(connection: Connection) -> bool:
    """Whether the engine's index is there and whole, and words are brought to it.

    Version 0.6.1 of pg_textsearch loses passages when Postgres is started again, and says nothing. After a
    crash Postgres may go on under the same process, but begins its statistics anew.
    """
    rows = await connection.execute(
        """
        select exists (
                   select
                   from word_engine, pg_stat_bgwriter
                   where server_since = pg_postmaster_start_time()
                     and statistics_since is not distinct from stats_reset
               )
           and exists (
               select
               from pg_index
               where indexrelid = to_regclass('words_by_engine') and indisvalid and indisready
           )
        """
    )
    row = await rows.fetchone()
    return row is not None and row[0]


async def finds_what_is_stored(connection: Connection, engine: WordEngine) -> bool:
    """Whether the passage that came last is found by its own words."""
    try:
        rows = await connection.execute(
            """
            select id, lexemes
            from engine_words
            join chunks on id = chunk_id
            where lexemes <> ''
            order by chunk_id desc
            limit 1
            """
        )
        row = await rows.fetchone()
        if row is None:
            return True
        keys, _ = decode_words(row[1])
        return row[0] in await engine.best(connection, question_of(keys.tolist()), FOUND_AMONG, None)
    except psycopg.DatabaseError as error:
        if connection.broken:
            raise
        logger.warning("%s does not work: %s", engine.name, first_line(error))
        return False


async def ensure_word_engine(connection: Connection, setting: EngineSetting) -> str:
    """Make the engine's index where it is wanted, there, and not made yet; remove it where it is not wanted.

    The connection must be in autocommit mode. Storing and searching go on meanwhile. Returns what words are
    searched by; where the engine cannot be made a warning says why, and the built-in search goes on.
    """
    engine = None if setting == BUILT_IN else await installed(connection)
    if engine is None:
        if await kept_engine(connection) is not None:
            await drop_engine(connection)
        return BUILT_IN
    if await is_made(connection) and await finds_what_is_stored(connection, engine):
        return engine.name
    try:
        await _make(connection, engine)
    except psycopg.DatabaseError as error:
        if connection.broken:
            raise
        logger.warning(
            "%s is not used, words are searched by the built-in way: %s", engine.name, first_line(error)
        )
        return BUILT_IN
    return engine.name


async def drop_engine(connection: Connection) -> None:
    """Remove the index and its words; what the built-in search needs is always there."""
    async with connection.transaction():
        await hold_merge(connection)
        await forget_engine(connection)
        await _empty(connection)


async def _empty(connection: Connection) -> None:
    await connection.execute("drop index if exists words_by_engine")
    await connection.execute("drop function if exists best_in_engine(text, integer, text)")
    await connection.execute("truncate engine_words")


async def _make(connection: Connection, engine: PgTextsearch) -> None:
    """All or nothing; nobody merges meanwhile, so what comes and goes is pending until it is done."""
    async with connection.transaction():
        await connection.execute("set local statement_timeout = 0")
        await hold_merge(connection)
        await forget_engine(connection)
        await _empty(connection)
        last: int | None = 0
        while last is not None:
            last = await _copy_block(connection, last)
        await engine.make(connection)
        await connection.execute(
            """
            insert into word_engine (name, server_since, statistics_since)
            select 'pg_textsearch', pg_postmaster_start_time(), stats_reset from pg_stat_bgwriter
            """
        )
    await connection.execute("analyze engine_words")


async def _copy_block(connection: Connection, after: int) -> int | None:
    """Bring passages with ids above `after` into the engine; the last of them, None when there was none.

    A passage that is pending comes with the others when it is merged.
    """
    rows = await connection.execute(
        """
        select id, vocabulary_id, lexemes
        from chunks
        where id > %(after)s and vocabulary_id is not null
          and not exists (select from pending_postings where chunk_id = chunks.id)
        order by id
        limit %(most)s
        """,
        {"after": after, "most": BLOCK},
    )
    passages = await rows.fetchall()
    await copy_words(connection, [(row[0], row[1], row[2]) for row in passages])
    return passages[-1][0] if passages else None
