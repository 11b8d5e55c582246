"""Plain text, and how bytes become text."""

import re
import unicodedata
from pathlib import PurePosixPath

import webencodings
from charset_normalizer import CharsetMatch, from_bytes

from parsing.document import Block, ParsedDocument
from parsing.errors import FileFormatError
from parsing.unseen import seen_only

BYTE_ORDER_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
# Control characters but tab and newline. Halves of surrogate pairs are no characters either, and Postgres
# refuses them.
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
LINE_ENDS = re.compile("\r\n|[\r\x0b\x85\u2028]")
PARAGRAPH_ENDS = re.compile("[\f\u2029]")
# Composing takes time with the square of the marks in a row; no script has as many.
MANY_MARKS = re.compile(r"[^\w\s\x00-\x7f]{200,}")
MAX_TITLE_LENGTH = 100
GREETING = re.compile(
    r"(?:dear|hi|hello|hey|good (?:morning|afternoon|evening)|greetings|to whom it may concern"
    r"|sehr geehrte[rs]?|liebe[rs]?|hallo|guten (?:tag|morgen)|bonjour|bonsoir|ch[eè]r(?:e|s|es)?"
    r"|madame|monsieur"
    r"|estimad[oa]s?|querid[oa]s?|hola|buenos d[ií]as)\b(?:[^.?!]{0,60})[,!.]?$",
    re.IGNORECASE,
)
# Of these a document may have a million, and most need no cleaning.
SHORT_TEXT = 1_000
WIDE_ENCODINGS = ["utf_16", "utf_16_be", "utf_16_le", "utf_32", "utf_32_be", "utf_32_le"]
# Frames, raised digits and the like: what one code page has where another has letters.
STRANGE = re.compile("[\u2500-\u259f\x80-\x9f\ue000-\uf8ff¡¢¤¥¦¨ª¬¯±²³´µ¶·¸¹º¼½¾¿×÷]")
OTHER = re.compile("[\u0370-\u1dff\u2e80-\uffff]")
WORD = re.compile(f"{OTHER.pattern}{{2}}")
MIXED = re.compile(f"[A-Za-z]{OTHER.pattern}|{OTHER.pattern}[A-Za-z]")
# Of letters from Japan, those of half the width stand nowhere alone.
HALF_WIDTH = re.compile("^[^\u3040-\u30ff\u4e00-\u9fff]*[\uff61-\uff9f]{2}[^\u3040-\u30ff\u4e00-\u9fff]*$")
RUSSIAN_WORD = re.compile("[А-ЯЁ]?[а-яё]+|[А-ЯЁ]+")
USUAL_RUSSIAN = frozenset("оеаинтсрвлкмдпу")
# Of fewer letters too little can be said.
MIN_RUSSIAN_LETTERS = 5
# The first 5,401 signs of Big5 are the usual ones.
USUAL_BIG5 = re.compile(rb"(?:[\x00-\x7f]|[\xa1-\xc6][\x40-\x7e\xa1-\xfe])*")
USUAL_ENCODINGS = ("cp932", "cp1252", "cp1251")


def parse(data: bytes, source: str) -> ParsedDocument:
    """Paragraphs of a plain text; its title is a short first line, else the file's name."""
    paragraphs = [part.strip("\n") for part in re.split(r"\n[ \t]*\n", decode(data)) if part.strip()]
    first = paragraphs[0].strip() if paragraphs else ""
    title = first if _is_title(first) else title_from(source)
    return ParsedDocument(title, tuple(Block(part) for part in paragraphs))


def _is_title(line: str) -> bool:
    """Whether a first paragraph is a title: short, on one line, and neither a greeting nor cut off."""
    if not line or "\n" in line or len(line) > MAX_TITLE_LENGTH:
        return False
    return not line.endswith((",", ";", ":", "、", "，", "：", "；")) and not GREETING.match(line)


def decode(data: bytes) -> str:
    """The text of a file in any common encoding. Raises `FileFormatError` when it is not text."""
    for mark, encoding in BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return clean(data.decode(encoding, errors="replace"))
    try:
        text = data.decode("utf-8")
        # A stray NUL happens; UTF-16 without its mark and binary files are full of them.
        if data.count(0) * 10 < len(data) or not data:
            return clean(text)
    except UnicodeDecodeError:
        pass  # another encoding, then
    if regional := _regional(data):
        return clean(data.decode(regional))
    guess = _guess(data)
    if guess is None or (b"\x00" in data and not guess.encoding.startswith(("utf_16", "utf_32"))):
        raise FileFormatError("This is not a text file.")
    return clean(data.decode("cp1252") if _is_western(data, str(guess)) else str(guess))


