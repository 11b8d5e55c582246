"""What of a model's text is meant for the user: thoughts and tool calls written as text are taken out."""

import re
from collections.abc import Callable, Iterator
from enum import Enum, auto

from agent_service.models.wire.call_lines import MAX_LINE_CALL_CHARACTERS, CallLines
from agent_service.models.wire.marks import (
    MAX_END_CHARACTERS,
    TOKEN,
    Hidden,
    bare_channel,
    hidden_by,
    may_grow,
    undecided_from,
    unmarked_thought,
)
from agent_service.models.wire.names import ToolNames
from agent_service.models.wire.text_calls import MAX_BLOCK_CHARACTERS, Call, calls_in


class Sign(Enum):
    """A piece of a thought; or that all text so far was one, without a tag that opened it."""

    THOUGHT = auto()
    TAKEN_BACK = auto()


Piece = str | Call | Sign

FENCED_CALL = re.compile(
    r"[\w-]{0,20}[ \t]*\r?\n\s*(?:\[?\s*\{|<(?:tool_call|function)|(?:\w+ = |print\(|\[)?[\w.]{1,80}\()"
)
FENCED_THOUGHT = re.compile(r"(?:think|thinking|thoughts?|reasoning)[ \t]*\r?\n", re.IGNORECASE)
FENCE_BEGINS = re.compile(
    r"[\w-]{0,20}[ \t]*(?:\r?\n\s*(?:\[?\s*|<\w{0,10}|(?:print\(|\w+ ?=? ?)?[\w.]{0,80}))?\Z"
)


