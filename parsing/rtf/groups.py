"""Groups of a rich text that striprtf leaves out or mistakes, rewritten into what it reads.

Rich text is nested braces; what is looked for is bounded, because a hostile file may never close them.
"""

import re
from collections.abc import Callable

from parsing.markdown.inline import raised

BRACE = re.compile(r"(?<!\\)[{}]")
MAX_GROUP_LENGTH = 20_000
MAX_WRITTEN_ADDRESS = 8_000
FOOTNOTE = re.compile(r"\{(?:\\\*)?\\footnote\b(?:\\ftnalt\b)? ?")
COMMENT = re.compile(r"\{\\\*\\annotation\b ?")
AUTHOR = re.compile(r"\{\\\*\\atnauthor ([^{}\\]{1,100})\}")
AUTHOR_DISTANCE = 500
MARGIN = re.compile(r"\{\\(header|footer)[lrf]?\b ?")
BOX = re.compile(r"\{\\shptxt\b ?")
SHAPE = re.compile(r"\{\\shp\b")
# A field with a link: its instruction, and where the words begin.
LINK = re.compile(
    rf'\{{\\\*\\fldinst[^{{}}]{{0,200}}\{{?[^{{}}"]{{0,200}}HYPERLINK\s+"([^"]{{1,{MAX_WRITTEN_ADDRESS}}})"'
    r"[^{}]{0,200}\}?\s*\}\s*\{\\fldrslt\b ?"
)
FIELD = r"\{\\field\b[^{}]{0,100}\{\\\*\\fldinst[^{}]{0,100}\{?[^{}]{0,100}"
FORM_BOX = re.compile(
    rf"{FIELD}FORMCHECKBOX[^{{}}]{{0,100}}\}}?\s*\{{\\\*\\formfield\s*\{{\\fftype1(?!\d)([^{{}}]{{0,500}})"
)
PAGE_NUMBER = re.compile(
    rf"{FIELD}\b(?:PAGE|NUMPAGES)\b[^{{}}]{{0,100}}\}}?\s*\}}"
    r"\s*\{\\fldrslt[^{}]{0,100}(?:\{[^{}]{0,100}\})?\s*\}\s*\}|\\chpgn\b"
)
BOX_STATE = re.compile(r"\\ffres(\d+)")
BOX_DEFAULT = re.compile(r"\\ffdefres(\d+)")
# The state of a box that nobody touched.
UNTOUCHED = "25"
DELETED = re.compile(r"\{[^{}]{0,500}\\deleted(?![0-9a-z])[^{}]*\}")
CONTROLS = r"(?:\\[a-z]{1,20}-?\d{0,6} ?){0,20}"
RAISED = re.compile(rf"(?<=\d)(\}}?\{{{CONTROLS}\\super(?![a-z0-9]) ?{CONTROLS})(\d{{1,10}})(?=\}})")
# Stands where something was, so that the words around it stay apart.
NOTHING = "{}"
PARAGRAPH = re.compile(r"\\par(?![a-z]) ?")
ROW_PART = re.compile(r"\\(trowd|cellx-?\d+|cell|row)(?![a-z])")
# Private-use characters that pass through striprtf: a cell that continues the one above or before it, a link.
ABOVE, BEFORE, WORDS, ADDRESS, LINK_END = "\ue003", "\ue004", "\ue005", "\ue006", "\ue007"
MARKS = re.compile(f"[{ABOVE}{BEFORE}{WORDS}{ADDRESS}{LINK_END}]")
LINKED = re.compile(f"{WORDS}([^{ADDRESS}]*){ADDRESS}([^{LINK_END}]*){LINK_END}")

Rewrite = Callable[[re.Match[str], str], str]


