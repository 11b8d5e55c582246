"""What of a model's text is meant for the user: thoughts and tool calls written as text are taken out."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from agent_service.models.wire.names import ToolNames
from agent_service.models.wire.text_calls import MAX_BLOCK_CHARACTERS, Call, calls_in

# A piece of a thought, and: all text before this was one.
THOUGHT = object()
TAKEN_BACK = object()
Piece = str | Call | object

THOUGHT_TAGS = "think|thinking|thought|reasoning|seed:think"
CALL_TAGS = "tool_calls?|function_calls?|toolcall|tool_code|minimax:tool_call"
MAX_TAG_CHARACTERS = 220
# What a piece of text must keep back, so that the end of a hidden part is seen although it is split.
MAX_END_CHARACTERS = 40
HARMONY = r"<\|(?:start|channel)\|>(?P<header>(?:(?!<\|message\|>)[^{}]){0,180}?)<\|message\|>"
HARMONY_END = r"<\|(?:end|return|call)\|>|(?=<\|(?:start|channel)\|>)"
TOKEN = re.compile(
    r"(?P<ticks>`+)"
    rf"|(?P<thought><(?P<thought_tag>{THOUGHT_TAGS})(?:\s[^<>]{{0,80}})?>|\[THINK\]|◁think▷)"
    rf"|(?P<unopened></(?:{THOUGHT_TAGS})>|\[/THINK\]|◁/think▷)"
    rf"|(?P<harmony>{HARMONY})"
    rf"|(?P<call><(?P<call_tag>{CALL_TAGS})(?:\s[^<>]{{0,80}})?>"
    r"|<function=(?=[^<>\n]{1,80}>)|<invoke\s+name=(?=[^<>\n]{1,80}>)"
    r"|\[TOOL_CALLS\]|\[TOOL_REQUEST\]"
    r"|<\|(?:tool_calls_section_begin|tool_call_begin|tool_call_start|tool_call|python_tag)\|?>"
    r"|<｜tool▁calls▁begin｜>|<｜tool▁call▁begin｜>)"
    rf"|(?P<stray></(?:{CALL_TAGS}|function|invoke|parameter)>|<\|start\|>\s*assistant|<[|｜][\w▁/ ]{{1,40}}[|｜]?>|\[/TOOL_CALLS\])",
    re.IGNORECASE,
)
# What may still become one of these, with a tag's attributes.
STEMS = [
    *(f"<{tag}" for tag in (*THOUGHT_TAGS.split("|"), "tool_calls", "function_calls", "toolcall", "tool_code")),
    *(f"</{tag}>" for tag in (*THOUGHT_TAGS.split("|"), "tool_calls", "function_calls", "function", "invoke")),
    *("<minimax:tool_call", "</minimax:tool_call>", "</toolcall>", "</tool_code>", "</parameter>"),
    *("<function=", "<invoke name=", "[think]", "[/think]", "[tool_calls]", "[/tool_calls]", "[tool_request]"),
    *("◁think▷", "◁/think▷", "<|", "<｜"),
]
CALL_ENDS = {
    "[tool_request]": r"\[END_TOOL_REQUEST\]",
    "<function=": r"</function>",
    "<invoke": r"</invoke>",
    "<|tool_calls_section_begin|>": r"<\|tool_calls_section_end\|>",
    "<|tool_call_begin|>": r"<\|tool_call_end\|>",
    "<|tool_call_start|>": r"<\|tool_call_end\|>",
    "<｜tool▁calls▁begin｜>": r"<｜tool▁calls▁end｜>",
    "<｜tool▁call▁begin｜>": r"<｜tool▁call▁end｜>",
}
END_OF_MESSAGE = r"<\|(?:eom_id|eot_id|im_end|end)\|>|</s>"
JSON_BEGINS = re.compile(r"\s*(?:\[\s*)?\{")
FENCED_JSON = re.compile(r"[\w-]{0,20}[ \t]*\r?\n\s*(?:\[\s*)?\{")
FENCE_BEGINS = re.compile(r"[\w-]{0,20}[ \t]*(?:\r?\n\s*(?:\[\s*)?)?\Z")


@dataclass
class Hidden:
    """A part that is not shown, from its opening to its `end`."""

    end: re.Pattern[str]
    is_thought: bool
    opening: str = ""
    text: str = ""
    to: str = ""


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
        self._hidden = _unopened_thought() if begins_in_thought else None

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
            yield from self._hidden_part(final=final) if self._hidden else self._spoken_part(final=final)
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
        if token is None or (not final and _may_grow(token, self._waiting)):
            end = len(self._waiting) if final else _undecided_from(self._waiting, token)
            yield from self._say(end)
            return
        if token["unopened"] and not self._code:
            self._waiting = self._waiting[token.end() :]
            yield from self._take_back()
            return
        yield from self._say(token.start())
        if token["ticks"]:
            yield from self._ticks(token.group(), final=final)
        elif self._code:
            yield from self._say(len(token.group()))
        else:
            self._waiting = self._waiting[len(token.group()) :]
            self._hide(token)

    def _take_back(self) -> Iterator[Piece]:
        """A thought ends that did not say that it began: it was all there was so far."""
        if self._has_spoken:
            self._has_spoken = False
            yield TAKEN_BACK

    def _hide(self, token: re.Match[str]) -> None:
        kind = token.lastgroup
        if kind == "thought":
            self._hidden = Hidden(_thought_end(token), is_thought=True)
        elif kind == "call":
            self._hidden = Hidden(_call_end(token), is_thought=False, opening=token.group())
        elif kind == "harmony":
            self._hidden = _harmony_part(token["header"])

    def _say(self, length: int) -> Iterator[Piece]:
        """Pass on this much of what waits."""
        text, self._waiting = self._waiting[:length], self._waiting[length:]
        if len(self._code) in (1, 2) and "\n" in text:
            self._code = ""
        if not self._has_spoken:
            text = text.lstrip()
        if text:
            self._has_spoken = True
            yield text

    def _ticks(self, ticks: str, *, final: bool) -> Iterator[Piece]:
        """Code begins or ends; a block of JSON waits for its end, since it may be a call."""
        rest = self._waiting[len(ticks) :]
        if self._code:
            self._code = "" if len(ticks) >= len(self._code) else self._code
            yield from self._say(len(ticks))
            return
        if len(ticks) >= 3 and self._tools:
            end = rest.find(ticks)
            if end >= 0:
                yield from self._block(ticks, rest, end)
                return
            waits = FENCED_JSON.match(rest) or FENCE_BEGINS.match(rest)
            if waits and len(rest) < MAX_BLOCK_CHARACTERS and not final:
                return
            if final and FENCED_JSON.match(rest) and (calls := calls_in(rest, self._tools)):
                self._waiting = ""
                yield from self._runnable(rest, calls)
                return
        self._code = ticks
        yield from self._say(len(ticks))

    def _block(self, ticks: str, rest: str, end: int) -> Iterator[Piece]:
        """A whole block of code: run where it is a call, else spoken."""
        inside = rest[:end]
        calls = calls_in(inside, self._tools) if FENCED_JSON.match(inside) and _is_alone(inside) else []
        if calls:
            self._waiting = rest[end + len(ticks) :]
            yield from self._runnable(inside, calls)
        else:
            yield from self._say(end + 2 * len(ticks))

    def _holds_json(self, *, final: bool) -> bool:
        """Whether the answer begins like a call that is nothing but JSON; it is decided at its end."""
        if self._has_spoken or not self._tools or len(self._waiting) > MAX_BLOCK_CHARACTERS:
            return False
        begins = JSON_BEGINS.match(self._waiting) or (not final and re.fullmatch(r"\s*\[?\s*", self._waiting))
        if not begins:
            return False
        if final and calls_in(self._waiting, self._tools) and _is_alone(self._waiting):
            self._hidden = Hidden(re.compile(r"\Z"), is_thought=False)
            return True
        return not final

    # --- hidden parts

    def _hidden_part(self, *, final: bool) -> Iterator[Piece]:
        hidden = self._hidden
        assert hidden is not None
        found = hidden.end.search(self._waiting)
        if found and (final or found.end() < len(self._waiting) or found.end() > found.start()):
            hidden.text += self._waiting[: found.start()]
            self._waiting = self._waiting[found.end() :]
            self._hidden = None
            yield from self._end_of_hidden(hidden, closed=True)
            return
        keep = 0 if final else MAX_END_CHARACTERS
        end = max(0, len(self._waiting) - keep)
        hidden.text = (hidden.text + self._waiting[:end])[-MAX_BLOCK_CHARACTERS:]
        self._waiting = self._waiting[end:]
        if hidden.is_thought and end:
            yield THOUGHT

    def _end_of_hidden(self, hidden: Hidden, *, closed: bool) -> Iterator[Piece]:
        self._hidden = None
        if not hidden.is_thought:
            block = hidden.opening + hidden.text
            calls = calls_in(f"{hidden.to} {hidden.text}" if hidden.to else block, self._tools)
            yield from self._runnable(hidden.text, calls)
        elif closed:
            yield THOUGHT
        elif hidden.opening == UNOPENED:
            # It was no thought after all.
            self._waiting = hidden.text
            yield from self._decided(final=True)
        else:
            call = TOKEN.search(hidden.text)
            while call and not call["call"]:
                call = TOKEN.search(hidden.text, call.end())
            yield THOUGHT
            if call:
                block = hidden.text[call.start() :]
                yield from self._runnable(block, calls_in(block, self._tools))

    def _runnable(self, block: str, calls: list[Call]) -> Iterator[Piece]:
        if calls and self._may_run(block):
            yield from calls


UNOPENED = "unopened"


def _unopened_thought() -> Hidden:
    end = re.compile(rf"</(?:{THOUGHT_TAGS})>|\[/THINK\]|◁/think▷", re.IGNORECASE)
    return Hidden(end, is_thought=True, opening=UNOPENED)


def _thought_end(token: re.Match[str]) -> re.Pattern[str]:
    tag = token["thought_tag"]
    end = rf"</{re.escape(tag)}>" if tag else r"\[/THINK\]|◁/think▷"
    return re.compile(end, re.IGNORECASE)


def _call_end(token: re.Match[str]) -> re.Pattern[str]:
    tag, opening = token["call_tag"], token["call"].lower()
    if tag:
        return re.compile(rf"</{re.escape(tag)}>", re.IGNORECASE)
    ends = [end for begin, end in CALL_ENDS.items() if opening.startswith(begin)]
    return re.compile("|".join([*ends[:1], END_OF_MESSAGE]), re.IGNORECASE)


def _harmony_part(header: str) -> Hidden | None:
    """What follows a header of gpt-oss: the answer, a call, or a thought."""
    to = re.search(r"to=([\w.:-]+)", header)
    if to:
        return Hidden(re.compile(HARMONY_END), is_thought=False, to=to[1])
    return None if "final" in header else Hidden(re.compile(HARMONY_END), is_thought=True)


def _is_alone(block: str) -> bool:
    """Whether nothing but one JSON value stands in the block."""
    text = block.strip()
    return text.endswith(("}", "]"))


def _may_grow(token: re.Match[str], text: str) -> bool:
    """Whether what comes next could make another mark of this one."""
    if token["ticks"]:
        return token.end() == len(text)
    # `<|channel|>` is the beginning of a longer one.
    return bool(token["stray"]) and _may_open(text[token.start() :])


def _undecided_from(text: str, token: re.Match[str] | None) -> int:
    if token is not None:
        return token.start()
    start = max(0, len(text) - MAX_TAG_CHARACTERS)
    marks = (place for place in range(start, len(text)) if text[place] in "<[◁")
    return next((place for place in marks if _may_open(text[place:])), len(text))


def _may_open(tail: str) -> bool:
    """Whether the end of a text may be the beginning of a mark."""
    tail = tail.lower()
    if tail.startswith(("<|channel|>", "<|start|>")):
        return "<|message|>" not in tail and len(tail) < MAX_TAG_CHARACTERS and "{" not in tail
    if any(stem.startswith(tail) for stem in STEMS):
        return True
    opens = any(tail.startswith(stem) for stem in STEMS if stem[0] == "<" and stem[-1] != ">")
    return opens and ">" not in tail and len(tail) < 100
