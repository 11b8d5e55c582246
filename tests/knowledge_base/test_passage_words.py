"""What passages keep of their words, against the formula of BM25 counted one by one."""

import random
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from knowledge_base import passage_words
from knowledge_base.lexemes import words
from knowledge_base.passage_words import CONTEXT_WEIGHT, ORDINARY_LENGTH, B, PassageText, coded_words
from knowledge_base.spelling import folded
from knowledge_base.word_codes import IMPACT_STEP, K1, decode_words, key_of

if TYPE_CHECKING:
    from conftest import Connection

SOME_WORDS = [
    *(
        "the",
        "and",
        "running",
        "runs",
        "runner",
        "naïve",
        "naive",
        "Résumé",
        "über",
        "HTTPServer",
        "kb_err_52",
    ),
    *(
        "東京タワー",
        "50 000",
        "café's",
        "C++",
        "x",
        "wombats",
        "wombat",
        "don't",
        "ﬁle",
        "hnsw.iterative_scan",
    ),
]
LANGUAGES = ("english", "german", "simple", "klingon")


async def kept_one_by_one(connection: "Connection", language: str, passage: PassageText) -> dict[int, int]:
    """Keys and coded impacts, by the formula."""
    content = await lexemes(connection, language, words(passage.content))
    context = await lexemes(connection, language, words(passage.context))
    norm = K1 * (1 - B + B * content.total() / ORDINARY_LENGTH)
    kept: dict[int, int] = {}
    for lexeme in content | context:
        weight = content[lexeme] + CONTEXT_WEIGHT * context[lexeme]
        kept[key_of(lexeme)] = max(round(weight * (K1 + 1) / (weight + norm) / IMPACT_STEP), 1)
    return kept


async def lexemes(connection: "Connection", language: str, found: Counter[str]) -> Counter[str]:
    """The stem of each word, and of one with accents that of its plain form; a stop word is none."""
    result: Counter[str] = Counter()
    for word, times in found.items():
        stems = [await stem(connection, language, form) for form in (word, folded(word))]
        if stems[0] is not None:
            for lexeme in set(filter(None, stems)):
                result[lexeme] += times
    return result


async def stem(connection: "Connection", language: str, word: str) -> str | None:
    """What Postgres makes of a word."""
    dictionary = f"{language}_stem" if language in ("english", "german") else "simple"
    rows = await connection.execute("select (ts_lexize(%s::regdictionary, %s))[1]", (dictionary, word))
    row = await rows.fetchone()
    assert row is not None
    return row[0] or None


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("remembered", [0, 10, 50_000])
async def test_passages_keep_what_the_formula_says(
    connection: "Connection", language: str, remembered: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passage_words, "MAX_REMEMBERED", remembered)
    chosen = random.Random(language)  # noqa: S311
    passages = [
        PassageText(" ".join(chosen.choices(SOME_WORDS, k=k // 3)), " ".join(chosen.choices(SOME_WORDS, k=k)))
        for k in (0, 1, 2, 5, 9)
    ]
    for some in (passages[:2], passages, passages[3:], [], [PassageText("wombat", "")]):
        kept = await coded_words(connection, language, some)
        assert len(kept) == len(some)
        for passage, coded in zip(some, kept, strict=True):
            keys, impacts = decode_words(coded)
            assert keys.tolist() == sorted(keys.tolist())
            there = dict(zip(keys.tolist(), impacts.tolist(), strict=True))
            assert there == await kept_one_by_one(connection, language, passage)
