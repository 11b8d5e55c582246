"""The parts of a Microsoft file (Office Open XML), and how they refer to each other."""

import posixpath
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

from parsing.archives.zipped import Element, parse_xml, read_member

RELATION_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
TRANSITIONAL = b"http://schemas.openxmlformats.org/"
# The "strict" form of the formats is the same under other names.
STRICT = b"http://purl.oclc.org/ooxml/"
STRICT_NAMES = {
    name: name.rpartition(b"/main")[0] + b"/2006/main"
    for name in (b"wordprocessingml/main", b"spreadsheetml/main", b"drawingml/main")
} | {
    b"officeDocument/relationships": b"officeDocument/2006/relationships",
    b"officeDocument/math": b"officeDocument/2006/math",
    b"drawingml/chart": b"drawingml/2006/chart",
    b"drawingml/diagram": b"drawingml/2006/diagram",
    b"drawingml/picture": b"drawingml/2006/picture",
    b"drawingml/wordprocessingDrawing": b"drawingml/2006/wordprocessingDrawing",
    b"drawingml/spreadsheetDrawing": b"drawingml/2006/spreadsheetDrawing",
}


@dataclass(frozen=True)
class Relation:
    """What a part refers to: the last word of the kind, and a part's name, or an address outside."""

    kind: str
    target: str
    is_external: bool


class OfficePackage:
    """An open file; parts are asked for by their name (`word/document.xml`)."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self.relations = lru_cache(200)(self._relations)

    def has(self, name: str) -> bool:
        """Whether there is such a part."""
        return name in self.archive.NameToInfo

    def xml(self, name: str) -> Element | None:
        """The root of a part; None when there is no such part. Raises `FileFormatError`."""
        return parse_xml(transitional(read_member(self.archive, name))) if self.has(name) else None

    def related(self, name: str, kind: str) -> list[str]:
        """The names of the parts of this kind that a part refers to."""
        return [
            relation.target
            for relation in self.relations(name).values()
            if relation.kind == kind and not relation.is_external and self.has(relation.target)
        ]

    def main_part(self, usual: str) -> str:
        """The name of the part that all begins with."""
        return next(iter(self.related("", "officeDocument")), usual)

    @property
    def has_macros(self) -> bool:
        """Whether there are programs in it."""
        return any(name.endswith("vbaProject.bin") for name in self.archive.NameToInfo)

    def _relations(self, name: str) -> Mapping[str, Relation]:
        folder, _, file = name.rpartition("/")
        root = self.xml(posixpath.join(folder, "_rels", f"{file}.rels"))
        found = root.iter("{*}Relationship") if root is not None else ()
        return {element.get("Id", ""): _relation(element, folder) for element in found}


def transitional(data: bytes) -> bytes:
    """The XML of a part with the usual names for its namespaces."""
    if STRICT not in data:
        return data
    for strict, usual in STRICT_NAMES.items():
        data = data.replace(STRICT + strict, TRANSITIONAL + usual)
    return data


def _relation(element: Element, folder: str) -> Relation:
    kind = element.get("Type", "").rpartition("/")[2]
    target = element.get("Target", "")
    if element.get("TargetMode") == "External":
        return Relation(kind, target, is_external=True)
    place = posixpath.normpath(posixpath.join("/", folder, unquote(target)))
    return Relation(kind, place.lstrip("/"), is_external=False)
