"""Controls of pages: questions that unfold an answer become headings, choices and fields are text."""

import re
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field

from lxml.html import Element, HtmlElement

HEADINGS = tuple(f"h{level}" for level in range(1, 7))
BLOCKS = frozenset(
    {*HEADINGS, "p", "div", "ul", "ol", "dl", "table", "section", "article", "blockquote", "pre", "figure"}
)
TOGGLES = re.compile(r"accordion|collaps|toggle|faq|question|expand", re.IGNORECASE)
TOGGLE_ATTRIBUTES = ("aria-expanded", "aria-controls", "data-toggle", "data-bs-toggle")
QUESTION = re.compile(r"[?？؟;]\s*$")
SENTENCES = frozenset({"p", "li", "td", "dd", "dt", "label", "blockquote", "figcaption"})
LONG_LABEL = 5
NAVIGATION = "navigation"
MAX_OPTIONS = 50
# Marks a panel that a reader can unfold, whatever the sheets of the page say of it.
SHOWN = "shown-by-owflex"
VISIBLE_INPUTS = frozenset({"", "text", "number", "date", "time", "email", "url", "tel", "month", "week"})


@dataclass
class Cleaning:
    """A page that is cleaned, and what was left out of it: sentences with the place of their count."""

    root: HtmlElement
    left_out: Counter[str] = field(default_factory=Counter[str])

    def drop(self, element: HtmlElement, kind: str) -> None:
        """Takes an element out and counts the links of navigation, else its words."""
        links = sum(1 for link in element.iter("a") if link.get("href"))
        if kind == NAVIGATION and links:
            self.left_out[f"{kind}: {{}} links left out"] += links
        else:
            self.left_out[f"{kind}: {{}} words left out"] += len(element.text_content().split())
        drop(element)

    def count(self, kind: str, number: int = 1) -> None:
        """So many more of a kind were left out."""
        self.left_out[f"{kind}: {{}} left out"] += number

    def notes(self) -> Iterator[str]:
        """A sentence for each kind."""
        return (sentence.format(count) for sentence, count in self.left_out.items() if count)


def unfold(cleaning: Cleaning) -> None:
    """Questions of panels that unfold become headings; other buttons go."""
    level, heading = 1, ""
    panels = _panels(cleaning.root)
    for element in tagged(cleaning.root, *HEADINGS, "button", "summary", "div", "span", "a"):
        tag = str(element.tag)
        if tag in HEADINGS:
            level, heading = int(tag[1]), " ".join(element.text_content().split())
        elif tag == "summary":
            _write_summary(element, level, heading)
        elif element.get("role") == "tab":
            _write_tab(element, panels.get(element))
        elif tag == "button":
            _write_button(cleaning, element, level)
        elif element.get("aria-expanded") and _asks(element) and not has_blocks(element):
            _become_heading(element, level)


def _panels(root: HtmlElement) -> dict[HtmlElement, HtmlElement]:
    """What each tab shows: the panel it names, or the one at its place where none is named."""
    tabs = [element for element in root.iter() if element.get("role") == "tab"]
    panels = [element for element in root.iter() if element.get("role") == "tabpanel"]
    named = {panel.get("id"): panel for panel in panels if panel.get("id")}
    if len(tabs) == len(panels) and not any(tab.get("aria-controls") for tab in tabs):
        return dict(zip(tabs, panels, strict=True))
    found = ((tab, named.get(tab.get("aria-controls"))) for tab in tabs)
    return {tab: panel for tab, panel in found if panel is not None}


def _write_tab(tab: HtmlElement, panel: HtmlElement | None) -> None:
    """The name of a tab stands over what it shows."""
    _become_bold(tab)
    if panel is not None and tab.getparent() is not None:
        show(panel)
        name = deepcopy(tab)
        name.tail, panel.text = panel.text, None
        panel.insert(0, name)
        drop(tab)


def _asks(element: HtmlElement) -> bool:
    return bool(QUESTION.search(element.text_content())) and not is_inside(element, frozenset(HEADINGS))


def has_blocks(element: HtmlElement) -> bool:
    return next(element.iterdescendants(*BLOCKS), None) is not None


def _become_heading(element: HtmlElement, level: int) -> None:
    element.tag = f"h{min(level + 1, 6)}"
    element.attrib.clear()


def _write_summary(summary: HtmlElement, level: int, heading: str) -> None:
    if has_blocks(summary):
        summary.tag = "div"
    elif _asks(summary):
        _become_heading(summary, level)
        _return_to(heading, level, summary.getparent())
    above = summary.getparent()
    if above is not None and above.tag == "details" and summary.tag != "summary":
        above.tag = "div"


