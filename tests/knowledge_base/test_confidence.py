"""How likely the passages answer, by what speaks for the best of them."""

from dataclasses import replace

from knowledge_base.confidence import confidence_of
from knowledge_base.hits import Hit
from knowledge_base.relevance import is_relevant

WEIGHTS = {"english": {"holiday": 4.0, "carri": 5.0, "day": 2.0, "march": 4.5}}
BEST = Hit(
    chunk_id=1,
    document_id=1,
    title="Leave",
    source="leave.md",
    heading_path=[],
    page=None,
    position=0,
    content="Holiday is carried over until 31 March.",
    token_count=10,
    similarity=0.7,
    estimated=False,
    keyword=0.87,
    bm25=1.0,
    vector_rank=1,
    keyword_rank=1,
    matched=["carri", "holiday", "march"],
    score=1.1,
    together=0.8,
    in_place=0.87,
    related=0.0,
    language="english",
    meaning=0.7,
    cosine_part=0.6,
)
BESIDE = replace(
    BEST, keyword=0.13, bm25=0.15, matched=["day"], meaning=0.2, together=0.0, in_place=0.13, score=0.2
)
OTHER = replace(
    BEST, document_id=2, keyword=0.3, bm25=0.35, meaning=0.3, together=0.0, in_place=0.3, score=0.36
)


def confidence(*hits: Hit, weights: dict[str, dict[str, float]] = WEIGHTS, passages: int = 500) -> float:
    return confidence_of(hits, weights, passages)


def test_a_passage_that_says_what_is_asked_is_believed_and_one_beside_the_point_refused() -> None:
    assert confidence(BEST, OTHER) > 0.7
    assert confidence(BESIDE) < 0.15


def test_an_answer_stands_out_among_documents_and_its_neighbour_is_no_rival() -> None:
    rival = replace(BEST, document_id=2)
    neighbour = replace(BEST, chunk_id=2)
    assert confidence(BEST, rival, OTHER) < confidence(BEST, OTHER) - 0.15
    assert confidence(BEST, neighbour, OTHER) == confidence(BEST, OTHER)


def test_alike_cosines_are_no_evidence_where_all_is_alike() -> None:
    known = replace(BESIDE, meaning=0.6)
    unknown = replace(BESIDE, meaning=0.3, cosine_part=0.2)
    assert confidence(known) > 0.15 > confidence(unknown)


def test_a_rare_word_that_is_all_that_was_asked_is_not_beside_the_point() -> None:
    rare = replace(BESIDE, keyword=1.0, bm25=0.9, matched=["hnsw"], meaning=0.05)
    many = [replace(rare, document_id=number) for number in range(1, 9)]
    assert confidence(*many, weights={"english": {"hnsw": 5.0}}) >= 0.5
    assert confidence(*many, weights={"english": {"hnsw": 0.4}}) < 0.5
    # Among ten passages nothing is rarer than what is in one of them.
    assert confidence(*many, weights={"english": {"hnsw": 2.0}}, passages=10) >= 0.5


def test_an_error_code_in_a_question_is_no_coincidence_and_a_year_may_be_one() -> None:
    def with_word(word: str) -> float:
        hit = replace(BESIDE, keyword=0.5, bm25=0.4, matched=[word], meaning=0.1)
        return confidence(hit, weights={"english": {word: 5.0, "mean": 2.0, "printer": 3.0}})

    assert with_word("e4711") >= 0.35
    assert with_word("iterative_scan") >= 0.35
    assert with_word("90210") >= 0.35
    assert with_word("2018") < 0.35
    assert with_word("hummingbird") < 0.35


def test_a_number_of_three_digits_counts_beside_the_word_that_it_is_asked_with() -> None:
    weights = {"english": {"422": 6.2, "post": 4.1, "error": 2.5, "get": 2.2}}
    apart = replace(BESIDE, keyword=0.58, bm25=0.4, matched=["422", "error"], meaning=0.1, similarity=0.1)
    beside = replace(apart, together=0.34)
    assert confidence(beside, weights=weights) >= 0.35 > confidence(apart, weights=weights)
    assert is_relevant(beside, weights, 0.3, "hybrid", passages=2000)
    assert not is_relevant(apart, weights, 0.3, "hybrid", passages=2000)
    # In every tenth passage it is no rare number.
    frequent = {"english": weights["english"] | {"422": 2.3}}
    assert not is_relevant(beside, frequent, 0.3, "hybrid", passages=2000)


def test_a_search_by_words_alone_is_as_sure_as_one_by_both() -> None:
    by_words = replace(BEST, estimated=True, meaning=0.05 + 0.7 * 0.83, score=0.83)
    assert abs(confidence(by_words, OTHER) - confidence(BEST, OTHER)) < 0.1
