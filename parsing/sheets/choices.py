"""What a sheet tells whoever fills in a cell: the values to choose from, and what is wanted."""

import re
from collections.abc import Iterator

from parsing.archives.zipped import Element
from parsing.document import Block
from parsing.text import clean

LISTED = re.compile(r'"(.{1,1000})"', re.DOTALL)
MAX_PLACES_LENGTH = 60


def choices_of(element: Element) -> Iterator[Block]:
    """A block for what is stated in one `dataValidation`; choices that stand in cells are read there."""
    title, words = (" ".join(clean(element.get(name, "")).split()) for name in ("promptTitle", "prompt"))
    listed = LISTED.fullmatch((element.findtext("{*}formula1") or "").strip())
    told = [": ".join(filter(None, (title, words))).rstrip(".")] if title or words else []
    if listed and element.get("type") == "list":
        told.append("Choices: " + ", ".join(filter(None, map(str.strip, clean(listed[1]).split(",")))))
    if told:
        places = element.get("sqref") or element.findtext("{*}sqref") or ""
        yield Block(f"{places[:MAX_PLACES_LENGTH]}: {'. '.join(told)}")
