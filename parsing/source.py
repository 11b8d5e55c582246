"""Source code, cut where its definitions begin; markup for documents is read as the text it is."""

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from parsing.document import Block, ParsedDocument
from parsing.markup.markup import MARKUPS, parse_markup
from parsing.text import decode

# Endings that are not the names of their languages.
ENDINGS = {
    "python": ("py", "pyi"),
    "javascript": ("js", "mjs", "cjs"),
    "typescript": ("ts", "mts", "cts"),
    "fortran": ("f90", "f95", "f03", "f08", "f", "for", "f77"),
    "cobol": ("cbl", "cob", "cpy"),
    "vhdl": ("vhd", "vhdl"),
    "verilog": ("v", "sv"),
    "ocaml": ("ml", "mli"),
    "fsharp": ("fs", "fsx"),
    "vbnet": ("vb", "vbs", "bas"),
    "ada": ("adb", "ads"),
    "pascal": ("pas", "pp"),
    "scheme": ("scm", "rkt"),
    "makefile": ("mk", "mak"),
    "kotlin": ("kt", "kts"),
    "groovy": ("gradle",),
    "c": ("h",),
    "cpp": ("cc", "hpp", "cxx", "hh", "hxx", "ino", "cu", "cuh"),
    "csharp": ("cs", "csx"),
    "rust": ("rs",),
    "ruby": ("rb",),
    "objectivec": ("m", "mm"),
    "perl": ("pl", "pm"),
    "julia": ("jl",),
    "elixir": ("ex", "exs"),
    "erlang": ("erl",),
    "haskell": ("hs",),
    "clojure": ("clj",),
    "bash": ("sh", "zsh"),
    "powershell": ("ps1",),
    "batch": ("bat",),
    "yaml": ("yml",),
    "ini": ("cfg", "conf"),
    "hcl": ("tf",),
    "protobuf": ("proto",),
    "bibtex": ("bib",),
}
LANGUAGES = {ending: language for language, endings in ENDINGS.items() for ending in endings}
# Longer lines are a program's output: nobody wrote them, and nobody reads them.
MAX_LINE_LENGTH = 5_000
MAX_LINES = 60
MAX_NAME_LENGTH = 80

# What introduces a name in the common languages, after the words that may stand before it.
BEFORE = (
    r"(?:(?:export|default|public|private|protected|internal|static|final|abstract|async|pub(?:\([^)\n]{1,30}\))?"
    r"|open|sealed|data|inline|extern|unsafe|override|declare|partial|suspend|virtual|case)\s+){0,6}"
)
NAMED = re.compile(
    rf"{BEFORE}(?:def|defp|defmodule|class|function\*?|func|fn|fun|interface|struct|enum|trait"
    r"|impl(?:<[^>\n]{1,60}>)?|object|protocol|record|module|mod|namespace|package|type|message|service|sub"
    r"|subroutine|program|procedure"
    r"|macro_rules!|create\s+(?:or\s+replace\s+)?(?:table|view|function|procedure|index|type)"
    r"(?:\s+if\s+not\s+exists)?)\s+(?:\([^)\n]{1,80}\)\s*)?[\"'`]?([\w$.:@]+)",
    re.IGNORECASE,
)
ASSIGNED = re.compile(rf"{BEFORE}(?:const|let|var|val|my|local)\s+[$@%]?([\w$]+)\s*(?::[^=\n]{{1,80}})?=")
# A C-like function: its type, its name and what it takes, and no statement.
TYPED = re.compile(r"(?:[\w:<>,*&\[\]]+\s+){1,6}[*&]{0,2}([\w:~]+)\s*\([^;\n]{0,200}$")
SHELL = re.compile(r"([\w-]+)\s*\(\)\s*\{?$")
SECTION = re.compile(r"\[{1,2}\s*([^\[\]\n]{1,80}?)\s*\]{1,2}\s*$")
KEY = re.compile(r"([\w.-]+):(?:\s|$)")
STATEMENTS = frozenset(
    {"if", "for", "while", "switch", "return", "else", "catch", "do", "elif", "except", "with"}
)
# Lines that belong to the definition below them, and lines that end the one above.
LEADING = re.compile(r"@|#\[|//|#|/\*|\*|--|;|\"\"\"|template\s*<")
CLOSING = re.compile(r"[})\]]|end\b|\"\"\"|'''|else\b|elif\b|except\b|finally\b|catch\b|EOF$")
SETTINGS = frozenset({"yaml", "toml", "ini", "properties"})

DOCSTRING = re.compile(r"\s*[rRuU]?(\"\"\"|''')(.*?)\1[ \t]*(?:\n|$)", re.DOTALL)
BLOCK_COMMENT = re.compile(r"\s*(?:/\*+|<!--|\{-|--\[\[)(.*?)(?:\*+/|-->|-\}|\]\])[ \t]*(?:\n|$)", re.DOTALL)
LINE_COMMENTS = re.compile(r"\s*((?:(?://+|#+(?=[\s#])|--+|;+|%+)[^\n]*(?:\n|$)){1,200})")
FIRST_LINE = re.compile(r"(?:#![^\n]*\n)?(?:<\?php[ \t]*\n)?")
COMMENT_MARK = re.compile(r"^[ \t]*(?:\*+|//+!?|#+|--+|;+|%+)?[ \t]?", re.MULTILINE)


