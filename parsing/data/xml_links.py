"""Addresses of links in XML documents (DocBook, DITA, JATS, TEI, FictionBook), behind their words."""

from lxml import etree

from parsing.data.feeds import local_name, words
from parsing.links import linked, readable_address

LINKS = frozenset({"a", "ext-link", "link", "ptr", "ref", "related-article", "ulink", "uri", "xref"})
ADDRESSES = ("{http://www.w3.org/1999/xlink}href", "href", "url", "target")

Element = etree._Element  # pyright: ignore[reportPrivateUsage]


def write_addresses(root: Element) -> None:
    """Each link of a document has its address behind its words; one without words is its address."""
    for element in root.iter(etree.Element):
        if local_name(element) not in LINKS:
            continue
        stated = next(filter(None, (element.get(name) for name in ADDRESSES)), "")
        address = readable_address(stated)
        said = words(element)
        if address and not said:
            element.text = address
        elif address and linked(said, address) != said:
            _append(element, f" ({address})")


def _append(element: Element, text: str) -> None:
    if len(element):
        last = element[-1]
        last.tail = f"{(last.tail or '').rstrip()}{text}"
    else:
        element.text = f"{(element.text or '').rstrip()}{text}"
