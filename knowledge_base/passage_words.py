"""What passages keep of their words: the keys of their lexemes, and how much each says there (BM25).

Robertson and Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond (2009). The part of the formula
that belongs to the passage is stored; how rare a word is, is known only when it is asked for. Passages are
coded many at once, in arrays with a place for each word of each passage.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import LiteralString

import numpy as np
from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from knowledge_base.lexemes import with_folded, words
from knowledge_base.postings import DICTIONARY
from knowledge_base.spelling import folded
from knowledge_base.word_codes import K1, Array, code_impacts, encode_passages, key_of

Connection = AsyncConnection[TupleRow]
# The keys of a word's lexemes: of its stem, and with accents that of its plain form; NO_KEY of a stop word.
Keys = tuple[int, int]

# How much long passages are held back.
B = 0.6
# Words of an ordinary passage; the measured mean changes with every document, and hardly matters.
ORDINARY_LENGTH = 90
# A word in the title or a heading counts like so many in the text.
CONTEXT_WEIGHT = 0.5
# Stands for "no lexeme": the key of none.
NO_KEY = 0
SEPARATOR = chr(31)
# Words whose keys are remembered, in each language: some ten megabytes.
MAX_REMEMBERED = 50_000
STEMS: LiteralString = f"""
with given as materialized (
    select {DICTIONARY} as dictionary from (values (%(language)s::text)) as given (language)
)
select word, (ts_lexize(dictionary::regdictionary, word))[1]
from given
cross join unnest(string_to_array(%(words)s, chr(31))) as word
"""  # noqa: S608 - a constant

_remembered: dict[tuple[str, str, str], dict[str, Keys]] = {}


@dataclass(frozen=True)
class PassageText:
    """What is indexed of a passage: its text, and the title and headings above it."""

    context: str
    content: str


@dataclass(frozen=True)
class _Counted:
    """Words of passages: which passage each belongs to, its keys, and how often it is there."""

    passages: Array
    keys: Array
    times: Array

    def with_plain(self) -> tuple[Array, Array, Array]:
        """A passage, a key and how often, for each lexeme of each word."""
        passages, times = np.repeat(self.passages, 2), np.repeat(self.times, 2)
        keys = self.keys.reshape(-1)
        there = np.flatnonzero(keys != NO_KEY)
        return passages[there], keys[there], times[there]


async def coded_words(connection: Connection, language: str, passages: Sequence[PassageText]) -> list[bytes]:
    """The lexemes of each passage with their impacts, as it keeps them; stop words are left out."""
    contents = [words(passage.content) for passage in passages]
    # Passages of a section, or of a short document, have the same.
    of_context = {context: words(context) for context in {passage.context for passage in passages}}
    contexts = [of_context[passage.context] for passage in passages]
    keys = await _keys(connection, language, set(chain(*contents, *of_context.values())))
    return _coded(_counted(contents, keys), _counted(contexts, keys), len(passages))


def _counted(found: Sequence[Counter[str]], keys: Mapping[str, Keys]) -> _Counted:
    each = [keys[word] for word in chain.from_iterable(found)]
    times = chain.from_iterable(counter.values() for counter in found)
    return _Counted(
        np.repeat(np.arange(len(found)), [len(counter) for counter in found]),
        np.array(each, np.uint64).reshape(-1, 2),
        np.fromiter(times, np.float64, len(each)),
    )


def _coded(content: _Counted, context: _Counted, count: int) -> list[bytes]:
    in_content, in_context = content.with_plain(), context.with_plain()
    lengths = np.bincount(in_content[0], in_content[2], minlength=count)
    passages = np.concatenate([in_content[0], in_context[0]])
    keys = np.concatenate([in_content[1], in_context[1]])
    weights = np.concatenate([in_content[2], CONTEXT_WEIGHT * in_context[2]])
    passages, keys, weights = _summed(passages, keys, weights)
    norms = K1 * (1 - B + B * lengths / ORDINARY_LENGTH)
    impacts = weights * (K1 + 1) / (weights + norms[passages])
    return encode_passages(keys, code_impacts(impacts), np.bincount(passages, minlength=count))


def _summed(passages: Array, keys: Array, weights: Array) -> tuple[Array, Array, Array]:
    """Each key once in each passage, in the order of passages and keys, with the sum of its weights."""
    if not len(keys):
        return passages, keys, weights
    order = np.lexsort((keys, passages))
    passages, keys, weights = passages[order], keys[order], weights[order]
    new = np.concatenate([[True], (keys[1:] != keys[:-1]) | (passages[1:] != passages[:-1])])
    starts = np.flatnonzero(new)
    return passages[starts], keys[starts], np.add.reduceat(weights, starts)


async def _keys(connection: Connection, language: str, found: Collection[str]) -> Mapping[str, Keys]:
    """The keys of words, of which those that were met before are remembered."""
    about = connection.info
    # Another database may know another dictionary of the language.
    known = _remembered.setdefault((f"{about.host}:{about.port}", about.dbname, language), {})
    new = [word for word in found if word not in known]
    if len(known) + len(new) > MAX_REMEMBERED:
        known.clear()
        new = list(found)
    stems = await _stems(connection, language, sorted(with_folded(new)))
    known.update((word, _keys_of(word, stems)) for word in new)
    return known


def _keys_of(word: str, stems: Mapping[str, str]) -> Keys:
    if word not in stems:
        return NO_KEY, NO_KEY
    plain = stems.get(folded(word), stems[word])
    return key_of(stems[word]), NO_KEY if plain == stems[word] else key_of(plain)


async def _stems(connection: Connection, language: str, found: Iterable[str]) -> dict[str, str]:
    """The stem of each word that is none of the language's stop words."""
    # No word has the separator in it, and the driver would look at each word of a list.
    rows = await connection.execute(STEMS, {"language": language, "words": SEPARATOR.join(found)})
    return {word: stem for word, stem in await rows.fetchall() if stem}
