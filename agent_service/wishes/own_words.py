"""What of a message is the user's own wish: neither questions, nor quotations, nor what was pasted in."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from agent_service.wishes.cues import Kind, begins_with, flat, has, is_cue, kinds

MAX_CHARACTERS = 600
MAX_LINE_CHARACTERS = 400
MAX_ENTRIES = 30
MAX_ENTRY_CHARACTERS = 120
MAX_GREETING_WORDS = 4
QUOTED = re.compile(r"“[^”]*”|„[^“”]*[“”]|«[^»]*»|»[^«]*«|\"[^\"]*\"|(?<!\w)['‘‚][^'’‘]*['’‘](?!\w)|`[^`]*`")
CODE = re.compile(r"^\s*(?:```|~~~).*?(?:^\s*(?:```|~~~)\s*$|\Z)", re.DOTALL | re.MULTILINE)
SENTENCE = re.compile(r"(?<=[.!?;。！？])\s+")
ABBREVIATED = re.compile(
    r"(?:^|\W)(?:\d{1,2}|dr|mr|mrs|ms|st|nr|no|bzw|ca|z\.b|e\.g|etc|sr|sra)\.$", re.IGNORECASE
)
ENTRY = re.compile(r"^\s*(?:[-*+•–]|\d{1,2}[.)]|\[[ x]?\])\s+")
NO_COMMA = re.compile(r"^\s*(?:no|nein|non)\s*,\s*", re.IGNORECASE)
# What stands between two wishes of one sentence.
BETWEEN = re.compile(
    r",|;|&|\s+(?:and|then|und|dann|sowie|et|puis|ainsi que|y|e|luego|además)\s+", re.IGNORECASE
)


@dataclass(frozen=True)
class Clause:
    """One wish: the kinds of change it asks for, its words, those of the whole sentence, and that as written.

    `goes_on` says that the sentence begins with the wish before, which this one continues; `is_stated` that
    something is done, in words that ask for no change: "the plants are watered".
    """

    kinds: frozenset[Kind]
    words: str
    sentence: str
    written: str
    goes_on: bool = False
    is_stated: bool = False


def clauses_of(text: str, *, is_offer: bool = False) -> list[Clause]:
    """The wishes in a message, as far as it is in the user's own words.

    Questions ask for nothing, unless they are an offer that the user has agreed to. What follows a line
    break, or a sentence that presents a text ("Translate:"), is taken for the text of somebody else; entries
    of a list belong to the sentence before it.
    """
    lines = CODE.sub("\n\n", text[: MAX_CHARACTERS * 10]).splitlines()
    found: list[Clause] = []
    rest = iter(lines)
    for line in rest:
        stripped = line.strip()
        if not stripped or _is_greeting(stripped):
            continue
        found, is_open = _read_line(stripped, is_offer=is_offer)
        if is_open and found:
            found.extend(_entries(rest, found[-1]))
        break
    return found


def own_words(text: str) -> str:
    """The words of a message's first line, without quotations and what the line presents as a text."""
    lines = (line.strip() for line in CODE.sub("\n\n", text[: MAX_CHARACTERS * 10]).splitlines())
    line = next((line for line in lines if line and not _is_greeting(line)), "")
    if line.startswith(">") or len(line) > MAX_LINE_CHARACTERS:
        return ""
    head, is_cut, _ = line.partition(": ")
    presents = is_cut and has("texts", flat(_unquoted(head)))
    return flat(_unquoted(head if presents else line))


def _is_greeting(line: str) -> bool:
    words = flat(line)
    return (
        len(words.split()) <= MAX_GREETING_WORDS
        and begins_with("fillers", words) is not None
        and not _kinds_in(words)
    )


def _read_line(line: str, *, is_offer: bool) -> tuple[list[Clause], bool]:
    """The wishes of a line, and whether a list may follow it."""
    if line.startswith(">") or len(line) > MAX_LINE_CHARACTERS:
        return [], False
    found: list[Clause] = []
    # What stands within quotation marks ends no sentence.
    for guarded in _sentences(_guarded(line)):
        head, is_cut, tail = (_unguarded(part) for part in guarded.partition(": "))
        presents = not is_offer and has("texts", flat(_unquoted(head)))
        is_open = is_cut and not is_cue("status", flat(tail))
        if is_open and (presents or not _wishes_of(head, is_offer=is_offer)):
            return [*found, *_clauses(head, is_offer=is_offer)], False
        found.extend(_clauses(_unguarded(guarded), is_offer=is_offer))
        if presents:
            return found, False
    return found, bool(found) and not found[-1].is_stated


