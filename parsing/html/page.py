"""What a page is for people: its frame goes and is counted, what scripts would unfold stands in its place."""

import re
from dataclasses import dataclass
from urllib.parse import urldefrag, urljoin

from lxml import etree
from lxml.html import Element, HtmlElement

from parsing.html.controls import (
    NAVIGATION,
    SHOWN,
    Cleaning,
    drop,
    has_blocks,
    is_inside,
    show,
    tagged,
    unfold,
    write_controls,
)
from parsing.html.labels import write_labels
from parsing.html.lists import write_numbers
from parsing.html.sight import PageSight, drop_gone, is_for_listeners
from parsing.html.style_sheets import Sheets, sheets_of
from parsing.html.tables import mend_tables
from parsing.links import readable_address

# Nothing a reader sees as words; icons and doubled formulas are hidden from those who listen.
WORDLESS = (
    "script", "style", "template", "svg", "canvas", "a[headerlink]", "i[aria-hidden]", "span[aria-hidden]",
    "a[aria-hidden]",
)  # fmt: skip
EMBEDDED = {"iframe": "frames", "object": "embedded objects", "video": "videos", "audio": "sounds"}
# Icons have no words; labels of a drawing, and parts that a script would fill in, are counted.
WORDS_IN = {"svg": "drawings", "template": "templates"}
# Parts that belong to what they stand in; elsewhere they belong to the whole site.
CONTENT = frozenset({"main", "article", "section", "blockquote", "figure", "details", "li", "td", "dd"})
LISTS = frozenset({"div", "ul", "ol", "p", "section"})
FRAMES = {"header": "page header", "footer": "page footer", "aside": "sidebar"}
ROLES = {
    "banner": "header",
    "contentinfo": "footer",
    "complementary": "aside",
    "navigation": "nav",
    "search": "nav",
}
NAVIGATION_NAMES = re.compile(
    r"\b(?:breadcrumbs?|nav|navbar|navigation|menu|pagination|pager|skip-?(?:link|nav)|toc|social|share)\b",
    re.IGNORECASE,
)
BOILERPLATE = re.compile(
    r"©|\(c\)\s*\d{4}|copyright|all rights reserved|privacy|cookies?\b|legal\b|imprint|terms (?:of|and)"
    r"|powered by|impressum|datenschutz|mentions légales|tous droits réservés|aviso legal"
    r"|derechos reservados",
    re.IGNORECASE,
)
COOKIES = re.compile(
    r"cookie[-_ ]?(?:banner|bar|consent|dialog|law|message|modal|notice|notification|popup|settings)"
    r"|\bconsent[-_]?(?:banner|bar|manager|popup)|onetrust|cookiebot|\bgdpr\b",
    re.IGNORECASE,
)
# Letters of a question about cookies; what is longer is a text about them.
MAX_NOTICE = 1_500
# Measured on pages: lists of links have hardly a word besides, articles hardly half of their words in links.
LINK_SHARE, PURE_LINK_SHARE = 0.5, 0.9
SOME_LINKS = 3
PANELS = re.compile(
    r"accordion|collaps|modal|dropdown|carousel|spoiler|\bpanel|\btabs?(?:-?(?:pane|panel|content))?\b|answer|\bfaq",
    re.IGNORECASE,
)
TARGET_ATTRIBUTES = ("aria-controls", "data-target", "data-bs-target", "href")


@dataclass
class Size:
    """Letters in an element, those in links, and how many links there are."""

    letters: int = 0
    linked: int = 0
    links: int = 0

    @property
    def share(self) -> float:
        """How much of the text is links; all of it where there is no text."""
        return self.linked / self.letters if self.letters else 1.0


def clean_page(root: HtmlElement, base: str) -> tuple[str, ...]:
    """Changes a page to what is to be read; returns notes about what was left out.

    `base` is the address of the page, where it is known: links are made whole with it.
    """
    cleaning = Cleaning(root)
    reachable = _targets(root)
    sheets = sheets_of(root)
    etree.strip_attributes(root, SHOWN)
    _drop_wordless(cleaning)
    unfold(cleaning)
    _drop_hidden(cleaning, reachable, sheets)
    _drop_frame(cleaning)
    for quotation in tagged(root, "blockquote", "q"):
        quotation.attrib.pop("cite", None)  # an address that no reader sees
    write_controls(cleaning)
    write_labels(cleaning)
    write_numbers(root)
    mend_tables(root)
    _mend_links(root, _base_of(root, base))
    return tuple(cleaning.notes())


def _drop_wordless(cleaning: Cleaning) -> None:
    for element in tagged(cleaning.root, "script", "style", "canvas"):
        drop(element)
    for element in tagged(cleaning.root, "svg", "template"):
        if element.tag == "template" or next(element.iter("text", "foreignobject"), None) is not None:
            cleaning.drop(element, WORDS_IN[str(element.tag)])
        else:
            drop(element)
    for element in tagged(cleaning.root, "i", "span", "a"):
        if element.get("aria-hidden") == "true" or "headerlink" in element.get("class", "").split():
            drop(element)
    for element in tagged(cleaning.root, *EMBEDDED):
        cleaning.count(EMBEDDED[str(element.tag)])
        drop(element)
    for element in tagged(cleaning.root, "noscript"):
        cleaning.drop(element, "text for browsers without scripts")


def _targets(root: HtmlElement) -> set[str]:
    """The ids of what buttons and links on the page show."""
    stated = (element.get(name, "") for element in root.iter() for name in TARGET_ATTRIBUTES)
    return {target.removeprefix("#") for target in stated if target}


