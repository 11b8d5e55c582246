"""The JSON values of a streamed answer, out of bytes that keep to the rules of server-sent events or not."""

import codecs
from collections.abc import Iterator
from typing import Any, cast

from agent_service.errors import AnswerCutError
from agent_service.models.wire.text import values_in

Event = dict[str, Any]

MAX_LINE_CHARACTERS = 8_000_000
DONE = "[DONE]"


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
        *lines, self._line = (self._line + text).replace("\r\n", "\n").split("\n")
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
            self._data.append(line.removeprefix("data:").removeprefix(" "))
        elif not line:
            yield from self._dispatched()
        elif self._loose or line.lstrip()[:1] in "{[":
            self._loose.append(line)

    def _dispatched(self) -> Iterator[Event]:
        data, self._data = "\n".join(self._data).strip(), []
        if data.startswith(DONE):
            self.is_done = True
        elif data:
            yield from _parsed(data)


def _is_json(text: str) -> bool:
    return text.strip().startswith(DONE) or values_in(text) is not None


def _parsed(text: str) -> Iterator[Event]:
    values = values_in(text)
    if values is None:
        raise AnswerCutError("The provider sent a chunk that is not JSON.")
    for value in values:
        if isinstance(value, dict):
            yield cast(Event, value)
