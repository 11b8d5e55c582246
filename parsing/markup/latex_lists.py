"""Numbered lists of LaTeX: what the items are counted with is written before them."""

import re

from parsing.list_numbers import numbered

PART = re.compile(
    r"\\begin\{(?P<begun>enumerate|itemize|description)\}[ \t]*"
    r"(?:\[(?P<options>(?:[^\[\]{}]|\{[^{}]{0,50}\}){0,300})\])?"
    r"|\\end\{(?:enumerate|itemize|description)\}|\\item(?![A-Za-z])[ \t]*(?P<label>\[)?"
)
START = re.compile(r"\bstart\s*=\s*(\d{1,6})")
FORM = re.compile(r"\\(arabic|alph|Alph|roman|Roman)\b")
FORMS = {"arabic": "1", "alph": "a", "Alph": "A", "roman": "i", "Roman": "I"}
# How the four levels of lists count where nothing else is said.
LEVELS = ("1", "a", "i", "A")
MAX_DEPTH = 30


def with_numbers(text: str) -> str:
    """The text with a number before each item that is counted; other items stay as they are."""
    lists: list[tuple[str, int] | None] = []

    def replaced(part: re.Match[str]) -> str:
        if part["begun"]:
            lists.append(_counter(part, sum(map(bool, lists))) if len(lists) < MAX_DEPTH else None)
        elif part[0].startswith("\\end"):
            del lists[-1:]
        elif lists and lists[-1] and not part["label"]:
            form, count = lists[-1]
            lists[-1] = form, count + 1
            return f"\n{numbered(count, form)}. "
        return part[0]

    return PART.sub(replaced, text)


def _counter(begun: re.Match[str], depth: int) -> tuple[str, int] | None:
    if begun["begun"] != "enumerate":
        return None
    options = begun["options"] or ""
    start, form = START.search(options), FORM.search(options)
    return FORMS[form[1]] if form else LEVELS[min(depth, 3)], int(start[1]) if start else 1
