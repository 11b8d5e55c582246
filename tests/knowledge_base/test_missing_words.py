"""Which rare words of a question the passages found do not have."""

from dataclasses import replace

from knowledge_base.hits import Hit
from knowledge_base.missing_words import missing_words

LEXEMES = {"english": {"price": "price", "enterprise": "enterpris", "plan": "plan", "execute": "execut"}}
WEIGHTS = {"english": {"price": 4.0, "enterpris": 5.0, "plan": 2.0, "execut": 4.5}}
PLANS = Hit(
    chunk_id=1,
    document_id=1,
    title="Plans",
    source="plans.md",
    heading_path=[],
    page=None,
    position=0,
    content="Each plan has its price.",
    token_count=8,
    similarity=0.4,
    estimated=False,
    keyword=0.5,
    bm25=0.5,
    vector_rank=1,
    keyword_rank=1,
    matched=["plan", "price"],
    score=0.5,
    language="english",
)


def missing(text: str, *hits: Hit) -> list[str]:
    return missing_words(text, LEXEMES, WEIGHTS, hits)


def test_a_rare_word_that_no_result_has_is_named_as_it_was_written() -> None:
    assert missing("What is the price of the Enterprise plan?", PLANS) == ["Enterprise"]
    other = replace(PLANS, chunk_id=2, matched=["enterpris"])
    assert missing("What is the price of the Enterprise plan?", PLANS, other) == []


def test_a_frequent_word_and_one_whose_relative_is_there_are_not_missed() -> None:
    assert missing("plan", replace(PLANS, matched=[])) == []
    assert missing("How is it executed or execute?", replace(PLANS, content="The executor does it.")) == []
    assert missing("execute", replace(PLANS, content="It runs.")) == ["execute"]


def test_a_short_word_is_named_only_where_it_is_a_name_or_a_number() -> None:
    lexemes = {"english": {"get": "get", "pdf": "pdf", "422": "422"}}
    weights = {"english": {"get": 5.0, "pdf": 5.0, "422": 5.0}}
    assert missing_words("get a PDF, or 422", lexemes, weights, [PLANS]) == ["PDF", "422"]


def test_without_results_or_in_a_language_without_spaces_nothing_is_named() -> None:
    assert missing("price of the enterprise plan") == []
    pairs = {"simple": {"企业": "企业"}}
    hit = replace(PLANS, language="simple", matched=[])
    assert missing_words("企业", pairs, {"simple": {"企业": 6.0}}, [hit]) == []
