"""The marks in a model's text between which something is hidden from the user: thoughts and tool calls."""

import re
from dataclasses import dataclass

from agent_service.models.wire.tags import PREFIX

THOUGHT_TAGS = (
    "think|thinking|thoughts?|thought_process|thinking_process|reasoning|reason|reflection|scratchpad|analysis"
    "|inner_monologue|inner_thoughts|seed:think"
)
# What a model makes up as the result of its own call is as little an answer as a thought is.
RESULT_TAGS = "tool_responses?|tool_results?|function_results?|tool_outputs?"
CALL_TAGS = (
    "tool_calls?|function_calls?|toolcall|tool_code|tools?|function|start_function_call|minimax:tool_call"
    "|seed:tool_call"
)
MAX_MARK_CHARACTERS = 220
MAX_TAG_CHARACTERS = 100
# What a piece of text must keep back, so that the end of a hidden part is seen although it is split.
MAX_END_CHARACTERS = 40
# Thoughts between marks instead of tags, and what ends them.
MARKED_THOUGHT = (
    r"<\|(?:begin_of_thought|start_thinking|think|thinking|thought|reasoning)\|>|<\|channel>thought|<unused94>"
    r"(?:thought)?"
)
THOUGHT_END = (
    rf"</\s?(?:{THOUGHT_TAGS})\s?>|\[/THINK\]|◁/think▷|<channel\|>|<unused95>"
    r"|<\|(?:end_of_thought|end_thinking|/think|/thinking|/thought|/reasoning)\|>"
)
# What is left of the channels of gpt-oss where a server takes the marks out.
BARE_FINAL = r"assistant[ \n]?final(?=[\s\S])"
# A header of gpt-oss says what follows: an analysis, a call, or the answer.
HARMONY = r"<\|(?:start|channel)\|>(?P<header>(?:(?!<\|message\|>)[^{}]){0,180}?)<\|message\|>"
HARMONY_END = re.compile(r"<\|(?:end|return|call)\|>|(?=<\|(?:start|channel)\|>)")
TOKEN = re.compile(
    r"(?P<ticks>`+)"
    rf"|(?P<thought><(?P<thought_tag>{THOUGHT_TAGS})(?:\s[^<>]{{0,80}})?>|\[THINK\]|◁think▷|{MARKED_THOUGHT})"
    rf"|(?P<result><(?P<result_tag>{RESULT_TAGS})(?:\s[^<>]{{0,80}})?>)"
    rf"|(?P<unopened>{THOUGHT_END}|{BARE_FINAL})"
    rf"|(?P<harmony>{HARMONY})"
    rf"|(?P<call><{PREFIX}(?P<call_tag>{CALL_TAGS})(?:\s(?!name=)[^<>]{{0,80}})?>"
    rf"|<tool_call\s[^<>]{{0,80}}?name=(?=[^<>\n]{{1,80}}>)"
    rf"|<function(?:=|\s+name=)(?=[^<>\n]{{1,80}}?[>{{(])|<{PREFIX}invoke\s+name=(?=[^<>\n]{{1,80}}>)"
    r"|\[TOOL_CALLS\]|\[TOOL_REQUEST\]|to=functions\.(?=[\w.-]{1,80}[^{}]{0,60}\{)"
    r"|<\|(?:tool_calls_section_begin|tool_call_begin|tool_call_start|tool_call|python_tag|python_start"
    r"|action_start|start_action|open)\|?>"
    r"|<[|｜]tool[▁_]calls?[▁_]begin[|｜]>"
    r"|<\|(?:start|channel)\|>[^{}<]{0,80}to=[\w.-]{1,80}[^{}]{0,60}?(?=\{)"
    r"|<\|start\|>functions\.[\w.-]{1,80}<\|message\|>)"
    rf"|(?P<stray></{PREFIX}(?:{CALL_TAGS}|{RESULT_TAGS}|function|invoke|parameter)>|\[/TOOL_CALLS\]"
    # What ChatGPT's own search would make a link.
    r"|\ue200[^\ue200\ue201]{0,200}\ue201|\bcite(?:turn\d+[a-z]+\d+)+"
    r"|</?(?:answer|final_answer|end_of_turn)>|<start_of_turn>\s*model\b|<\|im_start\|>\s*assistant\b"
    r"|<\|start_header_id\|>\s*assistant\s*<\|end_header_id\|>"
    r"|<\|start\|>\s*assistant|<[|｜][\w▁/ ]{1,40}[|｜]?>)",
    re.IGNORECASE,
)
OPENED = tuple(
    tag.replace("?", "") for tag in f"{THOUGHT_TAGS}|{RESULT_TAGS}|{CALL_TAGS}|answer|final_answer".split("|")
)
# What may still become one of these: with a tag's attributes, and without.
STEMS = (
    *(f"<{tag}" for tag in OPENED),
    *("<tool_call ", "<function_call ", "<tool "),
    *("<function=", "<function name=", "<invoke name=", "<steptml:invoke name=", "<|", "<｜", "</｜"),
)
WHOLE = (
    *(f"</{tag}>" for tag in (*OPENED, "invoke", "parameter", "steptml:invoke", "steptml:parameter")),
    *(f"</{tag}s>" for tag in ("tool_call", "function_call", "thought", "tool", "tool_result")),
    *(
        "<start_of_turn>model",
        "<end_of_turn>",
        "<unused94>thought",
        "<unused95>",
        "<|channel>thought",
        "<channel|>",
        "</s>",
    ),
    *("<|im_start|>assistant", "<|start_header_id|>assistant<|end_header_id|>"),
    *("assistantfinal", "assistant final", "assistant\nfinal"),
    *("[think]", "[/think]", "[tool_calls]", "[/tool_calls]", "[tool_request]", "◁think▷", "◁/think▷"),
)
CALL_ENDS = {
    "[tool_request]": r"\[END_TOOL_REQUEST\]",
    "<function=": r"</function>",
    "<invoke": r"</invoke>",
    "<|tool_calls_section_begin|>": r"<\|tool_calls_section_end\|>",
    "<|tool_call_begin|>": r"<\|tool_call_end\|>",
    "<|tool_call>": r"<tool_call\|>",
    "<|python_start|>": r"<\|python_end\|>",
    "<|action_start|>": r"<\|action_end\|>",
    "<|start_action|>": r"<\|END_ACTION\|>",
    "<|open|>": r"<\|close\|>tools(?:<\|sep\|>)?",
    "<|tool_call_start|>": r"<\|tool_call_end\|>",
    "<tool_call": r"</tool_call>",
    "to=functions.": r"(?<=\})(?=\s*\n)",
    **{
        f"<{bar}tool{gap}{calls}{gap}begin{bar}>": rf"<[|｜]tool[▁_]{calls}[▁_]end[|｜]>"
        for bar in "|｜"
        for gap in "▁_"
        for calls in ("calls", "call")
    },
}
BARE_CALL = "to=functions."
END_OF_MESSAGE = r"<\|(?:eom_id|eot_id|im_end|end|call|return)\|>|</s>"