def _drop_hidden(cleaning: Cleaning, reachable: set[str], sheets: Sheets) -> None:
    """Hidden parts and texts go, but for panels that a reader can unfold, and labels for those who listen."""
    page = PageSight(cleaning.root, sheets)
    for element in list(cleaning.root.iter()):
        hiding = page.hiding(element)
        if not hiding or element is cleaning.root or element.tag == "body":
            continue
        if is_for_listeners(element):
            show(element)
            continue
        if hiding == "gone":
            drop_gone(element)
            continue
        panel = element.get("id") in reachable or element.get("role") in ("tabpanel", "region")
        if panel or PANELS.search(f"{element.get('class', '')} {element.get('id', '')}"):
            show(element)
        else:
            cleaning.drop(element, "hidden parts")
    page.drop_texts(cleaning.root)


def _drop_frame(cleaning: Cleaning) -> None:
    """Navigation and what all pages of a site have alike, by their names and by how much of them is links."""
    sizes = _sizes(cleaning.root)
    has_main = next(cleaning.root.iter("main", "article"), None) is not None
    for element in list(sizes):
        kind = _frame_kind(element, sizes[element], has_main=has_main)
        # What stood in a part that went has gone with it.
        if kind and any(above is cleaning.root for above in element.iterancestors()):
            for part in _legal_parts(element, sizes) if kind == FRAMES["footer"] else [element]:
                cleaning.drop(part, kind)


def _legal_parts(footer: HtmlElement, sizes: dict[HtmlElement, Size]) -> list[HtmlElement]:
    """The parts of a site's footer that are links or legal; all of it where it has no parts."""
    parts = [part for part in footer if part.tag in LISTS]
    if (footer.text or "").strip() or len(parts) < len(footer):
        return [footer]
    return [
        part
        for part in parts
        if BOILERPLATE.search(part.text_content()) or (sizes[part].links and sizes[part].share >= LINK_SHARE)
    ]


def _frame_kind(element: HtmlElement, size: Size, *, has_main: bool) -> str:
    """What to call an element that is no content; empty for content."""
    tag = ROLES.get(element.get("role", ""), str(element.tag))
    names = f"{element.get('class', '')} {element.get('id', '')} {element.get('aria-label', '')}"
    if COOKIES.search(names) and size.letters < MAX_NOTICE and BOILERPLATE.search(element.text_content()):
        return "cookie notice"
    if tag == "nav":
        return NAVIGATION
    if tag in FRAMES:
        return _page_part_kind(element, tag, size)
    if tag not in LISTS or size.links < SOME_LINKS or size.share < LINK_SHARE:
        return ""
    named = NAVIGATION_NAMES.search(names)
    framed = is_inside(element, frozenset(FRAMES)) or (has_main and not is_inside(element, CONTENT))
    return NAVIGATION if named or (framed and size.share >= PURE_LINK_SHARE) else ""


def _page_part_kind(element: HtmlElement, tag: str, size: Size) -> str:
    """The same for headers, footers and asides: of an article they are content, unless they are links."""
    if next(element.iter("h1"), None) is not None:
        return ""  # the title of the page; what stands around it is judged by itself
    if size.links >= SOME_LINKS and size.share >= LINK_SHARE:
        return NAVIGATION
    if tag == "aside" or is_inside(element, CONTENT):
        return ""
    linked = size.links and size.share >= LINK_SHARE
    legal = tag == "footer" and BOILERPLATE.search(element.text_content())
    return FRAMES[tag] if linked or legal else ""


def _sizes(root: HtmlElement) -> dict[HtmlElement, Size]:
    """The size of each element, in the order of the page."""
    elements = list(root.iter("*"))
    sizes = {element: Size() for element in elements}
    for element in reversed(elements):
        size = sizes[element]
        size.letters += _letters(element.text)
        if element.tag == "a" and element.get("href"):
            size.linked, size.links = size.letters, 1
        above = element.getparent()
        if above is not None and above in sizes:
            sizes[above].letters += size.letters + _letters(element.tail)
            sizes[above].linked += size.linked
            sizes[above].links += size.links
    return sizes


def _letters(text: str | None) -> int:
    return len("".join(text.split())) if text else 0


def _base_of(root: HtmlElement, known: str) -> str:
    """The address that links are relative to; empty when nobody knows it."""
    stated = next((base.get("href", "") for base in root.iter("base")), "")
    canonical = next(
        (link.get("href", "") for link in root.iter("link") if link.get("rel", "").lower() == "canonical"), ""
    )
    base = known if _is_web(known) else canonical
    try:
        return urljoin(base, stated) if base or _is_web(stated) else ""
    except ValueError:
        return base


def _is_web(address: str) -> bool:
    return address.lower().startswith(("http://", "https://"))


def _mend_links(root: HtmlElement, base: str) -> None:
    """Addresses are whole, or none; a link around a whole paragraph stands below it."""
    for link in tagged(root, "a"):
        address = _whole_address(link.get("href", ""), base)
        link.attrib.clear()
        if has_blocks(link):
            link.tag = "div"
            if readable_address(address):
                below = Element("p")
                below.text = f"({readable_address(address)})"
                link.append(below)
        elif address:
            link.set("href", address)


def _whole_address(stated: str, base: str) -> str:
    address = stated.strip()
    if not address or address.startswith("#"):
        return ""
    try:
        whole = urljoin(base, address) if base else address
        here = urldefrag(whole).url == urldefrag(base).url
    except ValueError:
        return ""
    return "" if here and "#" in whole else whole
