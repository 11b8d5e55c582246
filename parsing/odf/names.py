"""Names of the elements of OpenDocument files."""

from parsing.archives.zipped import Element

NAMESPACE = "{{urn:oasis:names:tc:opendocument:xmlns:{}:1.0}}"
OFFICE, TEXT, TABLE, DRAW, STYLE, PRESENTATION, FORM = (
    NAMESPACE.format(name) for name in ("office", "text", "table", "drawing", "style", "presentation", "form")
)
SVG = "{urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0}"
CREATOR = "{http://purl.org/dc/elements/1.1/}creator"
LINK = "{http://www.w3.org/1999/xlink}href"
MAX_DEPTH = 100


def count(element: Element, name: str, most: int) -> int:
    """A stated number, which may be anything, up to a limit; 1 where there is none."""
    stated = element.get(name, "1")
    return min(int(stated), most) if stated.isdecimal() and len(stated) < 10 else 1