def _regional(data: bytes) -> str | None:
    """KOI8-R or Big5 where the words say so, which a guess by statistics misses in short texts."""
    russian = data.decode("koi8_r")
    share = _russian_share(russian)
    # Capitals of windows-1251 are small letters of KOI8-R.
    if share > 0.5 and share > _russian_share(data.decode("cp1251", "replace").swapcase()):
        return "koi8_r"
    return "big5" if USUAL_BIG5.fullmatch(data) and _is_big5(data) else None


def _russian_share(text: str) -> float:
    """Which part of the letters are usual ones in Russian; 0 for a text whose words are not written so."""
    words = [word for word in re.findall(r"[^\W\d_]+", text) if not word.isascii()]
    letters = "".join(words)
    is_written_so = all(map(RUSSIAN_WORD.fullmatch, words)) and not letters.isupper()
    if len(letters) < MIN_RUSSIAN_LETTERS or not is_written_so or STRANGE.search(text):
        return 0
    return sum(letter in USUAL_RUSSIAN for letter in letters.lower()) / len(letters)


def _is_big5(data: bytes) -> bool:
    """Whether a text can be read as Big5, and not as the other codes of East Asia with usual signs only."""
    try:
        data.decode("big5")
    except UnicodeDecodeError:
        return False
    for other in ("gb2312", "euc_jp", "euc_kr", "cp932"):
        try:
            read = data.decode(other)
        except UnicodeDecodeError:
            continue
        if not re.search("[\uff61-\uff9f]", read):
            return False
    return True


def label_encoding(label: str) -> str | None:
    """The encoding that a page or a message means by a name, as browsers do; None when they know none.

    `iso-8859-1` is windows-1252, for example: https://encoding.spec.whatwg.org/#names-and-labels
    """
    try:
        encoding = webencodings.lookup(label)
    except (LookupError, ValueError):
        return None
    if encoding is None:
        return None
    # A text whose declaration can be read as ASCII is no UTF-16; GB 18030 holds all of GBK.
    return {"utf-16le": "utf-8", "utf-16be": "utf-8", "gbk": "gb18030"}.get(
        encoding.name, encoding.codec_info.name
    )


def decode_declared(data: bytes, label: str) -> str | None:
    """The text in the encoding it declares; None when that is not known, or wrong."""
    encoding = label_encoding(label)
    if encoding is None:
        return None
    # Where UTF-8 is declared to be something else its letters betray it; escapes of ISO 2022 look like ASCII.
    for name in (encoding,) if encoding.startswith("iso2022") else ("utf-8", encoding):
        try:
            return data.decode(name)
        except (LookupError, UnicodeDecodeError):
            pass  # the next one, then
    return None


def _guess(data: bytes) -> CharsetMatch | None:
    """The likeliest encoding; of those that are equally likely for a short text, the most usual."""
    # Newlines and digits are half NUL in these: without one, a short text of two-byte letters is meant.
    matches = from_bytes(data, cp_exclusion=[] if b"\x00" in data else WIDE_ENCODINGS)
    best = matches.best()
    if best is None:
        return None
    equal = {
        match.encoding: match
        for match in matches
        if (match.chaos, match.coherence) == (best.chaos, best.coherence)
    }
    usual = (equal[encoding] for encoding in USUAL_ENCODINGS if encoding in equal)
    return next((match for match in usual if not HALF_WIDTH.search(str(match))), equal.get("gb18030", best))


def _is_western(data: bytes, guess: str) -> bool:
    """Whether a text is windows-1252 where the guess has signs, or other letters within Latin words."""
    try:
        western = data.decode("cp1252")
    except UnicodeDecodeError:
        return False
    letters = [letter for letter in western if letter.isalpha()]
    is_latin = 2 * sum(letter > "\x7f" for letter in letters) <= len(letters)
    wrong = STRANGE.search(guess) or MIXED.search(guess) or (OTHER.search(guess) and not WORD.search(guess))
    return is_latin and not STRANGE.search(western) and bool(wrong)


def clean(text: str) -> str:
    """The text with plain newlines, composed characters and without invisible ones."""
    if len(text) < SHORT_TEXT and text.isascii() and text.isprintable():
        return text
    text = PARAGRAPH_ENDS.sub("\n\n", LINE_ENDS.sub("\n", text)).replace("\u00a0", " ")
    return unicodedata.normalize("NFC", MANY_MARKS.sub(_without_marks, seen_only(CONTROLS.sub("", text))))


def _without_marks(run: re.Match[str]) -> str:
    return "".join(character for character in run[0] if not unicodedata.combining(character))


def title_from(source: str) -> str:
    """A title made of the file's name."""
    name = seen_only(PurePosixPath(source).stem)
    return re.sub(r"[-_]+", " ", name).strip().capitalize() or source
