"""What documentation generators add to Markdown, as plain Markdown: boxes, tabs, includes."""

import re

FENCE = re.compile(r"[ \t]*(?P<marks>`{3,}|~{3,})(?P<info>.*)")
# Files that a generator would include are not part of this file.
INCLUDE = re.compile(r"[ \t]*(\{\*.*\*\}|\{!.*!\}|-+8<-+.*)[ \t]*$")
TEMPLATE = re.compile(r"[ \t]*\{%.*%\}[ \t]*$")
TEMPLATE_TITLE = re.compile(r"\s(?:title|label|summary|caption)\s*=\s*(?:\"([^\"]{1,300})\"|'([^']{1,300})')")
# A place where a generator would write the documentation of some code.
CODE_DOCUMENTATION = re.compile(r"[ \t]*:::[ \t]+(?P<name>\w+(?:\.\w+)+)[ \t]*$")

# `/// tip | Title` … `///`
SLASHES = re.compile(r"[ \t]*/{3,}[ \t]*(?:(?P<kind>[A-Za-z][\w-]*)[ \t]*(?:\|(?P<title>.*))?)?$")
# `::: tip Title`, `:::tip[Title]`, `:::{tip} Title` … `:::`
COLONS = re.compile(
    r"[ \t]*:{3,}[ \t]*"
    r"(?:\{?(?P<kind>[A-Za-z][\w-]*)\}?(?:\[(?P<label>[^\]]*)\]|[ \t]+(?P<title>.*))?)?[ \t]*$"
)
# `!!! tip "Title"`, `??? tip`, `=== "Tab"`: what follows indented is inside.
INDENTED = re.compile(
    r"[ \t]*(?:(?:!!!|\?\?\?\+?)[ \t]+(?P<kind>[A-Za-z][\w-]*)(?:[ \t]+(?:inline|end)){0,2}|===[!+]?)"
    r"(?:[ \t]+\"(?P<title>[^\"]*)\")?[ \t]*$"
)
INDENTATION = 4
# Boxes whose kind says nothing to a reader.
SILENT_KINDS = frozenset({"tab", "details", "html"})


def plain_markdown(text: str) -> str:
    """Each box as a line with its kind and title, then its content; includes dropped; code left alone."""
    lines: list[str] = []
    fence: str | None = None
    insides: list[int] = []
    for line in text.split("\n"):
        insides = _still_inside(line, insides)
        inner = _dedented(line, INDENTATION * len(insides))
        mark = FENCE.match(inner)
        if mark and (fence is None or _closes(mark, fence)):
            fence = mark["marks"] if fence is None else None
            lines.append(inner)
        elif fence is not None:
            lines.append(inner)
        else:
            if _opens_indented(inner):
                insides = [*insides, _indentation(line) + INDENTATION]
            lines += _plain_line(inner)
    return "\n".join(lines)


def is_include(code: str) -> bool:
    """Whether a piece of code is only a place for a file that is not here."""
    return all(INCLUDE.match(line) for line in code.split("\n") if line.strip())


def count_includes(text: str) -> int:
    """How many lines stand for a file that is not here."""
    return sum(1 for line in text.split("\n") if line.lstrip()[:1] in ("{", "-") and INCLUDE.match(line))


def _plain_line(line: str) -> list[str]:
    if INCLUDE.match(line):
        return []
    if TEMPLATE.match(line):
        title = TEMPLATE_TITLE.search(line)
        return ["", f"**{title[1] or title[2]}**", ""] if title else []
    documentation = CODE_DOCUMENTATION.match(line)
    if documentation:
        return [f"`{documentation['name']}`"]
    box = SLASHES.match(line) or COLONS.match(line) or INDENTED.match(line)
    if box is None or (line.lstrip().startswith("===") and not box["title"]):
        return [line]
    words = _words(box.groupdict())
    margin = line[: len(line) - len(line.lstrip())]
    return ["", f"{margin}**{words}**", ""] if words else [""]


def _words(box: dict[str, str | None]) -> str:
    kind, title = box["kind"] or "", box.get("label") or box["title"] or ""
    kind = "" if kind in SILENT_KINDS else kind.capitalize()
    return ": ".join(words for words in (kind, title.replace("**", "").strip(' "')) if words)


def _opens_indented(line: str) -> bool:
    box = INDENTED.match(line)
    return box is not None and bool(box["kind"] or box["title"])


def _closes(mark: re.Match[str], fence: str) -> bool:
    return mark["marks"].startswith(fence) and not mark["info"].strip()


def _still_inside(line: str, insides: list[int]) -> list[int]:
    """The indented boxes that a line belongs to, by the indentation of their content."""
    if not line.strip():
        return insides
    return [inside for inside in insides if _indentation(line) >= inside]


def _dedented(line: str, width: int) -> str:
    expanded = line.expandtabs(INDENTATION) if width and line.startswith("\t") else line
    return expanded[width:] if not expanded[:width].strip() else expanded


def _indentation(line: str) -> int:
    expanded = line.expandtabs(INDENTATION)
    return len(expanded) - len(expanded.lstrip())
