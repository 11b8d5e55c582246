"""What goes between a program and its bounded process: four bytes of length (big endian), then a body.

The body of a request is for the process's own reader; that of an answer begins with one of the marks below.
"""

import struct
from dataclasses import dataclass

LENGTH = struct.Struct(">I")
# What was read follows; a sentence about the problem follows; nothing follows, for the process ends.
READ, PROBLEM, OUT_OF_MEMORY = b"r", b"p", b"m"


@dataclass(frozen=True)
class Limits:
    """What reading one file may take; memory is not bounded on macOS and Windows."""

    seconds: float = 60
    memory_mb: int = 1_500


def framed(body: bytes) -> bytes:
    """The body with its length before it."""
    return LENGTH.pack(len(body)) + body
