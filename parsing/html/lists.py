"""Numbers of lists that a page states itself: letters, places that are left out, counting down."""

from lxml.html import Element, HtmlElement

from parsing.html.controls import tagged
from parsing.list_numbers import numbered

MAX_DIGITS = 6
# A private-use character stands for the point behind a number, which would begin a list in Markdown.
POINT = "\ue003"


def write_numbers(root: HtmlElement) -> None:
    """Items of lists that count otherwise than 1, 2, 3 from their start say their own number."""
    for listed in tagged(root, "ol"):
        items = [child for child in listed if child.tag == "li"]
        form = listed.get("type", "1")
        down = listed.get("reversed") is not None
        if (
            form in ("a", "A", "i", "I")
            or down
            or any(_number(item.get("value")) is not None for item in items)
        ):
            _number_items(listed, items, form, -1 if down else 1)


def _number_items(listed: HtmlElement, items: list[HtmlElement], form: str, step: int) -> None:
    start = _number(listed.get("start"))
    count = start if start is not None else len(items) if step < 0 else 1
    for item in items:
        stated = _number(item.get("value"))
        count = stated if stated is not None else count
        _write(item, f"{numbered(count, form)}{POINT}")
        count += step
    listed.tag = "ul"


def _write(item: HtmlElement, mark: str) -> None:
    first = item[0] if len(item) and item[0].tag == "p" and not (item.text or "").strip() else item
    # In an element of its own it is no list within the item.
    label = Element("span")
    label.text, label.tail = mark, f" {(first.text or '').lstrip()}"
    first.text = None
    first.insert(0, label)


def _number(stated: str | None) -> int | None:
    bare = (stated or "").strip().removeprefix("-")
    return int(stated or "") if bare.isascii() and bare.isdecimal() and len(bare) <= MAX_DIGITS else None
