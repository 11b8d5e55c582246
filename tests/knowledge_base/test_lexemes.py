"""What is counted as a word; how words are found is in `test_hybrid_search.py`."""

import pytest

from knowledge_base.lexemes import words

TEXTS = [
    "Plain words, and words again.",
    "hnsw.iterative_scan HTTPServer::get error52 camelCase v1.2.3 a-b_c user@example.com C++ C# _ __x__",
    "path/to/file.py:12 --option=3 1.5e-3 \x00\x1f\x7f tab\there\r\nnew-line",
    "a/" * 1_000,
]


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_of_ascii_has_the_words_that_it_has_beside_others(text: str) -> None:
    beside = words(f"{text} Größe")
    assert beside.pop("größe") == 1
    assert words(text) == beside


def test_each_occurrence_counts_however_often_a_word_was_seen_before() -> None:
    assert words("error-52 error-52 error") == {"error-52": 2, "error": 3, "52": 2}
    assert words("error-52") == {"error-52": 1, "error": 1, "52": 1}
