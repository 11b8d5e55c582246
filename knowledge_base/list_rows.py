"""Posting lists of one vocabulary and range as rows of their table, written by COPY."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from knowledge_base.postings import Connection
from knowledge_base.word_codes import POSTING, RANGE_BITS, Array, encode_postings

# Rows of lists as COPY reads them: a passage brings some twenty, and the driver would look at each value.
COPY_HEAD, COPY_END = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"
ROWS_AT_ONCE = 5_000
LIST_ROW = struct.Struct("!hiqiiiiiiihi")


async def write_lists(
    connection: Connection, vocabulary_id: int, id_range: int, keys: Array, impacts: Array
) -> None:
    """Write the lists of a range, of which there are none yet."""
    if not len(keys):
        return
    rows = _list_rows(vocabulary_id, id_range, lists_of_keys(keys, impacts))
    async with (
        connection.cursor() as cursor,
        cursor.copy(
            """
            copy postings (lexeme, vocabulary_id, id_range, passages, max_impact, list)
            from stdin (format binary)
            """
        ) as copy,
    ):
        await copy.write(COPY_HEAD)
        while some := b"".join(islice(rows, ROWS_AT_ONCE)):
            await copy.write(some)
        await copy.write(COPY_END)


@dataclass(frozen=True)
class RangeLists:
    """Lists of one range, ordered by lexeme: where each starts and ends in `coded`, in postings, and its
    greatest impact.
    """

    lexemes: Array
    starts: Array
    ends: Array
    highest: Array
    coded: bytes


def lists_of_keys(keys: Array, impacts: Array) -> RangeLists:
    """The lists of lexemes and places in one number each, at least one, with their impacts, in any order."""
    order = np.argsort(keys)
    keys, impacts = keys[order], impacts[order]
    lexemes = keys >> RANGE_BITS
    starts = np.flatnonzero(np.diff(lexemes, prepend=lexemes[:1] + 1))
    highest = np.maximum.reduceat(impacts, starts)
    coded = encode_postings((keys & (2**RANGE_BITS - 1)).astype(np.uint16), impacts)
    return RangeLists(lexemes[starts], starts, np.append(starts[1:], len(keys)), highest, coded)


def _list_rows(vocabulary_id: int, id_range: int, lists: RangeLists) -> Iterator[bytes]:
    places = zip(lists.starts.tolist(), lists.ends.tolist(), strict=True)
    for lexeme, (start, end), impact in zip(
        lists.lexemes.tolist(), places, lists.highest.tolist(), strict=True
    ):
        part = lists.coded[start * POSTING.itemsize : end * POSTING.itemsize]
        heads = (8, lexeme, 4, vocabulary_id, 4, id_range, 4, end - start, 2, impact)
        yield LIST_ROW.pack(6, *heads, len(part)) + part
