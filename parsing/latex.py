"""LaTeX: sections, lists and tables as text; commands leave their words, code and formulas stay."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

from parsing.links import linked
from parsing.section_writer import SectionWriter

LEVELS = ("part", "chapter", "section", "subsection", "subsubsection", "paragraph", "subparagraph")
BODY = re.compile(r"\\begin\{document\}(.*?)(?:\\end\{document\}|\Z)", re.DOTALL)
VERBATIM = ("verbatim", "verbatim*", "Verbatim", "lstlisting", "minted", "alltt", "comment")
SHORT_VERBATIM = re.compile(r"\\(?:verb|lstinline)\*?([^\sA-Za-z*{])(.{0,300}?)\1")
COMMENT = re.compile(r"(?<!\\)((?:\\\\)*)%[^\n]*(?:\n[ \t]*(?=\S))?")
MATH = re.compile(
    r"\$\$.{1,5000}?\$\$|(?<!\\)\$(?:\\.|[^$\\\n]|\n(?!\n)){1,2000}\$|\\\[.{1,5000}?\\\]|\\\(.{1,2000}?\\\)"
    r"|\\begin\{((?:equation|align|gather|multline|displaymath|math|eqnarray|alignat|flalign)\*?)\}.{0,10000}?\\end\{\1\}",
    re.DOTALL,
)
# What stands for a piece that is to stay as it is while the text around it is changed.
MARK = "\ue000"
SET_ASIDE = re.compile(rf"{MARK}(\d+){MARK}")
COMMAND = re.compile(r"\\([A-Za-z@]+)\*?[ \t]*|\\(.)", re.DOTALL)
TABLES = ("tabular", "tabular*", "tabularx", "longtable", "tabulary", "xltabular")
RULES = re.compile(
    r"\\(?:hline|toprule|midrule|bottomrule|endhead|endfirsthead|endfoot|endlastfoot|centering)\b"
    r"|\\c(?:line|midrule)(?:\([^)]*\))?\{[^{}]*\}"
)
SPANNING = re.compile(r"\\multicolumn\{(\d{1,2})\}\{[^{}]*\}\{([^{}]*)\}")
ROWS = re.compile(r"\\multirow(?:\[[^\]]*\])?\{(\d{1,2})\}(?:\[[^\]]*\])?\{[^{}]*\}(?:\[[^\]]*\])?(?=\{)")
ADDRESS = re.compile(r"\\(?:url|href|path|nolinkurl)\s*\{[^{}\n]{0,2000}\}")
DEFINITION = re.compile(
    r"\\(?:(?:re)?new|provide)command\*?\s*(?:\{\\([A-Za-z]+)\}|\\([A-Za-z]+))\s*(?:\[(\d)\])?\s*(?=\{)"
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
UNIT = re.compile(r"\\([A-Za-z]+)\s*")
PREFIXES = frozenset(
    {"kilo", "milli", "micro", "nano", "mega", "giga", "centi", "deci", "hecto", "tera", "pico"}
)
CAPTION = re.compile(r"\bcaption\s*=\s*(?:\{([^{}]*)\}|([^,\]]*))")
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
MAX_NESTING = 30


def read(text: str, writer: SectionWriter) -> tuple[str, dict[str, Any]]:
    """Writes the blocks; returns the title and what else the text says of itself."""
    pieces: list[str] = []
    text = _with_set_aside(text.replace(MARK, ""), pieces, writer)
    body = BODY.search(text)
    stated = {name: _stated(text, name, pieces, writer) for name in ("title", "author", "date")}
    reader = Reader(body[1] if body else text, pieces, writer)
    reader.read()
    return stated["title"], {name: stated[name] for name in ("author", "date") if stated[name]}


def _with_set_aside(text: str, pieces: list[str], writer: SectionWriter) -> str:
    """The text without comments; code and formulas are among the pieces."""

    def keep(piece: str) -> str:
        pieces.append(piece)
        return f"{MARK}{len(pieces) - 1}{MARK}"

    def code(kind: str, inside: str) -> str:
        if kind == "comment":
            writer.left_out["comments"] += 1
            return ""
        # A piece that begins with an empty line is a block of its own.
        piece = keep("\n" + _listing(kind, inside))
        options = re.match(r"\[(?:[^\[\]{}]|\{[^{}]*\})*\]", inside) if kind != "verbatim" else None
        caption = CAPTION.search(options[0]) if options else None
        return f"\n\n{(caption[1] or caption[2]) if caption else ''}\n\n{piece}\n\n"

    def comment(found: re.Match[str]) -> str:
        writer.left_out["comments"] += bool(found[0].strip("% \t\n"))
        return found[1]

    parts = _environments(text, VERBATIM)
    text = "".join(before + (code(kind, inside) if kind else "") for before, kind, inside in parts)
    text = SHORT_VERBATIM.sub(lambda found: keep(f"`{found[2]}`"), text)
    # The percent sign of an address begins no comment.
    text = ADDRESS.sub(lambda found: re.sub(r"(?<!\\)%", r"\\%", found[0]), text)
    text = _written_out(COMMENT.sub(comment, text))
    return MATH.sub(lambda found: keep(found[0]), text)


def _listing(kind: str, code: str) -> str:
    """The lines of some code, without the options at its beginning."""
    if kind == "minted":
        code = re.sub(r"\A(?:\[[^\]]*\])?\{[^{}]*\}", "", code)
    return re.sub(r"\A\[(?:[^\[\]{}]|\{[^{}]*\})*\]", "", code) if kind != "verbatim" else code


def _written_out(text: str) -> str:
    """The text with the words of its own commands in their places; what they stand for is no text itself."""
    parts: list[str] = []
    bodies: dict[str, tuple[int, str]] = {}
    at = 0
    for found in DEFINITION.finditer(text):
        if found.start() < at:
            continue
        parts.append(text[at : found.start()])
        body, at = _argument(text, found.end())
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
            argument, end = _argument(text, end) if text.startswith("{", end) else ("", end)
            body = body.replace(f"#{number}", argument)[:MAX_ARGUMENT]
        written += len(body)
        parts += [text[at : found.start()], body]
        at = end
    return "".join([*parts, text[at:]])


def _stated(text: str, name: str, pieces: list[str], writer: SectionWriter) -> str:
    found = re.search(rf"\\{name}\s*(?:\[[^\]]*\])?\s*(?=\{{)", text)
    if found is None:
        return ""
    argument, _ = _argument(text, found.end())
    words = Reader(argument, pieces, writer).plain(argument).replace("\\today", "")
    return " ".join(words.split()).replace(" ,", ",")


def _environments(text: str, names: Sequence[str]) -> Iterator[tuple[str, str, str]]:
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


def _argument(text: str, start: int) -> tuple[str, int]:
    """What stands in the braces that begin at a place, and where they end; braces within belong to it."""
    depth = 0
    for mark in BRACE.finditer(text, start, start + MAX_ARGUMENT):
        depth += {"{": 1, "}": -1}.get(mark[0], 0)
        if depth == 0:
            return text[start + 1 : mark.start()], mark.end()
    return "", start + 1


class Reader:
    """Reads a text from its beginning to its end."""

    def __init__(self, text: str, pieces: list[str], writer: SectionWriter) -> None:
        self._text = text
        self._pieces = pieces
        self._writer = writer

    def read(self) -> None:
        """Write all blocks."""
        start = 0
        for found in re.finditer(
            rf"\\(?P<level>{'|'.join(LEVELS)})\*?\s*(?:\[[^\]]{{0,300}}\])?\s*(?=\{{)", self._text
        ):
            if found.start() < start:
                continue
            self._section(self._text[start : found.start()])
            title, start = _argument(self._text, found.end())
            self._writer.heading(LEVELS.index(found["level"]) + 1, self.plain(title))
        self._section(self._text[start:])

    def _section(self, text: str) -> None:
        """The text between two headings: its tables apart."""
        for before, name, table in _environments(text, TABLES):
            self._paragraphs(before)
            if name:
                self._writer.table(list(self._rows(table)))

    def _paragraphs(self, text: str) -> None:
        lines = re.sub(r"\n\s*\n(?=- )", "\n", self.plain(text, put_back=False)).split("\n")
        for line in lines:
            code = SET_ASIDE.fullmatch(line.strip())
            if code and self._pieces[int(code[1])].startswith("\n"):
                self._writer.code(self._pieces[int(code[1])].split("\n"))
            else:
                self._writer.line(self._restored(line).strip())
        self._writer.end_paragraph()

    def _rows(self, table: str) -> Iterator[list[str]]:
        columns = re.match(r"\s*(?:\[[^\]]*\])?\s*(?=\{)", table)
        body = table[_argument(table, columns.end())[1] :] if columns else table
        if body.lstrip().startswith("{"):  # a width goes before the columns
            body = body[_argument(body, len(body) - len(body.lstrip()))[1] :]
        body = SPANNING.sub(lambda found: "&".join([found[2]] * min(int(found[1]), 50)), RULES.sub("", body))
        below: dict[int, tuple[int, str]] = {}
        for row in re.split(r"\\\\(?:\[[^\]]*\])?|\\tabularnewline", body):
            written = re.split(r"(?<!\\)&", row)
            cells = [" ".join(self.plain(ROWS.sub("", cell)).split()) for cell in written]
            if not any(cells):
                continue
            for column, (left, words) in list(below.items()):
                if column < len(cells) and left:
                    cells[column] = cells[column] or words
                below[column] = (left - 1, words)
            for column, cell in enumerate(written):
                if spans := ROWS.search(cell):
                    below[column] = (int(spans[1]) - 1, cells[column])
            yield cells

    def plain(self, text: str, depth: int = 0, *, put_back: bool = True) -> str:
        """The words of a text, with its lines."""
        parts: list[str] = []
        at = 0
        while found := COMMAND.search(text, at):
            parts.append(_typed(text[at : found.start()]))
            said, at = self._command(text, found, depth)
            parts.append(said)
        parts.append(_typed(text[at:]))
        whole = unicodedata.normalize("NFC", "".join(parts))
        return self._restored(whole) if put_back else whole

    def _restored(self, text: str) -> str:
        return SET_ASIDE.sub(lambda mark: self._pieces[int(mark[1])].strip("\n"), text)

    def _command(self, text: str, found: re.Match[str], depth: int) -> tuple[str, int]:
        """The words that a command stands for, and where it ends."""
        name, sign, at = found[1] or "", found[2] or "", found.end()
        if sign:
            return self._sign(text, sign, at)
        if name in ("begin", "end"):
            return self._environment(text, name, at)
        if name in SIGNS:
            label = re.match(r"\[([^\[\]]{0,200})\][ \t]*", text[at : at + 210]) if name == "item" else None
            if label:
                words = self.plain(label[1], depth + 1).removesuffix(":")
                return f"\n- {words}: ", at + label.end()
            return SIGNS[name], at + (2 if text.startswith("{}", at) else 0)
        if name in LINE_ENDS:
            return "\n\n", at
        if name in ACCENTS and len(name) == 1:
            return self._sign(text, name, at)
        option = re.match(r"(?:\[[^\]]{0,500}\]\s*)+", text[at : at + 1500])
        at += option.end() if option else 0
        if not text.startswith("{", at):
            return "", at
        return self._with_argument(text, name, at, depth)

    def _with_argument(self, text: str, name: str, at: int, depth: int) -> tuple[str, int]:
        argument, end = _argument(text, at)
        for _ in range(ARGUMENTS_BEFORE_WORDS.get(name, 0)):
            if not text.startswith("{", end):
                return "", end
            argument, end = _argument(text, end)
        if name in QUANTITIES:
            return self._quantity(text, argument, end, depth)
        if name in SILENT:
            return "", self._silent(text, name, end)
        if name == "href" and text.startswith("{", end):
            words, end = _argument(text, end)
            return linked(self.plain(words, depth + 1), argument.replace("\\", "")), end
        if name in ("url", "path", "nolinkurl"):
            return argument.replace("\\%", "%"), end
        if name in REFERENCES or CITATIONS.fullmatch(name):
            return f"[{argument}]", end
        words = self.plain(argument, depth + 1) if depth < MAX_NESTING else argument
        return _placed(name, words), end

    def _quantity(self, text: str, argument: str, end: int, depth: int) -> tuple[str, int]:
        """A number with the names of its unit."""
        unit, end = _argument(text, end) if text.startswith("{", end) else ("", end)
        parts = [UNIT.sub(_unit_name, part).strip() for part in (argument, unit)]
        return " ".join(self.plain(part, depth + 1) for part in parts if part), end

    def _silent(self, text: str, name: str, end: int) -> int:
        """Counts what is left out, and returns where the arguments end."""
        kind = SILENT[name]
        self._writer.left_out[kind] += bool(kind)
        while text.startswith("{", end):
            end = _argument(text, end)[1]
        return end

    def _sign(self, text: str, sign: str, at: int) -> tuple[str, int]:
        if sign in "%&$#_{} ":
            return sign, at
        if sign == "\\":
            spacing = re.match(r"\*?(?:\[[^\]]{0,30}\])?", text[at : at + 40])
            return "\n", at + (spacing.end() if spacing else 0)
        if sign in ACCENTS:
            letter = re.match(r"\s*(?:\{\\?([A-Za-z])\}|\\?([A-Za-z]))", text[at : at + 10])
            if letter:
                return (letter[1] or letter[2]) + ACCENTS[sign], at + letter.end()
        return {",": " ", ";": " ", ":": " ", "-": "", "/": "", "!": ""}.get(sign, ""), at

    def _environment(self, text: str, which: str, at: int) -> tuple[str, int]:
        name, end = _argument(text, at) if text.startswith("{", at) else ("", at)
        options = re.match(r"(?:\[[^\]]{0,300}\])?(?:\{[^{}]{0,300}\})?", text[end : end + 700])
        takes = name in (
            "figure",
            "table",
            "figure*",
            "table*",
            "minipage",
            "wrapfigure",
            "enumerate",
            "itemize",
            "multicols",
            "thebibliography",
        )
        if which == "begin" and options and takes:
            end += options.end()
        label = {"abstract": "**Abstract**"}.get(name, "") if which == "begin" else ""
        return f"\n\n{label}\n\n", end


def _unit_name(found: re.Match[str]) -> str:
    return found[1] if found[1] in PREFIXES else f"{found[1]} "


def _placed(name: str, words: str) -> str:
    """The words of a command's argument where they belong."""
    before, after = PLACES.get(name, ("", ""))
    # What the document says of itself is not its text.
    return "" if name in ("title", "author", "date") else before + words + after


def _typed(text: str) -> str:
    """The characters that a typist writes with others."""
    text = text.replace("~", " ").replace("---", "—").replace("--", "–").replace("``", "“").replace("''", "”")
    return text.replace("{", "").replace("}", "")
