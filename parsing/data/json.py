"""JSON and JSON lines, written as a person would note them down."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, cast

from parsing.document import Block, ParsedDocument
from parsing.errors import FileFormatError
from parsing.tables import named_values, table_blocks
from parsing.text import clean, decode, title_from

Record = Mapping[str, Any]
Path = tuple[str, ...]

LINE_ENDINGS = (".jsonl", ".ndjson")
MAX_TITLE_LENGTH = 300
MAX_HEADING_DEPTH = 3
# Below this the structure is written as it stands.
MAX_NAME_DEPTH = 12
MAX_BROKEN_NAMED = 5
MAX_COLUMNS = 12
TITLES = ("title", "headline", "heading", "name", "subject")
TEXTS = ("text", "content", "body")
METADATA = {
    "author": "author",
    "authors": "author",
    "date": "date",
    "language": "language",
    "lang": "language",
    "keywords": "keywords",
}
# A string, which may hold what looks like one, or the beginning of a comment.
COMMENT = re.compile(r'"[^"\\\n]*(?:\\.[^"\\\n]*)*"|//[^\n]*|/\*')
COMMENT_MARKS = re.compile(r"^\s*(?://+|/?\*+/?)|\*+/\s*$", re.MULTILINE)
LAST_COMMA = re.compile(r'"[^"\\\n]*(?:\\.[^"\\\n]*)*"|,(?=\s*[}\]])')
TOO_DEEP = "The file is nested too deeply to be a document."


def parse(data: bytes, source: str) -> ParsedDocument:
    """What a JSON or JSON lines file says, as lines, tables and paragraphs. Raises `FileFormatError`."""
    text = decode(data)
    if not text.strip():
        return ParsedDocument(title_from(source), ())
    try:
        comments: list[str] = []
        value, notes = _read_lines(text) if source.lower().endswith(LINE_ENDINGS) else _read(text, comments)
        blocks = tuple(_blocks(value, ()))
    except RecursionError:
        raise FileFormatError(TOO_DEEP) from None
    record: Record = cast("Record", value) if isinstance(value, dict) else {}
    stated = record.get("title")
    title = stated.strip()[:MAX_TITLE_LENGTH] if isinstance(stated, str) else ""
    if comments:
        blocks += (Block("\n".join(f"- {comment}" for comment in comments), "list", ("Comments",)),)
    return ParsedDocument(title or title_from(source), blocks, _metadata(record), notes=notes)


def _read(text: str, comments: list[str]) -> tuple[Any, tuple[str, ...]]:
    """The value of the file; the comments of a file of settings are added to `comments`."""
    problem: json.JSONDecodeError | None = None
    for form in (lambda: text, lambda: _without_comments(text, comments)):
        try:
            return _loads(form()), ()
        except json.JSONDecodeError as error:
            problem = error
    assert problem is not None
    if "\n" in text.strip() and problem.msg == "Extra data":
        value, notes = _read_lines(text)  # JSON lines under another name, perhaps
        if not notes:
            comments.clear()
            return value, notes
    raise FileFormatError(
        f"The file is not JSON (line {problem.lineno}, column {problem.colno}: {problem.msg}). Correct it."
    )


def _without_comments(text: str, comments: list[str]) -> str:
    """The text as strict JSON, as long as before: comments and a comma after the last value become spaces."""
    parts: list[str] = []
    done = 0
    while found := COMMENT.search(text, done):
        parts.append(text[done : found.start()])
        done = found.end()
        if found[0] == "/*":
            end = text.find("*/", done)
            done = end + 2 if end >= 0 else len(text)
        comment = text[found.start() : done]
        if comment.startswith('"'):
            parts.append(comment)
            continue
        parts.append(re.sub(r"[^\n]", " ", comment))
        said = " ".join(clean(COMMENT_MARKS.sub("", comment)).split())
        comments.extend([said] if said else [])
    strict = "".join([*parts, text[done:]])
    return LAST_COMMA.sub(lambda found: found[0] if found[0] != "," else " ", strict)


def _read_lines(text: str) -> tuple[list[Any], tuple[str, ...]]:
    records: list[Any] = []
    broken: list[int] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            records.append(_loads(line))
        except (json.JSONDecodeError, RecursionError):
            broken.append(number)
    return records, _checked(records, broken)


def _checked(records: list[Any], broken: list[int]) -> tuple[str, ...]:
    """What to say of the lines that could not be read."""
    if not records:
        raise FileFormatError("No line of the file is JSON. Is it JSON lines?")
    if not broken:
        return ()
    named = ", ".join(map(str, broken[:MAX_BROKEN_NAMED])) + (" …" if broken[MAX_BROKEN_NAMED:] else "")
    return (f"Lines that are not JSON were left out ({len(broken):,}): {named}.",)


def _loads(text: str) -> Any:
    # Numbers stay as they are written: none is too large, and none loses its zeros.
    return json.loads(
        text, parse_int=str, parse_float=str, parse_constant=str, object_pairs_hook=_every_pair, strict=False
    )


def _every_pair(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object in which a name that comes twice keeps both values."""
    record: dict[str, Any] = dict(pairs)
    if len(record) == len(pairs):
        return record
    record.clear()
    seen: dict[str, int] = {}
    for name, value in pairs:
        seen[name] = seen.get(name, 0) + 1
        record[name if seen[name] == 1 else f"{name} ({seen[name]})"] = value
    return record


