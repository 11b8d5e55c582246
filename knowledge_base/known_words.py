"""What the index knows of words: in how many passages they are, and which one a mistyped word was to be."""

from collections.abc import Iterable, Mapping, Sequence

from knowledge_base.asked_words import AskedWords, asked_words
from knowledge_base.posting_lists import HEADS_ONLY, Asking, Lists, read_lists
from knowledge_base.postings import Connection

# A shorter word has too many neighbours, and a mistake in it says too little.
SHORTEST_CORRECTED = 6
# Words of a question that are corrected at most: each has some hundred neighbours.
MOST_CORRECTED = 3
LATIN = "abcdefghijklmnopqrstuvwxyz"
CYRILLIC = "абвгдежзийклмнопрстуфхцчшщъыьэюяё"
# Words of a pasted page that are searched beside its question, and how many are looked up for them.
RAREST, MOST_LOOKED_UP = 8, 1_000


async def corrections(
    connection: Connection, asked: AskedWords, lists: Lists, collection: str | None
) -> dict[str, str]:
    """The question's words that no passage has, each with the most frequent word that is one slip away."""
    unknown = [word for word in _unknown(asked, lists) if _may_be_mistyped(word)][:MOST_CORRECTED]
    slips = {word: slips_of(word) for word in unknown}
    known = await counts_of(connection, {slip for each in slips.values() for slip in each}, collection)
    alike = {word: sorted(each & known.keys()) for word, each in slips.items()}
    return {word: max(each, key=known.__getitem__) for word, each in alike.items() if each}


async def rarest(connection: Connection, words: Iterable[str], collection: str | None) -> list[str]:
    """The rarest of some words that passages have."""
    known = await counts_of(connection, sorted(words, key=len)[-MOST_LOOKED_UP:], collection)
    return sorted(known, key=lambda word: (known[word], word))[:RAREST]


async def counts_of(
    connection: Connection, words: Iterable[str], collection: str | None
) -> Mapping[str, int]:
    """In how many passages each word is that some passage has, in the language that has most of it."""
    asked = await asked_words(connection, sorted(words), collection, listed=True)
    if not asked.lexemes:
        return {}
    lists = await read_lists(connection, asked, Asking(collection, most_read=HEADS_ONLY))
    counts: dict[str, int] = {}
    for language, lexemes in asked.lexemes.items():
        for word, lexeme in lexemes.items():
            counts[word] = max(counts.get(word, 0), lists.count(asked.keys[lexeme], language))
    return {word: count for word, count in counts.items() if count}


def slips_of(word: str) -> set[str]:
    """Words that are a letter too many, too few, changed or exchanged away; the first one is seldom wrong."""
    letters = CYRILLIC if word[0] in CYRILLIC else LATIN + "".join(set(word) - set(LATIN))
    cuts = [(word[:place], word[place:]) for place in range(1, len(word) + 1)]
    return {
        *(left + right[1:] for left, right in cuts if right),
        *(left + right[1] + right[0] + right[2:] for left, right in cuts if len(right) > 1),
        *(left + letter + right[1:] for left, right in cuts if right for letter in letters),
        *(left + letter + right for left, right in cuts for letter in letters),
    } - {word}


def _unknown(asked: AskedWords, lists: Lists) -> Sequence[str]:
    """Words that no passage has in any language, and that are stop words of none."""
    words = sorted({word for lexemes in asked.lexemes.values() for word in lexemes})
    return [
        word
        for word in words
        if all(
            word in lexemes and not lists.count(asked.keys[lexemes[word]], language)
            for language, lexemes in asked.lexemes.items()
        )
    ]


def _may_be_mistyped(word: str) -> bool:
    return len(word) >= SHORTEST_CORRECTED and word.isalpha() and word[0] in LATIN + CYRILLIC
