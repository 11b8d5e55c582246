"""The JSON values of a streamed answer, out of bytes that keep to the rules of server-sent events or not."""

import codecs
import re
from collections.abc import Iterator
from typing import Any, cast

from agent_service.errors import AnswerCutError
from agent_service.models.wire.text import values_in

Event = dict[str, Any]

MAX_LINE_CHARACTERS = 8_000_000
DONE = re.compile(r"\"?\[DONE\]|\"?\[?DONE\]?\"?\Z", re.IGNORECASE)
# Data that is no JSON is a sign of life, unless it tells of a problem.
PROBLEM = re.compile(r"[\[{]|error|exception|fail|timed? ?out", re.IGNORECASE)


class EventReader:
    """Reads events as they arrive; broken UTF-8 becomes U+FFFD, signs of life and comments are nothing.

    An answer that is one JSON value instead of a stream is one event. `is_done` says that `[DONE]` came,
    `is_whole` that it was no stream.
    Raises `AnswerCutError` for what is no JSON, and for lines without an end.
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._line = ""
        self._data: list[str] = []
        self._loose: list[str] = []
        self.is_done = False
        self.is_whole = False

    def feed(self, data: bytes) -> Iterator[Event]:
        """The events that are whole now."""
        yield from self._feed_text(self._decoder.decode(data))

    def finish(self) -> Iterator[Event]:
        """What came without an empty line behind it."""
        yield from self._feed_text(self._decoder.decode(b"", final=True) + "\n\n")
        loose, self._loose = "\n".join(self._loose), []
        if loose.strip() and not self.is_done:
            self.is_whole = True
            yield from _parsed(loose)

    def _feed_text(self, text: str) -> Iterator[Event]:
        # Some end lines with a carriage return alone; one at the end may be half of a pair.
        text = re.sub(r"\r\n|\r(?!\Z)", "\n", self._line + text)
        *lines, self._line = text.split("\n")
        if len(self._line) > MAX_LINE_CHARACTERS:
            raise AnswerCutError("The provider sent a line without an end.")
        for line in lines:
            if not self.is_done:
                yield from self._feed_line(line.rstrip("\r"))

    def _feed_line(self, line: str) -> Iterator[Event]:
        if line.startswith("data:"):
            if self._data and _is_json("\n".join(self._data)):
                # No empty line stood between them.
                yield from self._dispatched()
            # Some proxies wrap what is wrapped already.
            self._data.append(re.sub(r"\A(?:data: ?)+", "", line))
        elif not line:
            yield from self._dispatched()
        elif self._loose or line.lstrip()[:1] in "{[":
            self._loose.append(line)

    def _dispatched(self) -> Iterator[Event]:
        data, self._data = "\n".join(self._data).strip(), []
        if DONE.match(data):
            self.is_done = True
        elif values_in(data) is not None or PROBLEM.search(data):
            yield from _parsed(data)


def _is_json(text: str) -> bool:
    return bool(DONE.match(text.strip())) or values_in(text) is not None


def _parsed(text: str) -> Iterator[Event]:
    values = values_in(text)
    if values is None:
        raise AnswerCutError("The provider sent a chunk that is not JSON.")
    for value in values:
        # Gemini puts an error into a list.
        for entry in cast(list[object], value) if isinstance(value, list) else [value]:
            if isinstance(entry, dict):
                yield cast(Event, entry)