def _blocks(value: Any, path: Path) -> Iterator[Block]:
    if isinstance(value, dict):
        yield from _object(cast("Record", value), path)
    elif isinstance(value, list):
        yield from _array(cast("list[Any]", value), path)
    elif text := _scalar(value).strip():
        yield Block(text, "text", path)


def _object(record: Record, path: Path) -> Iterator[Block]:
    """First what a few lines can say, then its texts, then the parts that have a heading of their own."""
    texts = [name for name in TEXTS if isinstance(record.get(name), str)]
    parts = [name for name, value in record.items() if _has_heading(value, path)]
    stated = ["title"] if not path and isinstance(record.get("title"), str) else []
    apart = {*texts, *parts, *stated}
    lines = named_values(_named({name: value for name, value in record.items() if name not in apart}))
    if lines:
        yield Block(lines, "text", path)
    for name in texts:
        if text := _scalar(record[name]).strip():
            yield Block(text, "text", path)
    for name in parts:
        yield from _blocks(record[name], (*path, clean(name).strip() or "…"))


def _has_heading(value: Any, path: Path) -> bool:
    """Whether a value is more than a line can say; deep inside, nothing has headings any more."""
    if len(path) >= MAX_HEADING_DEPTH or not value:
        return False
    if isinstance(value, list):
        items = cast("list[Any]", value)
        return any(isinstance(item, dict | list) for item in items) or len(_joined(items)) > 200
    return isinstance(value, dict)


def _array(items: Sequence[Any], path: Path) -> Iterator[Block]:
    if all(not isinstance(item, dict) for item in items):
        lines = [f"- {' '.join(_flat(item).split())}" for item in items if _flat(item).strip()]
        if lines:
            yield Block("\n".join(lines), "list", path)
        return
    header = _common_header(items)
    if header:
        rows = [[_flat(record.get(name)) for name in header] for record in cast("list[Record]", items)]
        yield from table_blocks([[clean(name) for name in header], *rows], path)
        return
    for item in items:
        yield from _record(cast("Record", item), path) if isinstance(item, dict) else _blocks(item, path)


def _record(record: Record, path: Path) -> Iterator[Block]:
    """One of many objects: its title is the heading of its texts, what else it holds stays together."""
    name = next((name for name in TITLES if isinstance(record.get(name), str) and record[name].strip()), "")
    below = (*path, " ".join(_scalar(record[name]).split())[:MAX_TITLE_LENGTH]) if name else path
    texts = [key for key in TEXTS if isinstance(record.get(key), str)]
    lines = named_values(_named({key: value for key, value in record.items() if key not in {name, *texts}}))
    body = [_scalar(record[key]).strip() for key in texts]
    for text in filter(None, [lines, *body]):
        yield Block(text, "text", below)
    if name and not lines and not any(body):
        yield Block(below[-1], "text", path)


def _common_header(items: Sequence[Any]) -> list[str]:
    """The columns of objects that are alike and flat; none when they are no rows of a table."""
    if len(items) < 2 or not all(isinstance(item, dict) for item in items):
        return []
    records = cast("Sequence[Record]", items)
    header = list(dict.fromkeys(name for record in islice(records, 1000) for name in record))
    alike = all(len(record) * 2 >= len(header) and set(record) <= set(header) for record in records)
    flat = all(_is_flat(value) for record in records for value in record.values())
    is_prose = any(name in TEXTS for name in header)
    return header if alike and flat and not is_prose and len(header) <= MAX_COLUMNS else []


def _is_flat(value: Any) -> bool:
    if isinstance(value, list):
        return not any(isinstance(item, dict | list) for item in cast("list[Any]", value))
    return not isinstance(value, dict)


def _named(record: Record) -> Iterator[tuple[str, str]]:
    """Every value within, under the names that lead to it."""
    waiting: list[tuple[Path, Any]] = [((name,), value) for name, value in reversed(list(record.items()))]
    while waiting:
        names, value = waiting.pop()
        if _is_flat(value) or len(names) >= MAX_NAME_DEPTH:
            yield clean(".".join(names)), _flat(value)
            continue
        parts = _parts(value)
        waiting.extend(((*names, name), part) for name, part in reversed(parts))


def _parts(value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return list(cast("Record", value).items())
    return [(str(number), item) for number, item in enumerate(cast("list[Any]", value), 1)]


def _flat(value: Any) -> str:
    """A value in one line."""
    if isinstance(value, list) and _is_flat(value):
        return _joined(cast("list[Any]", value))
    return clean(json.dumps(value, ensure_ascii=False)) if isinstance(value, dict | list) else _scalar(value)


def _joined(items: Iterable[Any]) -> str:
    return ", ".join(filter(None, (_scalar(item) for item in items if not isinstance(item, dict | list))))


def _scalar(value: Any) -> str:
    if value is None:
        return ""
    return clean(value) if isinstance(value, str) else json.dumps(value)


def _metadata(record: Record) -> dict[str, Any]:
    return {
        short: _flat(record[name])
        for name, short in METADATA.items()
        if name in record and _is_flat(record[name]) and _flat(record[name])
    }