def parse(data: bytes, source: str) -> ParsedDocument:
    """A program's definitions as pieces of code, or a marked-up text. Raises `FileFormatError`."""
    path = PurePosixPath(source)
    ending = path.suffix.lower().removeprefix(".")
    text = decode(data)
    if ending in MARKUPS:
        return parse_markup(text, ending, source)
    if any(len(line) > MAX_LINE_LENGTH for line in text.split("\n")):
        return ParsedDocument(path.name, (), notes=("The file is minified or generated: it was not read.",))
    language = LANGUAGES.get(ending, ending)
    about, code = _leading_comment(text)
    blocks = [Block(about)] if about else []
    blocks.extend(_blocks(code, language))
    return ParsedDocument(path.name, tuple(blocks))


def _leading_comment(text: str) -> tuple[str, str]:
    """What a file says of itself at its beginning, without comment marks, and the code that follows."""
    start = FIRST_LINE.match(text)
    begin = start.end() if start else 0
    for form in (DOCSTRING, BLOCK_COMMENT, LINE_COMMENTS):
        found = form.match(text, begin)
        if found:
            about = COMMENT_MARK.sub("", found[found.lastindex or 0]).strip()
            # A word or two are a separator or a switch for a tool.
            return (about, text[found.end() :]) if len(about.split()) > 2 else ("", text)
    return "", text


def _blocks(code: str, language: str) -> Iterator[Block]:
    """The pieces of the code, small neighbours together, each below the name of what it defines."""
    group: list[str] = []
    names: list[str] = []
    for piece in _pieces(code.split("\n"), language):
        name = _name(piece, language)
        whole = len(piece) + len(group) <= MAX_LINES
        # A definition has a block of its own; statements and settings go together.
        if group and (not whole or name or names):
            yield from _block(group, names, language)
            group, names = [], []
        group += piece
        names += [name] if name else []
    yield from _block(group, names, language)


def _block(lines: Sequence[str], names: Sequence[str], language: str) -> Iterator[Block]:
    """One block, or several when a definition is longer than a block should be."""
    start = 0
    while start < len(lines):
        end = _cut(lines, start)
        code = "\n".join(lines[start:end]).strip("\n")
        start = end
        if code.strip():
            longest = max((len(marks) for marks in re.findall(r"`{3,}", code)), default=2)
            marks = "`" * (longest + 1)
            yield Block(f"{marks}{language}\n{code}\n{marks}", "code", tuple(names[:1]))


def _cut(lines: Sequence[str], start: int) -> int:
    """Where a piece that is too long is cut: at its last blank line, else at the bound."""
    if len(lines) - start <= MAX_LINES * 3 // 2:
        return len(lines)
    bound = start + MAX_LINES
    blank = (number for number in range(bound, start + MAX_LINES // 3, -1) if not lines[number].strip())
    return next(blank, bound)


def _pieces(lines: Sequence[str], language: str) -> Iterator[list[str]]:
    """Stretches that begin at an unindented line after a blank one, or where a definition begins."""
    piece: list[str] = []
    has_code = False
    for number, line in enumerate(lines):
        above = lines[number - 1].strip() if number else ""
        begins = bool(line) and not line[0].isspace() and not CLOSING.match(line)
        if begins and has_code and (not above or _name_in(line, language)):
            # Comments and decorators right above go with what they are about.
            leading = _leading(piece)
            yield piece[: len(piece) - leading]
            piece = piece[len(piece) - leading :]
            has_code = False
        piece.append(line)
        has_code = has_code or bool(line.strip() and not LEADING.match(line))
    yield piece


def _leading(piece: Sequence[str]) -> int:
    """How many of the last lines speak of the line that follows."""
    count = 0
    while count < len(piece) and LEADING.match(piece[len(piece) - 1 - count]):
        count += 1
    return count


def _name(piece: Sequence[str], language: str) -> str:
    """The name of the first definition in a piece."""
    tops = (line for line in piece if line and not line[0].isspace() and not LEADING.match(line))
    return next(filter(None, (_name_in(line, language) for line in tops)), "")


def _name_in(line: str, language: str) -> str:
    forms = (NAMED, ASSIGNED, TYPED, SHELL)
    if language in SETTINGS:
        forms = (SECTION,) if language != "yaml" else (KEY,)
    short = line[:300]
    if short.split("(", 1)[0].split(" ", 1)[0] in STATEMENTS:
        return ""
    found = next(filter(None, (form.match(short) for form in forms)), None)
    return found[1].strip(":.")[:MAX_NAME_LENGTH] if found else ""