def _return_to(heading: str, level: int, details: HtmlElement | None) -> None:
    """What follows unfolded parts without a heading of its own is below the one above them again."""
    while details is not None and details.getnext() is None:
        details = details.getparent()
    following = details.getnext() if details is not None else None
    if not heading or following is None or next(following.iter(*HEADINGS, "summary"), None) is not None:
        return
    if following.text_content().strip():
        again = Element(f"h{level}")
        again.text = heading
        following.addprevious(again)


def _write_button(cleaning: Cleaning, button: HtmlElement, level: int) -> None:
    above = button.getparent()
    if above is None:
        return
    if above.tag in (*HEADINGS, "summary", "legend") or has_blocks(button):
        _show_panel(above if above.tag in HEADINGS else button)
        button.drop_tag()
    elif button.get("aria-haspopup") in (None, "false") and _is_toggle(button):
        _show_panel(button)
        if _asks(button):
            _become_heading(button, level)
        else:
            _become_bold(button)
    elif _stands_in_sentence(button, above) or len(button.text_content().split()) > LONG_LABEL:
        button.drop_tag()
    else:
        cleaning.count("buttons")
        drop(button)


def _is_toggle(button: HtmlElement) -> bool:
    stated = any(button.get(name) is not None for name in TOGGLE_ATTRIBUTES)
    return stated or bool(TOGGLES.search(button.get("class", ""))) or _asks(button)


def _become_bold(element: HtmlElement) -> None:
    """A line of its own in bold, which stays with what follows it."""
    words = Element("strong")
    words.text = " ".join(element.text_content().split())
    element.clear(keep_tail=True)
    element.tag = "p"
    element.append(words)


def _show_panel(button: HtmlElement) -> None:
    """What follows the button is what it unfolds, hidden or not."""
    panel = button.getnext()
    if panel is not None:
        show(panel)


def _stands_in_sentence(button: HtmlElement, above: HtmlElement) -> bool:
    before = button.getprevious()
    around = (above.text if before is None else before.tail, button.tail)
    return above.tag in SENTENCES and any(text and text.strip() for text in around)


def show(element: HtmlElement) -> None:
    for name in ("hidden", "style"):
        element.attrib.pop(name, None)
    element.set(SHOWN, "")


def write_controls(cleaning: Cleaning) -> None:
    """What a form shows: the choices, what is filled in already, and what is ticked."""
    for choice in tagged(cleaning.root, "select", "datalist"):
        options = [_option(option) for option in choice.iter("option")]
        options = [option for option in options if option]
        if options[MAX_OPTIONS:]:
            cleaning.count("options of long choices", len(options) - MAX_OPTIONS)
        _replace(choice, ", ".join(options[:MAX_OPTIONS]))
    _write_inputs(cleaning)
    for area in tagged(cleaning.root, "textarea"):
        if not area.text_content().strip() and _shown_in(area):
            area.text = _shown_in(area)


def _write_inputs(cleaning: Cleaning) -> None:
    for control in tagged(cleaning.root, "input"):
        kind = control.get("type", "").lower()
        if kind in ("checkbox", "radio"):
            _replace(control, " [x] " if control.get("checked") is not None else " [ ] ")
        elif kind in ("submit", "reset", "button") and control.get("value"):
            cleaning.count("buttons")
        elif kind in VISIBLE_INPUTS and (words := _shown_in(control)):
            _replace(control, f" {words} ")


def _shown_in(control: HtmlElement) -> str:
    """What is filled in, else what the empty field shows."""
    return (control.get("value", "").strip() or control.get("placeholder", "")).strip()


def _option(option: HtmlElement) -> str:
    """The words of a choice, with the name of its group before the first of them."""
    words = option.text_content() or option.get("label") or ""
    if option.get("selected") is not None and words.strip():
        words = f"[x] {words.strip()}"
    if not words and is_inside(option, frozenset({"datalist"})):
        words = option.get("value", "")
    group = option.getparent()
    first = group is not None and group.tag == "optgroup" and option.getprevious() is None
    name = f"{group.get('label', '')}: " if first and group is not None else ""
    return " ".join(f"{name}{words}".split()) if words.strip() else ""


def _replace(element: HtmlElement, text: str) -> None:
    above = element.getparent()
    if above is None:
        return
    sentence = above.tag in SENTENCES or element.tag == "input"
    new = Element("span" if sentence else "p")
    new.text, new.tail = f" {text.strip()} " if sentence else text, element.tail
    above.replace(element, new)


def tagged(root: HtmlElement, *tags: str) -> list[HtmlElement]:
    """The elements of some kinds, as a list: they may be changed."""
    return list(root.iter(*tags))


def is_inside(element: HtmlElement, tags: frozenset[str]) -> bool:
    return any(above.tag in tags for above in element.iterancestors())


def drop(element: HtmlElement) -> None:
    """Takes an element out; what follows it stays."""
    if element.getparent() is not None:
        element.drop_tree()
