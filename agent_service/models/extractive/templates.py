"""Sentences as the language files write them: words, choices, word lists and slots, read as patterns.

`(a|b)` is a choice, `[a]` may be missing, `{name}` is one entry of a word list, `<slot>` takes any words and
`<slot:name>` an entry of a word list; a colon also stands for a dash, `#` for a number and `##` for a year.
Case, accents, hyphens within words and apostrophes do not count.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

MAX_SENTENCE_CHARACTERS = 500
WordLists = Mapping[str, Sequence[str]]

# A word begins behind anything that is no word; the one before it says where it ends.
GAP = r"[\s,;]*(?<!\w)"
ANYTHING = rf"{GAP}.+?(?!\w)"
WITHIN = r"[\s,;]+"
SYNTAX = re.compile(r"[\[\](){}<>|:]")
COLON = r"(?:\s*[:–—]|\s-(?=\s))"
TOKEN = re.compile(r"[\[\]()|:]|\{\w+\}|<\w+(?::\w+)?>|[^\s\[\](){}<>|:]+")
OPENING, CLOSING = {"[": "]", "(": ")"}, {"[": ")?", "(": ")"}
# What may stand between the word before a slot and its first one: "d'une" is two words.
APART = " ,;'’-"
WITHIN_WORDS = re.compile(r"(?<=[^\W\d_])[-'’](?=[^\W\d_])|(?<=\w)['’](?=\s|$)")


@lru_cache(maxsize=4096)
def _plain_character(character: str) -> str:
    base = unicodedata.normalize("NFD", character)[0].lower()
    return base if len(base) == 1 else character


def plain(text: str) -> str:
    """The text as it is compared: lower case, no accents, words apart; as many characters as before."""
    return WITHIN_WORDS.sub(" ", "".join(map(_plain_character, text)))


@dataclass(frozen=True)
class Template:
    """A pattern for whole sentences."""

    pattern: re.Pattern[str]

    def match(self, text: str) -> dict[str, str] | None:
        """The words in the slots; None when the sentence is another one, or longer than a sentence."""
        if len(text) > MAX_SENTENCE_CHARACTERS:
            return None
        found = self.pattern.fullmatch(f" {plain(text)}")
        if found is None:
            return None
        spans = ((name, found.span(name)) for name in found.groupdict() if found.group(name) is not None)
        return {name: f" {text}"[start:end].lstrip(APART).rstrip(" ,;") for name, (start, end) in spans}


def template(text: str, lists: WordLists) -> Template:
    """The pattern of one line. Raises `ValueError` for one that cannot be read."""
    return Template(re.compile(regex_of(text, lists), re.DOTALL))


def regex_of(text: str, lists: WordLists) -> str:
    """The regular expression of a line; it begins with the gap before its first word."""
    written = iter(TOKEN.findall(text))
    return _alternatives(written, lists, text, end="")


def choice(entries: Sequence[str], lists: WordLists) -> str:
    """The regular expression of one of the entries, longer ones first."""
    longest_first = sorted(entries, key=len, reverse=True)
    words = [
        WITHIN.join(map(_word, plain(entry).split())) for entry in longest_first if not SYNTAX.search(entry)
    ]
    patterns = [regex_of(entry, lists) for entry in longest_first if SYNTAX.search(entry)]
    if words:
        patterns.append(f"{GAP}(?:{'|'.join(words)})(?!\\w)")
    return f"(?:{'|'.join(patterns)})"


def _alternatives(written: Iterator[str], lists: WordLists, text: str, *, end: str) -> str:
    parts = [""]
    for part in written:
        if part == end:
            return "|".join(parts)
        if part == "|":
            parts.append("")
        elif part in OPENING:
            inner = _alternatives(written, lists, text, end=OPENING[part])
            parts[-1] += f"(?:{inner}{CLOSING[part]}"
        else:
            parts[-1] += _item(part, lists, text)
    if end:
        raise ValueError(f"A bracket is not closed: {text}")
    return "|".join(parts)


def _item(part: str, lists: WordLists, text: str) -> str:
    if part == ":":
        return COLON
    if part[0] == "{":
        return _entry(part[1:-1], lists, text)
    if part[0] == "<":
        slot, _, name = part[1:-1].partition(":")
        return f"(?P<{slot}>{_entry(name, lists, text) if name else ANYTHING})"
    if part in (")", "]"):
        raise ValueError(f"A bracket is not opened: {text}")
    return "".join(f"{GAP}{_word(word)}(?!\\w)" for word in plain(part).split())


def _word(word: str) -> str:
    return re.escape(word).replace(r"\#\#", r"\d{4}").replace(r"\#", r"\d{1,3}")


def _entry(name: str, lists: WordLists, text: str) -> str:
    if name not in lists:
        raise ValueError(f"There is no word list {name}: {text}")
    return choice(lists[name], lists)
