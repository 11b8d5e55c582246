"""The styles of a page that decide whether its texts are seen: its own sheets, and what elements state."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import cssselect2 as untyped  # pyright: ignore[reportMissingTypeStubs]
from lxml.html import HtmlElement

cssselect2: Any = untyped

# Letters of all sheets of a page, and rules that can concern it; what is beyond is not looked at.
MAX_LETTERS, MAX_RULES, MAX_ELEMENTS = 1_000_000, 2_000, 50_000
PIECE = re.compile(r"/\*.*?(?:\*/|\Z)|\"[^\"\n]*\"|'[^'\n]*'|[{}]|[^{}\"'/]+|/", re.DOTALL)
WANTED = re.compile(
    r"display|visibility|opacity|color|background|font|text-indent|position|left|top|right|bottom|margin-left"
    r"|clip|height|width|overflow|transform|animation"
)
DECLARATION = re.compile(
    r"(?:^|;)\s*(--[\w-]{1,60}|[a-z-]{3,30})\s*:\s*((?:[^;\"']|\"[^\"]*\"|'[^']*')*)", re.IGNORECASE
)
NAME = re.compile(r"[.#]((?:[\w-]|[^\x00-\x7f])+)")
VARIABLE = re.compile(r"var\(\s*(--[\w-]{1,60})\s*(?:,\s*([^()]{0,100}))?\)")
MOVING = re.compile(
    r"::?(?:hover|focus|active|before|after|target|checked|placeholder|selection|visited|-\w)"
)
AT_RULE = re.compile(r"(@[\w-]*)(.*)", re.DOTALL)
TRANSPARENT_RULES = ("@supports", "@layer", "@container", "@scope", "@starting-style")
# What may hold only on some screens must not hide anything; it may show.
SHOWING = {"display": ("none",), "visibility": ("hidden", "collapse"), "opacity": ("0",)}

# What decides whatever its value; places, heights and the like only where they are beyond what is seen.
DECIDING = re.compile(
    r"display|visibility|opacity|(?:-webkit-text-fill-)?color|background(?:-color|-image|-clip)?|font(?:-size)?"
    r"|-webkit-background-clip|clip|clip-path|filter|animation(?:-name)?"
)
BEYOND = re.compile(r"-\d{3,}|\b[01](?:px|%|em)?\b|scale|rotate|hidden|clip|-\d+r?em")
Styles = Mapping[str, str]


@dataclass
class Sheets:
    """The rules of a page in their order, its variables, and the names of its animations."""

    rules: list[tuple[str, dict[str, str]]] = field(default_factory=list[tuple[str, dict[str, str]]])
    variables: dict[str, str] = field(default_factory=dict[str, str])
    animations: set[str] = field(default_factory=set[str])


def sheets_of(root: HtmlElement) -> Sheets:
    """What the sheets within a page say, without those that only hold on paper."""
    sheets = Sheets()
    left = MAX_LETTERS
    for element in root.iter("style"):
        text = (element.text or "")[:left]
        left -= len(text)
        if not _is_for_paper(element.get("media", "")):
            _read(text, sheets, is_conditional=_is_conditional(element.get("media", "")))
    return sheets


def declarations(text: str) -> dict[str, str]:
    """What a list of declarations states, in small letters; of a property the last, or one that insists."""
    found: dict[str, str] = {}
    for name, stated in DECLARATION.findall(text):
        key, value = name.lower(), " ".join(stated.lower().split())
        if "!important" not in found.get(key, "") or "!important" in value:
            found[key] = value
    return found


class Cascade:
    """The styles of each element of a page."""

    def __init__(self, root: HtmlElement, sheets: Sheets) -> None:
        self._variables = sheets.variables
        self._matched: dict[HtmlElement, list[Styles]] = {}
        matcher: Any = cssselect2.Matcher()
        names = _names(root)
        count = 0
        for selector, stated in sheets.rules:
            if count < MAX_RULES and all(name in names for name in NAME.findall(selector)):
                count += _add(matcher, selector, stated)
        if count:
            self._match(root, matcher)

    def of(self, element: HtmlElement) -> Styles:
        """What holds for an element, of the sheets and of its own."""
        own = element.get("style")
        matched = self._matched.get(element)
        if not own and not matched:
            return {}
        layers = [*(matched or ()), *([declarations(own)] if own else [])]
        found: dict[str, str] = {}
        for insists in (False, True):
            for layer in layers:
                found |= {key: value for key, value in layer.items() if ("!important" in value) is insists}
        return {key: self._plain(value) for key, value in found.items()}

    def _plain(self, value: str) -> str:
        value = value.replace("!important", "").strip()
        if "var(" not in value:
            return value
        return VARIABLE.sub(lambda one: self._variables.get(one[1], one[2] or ""), value)

    def _match(self, root: HtmlElement, matcher: Any) -> None:
        for number, wrapped in enumerate(cssselect2.ElementWrapper.from_html_root(root).iter_subtree()):
            if number >= MAX_ELEMENTS:
                return
            found = matcher.match(wrapped)
            if found:
                self._matched[wrapped.etree_element] = [payload for *_, payload in found]


def _add(matcher: Any, selector: str, stated: Styles) -> int:
    try:
        for one in cssselect2.compile_selector_list(selector):
            if one.pseudo_element is None:
                matcher.add_selector(one, stated)
    except cssselect2.SelectorError:
        return 0  # browsers do not know it either, or it depends on what a user does
    return 1


def _names(root: HtmlElement) -> set[str]:
    """The classes and ids of a page: a rule that needs others holds for nothing."""
    names: set[str] = set()
    for element in root.iter():
        names.update(element.get("class", "").split())
        names.add(element.get("id", ""))
    return names


def _read(text: str, sheets: Sheets, *, is_conditional: bool) -> None:
    """Read the rules of a sheet; those within others hold as these do."""
    above: list[str] = ["?" if is_conditional else ""]
    prelude = ""
    for piece in _pieces(text):
        if piece == "{":
            above.append(_scope(prelude, above[-1], sheets))
            prelude = ""
        elif piece == "}":
            selector = above.pop() if len(above) > 1 else ""
            _rule(selector, prelude, above[-1], sheets)
            prelude = ""
        else:
            prelude += piece


def _pieces(text: str) -> Iterator[str]:
    return (piece[0] for piece in PIECE.finditer(text) if not piece[0].startswith("/*"))


def _scope(prelude: str, outer: str, sheets: Sheets) -> str:
    """What a block is: "" for one that holds, "?" on some screens, "-" nowhere, else a rule's selector."""
    prelude = prelude.rpartition(";")[2].strip()
    if not prelude.startswith("@"):
        return prelude
    if outer == "-" or prelude.startswith(TRANSPARENT_RULES):
        return outer
    kind, stated = AT_RULE.findall(prelude)[0]
    if kind == "@media":
        return "-" if _is_for_paper(stated) else "?" if _is_conditional(stated) else outer
    if kind.endswith("keyframes"):
        sheets.animations.add(stated.strip().lower())
    return "-"


def _is_for_paper(media: str) -> bool:
    return bool(media) and all("print" in one or "speech" in one for one in media.lower().split(","))


def _is_conditional(media: str) -> bool:
    return media.strip().lower() not in ("", "all", "screen", "only screen")


def _rule(selector: str, body: str, scope: str, sheets: Sheets) -> None:
    if selector in ("", "?", "-") or scope == "-" or not (WANTED.search(body) or "--" in body):
        return
    stated = declarations(body)
    if scope == "?":
        stated = {
            key: value
            for key, value in stated.items()
            if key in SHOWING and not value.startswith(SHOWING[key])
        }
    elif selector in (":root", "html", "body", "*"):
        sheets.variables |= {key: value for key, value in stated.items() if key.startswith("--")}
    parts = (
        [part for part in selector.split(",") if not MOVING.search(part)]
        if "(" not in selector
        else [selector]
    )
    if parts and any(DECIDING.fullmatch(key) or BEYOND.search(value) for key, value in stated.items()):
        sheets.rules.append((",".join(parts), stated))
