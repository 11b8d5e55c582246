"""The process that reads files: bounded in memory, without secrets, ended when it takes too long.

Frames go in and out: four bytes of length (big endian), then JSON (`ReadRequest`, `ReadAnswer`).
"""

import argparse
import contextlib
import os
import signal
import struct
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from tokenizers import Tokenizer

from ingest.chunking import CountTokens, chunk
from ingest.content import ANSWERS, REQUESTS, Content, ReadAnswer, ReadRequest
from ingest.loading import load
from parsing import parse
from parsing.detection import media_type_of
from parsing.document import ParsedDocument
from parsing.errors import FileProblemError

LENGTH = struct.Struct(">I")
# The parent ends a process that takes too long; this is for the case that there is no parent any more.
GRACE_SECONDS = 10
MAX_REASON_LENGTH = 200
OUT_OF_MEMORY = 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Answer requests until the input ends; 3 when a file needed more memory than there may be."""
    options = _options(arguments)
    # Libraries print at times: what they print must not be taken for an answer.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    # Ctrl+C reaches every process of a terminal; the parent decides when this one ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _limit_memory(options.memory_mb)
    count_tokens = _counter(options.tokenizer)
    for request in _requests(sys.stdin.buffer):
        _alarm(options.seconds + GRACE_SECONDS)
        try:
            answer = _answer(request, count_tokens, options)
            _send(answers, answer)
        except MemoryError:
            _send(answers, ReadAnswer(problem=_too_much_memory(options.memory_mb), last=True))
            return OUT_OF_MEMORY  # what the failed attempt left behind is not worth keeping
        _alarm(0)
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m ingest.parser_worker", description=__doc__)
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--max-tokens", type=int, required=True)
    parser.add_argument("--max-bytes", type=int, required=True)
    parser.add_argument("--memory-mb", type=int, required=True)
    parser.add_argument("--seconds", type=int, required=True)
    return parser.parse_args(arguments)


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


def _counter(tokenizer_file: Path) -> CountTokens:
    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    # The file may carry a truncation and a padding of its own; both would falsify the count.
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return lambda text: len(tokenizer.encode(text).ids)


def _requests(stream: BinaryIO) -> Iterator[ReadRequest]:
    while len(head := stream.read(LENGTH.size)) == LENGTH.size:
        yield REQUESTS.validate_json(stream.read(LENGTH.unpack(head)[0]))


def _send(stream: BinaryIO, answer: ReadAnswer) -> None:
    body = ANSWERS.dump_json(answer)
    stream.write(LENGTH.pack(len(body)) + body)
    stream.flush()


def _answer(request: ReadRequest, count_tokens: CountTokens, options: argparse.Namespace) -> ReadAnswer:
    try:
        return ReadAnswer(_read(request, count_tokens, options.max_bytes, options.max_tokens))
    except FileProblemError as error:
        return ReadAnswer(problem=str(error))
    except RecursionError:
        return ReadAnswer(problem="The file is nested too deeply to be read.")
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever a hostile file makes a library raise costs only this file
        reason = f"{type(error).__name__}: {error}".splitlines()[0][:MAX_REASON_LENGTH]
        return ReadAnswer(problem=f"The file cannot be read ({reason}). It is damaged, or not what it says.")


def _read(request: ReadRequest, count_tokens: CountTokens, max_bytes: int, max_tokens: int) -> Content:
    loaded = load(Path(request.path), max_bytes=max_bytes)
    media_type = request.media_type or media_type_of(request.source, loaded.data)
    parsed = parse(media_type, loaded.data, request.source)
    # Two entries of an archive may have one name: as in a file system, the last one counts.
    by_path = {member.path: member for member in parsed.members}
    members = tuple(
        _content(
            path, member.media_type, member.content_hash.hex(), member.document, count_tokens, max_tokens
        )
        for path, member in by_path.items()
    )
    return _content("", media_type, loaded.content_hash.hex(), parsed, count_tokens, max_tokens, members)


def _content(
    path: str,
    media_type: str,
    content_hash: str,
    parsed: ParsedDocument,
    count_tokens: CountTokens,
    max_tokens: int,
    members: tuple[Content, ...] = (),
) -> Content:
    chunks = tuple(chunk(parsed, count_tokens, max_tokens=max_tokens))
    notes = parsed.notes
    if not chunks and not members and not notes:
        notes = ("There is no text in the file.",)
    return Content(path, parsed.title, media_type, content_hash, parsed.metadata, notes, chunks, members)


def _too_much_memory(megabytes: int) -> str:
    return f"Reading the file takes more than {megabytes} MB of memory. Raise INGEST_FILE_MEMORY_MB to try."


if __name__ == "__main__":
    sys.exit(main())
