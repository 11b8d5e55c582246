"""Jupyter notebooks: their texts, code and what the code printed."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from parsing.document import Block, ParsedDocument
from parsing.errors import FileFormatError
from parsing.html.html import parse as parse_html
from parsing.markdown.markdown import parse_markdown_text
from parsing.text import clean, decode, title_from

Cell = Mapping[str, Any]

MAX_TITLE_LENGTH = 300
MAX_OUTPUT_LINES = 40
MAX_OUTPUT_LINE_LENGTH = 1000
OUTPUT = "output"
ANSI_CODES = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|[@-_])")
FENCE = re.compile(r" {0,3}(`{3,}|~{3,})([^\n]*)")
FRONT_MATTER = re.compile(r"---[ \t]*\n.*\n---[ \t]*", re.DOTALL)
# Where a cell of code stood in the text, by its number: a paragraph no one writes.
PLACE = "\ue002{}\ue003"
PLACED = re.compile("\ue002(\\d+)\ue003")
PLACE_MARKS = re.compile("[\ue002\ue003]")


def parse(data: bytes, source: str) -> ParsedDocument:
    """Texts, code and printed output of a notebook, under its headings. Raises `FileFormatError`."""
    book = _read(decode(data))
    cells = _cells(book)
    document = parse_markdown_text(_as_text(cells), source)
    language = _language(book)
    blocks: list[Block] = []
    missing = {number for number, cell in enumerate(cells) if not _is_text(cell)}
    for block in document.blocks:
        place = PLACED.fullmatch(block.text)
        if not place:
            blocks.append(block)
        elif int(place[1]) in missing:
            missing.remove(int(place[1]))
            blocks.extend(_code_blocks(cells[int(place[1])], language, block.heading_path))
    # Markup that a text cell never closes swallows the places after it.
    for number in sorted(missing):
        blocks.extend(_code_blocks(cells[number], language, ()))
    kept = (block for block in blocks if not PLACE_MARKS.search(block.text))
    metadata = {**_metadata(book), **document.metadata}
    return ParsedDocument(_title(document, metadata, source), tuple(kept), metadata, notes=document.notes)


def _read(text: str) -> Cell:
    try:
        book: Any = json.loads(text, parse_int=str, strict=False) if text.strip() else {"cells": []}
    except (json.JSONDecodeError, RecursionError) as error:
        raise FileFormatError(f"The file is damaged ({error}). Save the notebook again.") from None
    if not isinstance(book, dict) or not ("cells" in book or "worksheets" in book):
        raise FileFormatError("The file is not a notebook: it has no cells.")
    return cast("Cell", book)


def _cells(book: Cell) -> list[Cell]:
    """The cells of a notebook of version 4, or of the worksheets of version 3."""
    return _records(book.get("cells")) + [
        cell for sheet in _records(book.get("worksheets")) for cell in _records(sheet.get("cells"))
    ]


def _as_text(cells: Sequence[Cell]) -> str:
    """The notebook as one Markdown text, so that headings hold for the cells below; code has its place."""
    parts: list[str] = []
    for number, cell in enumerate(cells):
        text = PLACE_MARKS.sub("", clean(_joined(cell.get("source")))).strip("\n")
        if not _is_text(cell):
            parts.append(PLACE.format(number))
        elif cell.get("cell_type") == "heading":
            parts.append(f"{'#' * _level(cell)} {' '.join(text.split())}")
        elif parts or not text.startswith("---") or FRONT_MATTER.fullmatch(text.rstrip()):
            parts.append(_closed(text))
        else:
            parts.append(f"\n{_closed(text)}")
    return "\n\n".join(parts)


def _is_text(cell: Cell) -> bool:
    return cell.get("cell_type") != "code"


def _level(cell: Cell) -> int:
    level = str(cell.get("level", 1))
    return min(max(int(level), 1), 6) if level in "123456" else 1


def _closed(text: str) -> str:
    """The text with its last piece of code closed, so that it ends with its cell."""
    opened = ""
    for line in text.split("\n"):
        fence = FENCE.match(line)
        if fence and not opened:
            opened = fence[1]
        elif fence and fence[1].startswith(opened) and not fence[2].strip():
            opened = ""
    return f"{text}\n{opened}" if opened else text


def _code_blocks(cell: Cell, language: str, path: tuple[str, ...]) -> Iterator[Block]:
    code = clean(_joined(cell.get("source", cell.get("input")))).strip("\n")
    if code.strip():
        yield Block(_fenced(code, language), "code", path)
    streamed: list[str] = []
    for output in _records(cell.get("outputs")):
        if output.get("output_type") == "stream":
            streamed.append(_printed(output))
            continue
        yield from _output("".join(streamed), path)
        streamed.clear()
        tables = _tables(output)
        yield from (Block(table.text, table.kind, path) for table in tables)
        yield from () if tables else _output(_printed(output), path)
    yield from _output("".join(streamed), path)


def _output(text: str, path: tuple[str, ...]) -> Iterator[Block]:
    lines = [line.rstrip()[:MAX_OUTPUT_LINE_LENGTH] for line in text.strip("\n").split("\n")]
    if not any(lines):
        return
    rest = len(lines) - MAX_OUTPUT_LINES
    shown = [*lines[:MAX_OUTPUT_LINES], f"… ({rest:,} more lines)"] if rest > 0 else lines
    yield Block(_fenced("\n".join(shown), OUTPUT), "code", path)


def _tables(output: Cell) -> list[Block]:
    """What an output says as HTML or Markdown, if that is a table or a text and no picture."""
    kinds = _data(output)
    if "text/html" in kinds and "<table" in kinds["text/html"]:
        return [
            block
            for block in parse_html(kinds["text/html"].encode(errors="replace"), "").blocks
            if block.kind == "table"
        ]
    if "text/markdown" in kinds:
        return list(parse_markdown_text(clean(kinds["text/markdown"]), "").blocks)
    return []


def _printed(output: Cell) -> str:
    """The plain text of an output; of an error, its name and what it says."""
    if output.get("output_type") in ("error", "pyerr"):
        return _plain(f"{_joined(output.get('ename'))}: {_joined(output.get('evalue'))}")
    kinds = _data(output)
    if any(kind.startswith("image/") for kind in kinds):
        return ""  # the text beside a picture only names its object
    return _plain(_joined(output.get("text")) or kinds.get("text/plain", ""))


def _data(output: Cell) -> dict[str, str]:
    """An output's forms by media type; version 3 has them beside its other properties, under short names."""
    forms = output.get("data")
    if isinstance(forms, dict):
        return {kind: _joined(form) for kind, form in cast("Cell", forms).items()}
    short = {"html": "text/html", "png": "image/png", "jpeg": "image/jpeg", "svg": "image/svg+xml"}
    return {kind: _joined(output[name]) for name, kind in short.items() if name in output}


