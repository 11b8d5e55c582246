"""Equations of office files (OMML), written on one line as a person would type them."""

import re
from collections.abc import Callable

from parsing.archives.zipped import Element

MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
# What needs no parentheses: one word or number, or what stands in brackets already.
SIMPLE = re.compile(r"[-−]?[\w.,′]*|.|\([^()]*\)|\[[^\[\]]*\]")
BAR = "\u0305"
INVISIBLE_OPERATORS = re.compile("[\u2061-\u2064]")


def linear(element: Element) -> str:
    """The equation on one line: fractions as a/b, powers as x^2, indices as x_i, roots as √(x)."""
    if not isinstance(element.tag, str):
        return ""
    name = element.tag.removeprefix(MATH)
    if name in WRITERS:
        return WRITERS[name](element)
    if name == "t":
        return INVISIBLE_OPERATORS.sub("", element.text or "")
    return "" if name.endswith("Pr") else "".join(map(linear, element))


def _part(element: Element, name: str) -> str:
    part = element.find(MATH + name)
    return linear(part).strip() if part is not None else ""


def _grouped(text: str) -> str:
    return text if SIMPLE.fullmatch(text) else f"({text})"


def _property(element: Element, name: str, default: str) -> str:
    """A property such as the character of a bracket; it may be there and empty."""
    found = element.find(f"{MATH}{element.tag.removeprefix(MATH)}Pr/{MATH}{name}")  # pyright: ignore
    return default if found is None else found.get(f"{MATH}val", "")


def _with_scripts(text: str, element: Element) -> str:
    below, above = _part(element, "sub"), _part(element, "sup")
    return f"{text}{'_' + _grouped(below) if below else ''}{'^' + _grouped(above) if above else ''}"


def _scripted(element: Element) -> str:
    return _with_scripts(_grouped(_part(element, "e")), element)


def _prescripted(element: Element) -> str:
    return _with_scripts("", element) + _part(element, "e")


def _fraction(element: Element) -> str:
    above, below = _part(element, "num"), _part(element, "den")
    if _property(element, "type", "") == "noBar":
        return f"({above} over {below})"
    return f"{_grouped(above)}/{_grouped(below)}"


def _root(element: Element) -> str:
    degree = _part(element, "deg")
    return f"√{f'[{degree}]' if degree else ''}({_part(element, 'e')})"


def _sum(element: Element) -> str:
    return f"{_with_scripts(_property(element, 'chr', '∫'), element)} {_part(element, 'e')}"


def _brackets(element: Element) -> str:
    inner = _property(element, "sepChr", "|").join(linear(part) for part in element.findall(f"{MATH}e"))
    return f"{_property(element, 'begChr', '(')}{inner}{_property(element, 'endChr', ')')}"


def _function(element: Element) -> str:
    argument = _part(element, "e")
    space = "" if argument.startswith(("(", "[")) else " "
    return f"{_part(element, 'fName')}{space}{argument}"


def _limit(sign: str) -> Callable[[Element], str]:
    return lambda element: f"{_part(element, 'e')}{sign}{_grouped(_part(element, 'lim'))}"


def _matrix(element: Element) -> str:
    rows = (
        ", ".join(linear(cell) for cell in row.findall(f"{MATH}e")) for row in element.findall(f"{MATH}mr")
    )
    return f"[{'; '.join(rows)}]"


def _lines(element: Element) -> str:
    return "; ".join(linear(line).replace("&", "") for line in element.findall(f"{MATH}e"))


def _accented(element: Element) -> str:
    return _part(element, "e") + _property(element, "chr", "\u0302")


def _barred(element: Element) -> str:
    return "".join(character + BAR for character in _part(element, "e"))


WRITERS: dict[str, Callable[[Element], str]] = {
    "f": _fraction,
    "sSup": _scripted,
    "sSub": _scripted,
    "sSubSup": _scripted,
    "sPre": _prescripted,
    "rad": _root,
    "nary": _sum,
    "d": _brackets,
    "func": _function,
    "limLow": _limit("_"),
    "limUpp": _limit("^"),
    "m": _matrix,
    "eqArr": _lines,
    "acc": _accented,
    "bar": _barred,
}