def with_groups(rtf: str, margins: dict[str, list[str]]) -> str:
    """Notes, comments, text boxes, boxes of forms and links in the text; headers and footers in `margins`."""

    def set_aside(opening: re.Match[str], inner: str) -> str:
        margins.setdefault(opening[1], []).append(PAGE_NUMBER.sub("{}", inner))
        return NOTHING

    rtf = DELETED.sub(NOTHING, MARKS.sub("", rtf))
    rtf = _rewritten(rtf, MARGIN, set_aside)
    rtf = _rewritten(rtf, FOOTNOTE, lambda _, inner: f"{{ [Note: {_flat(inner)}]}}")
    rtf = _rewritten(rtf, COMMENT, lambda opening, inner: _comment(_author(opening), inner))
    rtf = _rewritten(rtf, LINK, _link)
    rtf = RAISED.sub(lambda digits: digits[1] + _as_codes(raised(digits[2])), rtf)
    rtf = FORM_BOX.sub(lambda form: f"{_box(form[1])}{form[0]}", rtf)
    return _with_merged_cells(_with_boxes(rtf))


def _as_codes(text: str) -> str:
    return "".join(f"\\u{ord(character)}?" for character in text)


def _rewritten(rtf: str, opening: re.Pattern[str], rewrite: Rewrite) -> str:
    """The text, each group that begins so rewritten as a whole."""
    parts: list[str] = []
    done = 0
    for found in opening.finditer(rtf):
        if found.start() < done:
            continue
        end = _end(rtf, found.end())
        if end < 0:
            break  # this one never ends: to look for the ends of all others would take too long
        parts += [rtf[done : found.start()], rewrite(found, rtf[found.end() : end])]
        done = end + 1
    return "".join([*parts, rtf[done:]])


def _end(rtf: str, start: int) -> int:
    """Where the brace stands that closes the group around this place; -1 for none."""
    depth = 1
    for brace in BRACE.finditer(rtf, start, start + MAX_GROUP_LENGTH):
        depth += 1 if brace[0] == "{" else -1
        if not depth:
            return brace.start()
    return -1


def _flat(inner: str) -> str:
    return PARAGRAPH.sub(" ", inner)


def _author(opening: re.Match[str]) -> str:
    before = opening.string[max(opening.start() - AUTHOR_DISTANCE, 0) : opening.start()]
    return "".join(AUTHOR.findall(before)[-1:])


def _comment(author: str, inner: str) -> str:
    return f"{{ [Comment{f' by {author}' if author else ''}: {_flat(inner)}]}}"


def _link(opening: re.Match[str], inner: str) -> str:
    return f"{{{WORDS}{inner}{ADDRESS}{opening[1]}{LINK_END}}}"


def _box(properties: str) -> str:
    state, default = BOX_STATE.search(properties), BOX_DEFAULT.search(properties)
    chosen = default if state is None or state[1] == UNTOUCHED else state
    return "\\u9746?" if chosen is not None and chosen[1] == "1" else "\\u9744?"


def _with_boxes(rtf: str) -> str:
    """Text boxes as paragraphs before the shapes that hold them, which striprtf leaves out."""
    parts: list[str] = []
    done = read = 0
    for shape in SHAPE.finditer(rtf):
        box = BOX.search(rtf, max(shape.end(), read), shape.end() + MAX_GROUP_LENGTH)
        if box is None:
            continue
        end = _end(rtf, box.end())
        if end < 0:
            break
        parts += [rtf[done : shape.start()], "{\\par ", rtf[box.end() : end], "\\par}"]
        done, read = shape.start(), end
    return "".join([*parts, rtf[done:]])


def _with_merged_cells(rtf: str) -> str:
    """The text with a mark in each cell that continues the one above or before it."""
    parts: list[str] = []
    flags: list[str] = []
    done = column = 0
    for part in ROW_PART.finditer(rtf):
        between = rtf[done : part.start()]
        parts.append(between)
        done = part.start()
        match part[1]:
            case "trowd":
                flags = []
            case "row":
                column = 0
            case "cell":
                parts.append(f"{{{flags[column]}}}" if column < len(flags) and flags[column] else "")
                column += 1
            case _:
                flags.append(ABOVE if "\\clvmrg" in between else BEFORE if "\\clmrg" in between else "")
    return "".join([*parts, rtf[done:]])
