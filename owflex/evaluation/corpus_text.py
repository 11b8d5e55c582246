"""Texts without a file name: Markdown, code or plain paragraphs, told apart by what they look like."""

import re
from dataclasses import replace

from parsing import source
from parsing.document import Block, ParsedDocument
from parsing.markdown import markdown

MARKDOWN = re.compile(
    r"^(?:#{1,6} \S|```|~~~|\|.+\|[ \t]*$|[-*+] \S|\d+\. \S|> \S)|\[[^\]\n]+\]\([^)\s]+\)", re.MULTILINE
)
# One such line may stand in any text; several do not.
MARKDOWN_LINES = 2

# Lines that only code has, by the ending of a file with it.
CODE = {
    "rs": r"^\s*(?:pub(?:\(\w+\))? )?(?:fn|impl|struct|enum|trait|mod|use) .*[{;,(>]$|^\s*#!?\[\w+"
    r"|^\s*let (?:mut )?\w+.*;$",
    "py": r"^\s*(?:async )?(?:def|class) \w+.*:$|^(?:from \S+ )?import \w+|^\s*(?:self\.\w+ = |@\w+)",
    "js": r"^\s*(?:export |async )*(?:function\*? \w+|const \w+ =|let \w+ =|class \w+.*\{)|=> \{$"
    r"|^import .* from ['\"]",
    "java": r"^\s*(?:public|private|protected) .*[{;]$|^(?:package|import) [\w.]+;$",
    "go": r"^func .*\{$|^package \w+$|^\s*\w+(?:, \w+)? := ",
    "c": r"^#(?:include|define|ifdef) |^\s*(?:static |const )*(?:int|void|char|struct|size_t)\b.*[;{)]$",
    "sh": r"^#!/.*sh$|^\s*(?:fi|done|esac)$",
    "sql": r"^(?i:select .* from|create table|insert into)\b",
}
CODE_LINES = {ending: re.compile(pattern, re.MULTILINE) for ending, pattern in CODE.items()}
LEAST_CODE_LINES = 2
# Code ends its lines in other ways than prose does.
CODE_END = re.compile(r"[;{}(),:\]]$|^\s*(?://|#|\*|@)")
LEAST_CODE_SHARE = 0.4

PARAGRAPH_END = re.compile(r"\n[ \t]*\n")


def read_text(text: str, title: str) -> ParsedDocument:
    """The blocks of a text as ingestion makes them of a file with the same content."""
    text = text.replace("\x00", "")
    ending = _code_ending(text)
    if ending:
        parsed = source.parse(text.encode(), f"text.{ending}")
    elif len(MARKDOWN.findall(text)) >= MARKDOWN_LINES:
        parsed = markdown.parse_markdown_text(text, "")
        # Its first heading is not among the blocks' headings: it was taken for the title.
        title = " › ".join(dict.fromkeys(filter(None, (title, parsed.title))))
    else:
        parsed = _paragraphs(text)
    # Code that is not read as such (minified) is still a text.
    return replace(parsed if parsed.blocks else _paragraphs(text), title=title)


def _code_ending(text: str) -> str | None:
    """The ending a file with this code would have; None when it is no code."""
    lines = [line for line in text.split("\n") if line.strip()]
    share = sum(bool(CODE_END.search(line.rstrip())) for line in lines) / max(len(lines), 1)
    if share < LEAST_CODE_SHARE:
        return None
    counts = {ending: len(pattern.findall(text)) for ending, pattern in CODE_LINES.items()}
    best = max(counts, key=lambda ending: counts[ending])
    return best if counts[best] >= LEAST_CODE_LINES else None


def _paragraphs(text: str) -> ParsedDocument:
    parts = (part.strip("\n") for part in PARAGRAPH_END.split(text))
    return ParsedDocument("", tuple(Block(part) for part in parts if part.strip()))
