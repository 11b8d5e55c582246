"""Lexemes of passages as bytes: what a passage keeps of its words, and the lists of passages of a lexeme.

A passage keeps 7 bytes a lexeme: its key (48 bits of a hash) and its impact in 8 bits, ordered by key. A list
keeps 3 bytes a passage: the place of its id within a range of 65 536 ids, and the impact. Both are arrays to
numpy as they are.
"""

import hashlib
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

# How soon more of the same word stops to count in BM25; so no impact is above 1 + K1.
K1 = 0.6
# Impacts are kept as multiples of it: off by a 500th of the greatest at most.
IMPACT_STEP = (K1 + 1) / 255
# Ids of passages that share a list have all bits but these in common.
RANGE_BITS = 16
RANGE = 1 << RANGE_BITS
# Stands for "every passage".
EVERY_PASSAGE = 0

WORD = np.dtype([("high", ">u4"), ("low", ">u2"), ("impact", "u1")])
POSTING = np.dtype([("place", "<u2"), ("impact", "u1")])

Array = NDArray[Any]


def key_of(lexeme: str) -> int:
    """The lexeme in an index of words; as `lexeme_key` in SQL."""
    # What UTF-8 cannot hold may be asked for, but no passage has it.
    return int.from_bytes(hashlib.sha256(lexeme.encode(errors="surrogatepass")).digest()[:6])


def code_impacts(impacts: Array) -> Array:
    """Impacts in 8 bits; whatever says anything is not nothing."""
    return np.clip(np.rint(impacts / IMPACT_STEP), 1, 255).astype(np.uint8)


def encode_passages(keys: Array, impacts: Array, lengths: Array) -> list[bytes]:
    """What passages keep of their words, whose keys ascend in each; `lengths` is how many each has."""
    coded = np.empty(len(keys), WORD)
    coded["high"], coded["low"], coded["impact"] = keys >> 16, keys & 0xFFFF, impacts
    together = coded.tobytes()
    ends = np.concatenate([[0], np.cumsum(lengths)]) * WORD.itemsize
    return [together[start:end] for start, end in pairwise(ends.tolist())]


def decode_words(coded: bytes) -> tuple[Array, Array]:
    """Keys (uint64) and impacts (uint8) of a passage, or of several whose bytes were joined."""
    words = np.frombuffer(coded, WORD)
    return words["high"].astype(np.uint64) << 16 | words["low"], words["impact"]


def lengths_of(coded: Iterable[bytes]) -> list[int]:
    """How many words each passage has."""
    return [len(one) // WORD.itemsize for one in coded]


def impacts_in(coded: bytes, lengths: Sequence[int] | Array, keys: Array) -> Array:
    """Impacts (float32) of some lexemes, whose keys ascend, in passages: a row for each, 0 for none."""
    found = np.zeros((len(lengths), len(keys)), np.float32)
    if not len(keys):
        return found
    words, impacts = decode_words(coded)
    places = np.minimum(np.searchsorted(keys, words), len(keys) - 1)
    there = np.flatnonzero(keys[places] == words)
    passages = np.repeat(np.arange(len(lengths)), lengths)
    # Labels have no impact, but they are there.
    found[passages[there], places[there]] = np.maximum(impacts[there], 1) * np.float32(IMPACT_STEP)
    return found


def impacts_of(coded: Sequence[bytes], keys: Array) -> Array:
    """The same for passages whose words are apart."""
    return impacts_in(b"".join(coded), lengths_of(coded), keys)


def encode_postings(places: Array, impacts: Array) -> bytes:
    """Places of passages in their range, and the impacts."""
    postings = np.empty(len(places), POSTING)
    postings["place"], postings["impact"] = places, impacts
    return postings.tobytes()


def decode_postings(coded: bytes) -> tuple[Array, Array]:
    """Places (uint16) and impacts (uint8), of one list or of several that were joined."""
    postings = np.frombuffer(coded, POSTING)
    return postings["place"], postings["impact"]