def _plain(text: str) -> str:
    """The text as a terminal shows it: without colors, and a line that is written over only once."""
    lines = ANSI_CODES.sub("", text).replace("\r\n", "\n").split("\n")
    return clean("\n".join(line.rstrip("\r").rpartition("\r")[2] for line in lines))


def _language(book: Cell) -> str:
    metadata = _record(book.get("metadata"))
    stated = _record(metadata.get("language_info")).get("name") or _record(metadata.get("kernelspec")).get(
        "language"
    )
    name = stated if isinstance(stated, str) else "python"
    return name.lower() if re.fullmatch(r"[\w+#-]{1,20}", name) else ""


def _title(document: ParsedDocument, metadata: Mapping[str, Any], source: str) -> str:
    """The first heading of the first level, else the title the notebook states, else the file's name."""
    stated = metadata.get("title")
    if document.title == title_from(source) and isinstance(stated, str) and stated.strip():
        return stated.strip()[:MAX_TITLE_LENGTH]
    return document.title


def _metadata(book: Cell) -> dict[str, Any]:
    stated = _record(book.get("metadata"))
    names = [_joined(author.get("name")) for author in _records(stated.get("authors"))]
    values = {"title": _joined(stated.get("title")), "author": ", ".join(filter(None, names))}
    return {name: clean(value) for name, value in values.items() if value.strip()}


def _fenced(code: str, language: str) -> str:
    longest = max((len(marks) for marks in re.findall(r"`{3,}", code)), default=2)
    marks = "`" * (longest + 1)
    return f"{marks}{language}\n{code}\n{marks}"


def _joined(value: Any) -> str:
    """A text, which notebooks also write as a list of its lines."""
    if isinstance(value, list):
        return "".join(part for part in cast("list[Any]", value) if isinstance(part, str))
    return value if isinstance(value, str) else ""


def _record(value: Any) -> Cell:
    return cast("Cell", value) if isinstance(value, dict) else {}


def _records(value: Any) -> list[Cell]:
    return [_record(item) for item in cast("list[Any]", value)] if isinstance(value, list) else []
