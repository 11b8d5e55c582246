"""What a question's words weigh, by how rare they are; and the language in which it is asked."""

import math
from collections.abc import Mapping

from knowledge_base.posting_lists import AskedWords, Lists, Weights
from knowledge_base.spelling import folded
from knowledge_base.word_codes import EVERY_PASSAGE

# Of the weight of a word that is asked for with its accents and without: each counts so much.
HALF = 0.5


def weights_of(asked: AskedWords, lists: Lists) -> Weights:
    """How rare each lexeme is among the passages of its language that the caller may see, as in BM25."""
    return {language: _weights(language, asked, lists) for language in asked.lexemes}


def spoken_language(asked: AskedWords, lists: Lists) -> str | None:
    """The language in whose passages most of the question's words are; None where no single one has most."""
    known = {
        language: sum(1 for lexeme in set(lexemes.values()) if lists.count(asked.keys[lexeme], language))
        for language, lexemes in asked.lexemes.items()
    }
    most = max(known.values(), default=0)
    first = [language for language, count in known.items() if count == most]
    return first[0] if most and len(first) == 1 else None


def _weights(language: str, asked: AskedWords, lists: Lists) -> dict[str, float]:
    everything = lists.count(EVERY_PASSAGE, language)
    lexemes = dict.fromkeys(asked.lexemes[language].values())
    counted = {lexeme: lists.count(asked.keys[lexeme], language) for lexeme in lexemes}
    twice = _asked_twice(asked.lexemes[language], counted)
    return {
        lexeme: math.log(1 + (max(everything - passages, 0) + 0.5) / (passages + 0.5)) * twice.get(lexeme, 1)
        for lexeme, passages in counted.items()
        # A compound that no passage has is asked for by its parts, and a word by its form without accents.
        if passages or lexeme in asked.plain
    }


def _asked_twice(lexemes: Mapping[str, str], counted: Mapping[str, int]) -> dict[str, float]:
    """Half for both lexemes of a word that is asked for with accents and without: together they are one."""
    both = [(lexeme, lexemes.get(folded(word), lexeme)) for word, lexeme in lexemes.items()]
    pairs = [pair for pair in both if pair[0] != pair[1] and counted[pair[0]]]
    return {lexeme: HALF for pair in pairs for lexeme in pair}
