"""A folder goes into the knowledge base, exactly."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest

from database.pool import Pool
from ingest import pipeline
from ingest.errors import FolderNameTakenError, PathMissingError
from ingest.pipeline import FileReport, Job, ingest_path, open_ingest_pool
from knowledge_base.documents import move_folder
from knowledge_base.embedding import Vectors
from knowledge_base.errors import EmbeddingSpaceMismatchError


class CountingEmbedder:
    """Any vectors, and how many were asked for."""

    def __init__(self, model_name: str = "counting") -> None:
        self.model_name = model_name
        self.dimensions = 3
        self.max_tokens = 256
        self.embedded = 0

    def count_tokens(self, text: str) -> int:
        return len(text.split()) + 2

    def embed_documents(self, texts: Sequence[str]) -> Vectors:
        self.embedded += len(texts)
        return np.ones((len(texts), 3), dtype=np.float32)

    def embed_query(self, text: str) -> Vectors:
        return np.ones(3, dtype=np.float32)


@pytest.fixture
async def pool(knowledge_base_url: str) -> AsyncGenerator[Pool]:
    async with open_ingest_pool(knowledge_base_url) as pool:
        yield pool


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.md").write_text("---\nyear: 2024\n---\n# A\n\nFirst text.\n\n## Part\n\n" + "word " * 400)
    (folder / "deep" / "b.txt").write_text("Second text.")
    (folder / "deep" / "empty.md").write_text("")
    return folder


async def ingest(
    pool: Pool, path: Path, embedder: CountingEmbedder | None = None, **job: Any
) -> list[FileReport]:
    """Ingest a path; a name may be given."""
    name = job.pop("name", None)
    work = Job(
        job.pop("collection", "default"), job.pop("max_file_bytes", 100_000), embedder or CountingEmbedder()
    )
    return await ingest_path(pool, work, path, name, on_plan=lambda total: None, on_file=lambda file: None)


async def rows(pool: Pool, statement: Any) -> list[Any]:
    async with pool.connection() as connection:
        return await (await connection.execute(statement)).fetchall()


async def everything(pool: Pool) -> list[Any]:
    """All that is stored, with times and ids."""
    return [
        await rows(pool, "select * from documents order by id"),
        await rows(pool, "select * from chunks order by id"),
        await rows(
            pool, "select space_id, chunk_id, embedding::text from chunk_embeddings order by chunk_id"
        ),
    ]


async def test_a_folder_goes_in_with_places_and_metadata(pool: Pool, folder: Path) -> None:
    reports = await ingest(pool, folder)
    assert [(file.source, file.outcome, file.reason) for file in reports] == [
        ("docs/a.md", "added", None),
        ("docs/deep/b.txt", "added", None),
        ("docs/deep/empty.md", "added", "There is no text in the file."),
    ]
    documents = await rows(pool, "select source, title, metadata, media_type from documents order by source")
    assert documents[0] == ("docs/a.md", "A", {"year": 2024}, "text/markdown")
    counted = await rows(
        pool, "select (select count(*) from chunks), (select count(*) from chunk_embeddings)"
    )
    assert counted == [(sum(file.chunks for file in reports),) * 2]
    assert await rows(pool, "select heading_path from chunks order by position desc limit 1") == [(["Part"],)]


async def test_a_second_run_changes_nothing_and_embeds_nothing(pool: Pool, folder: Path) -> None:
    await ingest(pool, folder)
    before = await everything(pool)
    embedder = CountingEmbedder()
    reports = await ingest(pool, folder, embedder)
    assert {file.outcome for file in reports} == {"unchanged"}
    assert embedder.embedded == 0
    assert await everything(pool) == before


async def test_a_changed_file_is_replaced_and_the_others_stay(pool: Pool, folder: Path) -> None:
    await ingest(pool, folder)
    before = await rows(pool, "select source, id, updated_at from documents order by source")
    (folder / "a.md").write_text("# A\n\nNow shorter.")
    outcomes = {file.source: file.outcome for file in await ingest(pool, folder)}
    assert outcomes == {
        "docs/a.md": "updated",
        "docs/deep/b.txt": "unchanged",
        "docs/deep/empty.md": "unchanged",
    }
    after = await rows(pool, "select source, id, updated_at from documents order by source")
    assert [row[1] for row in after] == [row[1] for row in before]
    assert after[1:] == before[1:]
    assert ("Now shorter.",) in await rows(pool, "select content from chunks")
    assert len(await rows(pool, "select 1 from chunks")) == 2


async def test_one_bad_file_costs_one_row_of_the_report(pool: Pool, folder: Path) -> None:
    (folder / "binary.txt").write_bytes(bytes(range(256)) * 50)
    (folder / "large.md").write_text("x" * 200_000)
    reports = {file.source: file for file in await ingest(pool, folder)}
    assert [reports[f"docs/{name}"].outcome for name in ("binary.txt", "large.md", "a.md")] == [
        "failed",
        "failed",
        "added",
    ]
    assert "not a text file" in (reports["docs/binary.txt"].reason or "")
    assert len(await rows(pool, "select 1 from documents")) == 3


async def test_what_fails_while_it_is_stored_leaves_the_old_version(
    pool: Pool, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ingest(pool, folder)
    before = await everything(pool)
    (folder / "a.md").write_text("# A\n\nNew text.")

    class WrongVectors(CountingEmbedder):
        def embed_documents(self, texts: Sequence[str]) -> Vectors:
            return np.ones((len(texts) + 1, 3), dtype=np.float32)

    with pytest.raises(ValueError, match="zip"):
        await ingest(pool, folder, WrongVectors())
    assert await everything(pool) == before


async def test_documents_of_an_older_recipe_are_made_again(
    pool: Pool, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ingest(pool, folder)
    monkeypatch.setattr(pipeline, "RECIPE", "newer")
    assert {file.outcome for file in await ingest(pool, folder)} == {"updated"}


async def test_two_folders_of_one_name_cannot_overwrite_each_other(
    pool: Pool, folder: Path, tmp_path: Path
) -> None:
    await ingest(pool, folder)
    other = tmp_path / "elsewhere" / "docs"
    other.mkdir(parents=True)
    (other / "a.md").write_text("Something else.")
    with pytest.raises(FolderNameTakenError, match="--name"):
        await ingest(pool, other)
    assert [file.source for file in await ingest(pool, other, name="more")] == ["more/a.md"]
    assert [file.source for file in await ingest(pool, other, collection="second")] == ["docs/a.md"]
    assert len(await rows(pool, "select 1 from documents")) == 5


async def test_a_folder_that_is_said_to_have_moved_keeps_its_documents(
    pool: Pool, folder: Path, tmp_path: Path
) -> None:
    await ingest(pool, folder)
    there = await asyncio.to_thread(folder.rename, tmp_path / "there")
    async with pool.connection() as connection:
        await move_folder(connection, "default", "docs", str(there))
    assert {file.outcome for file in await ingest(pool, there)} == {"unchanged"}


async def test_a_file_or_folder_inside_a_known_folder_keeps_its_source(pool: Pool, folder: Path) -> None:
    await ingest(pool, folder)
    for path in (folder / "deep", folder / "deep" / "b.txt"):
        assert {file.outcome for file in await ingest(pool, path)} == {"unchanged"}
    assert len(await rows(pool, "select 1 from documents")) == 3


async def test_a_single_file_is_named_after_its_folder(pool: Pool, folder: Path) -> None:
    assert [file.source for file in await ingest(pool, folder / "a.md")] == ["docs/a.md"]


async def test_another_model_is_refused_before_anything_is_written(pool: Pool, folder: Path) -> None:
    await ingest(pool, folder)
    before = await everything(pool)
    (folder / "new.md").write_text("New.")
    with pytest.raises(EmbeddingSpaceMismatchError, match="EMBEDDING_MODEL=counting"):
        await ingest(pool, folder, CountingEmbedder("another"))
    assert await everything(pool) == before


async def test_a_path_that_does_not_exist_is_refused(pool: Pool, tmp_path: Path) -> None:
    with pytest.raises(PathMissingError, match="Name one that exists"):
        await ingest(pool, tmp_path / "nothing")


def run_command(*arguments: str, url: str) -> "subprocess.CompletedProcess[str]":
    """`python -m ingest` on a database, with the real model."""
    environment = os.environ | {"KNOWLEDGE_BASE_DATABASE_URL": url, "HF_HUB_OFFLINE": "1", "COLUMNS": "200"}
    command = [sys.executable, "-m", "ingest", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_the_exit_code_tells_whether_all_some_or_nothing_went_in(
    knowledge_base_url: str, folder: Path, data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OWFLEX_HOME", str(data_folder))
    good = run_command(str(folder), url=knowledge_base_url)
    assert (good.returncode, good.stderr) == (0, "")
    assert "docs/deep/empty.md: There is no text in the file." in good.stdout
    (folder / "bad.txt").write_bytes(bytes(range(256)) * 50)
    some = run_command(str(folder), url=knowledge_base_url)
    assert some.returncode == 2
    assert "docs/bad.txt: This is not a text file." in some.stdout
    missing = run_command(str(folder / "nothing"), url=knowledge_base_url)
    assert missing.returncode == 1
    assert missing.stderr.startswith("There is no file or folder")
    unreachable = run_command(str(folder), url="postgresql://ann:secret-word@127.0.0.1:1/kb")
    assert unreachable.returncode == 1
    assert "KNOWLEDGE_BASE_DATABASE_URL" in unreachable.stderr
    assert "secret-word" not in unreachable.stderr
    with psycopg.connect(knowledge_base_url) as connection:
        assert connection.execute("select count(*) from documents").fetchone() == (3,)