class SpokenText:
    """Tells in a stream of text what is spoken to the user from thoughts and calls written as text.

    `may_run` says of a call's text whether it may be run: what a document says is no call.
    `begins_in_thought` is for models that leave out the tag that opens their thoughts.
    """

    def __init__(
        self, tools: ToolNames, may_run: Callable[[str, Call], bool], *, begins_in_thought: bool = False
    ) -> None:
        self._tools = tools
        self._may_run = may_run
        self._lines = CallLines(tools)
        self._line_begins = True
        self._closes = False
        self._waiting = ""
        self._code = ""
        self._has_spoken = False
        self._hidden = unmarked_thought() if begins_in_thought else None

    def feed(self, text: str) -> list[Piece]:
        """What is decided after `text` arrived."""
        self._waiting += text
        self._closes = any(mark in text for mark in ")]}>")
        return list(self._decided(final=False))

    def finish(self) -> list[Piece]:
        """What was still undecided when the text ended."""
        self._waiting = self._waiting.removesuffix("</s>")
        return list(self._decided(final=True))

    def _decided(self, *, final: bool) -> Iterator[Piece]:
        while self._waiting:
            before = len(self._waiting), self._hidden
            hidden = self._hidden
            yield from self._hidden_part(hidden, final=final) if hidden else self._spoken_part(final=final)
            if (len(self._waiting), self._hidden) == before:
                break
        if final and self._hidden:
            yield from self._end_of_hidden(self._hidden, closed=False)

    # --- spoken text

    def _spoken_part(self, *, final: bool) -> Iterator[Piece]:
        """Pass on the text up to the next mark, and what that means."""
        if self._is_bare_channel(final=final):
            return
        calls = self._line_call(final=final)
        if calls is not None:
            yield from calls
        elif (begins := self._next_line()) is not None:
            yield from self._say(begins)
        else:
            yield from self._up_to_mark(final=final)

    def _is_bare_channel(self, *, final: bool) -> bool:
        """Whether the answer begins with what is left of a channel, or may still do so."""
        channel = None if self._has_spoken or self._code else bare_channel(self._waiting, final=final)
        if channel is None:
            return False
        length, self._hidden = channel
        self._waiting = self._waiting[length:]
        return not length or self._hidden is not None

    def _up_to_mark(self, *, final: bool) -> Iterator[Piece]:
        token = TOKEN.search(self._waiting)
        if token is None:
            yield from self._say(len(self._waiting) if final else undecided_from(self._waiting))
        elif not final and may_grow(token, self._waiting):
            yield from self._say(token.start())
        elif token["unopened"] and not self._code:
            before, self._waiting = self._waiting[: token.start()], self._waiting[token.end() :]
            if self._has_spoken or before.strip():
                yield Sign.TAKEN_BACK
            self._has_spoken = False
        else:
            yield from self._say(token.start())
            yield from self._marked(token, final=final)

    def _marked(self, token: re.Match[str], *, final: bool) -> Iterator[Piece]:
        """What becomes of a mark, with which the text that waits begins."""
        if token["ticks"]:
            yield from self._ticks(token.group(), final=final)
        elif self._code:
            yield from self._say(len(token.group()))
        else:
            self._waiting = self._waiting[len(token.group()) :]
            self._hidden = hidden_by(token)

    def _say(self, length: int) -> Iterator[Piece]:
        """Pass on this much of what waits."""
        text, self._waiting = self._waiting[:length], self._waiting[length:]
        if len(self._code) in (1, 2) and "\n" in text:
            # A single tick that was no code.
            self._code = ""
        if not self._has_spoken:
            text = text.lstrip()
        if text:
            self._has_spoken = True
            self._line_begins = text.endswith("\n")
            yield text

    def _next_line(self) -> int | None:
        """Where the next line begins, if that comes before any mark and the line may be a call."""
        place = self._waiting.find("\n") + 1
        while place and self._waiting[place : place + 1] == "\n":
            place += 1
        if not place or self._code or not self._tools:
            return None
        token = TOKEN.search(self._waiting)
        rest = self._waiting[place:]
        is_next = token is None or token.start() >= place
        return place if is_next and rest and (self._lines.may_open(rest) or self._lines.opens(rest)) else None

    def _line_call(self, *, final: bool) -> list[Piece] | None:
        """The calls with which the line begins, none yet while it may become one; None when it is text."""
        if not self._line_begins or self._code or not self._tools:
            return None
        if not self._has_spoken:
            self._waiting = self._waiting.lstrip()
        if not self._lines.opens(self._waiting):
            return [] if not final and self._lines.may_open(self._waiting) else None
        end = self._lines.end(self._waiting) if self._closes or final else None
        if end is None and not final and len(self._waiting) < MAX_LINE_CALL_CHARACTERS:
            return []
        block = self._waiting[:end]
        calls = calls_in(block, self._tools)
        if not calls:
            self._line_begins = False
            return None
        self._waiting = self._waiting[len(block) :]
        return list(self._runnable(block, calls))

    def _ticks(self, ticks: str, *, final: bool) -> Iterator[Piece]:
        """Code begins or ends; a block of JSON waits for its end, since it may be a call."""
        inside, closing, rest = self._waiting[len(ticks) :].partition(ticks)
        if not self._code and len(ticks) >= 3 and FENCED_THOUGHT.match(inside):
            self._waiting = self._waiting[len(ticks) :]
            self._hidden = Hidden(re.compile(ticks), is_thought=True)
            return
        may_be_call = not self._code and len(ticks) >= 3 and bool(self._tools)
        if may_be_call and (closing or final) and (calls := self._calls_alone(inside)):
            self._waiting = rest
            yield from self._runnable(inside, calls)
            return
        is_open = may_be_call and not closing and not final and len(inside) < MAX_BLOCK_CHARACTERS
        if is_open and (FENCED_CALL.match(inside) or FENCE_BEGINS.match(inside)):
            return
        if not self._code:
            self._code = ticks
        elif len(ticks) >= len(self._code):
            self._code = ""
        yield from self._say(len(ticks))

    def _calls_alone(self, block: str) -> list[Call]:
        """The calls in a block of code that is nothing else."""
        if not FENCED_CALL.match(block):
            return []
        code = block.partition("\n")[2]
        is_alone = code.rstrip().endswith(("}", "]", ")", ">"))
        return calls_in(code, self._tools) if is_alone else []

    def _hidden_part(self, hidden: Hidden, *, final: bool) -> Iterator[Piece]:
        """Take in a hidden part as far as it has come."""
        found = hidden.end.search(self._waiting)
        end = found.start() if found else len(self._waiting) - (0 if final else MAX_END_CHARACTERS)
        text, self._waiting = self._waiting[: max(end, 0)], self._waiting[max(end, 0) :]
        hidden.text = (hidden.text + text)[-MAX_BLOCK_CHARACTERS:]
        if found:
            self._waiting = self._waiting[len(found.group()) :]
            yield from self._end_of_hidden(hidden, closed=True)
        elif hidden.is_thought and text:
            yield Sign.THOUGHT

    def _end_of_hidden(self, hidden: Hidden, *, closed: bool) -> Iterator[Piece]:
        """What a hidden part was: calls are run; a thought that never ended may have some in it."""
        self._hidden = None
        if not hidden.is_thought:
            text = f"{hidden.to} {hidden.text}" if hidden.to else hidden.text
            yield from self._runnable(text, calls_in(hidden.opening + text, self._tools))
        elif closed or hidden.has_mark:
            yield Sign.THOUGHT
            yield from () if closed else self._calls_in_thought(hidden.text)
        else:
            # It was no thought after all.
            self._waiting = hidden.opening + hidden.text
            self._has_spoken = bool(hidden.opening)
            yield from self._decided(final=True)

    def _calls_in_thought(self, text: str) -> Iterator[Piece]:
        begins = next((token.start() for token in TOKEN.finditer(text) if token["call"]), None)
        if begins is not None:
            yield from self._runnable(text[begins:], calls_in(text[begins:], self._tools))

    def _runnable(self, block: str, calls: list[Call]) -> Iterator[Piece]:
        yield from (call for call in calls if self._may_run(block, call))
