"""The process that reads an attached file: its text as Markdown; of an image, whether it is one."""

import argparse
import io
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from parsing.as_markdown import MarkdownText, markdown_of
from parsing.bounded.worker import add_limits, limits_of, serve
from parsing.detection import IMAGES
from parsing.reading_bounds import ReadingBounds, bounded_by
from parsing.text import clean

MAX_CHARACTERS = 400_000
MAX_PIXELS = 50_000_000
# Half of the time there is: what was not recognised by then is named in a note.
PICTURE_SECONDS = 10
MAX_NOTES = 20


@dataclass(frozen=True)
class ReadFile:
    """The text of a file, None for an image; sentences about what is missing in it.

    `problem` is the key of a sentence: why the file cannot be used.
    """

    text: str | None
    notes: tuple[str, ...] = ()
    problem: str | None = None

    def as_bytes(self) -> bytes:
        """The answer of this process; `from_bytes` reads it."""
        return json.dumps([self.text, self.notes, self.problem]).encode()

    @classmethod
    def from_bytes(cls, answer: bytes) -> "ReadFile":
        """What the process read."""
        text, notes, problem = json.loads(answer)
        return cls(text, tuple(notes), problem)


def request_of(name: str, media_type: str, data: bytes) -> bytes:
    """A file as a request to this process; the name is without line breaks."""
    return b"\n".join([media_type.encode(), name.encode("utf-8", "replace"), data])


def main(arguments: Sequence[str] | None = None) -> int:
    """Read files until the input ends."""
    parser = argparse.ArgumentParser(prog="python -m agent_service.attachments.worker", description=__doc__)
    add_limits(parser)
    return serve(lambda request: _read(request).as_bytes(), limits_of(parser.parse_args(arguments)))


def _read(request: bytes) -> ReadFile:
    media_type, name, data = request.split(b"\n", 2)
    if media_type.decode() in IMAGES:
        return ReadFile(None, problem=_problem_of_image(data))
    with bounded_by(ReadingBounds(MAX_CHARACTERS, PICTURE_SECONDS)):
        read = markdown_of(media_type.decode(), data, name.decode())
    if not read.text.strip():
        problem = "upload.no_text.because" if read.notes else "upload.no_text"
        return ReadFile(None, tuple(_notes(read)), problem)
    return ReadFile(read.text[:MAX_CHARACTERS], tuple(_notes(read)))


def _notes(read: MarkdownText) -> list[str]:
    """What is not in the text: its end when it is too long, and what could not be read."""
    notes = [clean(note) for note in read.notes[:MAX_NOTES]]
    if len(read.notes) > MAX_NOTES:
        notes.append(f"There are {len(read.notes) - MAX_NOTES} more notes of this kind.")
    if len(read.text) > MAX_CHARACTERS:
        notes.append(f"Only the first {MAX_CHARACTERS} of {len(read.text)} characters were kept.")
    return notes


def _problem_of_image(data: bytes) -> str | None:
    """None for an image of a size that can be looked at; only its head is read."""
    from PIL import Image, UnidentifiedImageError  # most files are none

    try:
        with Image.open(io.BytesIO(data)) as image:
            pixels = image.width * image.height
    except Image.DecompressionBombError:
        return "upload.too_many_pixels"
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        return "upload.no_image"
    return "upload.too_many_pixels" if pixels > MAX_PIXELS else None


if __name__ == "__main__":
    sys.exit(main())
