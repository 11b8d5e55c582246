"""What a page is for people: its frame goes and is counted, what scripts would unfold stands in its place."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urldefrag, urljoin

from lxml.html import Element, HtmlElement

from parsing.page_tables import mend_tables

HEADINGS = tuple(f"h{level}" for level in range(1, 7))
BLOCKS = frozenset(
    {*HEADINGS, "p", "div", "ul", "ol", "dl", "table", "section", "article", "blockquote", "pre", "figure"}
)
# Nothing a reader sees as words; icons and doubled formulas are hidden from those who listen.
WORDLESS = (
    "script", "style", "template", "svg", "canvas", "a[headerlink]", "i[aria-hidden]", "span[aria-hidden]",
    "a[aria-hidden]",
)  # fmt: skip
EMBEDDED = {"iframe": "frames", "object": "embedded objects", "video": "videos", "audio": "sounds"}
# Parts that belong to what they stand in; elsewhere they belong to the whole site.
CONTENT = frozenset({"main", "article", "section", "blockquote", "figure", "details", "li", "td", "dd"})
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
# Measured on pages: lists of links have hardly a word besides, articles hardly half of their words in links.
LINK_SHARE, PURE_LINK_SHARE = 0.5, 0.9
SOME_LINKS = 3
TOGGLES = re.compile(r"accordion|collaps|toggle|faq|question|expand", re.IGNORECASE)
PANELS = re.compile(r"accordion|collaps|panel|tab|answer|faq|content", re.IGNORECASE)
TOGGLE_ATTRIBUTES = ("aria-expanded", "aria-controls", "data-toggle", "data-bs-toggle")
TARGET_ATTRIBUTES = ("aria-controls", "data-target", "data-bs-target", "href")
QUESTION = re.compile(r"[?？؟;]\s*$")
HIDING = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
SENTENCES = frozenset({"p", "li", "td", "dd", "dt", "label", "blockquote", "figcaption"})
LONG_LABEL = 5
MAX_OPTIONS = 50
VISIBLE_INPUTS = frozenset({"", "text", "number", "date", "time", "email", "url", "tel", "month", "week"})


@dataclass
class Cleaning:
    """A page that is cleaned, and how much of which kind was left out."""

    root: HtmlElement
    left_out: Counter[str] = field(default_factory=Counter[str])
    units: dict[str, str] = field(default_factory=dict[str, str])

    def drop(self, element: HtmlElement, kind: str) -> None:
        """Takes an element out and counts its links, else its words."""
        links = sum(1 for link in element.iter("a") if link.get("href"))
        words = len(element.text_content().split())
        by_links = kind == "navigation"
        self.units.setdefault(kind, "links" if by_links else "words")
        self.left_out[kind] += links if by_links else words
        drop(element)

    def notes(self) -> Iterator[str]:
        """A sentence for each kind."""
        for kind, count in self.left_out.items():
            if count:
                unit = self.units.get(kind, "")
                yield f"{kind}: {count} {unit + ' ' if unit else ''}left out"


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
    _drop_wordless(cleaning)
    _unfold(cleaning)
    _drop_hidden(cleaning)
    _drop_frame(cleaning)
    _write_controls(cleaning)
    mend_tables(root)
    _mend_links(root, _base_of(root, base))
    return tuple(cleaning.notes())


def drop(element: HtmlElement) -> None:
    """Takes an element out; what follows it stays."""
    if element.getparent() is not None:
        element.drop_tree()


def _tagged(root: HtmlElement, *tags: str) -> list[HtmlElement]:
    """The elements of some kinds, as a list: they may be changed."""
    return list(root.iter(*tags))


def _is_inside(element: HtmlElement, tags: frozenset[str]) -> bool:
    return any(above.tag in tags for above in element.iterancestors())


def _drop_wordless(cleaning: Cleaning) -> None:
    for element in _tagged(cleaning.root, "script", "style", "template", "svg", "canvas"):
        drop(element)
    for element in _tagged(cleaning.root, "i", "span", "a"):
        if element.get("aria-hidden") == "true" or "headerlink" in element.get("class", "").split():
            drop(element)
    for element in _tagged(cleaning.root, *EMBEDDED):
        cleaning.left_out[EMBEDDED[str(element.tag)]] += 1
        drop(element)
    for element in _tagged(cleaning.root, "noscript"):
        cleaning.drop(element, "text for browsers without scripts")


def _unfold(cleaning: Cleaning) -> None:
    """Questions of panels that unfold become headings; other buttons go."""
    level = 1
    for element in _tagged(cleaning.root, *HEADINGS, "button", "summary", "div", "span", "a"):
        tag = str(element.tag)
        if tag in HEADINGS:
            level = int(tag[1])
        elif tag == "summary":
            _write_summary(element, level)
        elif tag == "button":
            _write_button(cleaning, element, level)
        elif element.get("aria-expanded") and _asks(element) and not _has_blocks(element):
            _become_heading(element, level)


def _asks(element: HtmlElement) -> bool:
    return bool(QUESTION.search(element.text_content())) and not _is_inside(element, frozenset(HEADINGS))


def _has_blocks(element: HtmlElement) -> bool:
    return next(element.iterdescendants(*BLOCKS), None) is not None


def _become_heading(element: HtmlElement, level: int) -> None:
    element.tag = f"h{min(level + 1, 6)}"
    element.attrib.clear()


def _write_summary(summary: HtmlElement, level: int) -> None:
    if _has_blocks(summary):
        summary.tag = "div"
    elif _asks(summary):
        _become_heading(summary, level)
    above = summary.getparent()
    if above is not None and above.tag == "details" and summary.tag != "summary":
        above.tag = "div"


def _write_button(cleaning: Cleaning, button: HtmlElement, level: int) -> None:
    above = button.getparent()
    if above is None:
        return
    if above.tag in (*HEADINGS, "summary", "legend") or _has_blocks(button):
        button.drop_tag()
    elif button.get("aria-haspopup") in (None, "false") and _is_toggle(button):
        _mark_panel(button)
        if _asks(button):
            _become_heading(button, level)
        else:
            button.tag = "strong" if above.tag in SENTENCES else "p"
    elif _stands_in_sentence(button, above) or len(button.text_content().split()) > LONG_LABEL:
        button.drop_tag()
    else:
        cleaning.left_out["buttons"] += 1
        drop(button)


def _is_toggle(button: HtmlElement) -> bool:
    stated = any(button.get(name) is not None for name in TOGGLE_ATTRIBUTES)
    return stated or bool(TOGGLES.search(button.get("class", ""))) or _asks(button)


def _mark_panel(button: HtmlElement) -> None:
    """What follows the button is what it unfolds, hidden or not."""
    panel = button.getnext()
    if panel is not None:
        _show(panel)


def _stands_in_sentence(button: HtmlElement, above: HtmlElement) -> bool:
    around = [above.text, *(child.tail for child in above)]
    return above.tag in SENTENCES and any(text and text.strip() for text in around)


def _show(element: HtmlElement) -> None:
    for name in ("hidden", "style"):
        element.attrib.pop(name, None)


def _drop_hidden(cleaning: Cleaning) -> None:
    """Hidden parts go, but for panels that a reader can unfold."""
    unfolded = {
        element.get(name, "").removeprefix("#")
        for element in cleaning.root.iter()
        for name in TARGET_ATTRIBUTES
        if element.get(name)
    }
    for element in list(cleaning.root.iter()):
        if element.get("hidden") is None and not HIDING.search(element.get("style", "")):
            continue
        panel = element.get("id") in unfolded or element.get("role") in ("tabpanel", "region")
        if panel or PANELS.search(f"{element.get('class', '')} {element.get('id', '')}"):
            _show(element)
        elif element is not cleaning.root and element.tag != "body":
            cleaning.drop(element, "hidden parts")


def _drop_frame(cleaning: Cleaning) -> None:
    """Navigation and what all pages of a site have alike, by their names and by how much of them is links."""
    sizes = _sizes(cleaning.root)
    has_main = next(cleaning.root.iter("main", "article"), None) is not None
    for element in list(sizes):
        if not _is_within(element, cleaning.root):
            continue  # it went with what it stood in
        kind = _frame_kind(element, sizes[element], has_main=has_main)
        if kind:
            cleaning.drop(element, kind)


def _is_within(element: HtmlElement, root: HtmlElement) -> bool:
    return element.getroottree().getroot() is root


def _frame_kind(element: HtmlElement, size: Size, *, has_main: bool) -> str:
    """What to call an element that is no content; empty for content."""
    tag = ROLES.get(element.get("role", ""), str(element.tag))
    if tag == "nav":
        return "navigation"
    if tag not in FRAMES and tag not in ("div", "ul", "ol", "p", "section"):
        return ""
    many = size.links >= SOME_LINKS
    inside = _is_inside(element, CONTENT)
    if tag not in FRAMES:
        named = bool(NAVIGATION_NAMES.search(f"{element.get('class', '')} {element.get('id', '')}"))
        bare = has_main and not inside and size.share >= PURE_LINK_SHARE
        return "navigation" if many and size.share >= LINK_SHARE and (named or bare) else ""
    if many and size.share >= LINK_SHARE:
        return "navigation"
    if inside or tag == "aside":
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


def _write_controls(cleaning: Cleaning) -> None:
    """What a form shows: the choices, what is filled in already, and what is ticked."""
    for choice in _tagged(cleaning.root, "select", "datalist"):
        options = [" ".join(option.text_content().split()) for option in choice.iter("option")]
        options = [option for option in options if option]
        if options[MAX_OPTIONS:]:
            cleaning.left_out["options of long choices"] += len(options) - MAX_OPTIONS
        _replace(choice, ", ".join(options[:MAX_OPTIONS]))
    for control in _tagged(cleaning.root, "input"):
        kind = control.get("type", "").lower()
        if kind in ("checkbox", "radio"):
            _replace(control, "[x] " if control.get("checked") is not None else "[ ] ")
        elif kind in VISIBLE_INPUTS and control.get("value", "").strip():
            _replace(control, f" {control.get('value', '').strip()} ")


def _replace(element: HtmlElement, text: str) -> None:
    above = element.getparent()
    if above is None:
        return
    sentence = above.tag in SENTENCES or element.tag == "input"
    new = Element("span" if sentence else "p")
    new.text, new.tail = text, element.tail
    above.replace(element, new)


def _base_of(root: HtmlElement, known: str) -> str:
    """The address that links are relative to; empty when nobody knows it."""
    stated = next((base.get("href", "") for base in root.iter("base")), "")
    canonical = next(
        (link.get("href", "") for link in root.iter("link") if link.get("rel", "").lower() == "canonical"), ""
    )
    base = known if _is_web(known) else canonical
    return urljoin(base, stated) if base or _is_web(stated) else ""


def _is_web(address: str) -> bool:
    return address.lower().startswith(("http://", "https://"))


def _mend_links(root: HtmlElement, base: str) -> None:
    """Addresses are whole, or none; a link around a whole paragraph stands below it."""
    for link in _tagged(root, "a"):
        address = _whole_address(link.attrib, base)
        link.attrib.clear()
        if address and _has_blocks(link):
            link.tag = "div"
            below = Element("p")
            below.text = f"({address})"
            link.append(below)
        elif address:
            link.set("href", address)


def _whole_address(attributes: Mapping[str, str], base: str) -> str:
    address = attributes.get("href", "").strip()
    if not address or address.startswith("#"):
        return ""
    try:
        whole = urljoin(base, address) if base else address
        here = urldefrag(whole).url == urldefrag(base).url
    except ValueError:
        return ""
    return "" if here and "#" in whole else whole
