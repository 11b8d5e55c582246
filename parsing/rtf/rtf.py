"""Rich text (RTF): its paragraphs, headings, lists and tables."""

import codecs
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby, takewhile
from typing import cast

from striprtf.striprtf import (  # pyright: ignore[reportMissingTypeStubs]
    rtf_to_text,  # pyright: ignore[reportUnknownVariableType]
)

from parsing.document import Block, ParsedDocument
from parsing.errors import FileFormatError
from parsing.left_out import LeftOut
from parsing.links import linked, readable_address
from parsing.margins import margin_blocks
from parsing.rtf.groups import ABOVE, BEFORE, LINKED, MARKS, with_groups
from parsing.rtf.sight import without_unseen
from parsing.tables import Merged, merged_table_blocks
from parsing.text import clean, title_from

CODE_PAGE = re.compile(rb"\\ansicpg(\d{1,5})")
FIRST_BYTES = 4096
MAX_INFO = 200_000
INFO = {"title": "title", "author": "author", "subject": "subject", "keywords": "keywords"}
CREATED = re.compile(r"\\creatim\s*\\yr(\d{4})\\mo(\d{1,2})\\dy(\d{1,2})")
# Line ends mean nothing in RTF; striprtf searches links line by line, so shorter lines keep that quick.
BEFORE_PARAGRAPHS = re.compile(r"(?<!\\)(?=\\par\b|\{\\field\b)")
HEADING = re.compile(r"\\outlinelevel([0-8])(?!\d) ?")
# How striprtf writes a link.
LINK = re.compile(r'\("((?:https?|mailto):[^"\s]+)"\)')
# Stands for a heading's level while the text goes through striprtf.
MARK = "\ue002"
MARKED = re.compile(f"{MARK}([0-8])")
ITEM = re.compile(r"\s*(?:([•·‣▪◦§])|(\d{1,3}(?:\.\d{1,3}){0,5}[.)]?|[A-Za-z]{1,4}[.)]))\t\s*(.+)")
MAX_TITLE_LENGTH = 300
PICTURE = re.compile(r"\{\\pict\b")
OBJECT_PICTURE = re.compile(r"\\result\b[^}]{0,500}\\pict\b")
SECOND_PICTURE = re.compile(r"\\nonshppict\b")
OBJECT = re.compile(r"\{\\object\b")


def parse(data: bytes, source: str) -> ParsedDocument:
    """Blocks of a rich text. Raises `FileFormatError` when it is none."""
    if not data.lstrip().startswith(b"{\\rtf"):
        raise FileFormatError("This is not a rich text (RTF) file.")
    encoding = _encoding(data)
    raw = data.decode(encoding, errors="replace")
    metadata = _information(raw, encoding)
    margins: dict[str, list[str]] = {}
    shown = without_unseen(raw.replace(MARK, ""))
    body = with_groups(HEADING.sub(lambda level: f"{{{MARK}{level[1]}}}", shown), margins)
    text = _plain(BEFORE_PARAGRAPHS.sub("\n", body), encoding)
    blocks = [
        *_margins(margins, "header", encoding),
        *_blocks(text),
        *_margins(margins, "footer", encoding),
    ]
    title = metadata.get("title") or title_from(source)
    return ParsedDocument(title[:MAX_TITLE_LENGTH], tuple(blocks), metadata, notes=_left_out(raw).notes())


def _margins(margins: dict[str, list[str]], name: str, encoding: str) -> Iterator[Block]:
    texts = (_plain(f"{{\\rtf1 {inner}}}", encoding) for inner in margins.get(name, ()))
    return margin_blocks(name.capitalize(), ([line.strip() for line in text.split("\n")] for text in texts))


def _left_out(raw: str) -> LeftOut:
    """How many pictures and objects there are; a picture may stand there again for old programs."""
    left_out = LeftOut()
    again = len(SECOND_PICTURE.findall(raw)) + len(OBJECT_PICTURE.findall(raw))
    for _ in range(len(PICTURE.findall(raw)) - again):
        left_out.add("picture")
    for _ in OBJECT.finditer(raw):
        left_out.add("object")
    return left_out


def _encoding(data: bytes) -> str:
    stated = CODE_PAGE.search(data[:FIRST_BYTES])
    name = f"cp{int(stated[1])}" if stated else "cp1252"
    name = {"cp10000": "mac_roman", "cp65001": "utf-8", "cp0": "cp1252"}.get(name, name)
    try:
        codecs.lookup(name)
    except LookupError:
        return "cp1252"
    return name


def _plain(rtf: str, encoding: str) -> str:
    try:
        text = cast(str, rtf_to_text(rtf, encoding=encoding, errors="replace"))
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - striprtf documents no errors for files that are damaged
        raise FileFormatError(f"The file is damaged ({error or type(error).__name__}).") from None
    # Characters beyond the first 65,536 come as two halves.
    text = clean(text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace"))
    text = LINKED.sub(lambda link: linked(link[1], link[2]), text)
    return LINK.sub(lambda link: f" ({readable_address(link[1])})", text)


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
            for block in merged_table_blocks([list(map(_cell, row)) for row in rows], _merged(rows), 0):
                yield replace(block, heading_path=_path(headings))
        elif kind == "list":
            yield Block("\n".join(map(_item, group)), "list", _path(headings))


def _cell(text: str) -> str:
    return MARKS.sub("", text).strip()


def _merged(rows: Sequence[Sequence[str]]) -> list[Merged]:
    """The cells that others continue: those right of them, those below."""
    areas: list[Merged] = []
    for top, row in enumerate(rows):
        for left, text in enumerate(row):
            if ABOVE in text or BEFORE in text:
                continue
            right = left + sum(1 for _ in takewhile(lambda cell: BEFORE in cell, row[left + 1 :]))
            below = takewhile(lambda line: left < len(line) and ABOVE in line[left], rows[top + 1 :])  # noqa: B023 - used at once
            bottom = top + sum(1 for _ in below)
            if right > left or bottom > top:
                areas.append(Merged(top, left, bottom, right))
    return areas


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
