"""One line of a passage, for lists from which one chooses what to read."""

import re

MAX_LINE = 160
WORD = re.compile(r"\w+")


def telling_line(content: str, query: str) -> str:
    """The line of a passage that has most of the question's words, else its first one; long ones are cut."""
    asked = {word for word in WORD.findall(query.casefold()) if len(word) > 2}
    lines = [" ".join(line.split()) for line in content.splitlines() if line.strip()]
    line = max(lines, key=lambda one: len(asked & set(WORD.findall(one.casefold()))), default="")
    return _cut(line, asked)


def _cut(line: str, asked: set[str]) -> str:
    """So much of a long line as begins shortly before the first of the words."""
    if len(line) <= MAX_LINE:
        return line
    found = next((word.start() for word in WORD.finditer(line.casefold()) if word[0] in asked), 0)
    begin = max(0, min(found - MAX_LINE // 4, len(line) - MAX_LINE))
    # Not within a word.
    begin = line.rfind(" ", 0, begin) + 1
    part = line[begin : begin + MAX_LINE]
    return f"{'…' if begin else ''}{part}{'…' if begin + MAX_LINE < len(line) else ''}"
