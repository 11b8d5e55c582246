"""What the index of words says of a question's lexemes: the posting lists, and what is not in them yet."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import LiteralString

import numpy as np
from psycopg import AsyncCursor
from psycopg.rows import TupleRow

from knowledge_base.asked_words import KEYED, AskedWords, forms_of
from knowledge_base.id_arrays import as_array
from knowledge_base.postings import Connection
from knowledge_base.word_codes import (
    EVERY_PASSAGE,
    RANGE_BITS,
    Array,
    decode_postings,
    impacts_in,
)

# Postings that are read at first, those of rare lexemes before those of frequent ones; then as many more.
READ_AT_FIRST, READ_MORE = 300_000, 4
HEADS_ONLY = 0
# Those of labels that are read: a megabyte. What has more is asked passage by passage.
READ_OF_LABELS = 300_000


# What each lexeme weighs, in each language.
Weights = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class PostingList:
    """In which passages of a range and a language a lexeme is; `coded` is None while it was not read.

    `searched`: the passages may be found. Others are only counted.
    """

    lexeme: int
    id_range: int
    passages: int
    max_impact: int
    searched: bool
    coded: bytes | None
    language: str


@dataclass(frozen=True)
class PendingWords:
    """Passages of a language that are not in the lists yet, or still are: ids, impacts of asked lexemes."""

    ids: Array
    impacts: Array
    searched: bool
    added: bool
    language: str


# One statement, so one moment: what leaves the pending words comes into the lists. It finds the lexemes of
# words by itself: to ask for them first would be another round trip.
LISTS: LiteralString = f"""
with {KEYED},
most as materialized (
    select greatest(%(most_listed)s, sqrt(%(pairs)s::float8 * greatest(reltuples, 0))) as ids
    from pg_class
    where oid = 'chunk_embeddings'::regclass
),
allowed as materialized (
    select coalesce(array_agg(id), '{{}}') as ids
    from vocabularies
    where %(collection)s::text is null or collection = %(collection)s
),
heads as materialized (
    select postings.*, language, vocabulary_id = any (allowed.ids) as searched
    from allowed
    cross join postings
    join vocabularies on vocabularies.id = vocabulary_id
    where lexeme = any (array(select unnest(%(lexemes)s::bigint[]) union select key from keyed))
),
totals as materialized (
    select lexeme,
           sum(passages) as searched,
           sum(sum(passages)) over (
               partition by lexeme = any (%(labels)s::bigint[]) order by sum(passages), lexeme
           ) as postings
    from heads
    where searched
    group by lexeme
)
select lexeme, id_range, passages, max_impact::integer, heads.searched,
       case
           when not heads.searched then null
           when lexeme = %(every_passage)s then
               case when totals.searched <= (select ids from most) then list end
           when lexeme = any (%(labels)s::bigint[]) then
               case when totals.postings <= %(most_labelled)s then list end
           when totals.postings <= %(most_read)s then list
       end,
       language,
       null::boolean as added
from heads
left join totals using (lexeme)
union all
select null, null, count(*)::integer, null, vocabulary_id = any (allowed.ids),
       string_agg(int8send(chunk_id), ''::bytea order by chunk_id)
           || string_agg(int4send(length(lexemes)), ''::bytea order by chunk_id)
           || string_agg(lexemes, ''::bytea order by chunk_id),
       language,
       added
