"""What the user of a turn wishes to be changed, read before anything of a document is in sight."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from agent_service.models.extractive.language import languages
from agent_service.wishes.cues import Kind, begins_with, flat, has
from agent_service.wishes.own_words import Clause, clauses_of

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
    """

    clauses: tuple[Clause, ...] = ()
    shown: tuple[int, ...] = ()
    names_all: bool = True

    def asking_for(self, kind: Kind) -> list[Clause]:
        """The wishes of this kind."""
        return [clause for clause in self.clauses if kind in clause.kinds]


def wish_in(message: str, said: Said) -> Wish:
    """The wish in a message: its own words, an offer that they agree to, or the wish before, continued."""
    shown = tuple(said.shown)
    own = clauses_of(message)
    agreed = _agreed(message, said)
    if agreed:
        return Wish((*agreed, *own), shown, names_all=False)
    if own:
        return Wish(tuple(own), shown)
    return Wish(tuple(_continued(message, said)), shown)


def _agreed(message: str, said: Said) -> list[Clause]:
    """The wishes in an offer, when the message begins with a yes to it."""
    first, _, _ = message.strip().partition(",")
    offer = _question_in(said.offer)
    if not offer or not (_is_yes(message) or _is_yes(first)):
        return []
    return clauses_of(offer, is_offer=True)


def _is_yes(text: str) -> bool:
    bare = " ".join(text.split()).strip(" .!?¡¿")
    return any(language.match("talk", "yes", bare) is not None for language in languages().values())


def _question_in(answer: str) -> str:
    """The last paragraph that asks something, without lines that quote."""
    paragraphs = [
        part.strip() for part in answer.split("\n\n") if "?" in part and not part.lstrip().startswith(">")
    ]
    last = " ".join(paragraphs[-1].split()) if paragraphs else ""
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
