"""The marks in a model's text between which something is hidden from the user: thoughts and tool calls."""

import re
from dataclasses import dataclass

THOUGHT_TAGS = "think|thinking|thought|reasoning|seed:think"
CALL_TAGS = "tool_calls?|function_calls?|toolcall|tool_code|minimax:tool_call"
# DeepSeek puts this into its tags.
DSML = "(?:｜DSML｜)?"
MAX_MARK_CHARACTERS = 220
MAX_TAG_CHARACTERS = 100
# What a piece of text must keep back, so that the end of a hidden part is seen although it is split.
MAX_END_CHARACTERS = 40
# A header of gpt-oss says what follows: an analysis, a call, or the answer.
HARMONY = r"<\|(?:start|channel)\|>(?P<header>(?:(?!<\|message\|>)[^{}]){0,180}?)<\|message\|>"
HARMONY_END = re.compile(r"<\|(?:end|return|call)\|>|(?=<\|(?:start|channel)\|>)")
TOKEN = re.compile(
    r"(?P<ticks>`+)"
    rf"|(?P<thought><(?P<thought_tag>{THOUGHT_TAGS})(?:\s[^<>]{{0,80}})?>|\[THINK\]|◁think▷)"
    rf"|(?P<unopened></(?:{THOUGHT_TAGS})>|\[/THINK\]|◁/think▷)"
    rf"|(?P<harmony>{HARMONY})"
    rf"|(?P<call><{DSML}(?P<call_tag>{CALL_TAGS})(?:\s[^<>]{{0,80}})?>"
    rf"|<function=(?=[^<>\n]{{1,80}}>)|<{DSML}invoke\s+name=(?=[^<>\n]{{1,80}}>)"
    r"|\[TOOL_CALLS\]|\[TOOL_REQUEST\]"
    r"|<\|(?:tool_calls_section_begin|tool_call_begin|tool_call_start|tool_call|python_tag)\|?>"
    r"|<｜tool▁calls▁begin｜>|<｜tool▁call▁begin｜>)"
    rf"|(?P<stray></{DSML}(?:{CALL_TAGS}|function|invoke|parameter)>|\[/TOOL_CALLS\]"
    r"|<\|start\|>\s*assistant|<[|｜][\w▁/ ]{1,40}[|｜]?>)",
    re.IGNORECASE,
)
OPENED = (
    *THOUGHT_TAGS.split("|"),
    "tool_calls",
    "function_calls",
    "toolcall",
    "tool_code",
    "minimax:tool_call",
)
# What may still become one of these: with a tag's attributes, and without.
STEMS = (*(f"<{tag}" for tag in OPENED), "<function=", "<invoke name=", "<|", "<｜", "</｜")
WHOLE = (
    *(f"</{tag}>" for tag in (*OPENED, "tool_call", "function_call", "function", "invoke", "parameter")),
    *("[think]", "[/think]", "[tool_calls]", "[/tool_calls]", "[tool_request]", "◁think▷", "◁/think▷"),
)
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


@dataclass
class Hidden:
    """A part that is not shown, up to its `end`: a thought, or a call, which may be `to` a tool."""

    end: re.Pattern[str]
    is_thought: bool = False
    has_mark: bool = True
    opening: str = ""
    to: str = ""
    text: str = ""


def unmarked_thought() -> Hidden:
    """The beginning of an answer that is taken for a thought because the model's answers are like that."""
    end = re.compile(rf"</(?:{THOUGHT_TAGS})>|\[/THINK\]|◁/think▷", re.IGNORECASE)
    return Hidden(end, is_thought=True, has_mark=False)


def hidden_by(token: re.Match[str]) -> Hidden | None:
    """What a mark hides; None when the text goes on behind it."""
    if token["thought"]:
        tag = token["thought_tag"]
        end = rf"</{re.escape(tag)}>" if tag else r"\[/THINK\]|◁/think▷"
        return Hidden(re.compile(end, re.IGNORECASE), is_thought=True)
    if token["call"]:
        return Hidden(_call_end(token), opening=token.group())
    if token["harmony"]:
        to = re.search(r"to=([\w.:-]+)", token["header"])
        if to:
            return Hidden(HARMONY_END, to=to[1])
        return None if "final" in token["header"] else Hidden(HARMONY_END, is_thought=True)
    return None


def _call_end(token: re.Match[str]) -> re.Pattern[str]:
    tag, opening = token["call_tag"], token["call"].lower()
    if tag:
        return re.compile(rf"</{DSML}{re.escape(tag)}>", re.IGNORECASE)
    ends = [end for begin, end in CALL_ENDS.items() if opening.startswith(begin)]
    return re.compile("|".join([*ends[:1], END_OF_MESSAGE]), re.IGNORECASE)


def may_grow(token: re.Match[str], text: str) -> bool:
    """Whether what comes next could make another mark of this one."""
    if token["ticks"]:
        return token.end() == len(text)
    # `<|channel|>` is the beginning of a longer one.
    return bool(token["stray"]) and _may_open(text[token.start() :])


def undecided_from(text: str) -> int:
    """Where the end of a text begins that may become a mark; its length where there is none."""
    start = max(0, len(text) - MAX_MARK_CHARACTERS)
    places = (place for place in range(start, len(text)) if text[place] in "<[◁")
    return next((place for place in places if _may_open(text[place:])), len(text))


def _may_open(tail: str) -> bool:
    tail = tail.lower()
    if tail.startswith(("<|channel|>", "<|start|>")):
        return "<|message|>" not in tail and "{" not in tail and len(tail) < MAX_MARK_CHARACTERS
    if any(mark.startswith(tail) for mark in (*STEMS, *WHOLE)):
        return True
    return tail.startswith(STEMS) and ">" not in tail and len(tail) < MAX_TAG_CHARACTERS