from allowed
cross join pending_postings
join vocabularies on vocabularies.id = vocabulary_id
group by 5, language, added
"""  # noqa: S608 - constants


@dataclass(frozen=True)
class Lists:
    """The posting lists of what was asked, with what is not in them yet; `most_read` postings were read."""

    most_read: int
    keys: Array
    lists: Sequence[PostingList]
    pending: Sequence[PendingWords]

    def count(self, lexeme: int, language: str | None = None, *, searched: bool = False) -> int:
        """In how many passages (of a language) a lexeme is, of the visible or of those that may be found."""
        counted = self._listed[searched].get((lexeme, language), 0)
        for part in self.pending:
            if (part.searched or not searched) and language in (None, part.language):
                here = (
                    len(part.ids)
                    if lexeme == EVERY_PASSAGE
                    else int(np.count_nonzero(part.impacts[:, np.searchsorted(self.keys, lexeme)]))
                )
                counted += here if part.added else -here
        return counted

    @cached_property
    def _listed(self) -> tuple[Counter[tuple[int, str | None]], Counter[tuple[int, str | None]]]:
        """In how many listed passages each lexeme is, by language and in all: visible ones, and searched."""
        visible: Counter[tuple[int, str | None]] = Counter()
        searched: Counter[tuple[int, str | None]] = Counter()
        for each in self.lists:
            for counts in (visible, searched) if each.searched else (visible,):
                counts[each.lexeme, each.language] += each.passages
                counts[each.lexeme, None] += each.passages
        return visible, searched

    @property
    def ids(self) -> Array | None:
        """The passages that may be found, ascending; None when they are too many to list."""
        return self.having([EVERY_PASSAGE])

    def having(self, lexemes: Collection[int]) -> Array | None:
        """Those of them that have one of these, ascending; None when their lists were not read."""
        lists = [each for each in self.lists if each.searched and each.lexeme in lexemes]
        if any(each.coded is None for each in lists):
            return None
        added = [self._fresh(part, lexemes) for part in self.pending if part.added and part.searched]
        gone = [part.ids for part in self.pending if not part.added]
        there = _each_once(np.concatenate([np.empty(0, np.int64), *map(_ids, lists), *added]))
        return np.setdiff1d(there, np.concatenate(gone), assume_unique=True) if gone else there

    def _fresh(self, part: PendingWords, lexemes: Collection[int]) -> Array:
        if EVERY_PASSAGE in lexemes:
            return part.ids
        wanted = np.isin(self.keys, np.array(list(lexemes), np.uint64))
        return part.ids[(part.impacts[:, wanted] > 0).any(axis=1)]


@dataclass(frozen=True)
class Asking:
    """How the index is asked: in a collection; up to so many passages that may be found are listed, or as
    many as are worth `pairs` of a passage and a vector (see `search_scope.most_listed`); so many postings are
    read (None: as many as usual at first); with the lists of some labels.
    """

    collection: str | None
    most_listed: int = 0
    pairs: int = 0
    most_read: int | None = None
    labels: Sequence[int] = ()

    @property
    def read(self) -> int:
        """How many postings are read."""
        return READ_AT_FIRST if self.most_read is None else self.most_read

    def keys(self, lexemes: Iterable[int]) -> list[int]:
        """What is asked for with some lexemes, ascending."""
        return sorted({EVERY_PASSAGE, *lexemes, *self.labels})


async def read_lists(connection: Connection, asked: AskedWords, how: Asking) -> Lists:
    """The heads of all lists of the lexemes, and the lists themselves of the rarer ones."""
    return await lists_of(await ask_lists(connection, asked, how), asked, how)


async def ask_lists(
    connection: Connection, asked: AskedWords | Sequence[str], how: Asking
) -> AsyncCursor[TupleRow]:
    """Ask as `read_lists` does, of words also before their lexemes are known; in a pipeline nobody waits for
    the answer yet.
    """
    known = isinstance(asked, AskedWords)
    values = {
        "lexemes": as_array(how.keys(asked.keys.values() if known else ())),
        "words": "" if known else forms_of(asked),
        "collection": how.collection,
        "every_passage": EVERY_PASSAGE,
        "most_listed": how.most_listed,
        "pairs": how.pairs,
        "most_read": how.read,
        "labels": as_array(how.labels),
        "most_labelled": READ_OF_LABELS,
    }
    return await connection.cursor(binary=True).execute(LISTS, values, prepare=True)


async def lists_of(cursor: AsyncCursor[TupleRow], asked: AskedWords, how: Asking) -> Lists:
    """The lists that were asked for, whose lexemes are known by now."""
    rows = await cursor.fetchall()
    keys = np.array(how.keys(asked.keys.values()), np.uint64)
    return Lists(
        how.read,
        keys,
        [PostingList(*row[:7]) for row in rows if row[0] is not None],
        [_pending(row, keys) for row in rows if row[0] is None],
    )


def _pending(row: TupleRow, keys: Array) -> PendingWords:
    _, _, count, _, searched, coded, language, added = row
    ids = np.frombuffer(coded, ">i8", count).astype(np.int64)
    sizes = np.frombuffer(coded, ">i4", count, offset=8 * count) // 7
    return PendingWords(ids, impacts_in(coded[12 * count :], sizes, keys), searched, added, language)


def _each_once(ids: Array) -> Array:
    # Lists ascend: a sort that merges them takes a tenth of the time of `np.unique`.
    ids = np.sort(ids, kind="stable")
    return ids[np.flatnonzero(np.diff(ids, prepend=-1))]


def _ids(each: PostingList) -> Array:
    places, _ = decode_postings(each.coded or b"")
    return places.astype(np.int64) | each.id_range << RANGE_BITS
