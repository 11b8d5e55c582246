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


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("हिन्दी भाषा में किताबें", {"हिन्दी", "भाषा", "में", "किताबें"}),
        ("தமிழ் மொழி", {"தமிழ்", "மொழி"}),
        ("พนักงานทุกคนมีวันหยุด", {"พนักงาน", "ทุก", "คน", "มี", "วัน", "หยุด"}),
        ("ພາສາລາວ", {"ພາສາ", "ລາວ"}),
        ("ខ្ញុំស្រលាញ់អ្នក", {"ខ្ញុំ", "ស្រលាញ់", "អ្នក"}),
        ("كِتَابٌ كتـــاب أحمد", {"كتاب", "احمد"}),
        ("کتابی", {"كتابي"}),
        ("tiếng Việt", {"tiếng", "việt"}),
        ("İSTANBUL", {"istanbul"}),
        ("Use C++, C# and F#.", {"use", "and", "c", "f", "c++", "c#", "f#"}),
        ("the .NET runtime", {"the", "net", ".net", "runtime"}),
        ("node.js", {"node.js", "node", "js"}),
        ("It doesn't; I'm sure it's not Anna's. We’ll see.", {"it", "i", "sure", "not", "anna", "we", "see"}),
    ],
)
def test_words_are_those_that_readers_of_the_language_count(text: str, found: set[str]) -> None:
    assert set(words(text)) == found


@pytest.mark.parametrize(
    "written", ["50 000", "50,000", "50.000", "50'000", "50\u00a0000", "50\u202f000", "50000"]
)
def test_a_number_is_one_word_however_its_digits_are_grouped(written: str) -> None:
    assert words(f"It costs {written} euros, not 7.")["50000"] == 1


@pytest.mark.parametrize("written", ["1.5", "2018-01-01", "1,000,00", "10.0.0.1", "12 3456"])
def test_what_only_looks_like_a_grouped_number_stays_as_it_is(written: str) -> None:
    assert set("".join(words(written))) <= set("0123456789-.")
    assert written.replace(".", "").replace(",", "").replace(" ", "").replace("-", "") not in words(written)
