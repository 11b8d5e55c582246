"""The sets of questions can be asked, and name documents that are there."""

from pathlib import Path

import pytest

from owflex.evaluation.answer_file import read_conversations

FOLDER = Path(__file__).parents[2] / "benchmarks" / "answers"
SETS = sorted(folder.name for folder in FOLDER.iterdir() if folder.is_dir())


def outcomes(file: Path) -> set[str | None]:
    return {turn.expect for one in read_conversations(file) for turn in one.turns}


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.jsonl")), ids=lambda file: file.stem)
def test_a_set_has_questions_with_and_without_an_answer(file: Path) -> None:
    assert {"answer", "refuse"} <= outcomes(file)


@pytest.mark.parametrize("name", sorted({file.stem.partition("-")[0] for file in FOLDER.glob("*.jsonl")}))
def test_the_sets_over_the_same_documents_have_questions_of_each_outcome(name: str) -> None:
    found = set[str | None]().union(*(outcomes(file) for file in FOLDER.glob(f"{name}*.jsonl")))
    assert {"answer", "refuse", "ask_back", "talk"} <= found


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("which", ["", "-second"])
def test_the_sources_of_a_set_are_its_documents(name: str, which: str) -> None:
    documents = [path.as_posix() for path in (FOLDER / name).rglob("*.md")]
    conversations = read_conversations(FOLDER / f"{name}{which}.jsonl")
    wanted = {source for one in conversations for turn in one.turns for source in turn.sources}
    missing = [source for source in wanted if not any(path.endswith(f"/{source}") for path in documents)]
    assert not missing
    assert wanted
