"""Commands of LaTeX: what they stand for, their arguments, and those that a file defines itself."""

import re
from collections.abc import Iterator, Sequence

LEVELS = ("part", "chapter", "section", "subsection", "subsubsection", "paragraph", "subparagraph")
DEFINITION = re.compile(
    r"\\(?:(?:re)?new|provide)command\*?\s*(?:\{\\([A-Za-z]+)\}|\\([A-Za-z]+))\s{0,20}(?:\[(\d)\]\s{0,20})?(?=\{)"
    r"|\\def\s*\\([A-Za-z]+)\s*(?=\{)"
)
# A text that its own definitions make longer than this is not written out.
MAX_WRITTEN_OUT = 200_000
# Commands may stand for others, so many times over.
MAX_DEFINED_BY = 3
# How many arguments of these are a color, a length or a picture's size, before the one with words.
ARGUMENTS_BEFORE_WORDS = {
    "textcolor": 1, "colorbox": 1, "fcolorbox": 2, "parbox": 1, "raisebox": 1, "resizebox": 2, "scalebox": 1,
    "rotatebox": 1, "foreignlanguage": 1, "adjustbox": 1, "rule": 2, "color": 1, "fontsize": 2,
    "selectlanguage": 1,
}  # fmt: skip
QUANTITIES = frozenset({"SI", "qty", "si", "unit"})
# Commands whose argument is for the program, with the name of what is left out where readers miss it.
SILENT = {
    **dict.fromkeys(("label", "vspace", "hspace", "bibliographystyle", "pagestyle", "thispagestyle"), ""),
    **dict.fromkeys(
        ("setlength", "setcounter", "addtocounter", "usepackage", "documentclass", "hypersetup"), ""
    ),
    **dict.fromkeys(
        ("newcommand", "renewcommand", "providecommand", "graphicspath", "index", "pagenumbering"), ""
    ),
    **dict.fromkeys(("input", "include", "subfile", "bibliography", "addbibresource"), "included files"),
    **dict.fromkeys(("includegraphics", "includesvg", "includepdf"), "pictures"),
}
REFERENCES = frozenset({"ref", "eqref", "pageref", "autoref", "cref", "Cref", "nameref", "vref"})
CITATIONS = re.compile(r"(?:no)?(?:foot|text|paren|auto)?cite(?:[tp]|alp|author|year)?|nocite", re.IGNORECASE)
LINE_ENDS = frozenset(
    {"newline", "par", "linebreak", "newpage", "clearpage", "medskip", "bigskip", "smallskip"}
)
SIGNS = {
    "ldots": "…", "dots": "…", "textellipsis": "…", "textendash": "–", "textemdash": "—", "LaTeX": "LaTeX",
    "TeX": "TeX", "textbackslash": "\\", "textasciitilde": "~", "textasciicircum": "^", "S": "§", "P": "¶",
    "copyright": "©", "pounds": "£", "euro": "€", "texteuro": "€", "textdegree": "°", "degree": "°",
    "ss": "ß",
    "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "o": "ø", "O": "Ø", "aa": "å", "AA": "Å", "l": "ł", "L": "Ł",
    "quad": " ", "qquad": " ", "and": ", ", "textbar": "|", "textless": "<", "textgreater": ">",
    "item": "\n- ",
}  # fmt: skip
ACCENTS = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", '"': "\u0308", "=": "\u0304", ".": "\u0307",
    "c": "\u0327", "v": "\u030c", "H": "\u030b", "u": "\u0306", "r": "\u030a", "k": "\u0328",
}  # fmt: skip
NOTE = (" [Note: ", "]")
# What stands around the words of some commands.
PLACES = {
    **dict.fromkeys(("footnote", "thanks", "marginpar", "todo"), NOTE),
    "bibitem": ("\n\n[", "] "),
    "caption": ("\n\n", "\n\n"),
}
# A brace, but for one that is meant as a sign.
BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
MAX_ARGUMENT = 3_000
# What the reader knows by name is read so, whatever else the text makes of it.
KNOWN = frozenset(
    {*LEVELS, *SILENT, *SIGNS, *LINE_ENDS, *REFERENCES, *PLACES, *ACCENTS, "begin", "end", "title", "author"}
)


def argument_at(text: str, start: int) -> tuple[str, int]:
    """What stands in the braces that begin at a place, and where they end; braces within belong to it."""
    depth = 0
    for mark in BRACE.finditer(text, start, start + MAX_ARGUMENT):
        depth += {"{": 1, "}": -1}.get(mark[0], 0)
        if depth == 0:
            return text[start + 1 : mark.start()], mark.end()
    return "", start + 1


def written_out(text: str) -> str:
    """The text with the words of its own commands in their places; what they stand for is no text itself."""
    parts: list[str] = []
    bodies: dict[str, tuple[int, str]] = {}
    at = 0
    for found in DEFINITION.finditer(text):
        if found.start() < at:
            continue
        parts.append(text[at : found.start()])
        body, at = argument_at(text, found.end())
        if (name := found[1] or found[2] or found[4]) not in KNOWN:
            bodies[name] = (int(found[3] or 0), body)
    text = "".join([*parts, text[at:]])
    for _ in range(MAX_DEFINED_BY if bodies else 0):
        text = _with_bodies(text, bodies)
    return text


def _with_bodies(text: str, bodies: dict[str, tuple[int, str]]) -> str:
    names = "|".join(sorted(bodies, key=len, reverse=True))
    parts: list[str] = []
    at = written = 0
    for found in re.finditer(rf"\\({names})(?![A-Za-z@])(?:\{{\}})?", text):
        count, body = bodies[found[1]]
        if found.start() < at or written > MAX_WRITTEN_OUT:
            continue
        end = found.end()
        for number in range(1, count + 1):
            argument, end = argument_at(text, end) if text.startswith("{", end) else ("", end)
            body = body.replace(f"#{number}", argument)[:MAX_ARGUMENT]
        written += len(body)
        parts += [text[at : found.start()], body]
        at = end
    return "".join([*parts, text[at:]])


def environments(text: str, names: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """What stands before each environment, its name and what is in it; the last part has no name."""
    begin = re.compile(rf"\\begin\{{({'|'.join(map(re.escape, names))})\}}")
    start, at = 0, 0
    endless: set[str] = set()
    while found := begin.search(text, at):
        name, at = found[1], found.end()
        end = -1 if name in endless else text.find(f"\\end{{{name}}}", at)
        if end < 0:
            endless.add(name)  # and no later one ends, either
            continue
        yield text[start : found.start()], name, text[at:end]
        start = at = end + len(f"\\end{{{name}}}")
    yield text[start:], "", ""