def _sentences(line: str) -> Iterator[str]:
    held = ""
    for part in SENTENCE.split(line):
        held = f"{held} {part}".strip()
        if not ABBREVIATED.search(held):
            yield held
            held = ""
    if held:
        yield held


def _clauses(sentence: str, *, is_offer: bool) -> list[Clause]:
    asked = _wishes_of(sentence, is_offer=is_offer)
    if not asked:
        return _stated(sentence, is_offer=is_offer)
    # What stands within quotation marks is a name, and asks for nothing.
    parts = [part for part in BETWEEN.split(_guarded(sentence)) if part.strip()]
    unreal = _unreal(flat(_unquoted(sentence)), is_offer=is_offer)
    own = [_wishes_of(_unquoted(_unguarded(part)), is_offer=True) - unreal for part in parts]
    spread = asked - frozenset[Kind]().union(*own)
    words = flat(sentence)
    return [
        Clause(_kinds_at(own, place) | spread, flat(_unguarded(part)), words, sentence)
        for place, part in enumerate(parts)
    ]


def _stated(sentence: str, *, is_offer: bool) -> list[Clause]:
    words, bare = flat(sentence), flat(_unquoted(sentence))
    is_said = has("stated", bare) and not (has("unreal", bare) or has("negation", bare))
    if is_offer or not is_said or _kinds_in(bare) or _is_question(sentence, bare):
        return []
    return [Clause(frozenset({"complete"}), words, words, sentence, is_stated=True)]


def _kinds_at(own: list[frozenset[Kind]], place: int) -> frozenset[Kind]:
    """The kinds of a part: its own, else those of the next parts before and behind it that have some."""
    if own[place]:
        return own[place]
    before = next((kinds for kinds in own[place::-1] if kinds), frozenset[Kind]())
    behind = next((kinds for kinds in own[place:] if kinds), frozenset[Kind]())
    return before or behind


def _wishes_of(sentence: str, *, is_offer: bool) -> frozenset[Kind]:
    bare = flat(_unquoted(NO_COMMA.sub("", sentence)))
    bare = begins_with("no_then", bare) or bare
    if not is_offer and _is_question(sentence, bare):
        return frozenset()
    asked = _kinds_in(bare)
    if has("negation", bare) and not has("forget", bare):
        # "It is not done" asks for one thing; "do not add it" for none.
        return asked & {"reopen", "priority"}
    return asked - _unreal(bare, is_offer=is_offer)


def _unreal(bare: str, *, is_offer: bool) -> frozenset[Kind]:
    """What a sentence only seems to say is done: "Remind me once it is paid"."""
    return frozenset({"complete"}) if has("unreal", bare) and not is_offer else frozenset()


def _is_question(sentence: str, bare: str) -> bool:
    if has("how", bare):
        return True
    while (after := begins_with("fillers", bare)) is not None and after:
        bare = after
    if begins_with("requests", bare) is not None:
        return False
    return sentence.rstrip(' "”»').endswith(("?", "？")) or begins_with("questions", bare) is not None


def _kinds_in(words: str) -> frozenset[Kind]:
    return frozenset(kind for kind in kinds() if has(f"kinds.{kind}", words))


def _entries(lines: Iterator[str], intro: Clause) -> Iterator[Clause]:
    """The lines of a list, each of them a wish of the same kinds."""
    for _, line in zip(range(MAX_ENTRIES), lines, strict=False):
        entry = ENTRY.match(line)
        if entry is None or len(line) > MAX_ENTRY_CHARACTERS:
            return
        words = flat(line[entry.end() :])
        yield Clause(intro.kinds, words, f"{intro.words} {words}", f"{intro.written} {line[entry.end() :]}")


def _unquoted(text: str) -> str:
    return QUOTED.sub(" ", text)


def _guarded(text: str) -> str:
    """The text with the words in quotation marks held together."""
    return QUOTED.sub(lambda quoted: quoted[0].replace(" ", "\x00").replace(",", "\x01"), text)


def _unguarded(text: str) -> str:
    return text.replace("\x00", " ").replace("\x01", ",")
