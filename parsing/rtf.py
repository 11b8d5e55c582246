"""Rich text (RTF): its paragraphs, headings, lists and tables."""

import codecs
import re
from collections.abc import Iterator
from itertools import groupby
from typing import cast

from striprtf.striprtf import (  # pyright: ignore[reportMissingTypeStubs]
    rtf_to_text,  # pyright: ignore[reportUnknownVariableType]
)

from parsing.document import Block, ParsedDocument
from parsing.errors import FileFormatError
from parsing.tables import table_blocks
from parsing.text import clean, title_from

CODE_PAGE = re.compile(rb"\\ansicpg(\d{1,5})")
FIRST_BYTES = 4096
MAX_INFO = 200_000
INFO = {"title": "title", "author": "author", "subject": "subject", "keywords": "keywords"}
CREATED = re.compile(r"\\creatim\s*\\yr(\d{4})\\mo(\d{1,2})\\dy(\d{1,2})")
# Line ends mean nothing in RTF; striprtf searches links line by line, so shorter lines keep that quick.
BEFORE_PARAGRAPHS = re.compile(r"(?<!\\)(?=\\par\b|\{\\field\b)")
HEADING = re.compile(r"\\outlinelevel([0-8])(?!\d) ?")
FOOTNOTE = re.compile(r"\{(?:\\\*)?\\footnote\b(?:\\ftnalt\b)? ?")
BRACE = re.compile(r"(?<!\\)[{}]")
MAX_NOTE_LENGTH = 20_000
# How striprtf writes a link.
LINK = re.compile(r'\("((?:https?|mailto):[^"\s]+)"\)')
# Stands for a heading's level while the text goes through striprtf.
MARK = "\ue002"
MARKED = re.compile(f"{MARK}([0-8])")
ITEM = re.compile(r"\s*(?:([•·‣▪◦§])|(\d{1,3}[.)]))\t\s*(.+)")
MAX_TITLE_LENGTH = 300


def parse(data: bytes, source: str) -> ParsedDocument:
    """Blocks of a rich text. Raises `FileFormatError` when it is none."""
    if not data.lstrip().startswith(b"{\\rtf"):
        raise FileFormatError("This is not a rich text (RTF) file.")
    encoding = _encoding(data)
    raw = data.decode(encoding, errors="replace")
    metadata = _information(raw, encoding)
    marked = _with_notes(HEADING.sub(lambda level: f"{{{MARK}{level[1]}}}", raw.replace(MARK, "")))
    text = _plain(BEFORE_PARAGRAPHS.sub("\n", marked), encoding)
    title = metadata.get("title") or title_from(source)
    return ParsedDocument(title[:MAX_TITLE_LENGTH], tuple(_blocks(text)), metadata)


def _encoding(data: bytes) -> str:
    stated = CODE_PAGE.search(data[:FIRST_BYTES])
    name = f"cp{int(stated[1])}" if stated else "cp1252"
    name = {"cp10000": "mac_roman", "cp65001": "utf-8", "cp0": "cp1252"}.get(name, name)
    try:
        codecs.lookup(name)
    except LookupError:
        return "cp1252"
    return name


def _with_notes(rtf: str) -> str:
    """Footnotes in brackets where they are referred to; striprtf would leave them out."""
    parts: list[str] = []
    done = 0
    for note in FOOTNOTE.finditer(rtf):
        depth = 1
        if note.start() < done:
            continue
        for brace in BRACE.finditer(rtf, note.end(), note.end() + MAX_NOTE_LENGTH):
            depth += 1 if brace[0] == "{" else -1
            if not depth:
                parts += [rtf[done : note.start()], "{ [Note: ", rtf[note.end() : brace.start()], "]"]
                done = brace.start()
                break
        if depth:
            break  # this one never ends: to look for the ends of all others would take too long
    return "".join([*parts, rtf[done:]])


def _plain(rtf: str, encoding: str) -> str:
    try:
        text = cast(str, rtf_to_text(rtf, encoding=encoding, errors="replace"))
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - striprtf documents no errors for files that are damaged
        raise FileFormatError(f"The file is damaged ({error or type(error).__name__}).") from None
    # Characters beyond the first 65,536 come as two halves.
    text = clean(text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace"))
    return LINK.sub(r" (\1)", text)


def _information(raw: str, encoding: str) -> dict[str, str]:
    """What the file's `info` group states."""
    start = raw.find("{\\info", 0, MAX_INFO)
    if start < 0:
        return {}
    group = raw[start : start + MAX_INFO]
    found: dict[str, str] = {}
    for word, name in INFO.items():
        value = re.search(rf"\{{\\{word}\s((?:[^{{}}\\]|\\[^{{}}]|\\[{{}}])*)\}}", group)
        text = " ".join(_plain(f"{{\\rtf1 {value[1]}}}", encoding).split()) if value else ""
        if text:
            found[name] = text[:MAX_TITLE_LENGTH]
    created = CREATED.search(group)
    if created:
        found["date"] = f"{created[1]}-{int(created[2]):02}-{int(created[3]):02}"
    return found


def _blocks(text: str) -> Iterator[Block]:
    headings: list[tuple[int, str]] = []
    lines = [line for line in text.split("\n") if line.strip()]
    for kind, group in groupby(lines, _kind):
        for line in group if kind == "text" else ():
            level = MARKED.search(line)
            line = MARKED.sub("", line).strip()
            if level and line:
                above = [heading for heading in headings if heading[0] < int(level[1])]
                headings = [*above, (int(level[1]), " ".join(line.split())[:MAX_TITLE_LENGTH])]
            elif line:
                yield Block(line, "text", _path(headings))
        if kind == "table":
            rows = [MARKED.sub("", line).rstrip()[:-1].split("|") for line in group]
            yield from table_blocks(rows, _path(headings))
        elif kind == "list":
            yield Block("\n".join(map(_item, group)), "list", _path(headings))


def _path(headings: list[tuple[int, str]]) -> tuple[str, ...]:
    return tuple(heading for _, heading in headings)


def _kind(line: str) -> str:
    if MARK not in line and ITEM.fullmatch(line):
        return "list"
    # striprtf writes a cell's end so.
    return "table" if line.rstrip().endswith("|") and line.strip() != "|" else "text"


def _item(line: str) -> str:
    item = ITEM.fullmatch(MARKED.sub("", line))
    return f"{item[2] or '-'} {item[3].strip()}" if item else line.strip()
