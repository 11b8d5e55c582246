"""Which letters stand side by side in a passage, in 256 bytes: exact search then reads few passages.

Every three bytes in a row (UTF-8, letters in one case) set one bit of 2 048; a passage can only have a text
in it all of whose bits are set. Ordinary passages set a seventh of them, so that of those without a word of
five letters one in four hundred is read for nothing. (Signature files: Faloutsos and Christodoulakis, 1984;
trigrams for regular expressions: Cox, Regular Expression Matching with a Trigram Index, 2012.)
"""

from collections.abc import Sequence

import numpy as np
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from knowledge_base.document_lines import new_headings
from knowledge_base.patterns import Alternatives

Connection = AsyncConnection[TupleRow]

LENGTH = 3
BITS = 2048
# More of them hardly let fewer passages through.
MAX_BITS = 24
# Knuth's multiplicative hashing: the highest 11 of 32 bits.
MULTIPLIER, SHIFT = np.uint32(2654435761), np.uint32(21)
FILLED_AT_ONCE = 2000

# Passages whose bits are not known yet.
UNKNOWN = """
select chunk_id, heading_path, content
from passage_grams
join chunks on chunks.id = chunk_id
where bits is null
order by chunk_id
limit %(limit)s
for update of passage_grams skip locked
"""


def one_case(text: str) -> str:
    """The text with all forms of a letter made one that RE2 takes for the same, and some others too."""
    if text.isascii():
        return text.lower()
    # A sigma at the end of a word has a small form of its own; the capital sharp s is no two letters.
    return text.replace("ẞ", "ß").upper().replace("Σ", "σ").lower()


def lines_text(heading_path: Sequence[str], content: str) -> str:
    """A passage with all the headings that may be written above it, as lines."""
    return "\n".join((*new_headings((), heading_path), content))


def bits_of(texts: Sequence[str]) -> list[bytes]:
    """The bits of each passage, as Postgres numbers those of a `bytea`."""
    passages = [_bytes(text) for text in texts]
    # Of no passages at all, too, it must be whole numbers.
    lengths = np.array([len(passage) for passage in passages], np.int64)
    places = _places(b"".join(passages))
    of_passage = np.repeat(np.arange(len(passages)), lengths)
    # Those that begin in one passage and end in the next are of neither.
    inside = of_passage[: len(places)] == of_passage[LENGTH - 1 :]
    flags = np.zeros((len(passages), BITS), bool)
    flags[of_passage[: len(places)][inside], places[inside]] = True
    packed = np.packbits(flags, axis=1, bitorder="little")
    return [row.tobytes() for row in packed]


def bits_wanted(alternatives: Alternatives | None) -> list[list[int]]:
    """Of each alternative the bits that a passage with it has; nothing where any passage may match."""
    wanted = [
        sorted({int(place) for text in texts for place in _places(_bytes(text))})[:MAX_BITS]
        for texts in alternatives or ()
    ]
    return wanted if all(wanted) else []


async def fill_unknown_grams(connection: Connection) -> int:
    """Work out the bits of passages that an earlier release stored; returns of how many."""
    filled = 0
    while True:
        async with connection.transaction():
            rows = await connection.execute(UNKNOWN, {"limit": FILLED_AT_ONCE})
            found = await rows.fetchall()
            if not found:
                return filled
            await connection.execute(
                """
                update passage_grams
                set bits = given.bits
                from unnest(%(ids)s::bigint[], %(bits)s::bytea[]) as given (id, bits)
                where chunk_id = given.id
                """,
                {"ids": [row[0] for row in found], "bits": bits_of([lines_text(*row[1:]) for row in found])},
            )
            filled += len(found)


def _bytes(text: str) -> bytes:
    # What UTF-8 cannot hold may be asked for, but no passage has it.
    return one_case(text).encode(errors="surrogatepass")


def _places(text: bytes) -> np.ndarray[tuple[int], np.dtype[np.uint32]]:
    """The bit of every three bytes in a row."""
    letters = np.frombuffer(text, np.uint8).astype(np.uint32)
    if len(letters) < LENGTH:
        return np.empty(0, np.uint32)
    three = letters[:-2] << np.uint32(16) | letters[1:-1] << np.uint32(8) | letters[2:]
    return three * MULTIPLIER >> SHIFT
