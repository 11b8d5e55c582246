"""Words of a page that stand in attributes: what listeners hear in the place of a sign, and short remarks."""

from lxml.html import HtmlElement

from parsing.html.controls import Cleaning, tagged

LABELLED = ("a", "span", "i", "b", "strong", "em", "button", "td", "th", "li", "div", "p")
# These are read where the words stand that they explain.
READ_ELSEWHERE = frozenset({"abbr", "acronym", "dfn", "iframe", "link", "style", "html", "body"})


def write_labels(cleaning: Cleaning) -> None:
    """Signs that have a label are that label; an area of a map is a link; other remarks are counted."""
    for area in tagged(cleaning.root, "area"):
        words = area.get("alt", "").strip()
        if words:
            area.tag, area.text = "a", words
            area.tail = f" {area.tail or ''}"
    for element in tagged(cleaning.root, *LABELLED):
        if len(element.get("href", "").strip()) > 1 and element.get("href", "").strip().startswith("#"):
            continue  # a mark that leads to a place on the page
        words = " ".join((element.get("aria-label") or element.get("title") or "").split())
        if words and not _has_words(element):
            for child in list(element):
                element.remove(child)
            element.text = words
    _count_remarks(cleaning)


def _count_remarks(cleaning: Cleaning) -> None:
    """Those that only show below the pointer, where they say more than the words they belong to."""
    for element in cleaning.root.iter():
        remark = " ".join(element.get("title", "").split())
        if remark and element.tag not in READ_ELSEWHERE and remark.casefold() not in _words(element):
            cleaning.count("remarks below the pointer")


def _has_words(element: HtmlElement) -> bool:
    held = element.iter("img", "input", "select", "math")
    return next(held, None) is not None or any(map(str.isalnum, element.text_content()))


def _words(element: HtmlElement) -> str:
    return " ".join(f"{element.text_content()} {element.get('alt', '')}".split()).casefold()
