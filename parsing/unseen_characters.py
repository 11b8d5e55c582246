"""Characters that nobody sees, in any text: they go, but where a script or an emoji needs them.

Language models read what people do not: whole sentences can be written in tag characters, variation selectors
or joiners without a width.
"""

import re
from collections import Counter
from collections.abc import Callable

TAGS = "tag characters"
SELECTORS = "variation selectors"
ZERO_WIDTH = "characters without a width"
DIRECTIONS = "changes of direction"
FILLERS = "blank letters"

# One of these is in every text of which anything goes; hardly any text has one.
ANY = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
# What typesetting leaves behind: marks of direction, places to break a word, operators that are not drawn.
TYPESETTING = re.compile("[\u00ad\u061c\u200e\u200f\u2060-\u2065\u206a-\u206f\ufff0-\ufff8]")
# The three flags that are written with tags: England, Scotland, Wales.
FLAG = "\U0001f3f4\U000e0067\U000e0062(?:{})\U000e007f"
FLAGS = FLAG.format(
    "|".join("".join(chr(0xE0000 + ord(letter)) for letter in name) for name in ("eng", "sct", "wls"))
)
TAG = re.compile(f"({FLAGS})|[\U000e0000-\U000e00ff\U000e01f0-\U000e0fff]+")
# Behind which signs a selector changes what is drawn; a second one behind it draws nothing.
IDEOGRAPH = "\u2e80-\u2fdf\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
EMOJI = (
    "#*0-9\u00a9\u00ae\u203c\u2049\u2100-\u214f\u2190-\u21ff\u2300-\u23ff\u2460-\u24ff\u25a0-"
    "\u27bf\u2900-\u297f\u2b00-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
)
STANDARD = (
    "0\u1000-\u109f\u2200-\u22ff\u2a00-\u2aff\u3001\u3002\ua840-\ua877\uff01-\uff5e\U00010ac0-"
    "\U00010aff\U00013000-\U0001345f"
)
SELECTOR = re.compile(
    f"(?<=[{EMOJI}])[\ufe0e\ufe0f]()|(?<=[{IDEOGRAPH}])[\ufe00-\ufe02\U000e0100-\U000e01ef]()"
    f"|(?<=[{STANDARD}])[\ufe00-\ufe06]()|(?<=[\u1820-\u18af])[\u180b-\u180f]()"
    "|[\ufe00-\ufe0f\u180b-\u180d\u180f\U000e0100-\U000e01ef]+"
)
# Marks without a width belong between letters of scripts that join them, behind a virama, and between signs
# of one emoji; U+200B where it parts words that are written without spaces.
JOINED = (
    "\u0590-\u109f\u1200-\u139f\u1680-\u1c7f\u1cd0-\u1cff\u2190-\u2bff\u2d80-\u2ddf\ua840-\ua877\ua8e0-\uabff"
    "\ufb1d-\ufdff\ufe0f\ufe70-\ufefc\U00010a00-\U00010fff\U00011000-\U000114df\U0001f000-\U0001faff"
)
VIRAMA = "\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca\u1039\u17d2"
UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1950-\u19df\u1a20-\u1aaf\ua980-\ua9df"
ZERO_WIDTH_MARK = re.compile(
    f"(?<=[{JOINED}])[\u200c\u200d](?=[{JOINED}])()|(?<=[{VIRAMA}])[\u200c\u200d](?![\u200b-\u200d\u2060\ufeff])()"
    f"|(?<=[{UNSPACED}])\u200b(?=[{UNSPACED}])()"
    # In tables of letters a joiner shows the form that a letter has within a word.
    "|(?<=[\u0620-\u06ff])\u200d(?![\u200b-\u200d\u2060\ufeff\\w])()"
    "|[\u180e\u200b-\u200d\ufeff]+"
)
OPENING, CLOSING = frozenset("\u2066\u2067\u2068"), "\u2069"
ISOLATE = re.compile("[\u2066-\u2069]")
RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
OVERRIDE = re.compile("[\u202a-\u202e]")
BREAK = re.compile("([\n\u2029])")
# Half of a syllable that is written in parts, a Braille cell without a dot, a joint between marks.
FILLER = re.compile(
    "(?<=[\u1100-\u11ff])[\u115f\u1160]()|[\u115f\u1160](?=[\u1100-\u11ff])()"
    "|(?<=[\u2801-\u28ff])\u2800()|\u2800(?=[\u2801-\u28ff])()|\u034f(?=[\u0300-\u036f\u0591-\u05c7])()"
    "|[\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\U0001d173-\U0001d17a]+"
)
# A base text, a mark, what is written above it, a mark.
ANNOTATION = re.compile("\ufff9([^\ufff9-\ufffb]{0,1000})\ufffa([^\ufff9-\ufffb]{0,1000})\ufffb")
ANNOTATION_MARK = re.compile("[\ufff9-\ufffb]")
WITHIN_WORDS = re.compile(
    r"(?<=[^\W_])[\u200b-\u200d\u2060\ufeff]+(?=[^\W_])|[\u200b-\u200d\u2060\ufeff]{2,}"
)


def seen_characters(text: str, found: Counter[str] | None = None) -> str:
    """The text without characters that nobody sees; `found` counts those that can hide something, by kind.

    Kept are joiners where letters, syllables or emoji need them, selectors that change the sign before them,
    and isolates of a line with words from right to left, if each ends.
    """
    if text.isascii() or ANY.search(text) is None:
        return text
    counted = Counter[str]() if found is None else found
    # Places to break a word are left in addresses and long names by many programs: they hide nothing alone.
    counted[ZERO_WIDTH] += sum(
        len(run[0]) for run in WITHIN_WORDS.finditer(ZERO_WIDTH_MARK.sub(_only_stray, text))
    )
    text = ANNOTATION_MARK.sub("", ANNOTATION.sub(r"\1(\2)", text))
    text = _without(TAG, text, TAGS, counted)
    text = TYPESETTING.sub("", text)
    text = _without(OVERRIDE, text, DIRECTIONS, counted)
    text = _without(FILLER, text, FILLERS, counted, instead=" ")
    text = _without(SELECTOR, text, SELECTORS, counted)
    text = ZERO_WIDTH_MARK.sub(_kept, text)
    return _with_balanced_isolates(text, counted) if ISOLATE.search(text) else text


def _only_stray(mark: re.Match[str]) -> str:
    """Nothing in the place of a mark that is needed, so that only others are counted."""
    return "" if mark.lastindex else mark[0]


def _kept(found: re.Match[str]) -> str:
    return found[0] if found.lastindex else ""


def _without(pattern: re.Pattern[str], text: str, kind: str, counted: Counter[str], instead: str = "") -> str:
    """The text without what the pattern finds and no group of it holds."""

    def rewrite(found: re.Match[str]) -> str:
        if found.lastindex:
            return found[0]
        counted[kind] += len(found[0])
        return instead

    return pattern.sub(rewrite, text)


def _with_balanced_isolates(text: str, counted: Counter[str]) -> str:
    return "".join(map(_line_isolates(counted), BREAK.split(text)))


def _line_isolates(counted: Counter[str]) -> Callable[[str], str]:
    def rewrite(line: str) -> str:
        marks = ISOLATE.findall(line)
        if not marks or (RIGHT_TO_LEFT.search(line) and _is_balanced(marks)):
            return line
        counted[DIRECTIONS] += len(marks)
        return ISOLATE.sub("", line)

    return rewrite


def _is_balanced(marks: list[str]) -> bool:
    depth = 0
    for mark in marks:
        depth += 1 if mark in OPENING else -1
        if depth < 0:
            return False
    return depth == 0
