"""What office files say of themselves: title, author, dates."""

import re
import zipfile
from typing import Any

from lxml import etree

from parsing.archives.zipped import Element, parse_xml, read_member
from parsing.errors import FileFormatError
from parsing.text import clean

LONGEST = 300
ISO_DATE = re.compile(r"\d{4}(-\d\d(-\d\d([T ][\d:.]+(Z|[+-]\d\d:?\d\d)?)?)?)?")
# What programs fill in when nobody wrote a title.
NO_TITLES = frozenset({"powerpoint presentation", "powerpoint-präsentation", "word document", "untitled"})
NAMES = {
    "title": "title",
    "creator": "author",
    "initial-creator": "author",
    "subject": "subject",
    "description": "description",
    "language": "language",
    "publisher": "publisher",
    "created": "created",
    "creation-date": "created",
    "modified": "date",
    "date": "date",
    "keywords": "keywords",
    "keyword": "keywords",
}


def office_properties(archive: zipfile.ZipFile) -> dict[str, Any]:
    """Title, author, dates and the like of a Microsoft or OpenDocument file, under short names."""
    for name in ("docProps/core.xml", "meta.xml"):
        if name in archive.NameToInfo:
            try:
                return stated_properties(parse_xml(read_member(archive, name)))
            except FileFormatError:
                return {}  # the text may still be whole
    return {}


def stated_properties(root: Element) -> dict[str, Any]:
    """The same of any XML in Dublin Core's words. Several authors become a list."""
    found: dict[str, Any] = {}
    for element in root.iter(etree.Element):
        name = NAMES.get(str(element.tag).rpartition("}")[2])
        text = " ".join(clean("".join(element.itertext())).split())[:LONGEST]
        if name and text:
            _add(found, name, text)
    if "created" in found:
        found.setdefault("date", found["created"])
    return found


def _add(found: dict[str, Any], name: str, text: str) -> None:
    match name:
        case "title" if text.lower() in NO_TITLES:
            pass
        case "date" | "created" if not ISO_DATE.fullmatch(text):
            pass
        case "keywords":
            words = [word.strip() for word in re.split("[,;]", text) if word.strip()]
            found["keywords"] = [*found.get("keywords", []), *words]
        case "author" if name in found and text != found[name]:
            known = found[name]
            found[name] = [*known, text] if isinstance(known, list) else [known, text]
        case _:
            found.setdefault(name, text)
