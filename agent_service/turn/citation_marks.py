"""Finds citation marks such as `[[12]]` in text that arrives in pieces."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

ONE_ID = r"(?:chunk(?:_id)?[ \t:=#_]{0,3})?\d{1,18}"
MARK = re.compile(rf"\[\[\s*{ONE_ID}(?:\s*[,;]\s*{ONE_ID}){{0,11}}\s*\]\]", re.IGNORECASE)
# What may still become a mark: white space before it, and its beginning.
UNDECIDED = re.compile(r"[ \t]*(?:\[(?:\[[\w\s,;:=#]*\]?)?)?\Z")
LONGEST_MARK = 400
FENCE = re.compile(r"[ \t>]*(?P<fence>`{3,}|~{3,})(?P<rest>[^`\n]*)")


@dataclass(frozen=True)
class Mark:
    """The chunk ids that one mark names."""

    chunk_ids: tuple[int, ...]


class MarkScanner:
    """Splits a stream of text into text and marks.

    Inside a code block nothing is a mark. Spaces before a mark are dropped, so that the text around it closes
    up. A mark behind a closing code fence gets a line of its own, else it would keep the block open.
    """

    def __init__(self, known: set[int]) -> None:
        self._known = known
        self._waiting = ""
        self._line = ""
        self._fence = ""

    def feed(self, text: str) -> list[str | Mark]:
        """What is decided after `text` arrived."""
        self._waiting += text
        return list(self._decided(final=False))

    def finish(self) -> list[str | Mark]:
        """What was still undecided when the text ended."""
        return list(self._decided(final=True))

    def _decided(self, *, final: bool) -> Iterator[str | Mark]:
        while self._waiting:
            mark = MARK.search(self._waiting)
            if mark is None:
                yield from self._text_so_far(final=final)
                return
            before, self._waiting = self._waiting[: mark.start()], self._waiting[mark.end() :]
            yield from self._text_and_mark(before, mark)

    def _text_so_far(self, *, final: bool) -> Iterator[str]:
        end = len(self._waiting)
        if not final:
            undecided = UNDECIDED.search(self._waiting, max(0, end - LONGEST_MARK))
            end = undecided.start() if undecided else end
        text, self._waiting = self._waiting[:end], self._waiting[end:]
        if text:
            self._advance(text)
            yield text

    def _text_and_mark(self, before: str, mark: re.Match[str]) -> Iterator[str | Mark]:
        chunk_ids = tuple(int(number) for number in re.findall(r"\d+", mark.group()))
        self._advance(before)
        if not self._is_mark(chunk_ids):
            self._advance(mark.group())
            yield before + mark.group()
            return
        text = before.rstrip(" \t")
        if self._is_on_closing_fence():
            text += "\n"
            self._advance("\n")
        if text:
            yield text
        yield Mark(chunk_ids)

    def _is_mark(self, chunk_ids: tuple[int, ...]) -> bool:
        if self._fence and not self._is_on_closing_fence():
            return False
        # A list of lists in inline code looks the same; real marks there name what was found.
        return self._line.count("`") % 2 == 0 or self._known.issuperset(chunk_ids)

    def _is_on_closing_fence(self) -> bool:
        closing = FENCE.fullmatch(self._line)
        return bool(self._fence and closing and self._closes(closing))

    def _closes(self, closing: re.Match[str]) -> bool:
        return closing["fence"].startswith(self._fence) and not closing["rest"].strip()

    def _advance(self, text: str) -> None:
        """Keep the line we are in, and whether it is inside a code block."""
        *ended, self._line = (self._line + text).split("\n")
        for line in ended:
            fence = FENCE.fullmatch(line)
            if fence and not self._fence:
                self._fence = fence["fence"]
            elif fence and self._closes(fence):
                self._fence = ""
