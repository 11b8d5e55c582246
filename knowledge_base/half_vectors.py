"""A vector as a parameter of the type `halfvec`, in binary: as text it would be written number by number."""

from dataclasses import dataclass

import psycopg
from pgvector import HalfVector
from psycopg.adapt import Dumper
from psycopg.pq import Format

from knowledge_base.embedding import Vectors


@dataclass(frozen=True)
class HalfVectorParameter:
    """A vector of 16-bit floats as Postgres reads it, where the statement says the type."""

    coded: bytes


class _HalfVectorDumper(Dumper):
    # The type's number is another one in each database.
    oid = 0
    format = Format.BINARY

    def dump(self, obj: HalfVectorParameter) -> bytes:
        return obj.coded


psycopg.adapters.register_dumper(HalfVectorParameter, _HalfVectorDumper)


def as_halfvec(vector: Vectors) -> HalfVectorParameter:
    """A vector as a parameter."""
    return HalfVectorParameter(HalfVector(vector).to_binary())
