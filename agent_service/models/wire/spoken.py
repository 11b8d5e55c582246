"""What of a model's text is meant for the user: thoughts and tool calls written as text are taken out."""

import re
from collections.abc import Callable, Iterator
from enum import Enum, auto

from agent_service.models.wire.marks import (
    MAX_END_CHARACTERS,
    TOKEN,
    Hidden,
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

JSON_BEGINS = re.compile(r"\s*(?:\[\s*)?\{")
FENCED_JSON = re.compile(r"[\w-]{0,20}[ \t]*\r?\n\s*(?:\[\s*)?\{")
ARGUMENTS = re.compile(r"[\"'](?:arguments|parameters|args|input)[\"']")
FENCE_BEGINS = re.compile(r"[\w-]{0,20}[ \t]*(?:\r?\n\s*(?:\[\s*)?)?\Z")


class SpokenText:
    """Tells in a stream of text what is spoken to the user from thoughts and calls written as text.

    `may_run` says of a call's text whether it may be run: what a document says is no call.
    `begins_in_thought` is for models that leave out the tag that opens their thoughts.
    """

    def __init__(
        self, tools: ToolNames, may_run: Callable[[str], bool], *, begins_in_thought: bool = False
    ) -> None:
        self._tools = tools
        self._may_run = may_run
        self._waiting = ""
        self._code = ""
        self._has_spoken = False
        self._hidden = unmarked_thought() if begins_in_thought else None

    def feed(self, text: str) -> list[Piece]:
        """What is decided after `text` arrived."""
        self._waiting += text
        return list(self._decided(final=False))

    def finish(self) -> list[Piece]:
        """What was still undecided when the text ended."""
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
        if self._holds_json(final=final):
            return
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
            yield text

    def _ticks(self, ticks: str, *, final: bool) -> Iterator[Piece]:
        """Code begins or ends; a block of JSON waits for its end, since it may be a call."""
        inside, closing, rest = self._waiting[len(ticks) :].partition(ticks)
        may_be_call = not self._code and len(ticks) >= 3 and bool(self._tools)
        if may_be_call and (closing or final) and (calls := self._calls_alone(inside, FENCED_JSON)):
            self._waiting = rest
            yield from self._runnable(inside, calls)
            return
        is_open = may_be_call and not closing and not final and len(inside) < MAX_BLOCK_CHARACTERS
        if is_open and (FENCED_JSON.match(inside) or FENCE_BEGINS.match(inside)):
            return
        if not self._code:
            self._code = ticks
        elif len(ticks) >= len(self._code):
            self._code = ""
        yield from self._say(len(ticks))

    def _holds_json(self, *, final: bool) -> bool:
        """Whether the answer begins like a call that is nothing but JSON; it is decided at its end."""
        if self._has_spoken or not self._tools or len(self._waiting) > MAX_BLOCK_CHARACTERS:
            return False
        if not final:
            return bool(JSON_BEGINS.match(self._waiting) or re.fullmatch(r"\s*\[?\s*", self._waiting))
        if self._calls_alone(self._waiting, JSON_BEGINS):
            self._hidden = Hidden(re.compile(r"\Z"))
        return self._hidden is not None

    def _calls_alone(self, block: str, begins: re.Pattern[str]) -> list[Call]:
        """The calls in a block that is nothing but one JSON value."""
        is_json = begins.match(block) and block.rstrip().endswith(("}", "]")) and ARGUMENTS.search(block)
        return calls_in(block, self._tools) if is_json else []

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
            self._waiting = hidden.text
            yield from self._decided(final=True)

    def _calls_in_thought(self, text: str) -> Iterator[Piece]:
        begins = next((token.start() for token in TOKEN.finditer(text) if token["call"]), None)
        if begins is not None:
            yield from self._runnable(text[begins:], calls_in(text[begins:], self._tools))

    def _runnable(self, block: str, calls: list[Call]) -> Iterator[Piece]:
        if calls and self._may_run(block):
            yield from calls
