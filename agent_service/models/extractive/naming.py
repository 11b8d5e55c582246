"""The words of a question that name something, and which of them passages do not speak of.

"How do I install it on Android?" finds how it is installed elsewhere. Verbs may be said in other words, the
name of a thing seldom: where passages lack it, they speak of something else.
"""

from collections.abc import Iterator, Sequence

from agent_service.models.extractive.finding import LEAST_ALIKE, Found
from agent_service.models.extractive.follow_ups import distinctive_words
from agent_service.models.extractive.headings import is_changelog
from agent_service.models.extractive.language import FALLBACK, Language, detected
from agent_service.models.extractive.questions import CODE
from agent_service.models.extractive.templates import plain
from agent_service.models.extractive.terms import LEAST_BEGINNING, UNSPACED, WORD, is_alike, stem, terms
from agent_service.tools.schemas import Passage

# From these confidences on, the search knows better than single words, of which capitals say more.
SURE_OF_WORDS = 0.5
SURE_OF_CAPITALS = 0.65
# What a name may have more in a passage: "macOS".
LONGEST_ENDING = 2
# A word of a compound has as many letters at least.
LEAST_PART = 4


def unspoken(found: Found, passages: Sequence[Passage], question: str, language: Language) -> list[str]:
    """The names in a question, as it writes them, that none of the passages has.

    None where the search is sure of what it found, or found passages of another language. Lists of changes
    mention much that nobody explains: they count only by themselves.
    """
    guides = [one for one in passages if not is_changelog(one)] or passages
    confidence = found.result.confidence
    if confidence is None or not guides or not _is_spoken_in(guides, found, language):
        return []
    there = {
        word for one in guides for word in terms(" ".join([one.title, *one.heading_path, one.text]), language)
    }
    corrected = set(map(plain, found.result.searched.corrected))
    absent = [
        (word, has_capital)
        for word, has_capital in _names(question, language)
        if plain(word) not in corrected and not _is_among(stem(word.lower(), language), there, language)
    ]
    marks = bool(language.data["text"]["capitals_mark_names"])
    least = {True: SURE_OF_CAPITALS if marks else SURE_OF_WORDS, False: SURE_OF_WORDS}
    return [word for word, has_capital in absent if not found.is_sure or confidence < least[has_capital]]


def _is_spoken_in(passages: Sequence[Passage], found: Found, language: Language) -> bool:
    spoken = detected(" ".join(passage.text for passage in passages))
    return found.language is language and (spoken is None or spoken is language)


def _names(question: str, language: Language) -> Iterator[tuple[str, bool]]:
    """The words with a capital inside a sentence, and those behind an article or the like."""
    named = set(distinctive_words(question, language))
    before = language.words("text", "before_names")
    previous, is_named = "", False
    for place in WORD.finditer(question):
        word = place[0].rpartition("’")[2].rpartition("'")[2]
        starts = not place.start() or question[: place.start()].rstrip(" \"'“„«¿¡(")[-1:] in (*".?!:\n", "")
        has_capital = word != word.lower() and (not starts or word.isupper())
        behind = plain(previous) in before or place[0] != word
        # "My Windows registry" names a registry; elsewhere what stands behind a name may be a verb.
        behind_name = is_named and language.code == FALLBACK
        if word in named and _can_name(word) and (has_capital or behind or behind_name):
            yield word, has_capital
        previous, is_named = word, behind and has_capital


def _can_name(word: str) -> bool:
    """Not a number, nor the code of an error, which the search knows to find."""
    is_number = any(map(str.isdigit, word))
    return not is_number and len(word) > 2 and not UNSPACED.search(word) and not CODE.search(word)


def _is_among(word: str, there: set[str], language: Language) -> bool:
    """Whether a word is there in some form, or part of it: "Mac" in "macOS"."""
    has_compounds = language.code != FALLBACK
    return any(
        is_alike(word, other, LEAST_ALIKE)
        or (len(word) >= LEAST_BEGINNING and word in other)
        or (other.startswith(word) and len(other) - len(word) <= LONGEST_ENDING)
        or (has_compounds and _ends_as_begins(word, other))
        for other in there
    )


def _ends_as_begins(word: str, other: str) -> bool:
    ends = (word[place:] for place in range(LEAST_PART, len(word) - LEAST_PART + 1))
    return any(other.startswith(end) for end in ends)
