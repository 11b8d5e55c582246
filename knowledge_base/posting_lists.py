"""What the index of words says of a question's lexemes: the posting lists, and what is not in them yet."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import LiteralString

import numpy as np
from psycopg.rows import TupleRow

from knowledge_base.lexemes import with_folded
from knowledge_base.postings import DICTIONARY, Connection
from knowledge_base.spelling import folded
from knowledge_base.word_codes import (
    EVERY_PASSAGE,
    RANGE_BITS,
    Array,
    decode_postings,
    impacts_in,
    key_of,
)

# Postings that are read at first, those of rare lexemes before those of frequent ones; then as many more.
READ_AT_FIRST, READ_MORE = 300_000, 4
# Those of labels that are read: a megabyte. What has more is asked passage by passage.
READ_OF_LABELS = 300_000


# What each lexeme weighs, in each language.
Weights = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class AskedWords:
    """The question's words: each with its lexeme, in every language that is searched, and which lexemes are
    letters and digits only, and no accents.
    """

    lexemes: Mapping[str, Mapping[str, str]]
    plain: frozenset[str]

    @cached_property
    def keys(self) -> dict[str, int]:
        """The lexemes with their keys in the index."""
        return {lexeme: key_of(lexeme) for words in self.lexemes.values() for lexeme in words.values()}


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


LEXEMES: LiteralString = f"""
with languages as materialized (
    select language, {DICTIONARY} as dictionary
    from (
        select distinct language
        from vocabularies
        where %(collection)s::text is null or collection = %(collection)s
    ) as there
),
asked as (
    select language, word, (ts_lexize(dictionary::regdictionary, word))[1] as lexeme
    from languages
    cross join unnest(%(words)s::text[]) as word
)
select language, word, lexeme, lexeme !~ '[^[:alnum:]]' from asked where lexeme is not null
"""  # noqa: S608 - a constant

# One statement, so one moment: what leaves the pending words comes into the lists.
LISTS: LiteralString = """
with allowed as materialized (
    select coalesce(array_agg(id), '{}') as ids
    from vocabularies
    where %(collection)s::text is null or collection = %(collection)s
),
heads as materialized (
    select postings.*, language, vocabulary_id = any (allowed.ids) as searched
    from allowed
    cross join postings
    join vocabularies on vocabularies.id = vocabulary_id
    where lexeme = any (%(lexemes)s::bigint[])
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
           when lexeme = %(every_passage)s then case when totals.searched <= %(most_listed)s then list end
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
"""


@dataclass(frozen=True)
class Lists:
    """The posting lists of what was asked, with what is not in them yet; `most_read` postings were read."""

    most_read: int
    keys: Array
    lists: Sequence[PostingList]
    pending: Sequence[PendingWords]

    def count(self, lexeme: int, language: str | None = None, *, searched: bool = False) -> int:
        """In how many passages (of a language) a lexeme is, of the visible or of those that may be found."""

        def counts(part: PostingList | PendingWords) -> bool:
            return (part.searched or not searched) and language in (None, part.language)

        listed = sum(each.passages for each in self.lists if each.lexeme == lexeme and counts(each))
        for part in self.pending:
            if counts(part):
                here = (
                    len(part.ids)
                    if lexeme == EVERY_PASSAGE
                    else int(np.count_nonzero(part.impacts[:, np.searchsorted(self.keys, lexeme)]))
                )
                listed += here if part.added else -here
        return listed

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


async def asked_words(connection: Connection, words: Sequence[str], collection: str | None) -> AskedWords:
    """The lexemes of a question's words, and of these without accents, in the languages that are searched."""
    if not words:
        return AskedWords({}, frozenset())
    rows = await connection.execute(
        LEXEMES, {"words": sorted(with_folded(words)), "collection": collection}, prepare=True
    )
    found = await rows.fetchall()
    by_language: dict[str, dict[str, str]] = {}
    for language, word, lexeme, _ in found:
        by_language.setdefault(language, {})[word] = lexeme
    for stems in by_language.values():
        # The plain form of a word that says nothing says nothing either.
        for plain in {folded(word) for word in words if word not in stems} - set(words):
            stems.pop(plain, None)
    return AskedWords(
        by_language, frozenset(lexeme for _, word, lexeme, plain in found if plain and word == folded(word))
    )


async def read_lists(
    connection: Connection,
    asked: AskedWords,
    collection: str | None,
    *,
    most_listed: int = 0,
    most_read: int | None = None,
    labels: Sequence[int] = (),
) -> Lists:
    """The heads of all lists of the lexemes, and the lists themselves of the rarer ones.

    `most_listed`: so many passages that may be found are listed, too. `labels` are read beside the lexemes.
    """
    keys = sorted({EVERY_PASSAGE, *asked.keys.values(), *labels})
    most = READ_AT_FIRST if most_read is None else most_read
    async with connection.cursor(binary=True) as cursor:
        await cursor.execute(
            LISTS,
            {
                "lexemes": keys,
                "collection": collection,
                "every_passage": EVERY_PASSAGE,
                "most_listed": most_listed,
                "most_read": most,
                "labels": list(labels),
                "most_labelled": READ_OF_LABELS,
            },
            prepare=True,
        )
        rows = await cursor.fetchall()
    sorted_keys = np.array(keys, np.uint64)
    return Lists(
        most,
        sorted_keys,
        [PostingList(*row[:7]) for row in rows if row[0] is not None],
        [_pending(row, sorted_keys) for row in rows if row[0] is None],
    )


def _pending(row: TupleRow, keys: Array) -> PendingWords:
    _, _, count, _, searched, coded, language, added = row
    ids = np.frombuffer(coded, ">i8", count).astype(np.int64)
    sizes = np.frombuffer(coded, ">i4", count, offset=8 * count) // 7
    return PendingWords(ids, impacts_in(coded[12 * count :], sizes, keys), searched, added, language)


def weights_of(asked: AskedWords, lists: Lists) -> Weights:
    """How rare each lexeme is among the passages of its language that the caller may see, as in BM25."""
    return {language: _weights(language, asked, lists) for language in asked.lexemes}


def spoken_language(asked: AskedWords, lists: Lists) -> str | None:
    """The language in whose passages most of the question's words are; None where no single one has most."""
    known = {
        language: sum(1 for lexeme in set(lexemes.values()) if lists.count(asked.keys[lexeme], language))
        for language, lexemes in asked.lexemes.items()
    }
    most = max(known.values(), default=0)
    first = [language for language, count in known.items() if count == most]
    return first[0] if most and len(first) == 1 else None


def _weights(language: str, asked: AskedWords, lists: Lists) -> dict[str, float]:
    everything = lists.count(EVERY_PASSAGE, language)
    lexemes = dict.fromkeys(asked.lexemes[language].values())
    counted = {lexeme: lists.count(asked.keys[lexeme], language) for lexeme in lexemes}
    return {
        lexeme: math.log(1 + (max(everything - passages, 0) + 0.5) / (passages + 0.5))
        for lexeme, passages in counted.items()
        # A compound that no passage has is asked for by its parts, and a word by its form without accents.
        if passages or lexeme in asked.plain
    }


def _each_once(ids: Array) -> Array:
    # Lists ascend: a sort that merges them takes a tenth of the time of `np.unique`.
    ids = np.sort(ids, kind="stable")
    return ids[np.flatnonzero(np.diff(ids, prepend=-1))]


def _ids(each: PostingList) -> Array:
    places, _ = decode_postings(each.coded or b"")
    return places.astype(np.int64) | each.id_range << RANGE_BITS
