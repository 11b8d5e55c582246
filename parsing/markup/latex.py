"""LaTeX: sections, lists and tables as text; commands leave their words, code and formulas stay."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from parsing.links import linked
from parsing.markup.latex_commands import (
    ACCENTS,
    ARGUMENTS_BEFORE_WORDS,
    CITATIONS,
    LEVELS,
    LINE_ENDS,
    PLACES,
    QUANTITIES,
    REFERENCES,
    SIGNS,
    SILENT,
    argument_at,
    environments,
    written_out,
)
from parsing.markup.latex_lists import with_numbers
from parsing.markup.section_writer import SectionWriter

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
ROWS = re.compile(
    r"\\multirow(?:\[\w?\])?\{(\d{1,2})\}(?:\[[^\]]{0,30}\])?\{[^{}]{0,60}\}(?:\[[^\]]{0,30}\])?(?=\{)"
)
ADDRESS = re.compile(r"\\(?:url|href|path|nolinkurl)\s*\{[^{}\n]{0,2000}\}")
UNIT = re.compile(r"\\([A-Za-z]+)\s*")
PREFIXES = frozenset(
    {"kilo", "milli", "micro", "nano", "mega", "giga", "centi", "deci", "hecto", "tera", "pico"}
)
CAPTION = re.compile(r"\bcaption\s*=\s*(?:\{([^{}]*)\}|([^,\]]*))")
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

    parts = environments(text, VERBATIM)
    text = "".join(before + (code(kind, inside) if kind else "") for before, kind, inside in parts)
    text = SHORT_VERBATIM.sub(lambda found: keep(f"`{found[2]}`"), text)
    # The percent sign of an address begins no comment.
    text = ADDRESS.sub(lambda found: re.sub(r"(?<!\\)%", r"\\%", found[0]), text)
    text = with_numbers(written_out(COMMENT.sub(comment, text)))
    return MATH.sub(lambda found: keep(found[0]), text)


def _listing(kind: str, code: str) -> str:
    """The lines of some code, without the options at its beginning."""
    if kind == "minted":
        code = re.sub(r"\A(?:\[[^\]]*\])?\{[^{}]*\}", "", code)
    return re.sub(r"\A\[(?:[^\[\]{}]|\{[^{}]*\})*\]", "", code) if kind != "verbatim" else code


def _stated(text: str, name: str, pieces: list[str], writer: SectionWriter) -> str:
    found = re.search(rf"\\{name}\s*(?:\[[^\]]*\])?\s*(?=\{{)", text)
    if found is None:
        return ""
    argument, _ = argument_at(text, found.end())
    words = Reader(argument, pieces, writer).plain(argument).replace("\\today", "")
    return " ".join(words.split()).replace(" ,", ",")


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
            title, start = argument_at(self._text, found.end())
            self._writer.heading(LEVELS.index(found["level"]) + 1, self.plain(title))
        self._section(self._text[start:])

    def _section(self, text: str) -> None:
        """The text between two headings: its tables apart."""
        for before, name, table in environments(text, TABLES):
            self._paragraphs(before)
            if name:
                self._writer.table(list(self._rows(table)))

    def _paragraphs(self, text: str) -> None:
        lines = re.sub(
            r"\n\s*\n(?=- |(?:\d{1,3}|[A-Za-z]|[ivx]{1,5})\. )", "\n", self.plain(text, put_back=False)
        ).split("\n")
        for line in lines:
            code = SET_ASIDE.fullmatch(line.strip())
            if code and self._pieces[int(code[1])].startswith("\n"):
                self._writer.code(self._pieces[int(code[1])].split("\n"))
            else:
                self._writer.line(self._restored(line).strip())
        self._writer.end_paragraph()

    def _rows(self, table: str) -> Iterator[list[str]]:
        columns = re.match(r"\s*(?:\[[^\]]*\])?\s*(?=\{)", table)
        body = table[argument_at(table, columns.end())[1] :] if columns else table
        if body.lstrip().startswith("{"):  # a width goes before the columns
            body = body[argument_at(body, len(body) - len(body.lstrip()))[1] :]
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
        return self._withargument_at(text, name, at, depth)

    def _withargument_at(self, text: str, name: str, at: int, depth: int) -> tuple[str, int]:
        argument, end = argument_at(text, at)
        for _ in range(ARGUMENTS_BEFORE_WORDS.get(name, 0)):
            if not text.startswith("{", end):
                return "", end
            argument, end = argument_at(text, end)
        if name in QUANTITIES:
            return self._quantity(text, argument, end, depth)
        if name in SILENT:
            return "", self._silent(text, name, end)
        if name == "href" and text.startswith("{", end):
            words, end = argument_at(text, end)
            return linked(self.plain(words, depth + 1), argument.replace("\\", "")), end
        if name in ("url", "path", "nolinkurl"):
            return argument.replace("\\%", "%"), end
        if name in REFERENCES or CITATIONS.fullmatch(name):
            return f"[{argument}]", end
        words = self.plain(argument, depth + 1) if depth < MAX_NESTING else argument
        return _placed(name, words), end

    def _quantity(self, text: str, argument: str, end: int, depth: int) -> tuple[str, int]:
        """A number with the names of its unit."""
        unit, end = argument_at(text, end) if text.startswith("{", end) else ("", end)
        parts = [UNIT.sub(_unit_name, part).strip() for part in (argument, unit)]
        return " ".join(self.plain(part, depth + 1) for part in parts if part), end

    def _silent(self, text: str, name: str, end: int) -> int:
        """Counts what is left out, and returns where the arguments end."""
        kind = SILENT[name]
        self._writer.left_out[kind] += bool(kind)
        while text.startswith("{", end):
            end = argument_at(text, end)[1]
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
        name, end = argument_at(text, at) if text.startswith("{", at) else ("", at)
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
