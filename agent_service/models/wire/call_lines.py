"""Lines of a text that begin like a tool call without any mark: JSON, Python, or a name and an object."""

import re

from agent_service.models.wire.names import ToolNames

MAX_LINE_CALL_CHARACTERS = 4_000
# The first member of an object that may be a call.
KEYS = (
    "name|tool|tool_name|tool_uses|tool_calls|action|function|function_call|type|id|arguments|parameters"
    "|recipient_name"
)
HALF_KEY = re.compile(r"(?:\[\s{0,40})?(?:\{\s{0,40}(?:[\"']\w{0,40}[\"']?\s*)?)?")
BRACKETS = re.compile(r"\\.|\"|'(?=\s*[\w:,)\]}\[({'\"]|\Z)|'|[()\[\]{}]", re.DOTALL)
CLOSING = {")": "(", "]": "[", "}": "{"}
APOSTROPHE = re.compile(r"\w'\w")


class CallLines:
    """Knows by the tools of a request how such a line begins, and where the call ends."""

    def __init__(self, tools: ToolNames) -> None:
        names = list(tools)
        self._words = [word for name in names for word in _openings(name)]
        any_name = "|".join(map(re.escape, names)) or r"(?!)"
        self._opens = re.compile(
            rf"[ \t]{{0,40}}(?:(?:\[\s{{0,40}})?\{{\s{{0,40}}[\"'](?:{KEYS}|{any_name})[\"']\s*:"
            rf"|(?:print\(|await |\[)?(?:[a-z_]{{1,20}}[.:]){{0,2}}(?:{any_name})\s?(?:\(|\{{|\[ARGS\])"
            rf"|<(?P<tag>{any_name})>|functools\[\{{|Action:\s*(?:{any_name})\b)"
        )

    def opens(self, text: str) -> bool:
        """Whether the text begins like a call."""
        return bool(self._opens.match(text))

    def may_open(self, text: str) -> bool:
        """Whether it still may, when more of it comes."""
        text = text.lstrip(" \t")
        return bool(HALF_KEY.fullmatch(text)) or any(word.startswith(text) for word in self._words)

    def end(self, text: str) -> int | None:
        """Where the call ends with which the text begins; None when it is not there yet."""
        opening = self._opens.match(text)
        if opening and opening["tag"]:
            closing = f"</{opening['tag']}>"
            place = text.find(closing)
            return None if place < 0 else place + len(closing)
        start = opening.end() if opening and opening.group().endswith("[ARGS]") else 0
        return _balanced(text, start)


def _openings(name: str) -> list[str]:
    """What a line with a call of the tool may begin with, as far as words go."""
    before = ("", "[", "print(", "default_api.", "print(default_api.", "functions.", "await ")
    with_marks = ("call:", "call:default_api:", "declaration:", "declaration:default_api:")
    called = [f"{start}{name}{bracket}" for start in before for bracket in ("(", " {", "{", "[ARGS]")]
    written = [f"{start}{name}{{" for start in with_marks]
    return [*called, *written, f"<{name}>", f"Action: {name}", "functools[{"]


def _balanced(text: str, start: int) -> int | None:
    """The end of the first part in brackets, with the brackets around it."""
    depth, quote = 0, ""
    for match in BRACKETS.finditer(text, start):
        mark = match.group()[0]
        if quote:
            is_apostrophe = mark == "'" and APOSTROPHE.match(text, max(0, match.start() - 1))
            quote = "" if mark == quote and not is_apostrophe else quote
        elif mark in "\"'" and depth:
            quote = mark
        elif mark in "([{":
            depth += 1
        elif mark in CLOSING:
            depth -= 1
            if depth <= 0 and not text[match.end() :].lstrip(" \t").startswith(("(", "[", "{")):
                return match.end()
    return None