BARE_HEADER = re.compile(
    r"\s*(?:assistant\s?)?(?:(?P<thought>(?:analysis|commentary)(?=\s?[A-Z\"'(\n]))|final\s?(?=[A-Z0-9*#])"
    r"|(?:commentary\s?)?(?=to=functions\.))"
)
BARE_END = re.compile(
    rf"{BARE_FINAL}\s*|(?:assistant\s?(?:commentary\s?)?|commentary\s?)(?=to=functions\.)", re.IGNORECASE
)
BARE_WORDS = tuple(
    f"{speaker}{channel}{rest}"
    for speaker in ("", "assistant", "assistant ")
    for channel in ("analysis", "analysis ", "commentary", "commentary ", "final", "final ", "")
    for rest in (("to=functions.",) if channel[:1] in "c" else ("",))
)


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
    end = re.compile(f"{THOUGHT_END}|{BARE_FINAL}", re.IGNORECASE)
    return Hidden(end, is_thought=True, has_mark=False)


def bare_channel(text: str, *, final: bool) -> tuple[int, Hidden | None] | None:
    """What a channel of gpt-oss hides whose marks a server took out, and how long its header is.

    None when the answer begins otherwise; a length of 0 when more must come to know.
    """
    header = BARE_HEADER.match(text)
    if header and not header.group().strip():
        return None
    if header and header["thought"]:
        return header.end(), Hidden(BARE_END, is_thought=True, has_mark=False, opening=header.group())
    if header:
        return header.end(), None
    begun = text.lstrip()
    is_open = not final and any(word.startswith(begun) for word in BARE_WORDS)
    return (0, None) if is_open and begun else None


def hidden_by(token: re.Match[str]) -> Hidden | None:
    """What a mark hides; None when the text goes on behind it."""
    if token["thought"]:
        return Hidden(re.compile(THOUGHT_END, re.IGNORECASE), is_thought=True)
    if token["result"]:
        end = rf"</{re.escape(token['result_tag'])}>"
        return Hidden(re.compile(end, re.IGNORECASE), is_thought=True)
    if token["call"]:
        return Hidden(_call_end(token), opening=token.group())
    if token["harmony"]:
        to = re.search(r"(?:to=|\A\s*(?=functions\.))([\w.:-]+)", token["header"])
        if to:
            return Hidden(HARMONY_END, to=to[1])
        return None if "final" in token["header"] else Hidden(HARMONY_END, is_thought=True)
    return None


def _call_end(token: re.Match[str]) -> re.Pattern[str]:
    tag, opening = token["call_tag"], token["call"].lower()
    if tag:
        closing = tag.replace("start_", "end_")
        return re.compile(rf"</?{PREFIX}{re.escape(closing)}>", re.IGNORECASE)
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
    places = (place for place in range(start, len(text)) if text[place] in "<[◁at\ue200")
    return next((place for place in places if _may_open(text[place:])), len(text))


def _may_open(tail: str) -> bool:
    tail = tail.lower()
    if tail.startswith(("<|channel|>", "<|start|>")):
        return "<|message|>" not in tail and "{" not in tail and len(tail) < MAX_MARK_CHARACTERS
    if any(mark.startswith(tail) for mark in (*STEMS, *WHOLE, BARE_CALL)):
        return True
    if tail.startswith("\ue200"):
        return "\ue201" not in tail
    if tail.startswith(BARE_CALL):
        return "{" not in tail and "\n\n" not in tail and len(tail) < MAX_TAG_CHARACTERS
    return tail.startswith(STEMS) and ">" not in tail and len(tail) < MAX_TAG_CHARACTERS
