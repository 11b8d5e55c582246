"""Words of passages as text for an engine, so that it finds the same words as the posting lists.

An engine gets the keys of our lexemes in letters, not the text: identifiers, pairs of CJK characters and
stems are then ours. A key stands there as often as its impact asks for, by a BM25 without regard to lengths,
which are in the impacts already.
"""

import logging
from collections.abc import Iterable, Sequence

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from database.pool import first_line
from knowledge_base.word_codes import WORD

logger = logging.getLogger("knowledge_base")

Connection = AsyncConnection[TupleRow]

# BM25's parameters in the engine's index.
ENGINE_K1, ENGINE_B = 2.0, 0.0
# Part of the engine's greatest score that the greatest impact gets; more would repeat its word endlessly.
GREATEST = 0.8
# Letters only, so that no parser of an engine takes a key apart. To propose, 28 bits of the key are enough:
# of a million lexemes one in 270 shares them with another, and the text is a quarter shorter.
LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")
KEY_LETTERS = 7


def _times(code: int) -> int:
    """How often a key has to be there, that tf / (tf + k1) is in proportion to its coded impact.

    What has none is a label, no word.
    """
    part = GREATEST * code / 255
    return max(1, round(ENGINE_K1 * part / (1 - part))) if code else 0


TIMES = [_times(code) for code in range(256)]


# A passage's id, its vocabulary, and its coded words (see `word_codes`).
Added = tuple[int, int, bytes]


def text_of(coded: bytes) -> str:
    """A passage's coded words as the engine's text."""
    letters = coded.hex().translate(LETTERS)
    size = WORD.itemsize
    return "".join(
        (letters[2 * place : 2 * place + KEY_LETTERS] + " ") * TIMES[coded[place + size - 1]]
        for place in range(0, len(coded), size)
    )


def question_of(keys: Iterable[int]) -> str:
    """The keys of a question's lexemes in the same form."""
    return " ".join(f"{key:012x}".translate(LETTERS)[:KEY_LETTERS] for key in sorted(keys))


async def kept_engine(connection: Connection) -> str | None:
    """The engine whose words are kept up to date."""
    rows = await connection.execute("select name from word_engine")
    row = await rows.fetchone()
    return None if row is None else row[0]


async def forget_engine(connection: Connection) -> None:
    """No longer keep an engine's words: they are not used until they were made anew."""
    await connection.execute("delete from word_engine")


async def follow(connection: Connection, gone: Sequence[int], added: Sequence[Added]) -> None:
    """Bring into the engine what comes into the posting lists; part of that transaction.

    Documents are stored even where the engine fails: it is forgotten, and searches go without.
    """
    name = await kept_engine(connection)
    if name is None:
        return
    try:
        async with connection.transaction():
            await remove_words(connection, gone)
            await copy_words(connection, added)
    except psycopg.DatabaseError as error:
        if connection.broken:
            raise
        logger.warning("%s takes no words any more, searches go without it: %s", name, first_line(error))
        await forget_engine(connection)


async def remove_words(connection: Connection, ids: Sequence[int]) -> None:
    """Take passages out of the engine."""
    if ids:
        await connection.execute(
            "delete from engine_words where chunk_id = any(%(ids)s::bigint[])", {"ids": list(ids)}
        )


async def copy_words(connection: Connection, passages: Sequence[Added]) -> None:
    """Bring passages into the engine."""
    async with (
        connection.cursor() as cursor,
        cursor.copy("copy engine_words (chunk_id, vocabulary_id, words) from stdin (format binary)") as copy,
    ):
        copy.set_types(["int8", "int4", "text"])
        for chunk_id, vocabulary_id, coded in passages:
            await copy.write_row((chunk_id, vocabulary_id, text_of(coded)))
