"""Subtitles (SubRip, WebVTT): what is said, in paragraphs that begin with their time."""

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from parsing.document import Block, ParsedDocument
from parsing.errors import FileFormatError
from parsing.text import clean, decode, title_from

TIMES = re.compile(
    r"(?:(?P<hours>\d{1,4}):)?(?P<minutes>\d\d):(?P<seconds>\d\d)[.,]\d{1,3}[ \t]*-->[ \t]*"
    r"(?:(?P<end_hours>\d{1,4}):)?(?P<end_minutes>\d\d):(?P<end_seconds>\d\d)[.,]\d{1,3}"
)
VOICE = re.compile(r"<v(?:\.[^\s<>]{1,100})?[ \t]+([^<>\n]{1,200})>")
# The title, which may stand behind the name of the format.
HEAD = re.compile(r"WEBVTT[ \t]+(?:[-–—:][ \t]*)?(\S[^\n]*)")
MAX_TITLE_LENGTH = 300
# What stands between cues and is nothing that is said.
ASIDE = re.compile(r"WEBVTT|NOTE\b|STYLE\b|REGION\b|\d+$")
TAG = re.compile(r"</?[a-zA-Z0-9][^<>\n]{0,200}>|\{\\[^{}\n]{1,200}\}")
# A paragraph takes what is said within so many seconds, and ends at a pause or with its speaker.
PARAGRAPH_SECONDS = 60
PAUSE_SECONDS = 5
NO_TIMES = "There is no time in the file. Save it again as SubRip (.srt) or WebVTT (.vtt)."


@dataclass(frozen=True)
class Cue:
    """What is shown from one second to another."""

    start: int
    end: int
    speaker: str
    lines: tuple[str, ...]


@dataclass
class Paragraph:
    """Cues that belong together."""

    start: int
    end: int
    speaker: str
    lines: list[str] = field(default_factory=list[str])

    def takes(self, cue: Cue) -> bool:
        """Whether a cue goes on with it."""
        near = cue.start - self.end <= PAUSE_SECONDS and cue.start - self.start < PARAGRAPH_SECONDS
        return near and cue.speaker == self.speaker


def parse(data: bytes, source: str) -> ParsedDocument:
    """What is said, in paragraphs. Raises `FileFormatError` when there is no time in the file."""
    text = decode(data)
    cues = list(_cues(text))
    if not cues and text.strip().removeprefix("WEBVTT").strip():
        raise FileFormatError(NO_TIMES)
    comments = len(re.findall(r"^NOTE\b", text, re.MULTILINE)) if text.startswith("WEBVTT") else 0
    notes = (f"comments: {comments} left out",) if comments else ()
    head = HEAD.match(text)
    title = " ".join(clean(head[1]).split())[:MAX_TITLE_LENGTH] if head else ""
    return ParsedDocument(title or title_from(source), tuple(_blocks(cues)), notes=notes)


def _cues(text: str) -> Iterator[Cue]:
    times: re.Match[str] | None = None
    for part in re.split(r"\n[ \t]*\n", text):
        lines = part.strip().split("\n")
        number = next((number for number, line in enumerate(lines[:2]) if TIMES.match(line.strip())), None)
        if number is not None:
            times = TIMES.match(lines[number].strip())
        elif ASIDE.match(part.strip()):
            continue
        # A cue may have empty lines in it.
        if times is not None:
            yield from _voices(times, "\n".join(lines[number + 1 :] if number is not None else lines))


def _voices(times: re.Match[str], said: str) -> Iterator[Cue]:
    """What each speaker says in a cue."""
    first, *others = VOICE.split(said)
    for voice, lines in (("", first), *zip(others[::2], others[1::2], strict=True)):
        words = [" ".join(clean(html.unescape(TAG.sub("", line))).split()) for line in lines.split("\n")]
        speaker = clean(html.unescape(voice)).strip()
        if any(words):
            yield Cue(_seconds(times, ""), _seconds(times, "end_"), speaker, tuple(filter(None, words)))


def _seconds(times: re.Match[str], which: str) -> int:
    hours, minutes, seconds = (int(times[which + part] or 0) for part in ("hours", "minutes", "seconds"))
    return hours * 3600 + minutes * 60 + seconds


def _blocks(cues: Iterable[Cue]) -> Iterator[Block]:
    for paragraph in _paragraphs(cues):
        hours, rest = divmod(paragraph.start, 3600)
        time = f"[{hours:02}:{rest // 60:02}:{rest % 60:02}]"
        speaker = f"{paragraph.speaker}: " if paragraph.speaker else ""
        yield Block(f"{time} {speaker}{' '.join(paragraph.lines)}")


def _paragraphs(cues: Iterable[Cue]) -> Iterator[Paragraph]:
    paragraph: Paragraph | None = None
    for cue in cues:
        if not cue.lines:
            continue
        if paragraph is None or not paragraph.takes(cue):
            if paragraph:
                yield paragraph
            paragraph = Paragraph(cue.start, cue.end, cue.speaker)
        # Captions that roll show a line until the next one has come.
        paragraph.lines += [line for line in cue.lines if line not in paragraph.lines[-2:]]
        paragraph.end = max(paragraph.end, cue.end)
    if paragraph:
        yield paragraph
