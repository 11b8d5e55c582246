"""The inner side: reads one file after the other until its input ends."""

import argparse
import contextlib
import math
import os
import signal
import sys
from collections.abc import Callable, Iterator
from typing import BinaryIO

from parsing.bounded.frames import LENGTH, OUT_OF_MEMORY, PROBLEM, READ, Limits, framed
from parsing.errors import FileProblemError

# The parent ends a process that takes too long; this is for the case that there is no parent any more.
GRACE_SECONDS = 10
MAX_REASON_LENGTH = 200
ENDED_WITHOUT_MEMORY = 3


def serve(read: Callable[[bytes], bytes], limits: Limits) -> int:
    """Answer requests with what `read` makes of them until the input ends; 3 when there was no memory.

    `read` raises `FileProblemError` with a sentence; whatever else it raises becomes one too.
    """
    # Libraries print at times: what they print must not be taken for an answer.
    output = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    # Ctrl+C reaches every process of a terminal; the parent decides when this one ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _limit_memory(limits.memory_mb)
    for request in _requests(sys.stdin.buffer):
        _alarm(math.ceil(limits.seconds) + GRACE_SECONDS)
        try:
            _send(output, _answer(read, request))
        except MemoryError:
            _send(output, OUT_OF_MEMORY)
            return ENDED_WITHOUT_MEMORY  # what the failed attempt left behind is not worth keeping
        _alarm(0)
    return 0


def add_limits(parser: argparse.ArgumentParser) -> None:
    """The arguments in which `BoundedProcess` names the limits; `limits_of` reads them."""
    parser.add_argument("--memory-mb", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)


def limits_of(options: argparse.Namespace) -> Limits:
    """The limits among the parsed arguments."""
    return Limits(seconds=options.seconds, memory_mb=options.memory_mb)


def _limit_memory(megabytes: int) -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limits; the time limit holds there too
        return
    size = megabytes * 1024 * 1024
    with contextlib.suppress(ValueError):  # a stricter limit holds already
        resource.setrlimit(resource.RLIMIT_AS, (size, size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _alarm(seconds: int) -> None:
    if hasattr(signal, "alarm"):
        signal.alarm(seconds)


def _requests(stream: BinaryIO) -> Iterator[bytes]:
    while len(head := stream.read(LENGTH.size)) == LENGTH.size:
        yield stream.read(LENGTH.unpack(head)[0])


def _send(stream: BinaryIO, body: bytes) -> None:
    stream.write(framed(body))
    stream.flush()


def _answer(read: Callable[[bytes], bytes], request: bytes) -> bytes:
    try:
        return READ + read(request)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a hostile file makes a library raise costs only this file
        return PROBLEM + _sentence(error).encode("utf-8", "replace")


def _sentence(error: Exception) -> str:
    if isinstance(error, FileProblemError):
        return str(error)
    if isinstance(error, RecursionError):
        return "The file is nested too deeply to be read."
    reason = f"{type(error).__name__}: {error}".splitlines()[0][:MAX_REASON_LENGTH]
    return f"The file cannot be read ({reason}). It is damaged, or not what it says."
