"""The real embedding model, as every back end has to serve it."""

from pathlib import Path

import numpy as np
import pytest

from knowledge_base.embedding import SentenceTransformerEmbedder
from knowledge_base.embedding.source import verify
from knowledge_base.errors import EmbeddingModelError


def test_vectors_have_length_one_and_mean_what_the_texts_mean(embedder: SentenceTransformerEmbedder) -> None:
    vectors = embedder.embed_documents(["The cat sleeps.", "A kitten is napping.", "Shares fell on Monday."])
    assert vectors.shape == (3, embedder.dimensions) == (3, 384)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(3), abs=1e-5)
    question = embedder.embed_query("Is the cat asleep?")
    near, also_near, far = vectors @ question
    assert near > also_near > far + 0.2


def test_a_text_has_the_same_vector_alone_and_in_company(embedder: SentenceTransformerEmbedder) -> None:
    texts = ["short", "a much longer text " * 20, "middle sized text here"]
    together = embedder.embed_documents(texts)
    alone = np.array([embedder.embed_query(text) for text in texts])
    assert (together * alone).sum(axis=1) == pytest.approx(np.ones(3), abs=1e-4)


def test_nothing_to_embed_is_no_error(embedder: SentenceTransformerEmbedder) -> None:
    assert embedder.embed_documents([]).shape == (0, 384)


def test_tokens_are_counted_as_the_model_does_without_its_truncation(
    embedder: SentenceTransformerEmbedder,
) -> None:
    assert embedder.count_tokens("hello world") == 4
    assert embedder.count_tokens("word " * 1000) == 1002
    assert embedder.max_tokens == 256


def test_the_model_has_one_name_with_or_without_its_publisher() -> None:
    assert (
        SentenceTransformerEmbedder("sentence-transformers/all-MiniLM-L6-v2").model_name == "all-MiniLM-L6-v2"
    )


def test_weights_that_were_tampered_with_are_refused(tmp_path: Path) -> None:
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(b"not the published ones")
    with pytest.raises(EmbeddingModelError, match="not the published"):
        verify(weights)


def test_an_unknown_model_is_refused_with_the_setting_to_change(tmp_path: Path) -> None:
    with pytest.raises(EmbeddingModelError, match="EMBEDDING_MODEL"):
        SentenceTransformerEmbedder(str(tmp_path / "no-model")).load()
