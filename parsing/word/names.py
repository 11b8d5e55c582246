"""Names of the elements of Word documents."""

from parsing.archives.zipped import Element

WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
WORD_2010 = "{http://schemas.microsoft.com/office/word/2010/wordml}"
VML = "{urn:schemas-microsoft-com:vml}"
OLE_OBJECT = "{urn:schemas-microsoft-com:office:office}OLEObject"
COMPATIBILITY = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
OFF = frozenset({"0", "false", "off"})


def value(element: Element | None, path: str) -> str | None:
    """The `w:val` of the element at the path below; None where there is none."""
    found = element.find("/".join(WORD + name for name in path.split("/"))) if element is not None else None
    return found.get(f"{WORD}val") if found is not None else None


def switched_on(element: Element | None, name: str) -> bool:
    """Whether a property that may be stated without a value holds."""
    found = element.find(WORD + name) if element is not None else None
    return found is not None and found.get(f"{WORD}val", "1") not in OFF


def number(text: str | None, default: int) -> int:
    """A stated number, if it is a reasonable one."""
    return int(text) if text is not None and text.isdecimal() and len(text) < 7 else default
