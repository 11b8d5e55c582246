"""The process that reads files: what `ReadRequest` asks for comes back as a document cut into chunks.

Chunks are cut here, with the model's tokenizer, so that a text does not travel twice.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tokenizers import Tokenizer

from ingest.reading.chunked_document import DOCUMENTS, REQUESTS, ChunkedDocument, ReadRequest
from ingest.reading.chunking import chunk
from ingest.reading.measure import CountTokens
from ingest.sources.loading import load
from parsing import parse
from parsing.bounded.worker import add_limits, limits_of, serve
from parsing.detection import media_type_of
from parsing.document import ParsedDocument


def main(arguments: Sequence[str] | None = None) -> int:
    """Answer requests until the input ends; 3 when a file needed more memory than there may be."""
    options = _options(arguments)
    count_tokens = _counter(options.tokenizer)

    def read(request: bytes) -> bytes:
        wanted = REQUESTS.validate_json(request)
        return DOCUMENTS.dump_json(_read(wanted, count_tokens, options.max_bytes, options.max_tokens))

    return serve(read, limits_of(options))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m ingest.reading.worker", description=__doc__)
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--max-tokens", type=int, required=True)
    parser.add_argument("--max-bytes", type=int, required=True)
    add_limits(parser)
    return parser.parse_args(arguments)


def _counter(tokenizer_file: Path) -> CountTokens:
    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    # The file may carry a truncation and a padding of its own; both would falsify the count.
    tokenizer.no_truncation()
    tokenizer.no_padding()
    # Without the places of the tokens in the text, which nobody asks for here.
    return lambda text: len(tokenizer.encode_batch_fast([text])[0])


def _read(
    request: ReadRequest, count_tokens: CountTokens, max_bytes: int, max_tokens: int
) -> ChunkedDocument:
    loaded = load(Path(request.path), max_bytes=max_bytes)
    media_type = request.media_type or media_type_of(request.source, loaded.data)
    parsed = parse(media_type, loaded.data, request.source)
    # Two entries of an archive may have one name: as in a file system, the last one counts.
    by_path = {member.path: member for member in parsed.members}
    members = tuple(
        _chunked(
            path, member.media_type, member.content_hash.hex(), member.document, count_tokens, max_tokens
        )
        for path, member in by_path.items()
    )
    return _chunked("", media_type, loaded.content_hash.hex(), parsed, count_tokens, max_tokens, members)


def _chunked(
    path: str,
    media_type: str,
    content_hash: str,
    parsed: ParsedDocument,
    count_tokens: CountTokens,
    max_tokens: int,
    members: tuple[ChunkedDocument, ...] = (),
) -> ChunkedDocument:
    chunks = tuple(chunk(parsed, count_tokens, max_tokens=max_tokens))
    notes = parsed.notes
    if not chunks and not members and not notes:
        notes = ("There is no text in the file.",)
    return ChunkedDocument(
        path, parsed.title, media_type, content_hash, parsed.metadata, notes, chunks, members
    )


if __name__ == "__main__":
    sys.exit(main())
