"""What goes between a program and its bounded process: four bytes of length (big endian), then a body."""

import struct
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")

LENGTH = struct.Struct(">I")


@dataclass(frozen=True)
class Answer(Generic[T]):
    """What was read, or the problem with it in a sentence.

    `out_of_memory`: there was no room for it, and the process ends.
    """

    value: T | None = None
    problem: str | None = None
    out_of_memory: bool = False


@dataclass(frozen=True)
class Limits:
    """What reading one file may take; memory is not bounded on macOS and Windows."""

    seconds: float = 60
    memory_mb: int = 1_500


def framed(body: bytes) -> bytes:
    """The body with its length before it."""
    return LENGTH.pack(len(body)) + body
