"""Questions that need the one before: which they are, and the words they take from it."""

from collections.abc import Sequence

from agent_service.models.extractive.language import FALLBACK, Language, language_of
from agent_service.models.extractive.templates import plain
from agent_service.models.extractive.terms import UNSPACED, WORD, stem, terms

MAX_WORDS = 12
# A question with more words of its own than this says what it is about.
MAX_OWN_AFTER_OPENING = 4
MAX_OWN_WITH_POINTER = 2
MAX_OWN_WHEN_SHORT = 1
SHORT = 3
# Words enough to search with; a follow-up with fewer got its subject from the question before it.
ENOUGH_TO_SEARCH = 2


def is_follow_up(question: str, language: Language) -> bool:
    """Whether a question may lack words that the conversation before it has."""
    text = _bare(question)
    words = WORD.findall(text.lower())
    if not words or UNSPACED.search(text):
        return False
    own = len(_distinctive(words, language))
    if language.begins("text", "openings", text):
        return own <= MAX_OWN_AFTER_OPENING
    if not language.words("text", "pointers").isdisjoint(WORD.findall(plain(text))):
        return own <= MAX_OWN_WITH_POINTER
    is_short = len(words) <= SHORT and own <= MAX_OWN_WHEN_SHORT
    is_short = is_short and not language.begins("text", "definitions", text)
    return is_short or own == 0


def needs_the_one_before(question: str, language: Language) -> bool:
    """Whether a follow-up says by its wording that it lacks words, however much it finds without them."""
    text = _bare(question)
    return is_follow_up(text, language) and (
        language.begins("text", "additions", text) or _refers(text, language)
    )


def _bare(question: str) -> str:
    """The question without the mark that Spanish puts before it."""
    return question.strip().lstrip("¿¡ ")


def _refers(text: str, language: Language) -> bool:
    words = WORD.findall(plain(text))
    at_end = language.words("text", "references_at_end")
    return not language.words("text", "references").isdisjoint(words) or words[-1] in at_end


def carried_over(question: str, earlier: Sequence[str], language: Language) -> str | None:
    """The question's words with those it lacks, from the questions before it (the last one first).

    None when the question is complete, or when the ones before add no word to it.
    """
    if not is_follow_up(question, language):
        return None
    common = language.stop_words - language.words("text", "question_words")
    own = [word for word in WORD.findall(question) if word.lower() not in common]
    known = {stem(word.lower()) for word in own}
    missing: list[str] = []
    for word in _subject(earlier, language):
        if stem(word.lower()) not in known:
            known.add(stem(word.lower()))
            missing.append(word)
    return " ".join([*own, *missing][:MAX_WORDS]) if missing else None


def as_searched(questions: Sequence[str], locale: str = FALLBACK) -> str:
    """The last question of a conversation, with the words that it leaves out, as it is searched by itself."""
    *earlier, question = questions
    language = language_of(question, reversed(earlier), locale)
    if not needs_the_one_before(question, language):
        return question
    return carried_over(question, earlier[::-1], language) or question


def own_terms(question: str, language: Language) -> set[str]:
    """The comparable words that a question names its subject with; none in "how long?"."""
    return terms(" ".join(_distinctive(WORD.findall(question), language)), language)


def _subject(earlier: Sequence[str], language: Language) -> list[str]:
    """The distinctive words of the last question, and of those before it that it followed up itself."""
    subject: list[str] = []
    for question in earlier:
        words = _distinctive(WORD.findall(question), language)
        subject.extend(words)
        if len(words) >= ENOUGH_TO_SEARCH or not is_follow_up(question, language):
            break
    return subject


def _distinctive(words: Sequence[str], language: Language) -> list[str]:
    empty = (
        language.stop_words | language.words("text", "question_words") | language.words("text", "vague_words")
    )
    return [word for word in words if word.lower() not in empty and not set(plain(word).split()) <= empty]


def distinctive_words(question: str, language: Language) -> list[str]:
    """The words of a question that name its subject, as they are written."""
    return _distinctive(_without_elisions(question, language), language)


def _without_elisions(question: str, language: Language) -> list[str]:
    """The words, those before an apostrophe apart: "l'erreur" is "erreur"."""
    words: list[str] = []
    for word in WORD.findall(question):
        first, _, rest = word.replace("’", "'").partition("'")
        words.append(rest if rest and first.lower() in language.common else word)
    return words
