"""Ids of passages as a parameter of the type `bigint[]`: thousands of them at once.

The driver would look at each of them to learn what it is, and write each as text.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import psycopg
from psycopg.adapt import Dumper
from psycopg.postgres import types
from psycopg.pq import Format

from knowledge_base.word_codes import Array

BIGINT = types["int8"]
# Dimensions, whether there are nulls, the type; then the size and the first place of the only dimension.
HEAD, DIMENSION = struct.Struct("!iiI"), struct.Struct("!ii")
ID = np.dtype([("size", ">i4"), ("id", ">i8")])


@dataclass(frozen=True)
class IdArray:
    """An array in the binary form of Postgres."""

    coded: bytes


class _IdArrayDumper(Dumper):
    format = Format.BINARY
    oid = BIGINT.array_oid

    def dump(self, obj: IdArray) -> bytes:
        return obj.coded


psycopg.adapters.register_dumper(IdArray, _IdArrayDumper)


def as_array(ids: Sequence[int] | Array) -> IdArray:
    """Ids as Postgres reads an array of them."""
    if not len(ids):
        return IdArray(HEAD.pack(0, 0, BIGINT.oid))
    coded = np.empty(len(ids), ID)
    coded["size"], coded["id"] = ID["id"].itemsize, ids
    return IdArray(HEAD.pack(1, 0, BIGINT.oid) + DIMENSION.pack(len(ids), 1) + coded.tobytes())
