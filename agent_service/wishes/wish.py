"""What the user of a turn wishes to be changed, read before anything of a document is in sight."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from agent_service.wishes.cues import Kind, begins_with, flat, has, is_cue, only_has
from agent_service.wishes.own_words import NO_COMMA, Clause, clauses_of, own_words
from agent_service.wishes.pointed import SENTENCE_END, entries_of, points, shown
from agent_service.wishes.slips import without_slips

MAX_FOLLOW_UP_WORDS = 14
MAX_OFFER_CHARACTERS = 600


@dataclass(frozen=True)
class Said:
    """What was said in a thread before a message.

    `earlier` are the user's messages, the last one first; `offer` is the assistant's last answer, `shown` the
    ids of the tasks that the last card before the message shows.
    """

    earlier: Sequence[str] = ()
    offer: str = ""
    shown: Sequence[int] = ()


@dataclass(frozen=True)
class Wish:
    """The changes asked for. `shown` are the tasks that words such as "it" and "the second one" can mean.

    `names_all` is false where these words are the assistant's: the user has agreed to what was named only.
    `earlier` are the words of the user's messages before, which a word such as "it" can stand for; `pointed`
    are the entries of the answer before, where the wish is to make tasks of them.
    """

    clauses: tuple[Clause, ...] = ()
    shown: tuple[int, ...] = ()
    names_all: bool = True
    earlier: str = ""
    pointed: tuple[Clause, ...] = ()

    def asking_for(self, kind: Kind) -> list[Clause]:
        """The wishes of this kind."""
        return [clause for clause in self.clauses if kind in clause.kinds]


def wish_in(message: str, said: Said) -> Wish:
    """The wish in a message: its own words, an offer that they agree to, or the wish before, continued."""
    own, agreed = clauses_of(message) or clauses_of(without_slips(message)), _agreed(message, said)
    clauses = [*agreed, *own] or _continued(message, said)
    if own and NO_COMMA.match(message) and "undo" not in own[0].kinds:
        # "No, on Friday instead" corrects what was asked for before.
        clauses += _continued(message, said)
    earlier = " ".join(map(own_words, said.earlier))
    pointing = next((clause for clause in clauses if "add" in clause.kinds and points(clause)), None)
    pointed = entries_of(said.offer, pointing) if pointing else ()
    return Wish(tuple(clauses), tuple(said.shown), not agreed, earlier, tuple(pointed))


def _agreed(message: str, said: Said) -> list[Clause]:
    """The wishes in an offer, when the message begins with a yes to it."""
    first, _, _ = message.strip().partition(",")
    offer = _question_in(said.offer)
    if not offer or not (_is_yes(message) or _is_yes(first)):
        return []
    return clauses_of(offer, is_offer=True)


def _is_yes(text: str) -> bool:
    words = flat(text)
    return begins_with("yes", words) is not None and only_has(("yes_words", "fillers"), words)


def _question_in(answer: str) -> str:
    """The questions of the last paragraph that asks something, as far as it is shown and no quotation.

    "I would add a task to call Bob. Shall I?" asks with the sentence before.
    """
    paragraphs = [part for part in shown(answer).split("\n\n") if "?" in part]
    sentences = SENTENCE_END.split(" ".join(paragraphs[-1].split())) if paragraphs else []
    asked = [
        f"{before} {sentence}" if is_cue("do_that", flat(sentence)) else sentence
        for before, sentence in pairwise(["", *sentences])
        if sentence.rstrip(' "”»*_').endswith("?")
    ]
    last = " ".join(asked).strip()
    return last if len(last) <= MAX_OFFER_CHARACTERS else ""


def _continued(message: str, said: Said) -> list[Clause]:
    """The kinds of the wish before, with the words of a message that continues it or answers a question."""
    words = flat(message)
    is_short = "\n" not in message.strip() and len(words.split()) <= MAX_FOLLOW_UP_WORDS
    is_question = message.rstrip().endswith("?") or begins_with("questions", words) is not None
    goes_on = has("follow_ups", words) or bool(_question_in(said.offer))
    if not (words and is_short and goes_on and said.earlier) or is_question or has("texts", words):
        return []
    before = wish_in(said.earlier[0], Said(said.earlier[1:3]) if len(said.earlier) > 1 else Said())
    if not before.clauses:
        return []
    last = before.clauses[-1]
    sentence, written = f"{last.sentence} {words}", f"{last.written} {message}"
    return [replace(last, words=words, sentence=sentence, written=written, goes_on=True)]
