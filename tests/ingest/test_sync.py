"""A folder and the knowledge base become equal, exactly."""

import asyncio
import io
import os
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from ingest.errors import EmptyFolderError, FolderNameTakenError, PathMissingError
from ingest.ingestion import Wanted, open_ingestion
from ingest.origins import Options, all_origins
from ingest.planning import steps
from ingest.reading import chunked_document
from ingest.report import Silent
from ingest.sync_run import planned
from knowledge_base.embedding import Vectors
from knowledge_base.errors import EmbeddingSpaceMismatchError, NameTooCloseError

if TYPE_CHECKING:
    from conftest import CountingEmbedder, KnowledgeBase

Counting = Callable[..., "CountingEmbedder"]


def archive(**members: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as opened:
        for name, text in members.items():
            opened.writestr(name.replace("__", "/") + ".md", text)
    return data.getvalue()


async def test_a_folder_goes_in_with_places_and_metadata(kb: "KnowledgeBase", folder: Path) -> None:
    recorder = await kb.add(folder)
    assert recorder.outcomes == {
        "docs/a.md": "added",
        "docs/deep/b.txt": "added",
        "docs/deep/empty.md": "added",
    }
    assert recorder.reasons == {"docs/deep/empty.md": "There is no text in the file."}
    documents = await kb.rows("select source, title, metadata, media_type from documents order by source")
    assert documents[0] == ("docs/a.md", "A", {"year": 2024}, "text/markdown")
    counts = await kb.rows("select (select count(*) from chunks), (select count(*) from chunk_embeddings)")
    assert counts == [(sum(file.chunks for file in recorder.files),) * 2]
    assert await kb.rows("select heading_path from chunks order by position desc limit 1") == [(["Part"],)]


async def test_a_collection_that_would_be_taken_for_another_is_not_made(
    kb: "KnowledgeBase", folder: Path
) -> None:
    await kb.add(folder)
    with pytest.raises(NameTooCloseError, match='Write "default" if you mean it'):
        await kb.add(folder, collection="Default")
    assert await kb.rows("select name from collections") == [("default",)]


async def test_a_second_run_changes_nothing_and_embeds_nothing(
    kb: "KnowledgeBase", folder: Path, counting: Counting
) -> None:
    (folder / "some.zip").write_bytes(archive(one="# One\n\nText.", deep__two="# Two\n\nText."))
    await kb.sync(folder)
    before = await kb.everything()
    embedder = counting()
    assert (await kb.sync(folder, embedder)).files == []
    assert embedder.embedded == 0
    assert await kb.everything() == before


async def test_a_sync_adds_changes_moves_and_removes_and_only_that(
    kb: "KnowledgeBase", folder: Path, counting: Counting
) -> None:
    (folder / "goes.md").write_text("# Goes\n\nSoon gone.")
    await kb.sync(folder)
    before = dict(await kb.rows("select source, id from documents"))
    (folder / "a.md").write_text("# A\n\nNow shorter.")
    (folder / "deep" / "b.txt").rename(folder / "elsewhere.txt")
    (folder / "goes.md").unlink()
    (folder / "new.md").write_text("# New\n\nFresh.")
    embedder = counting()
    recorder = await kb.sync(folder, embedder)
    assert recorder.outcomes == {
        "docs/a.md": "updated",
        "docs/elsewhere.txt": "moved",
        "docs/goes.md": "removed",
        "docs/new.md": "added",
    }
    assert sorted(text.splitlines()[-1] for text in embedder.texts) == ["Fresh.", "Now shorter."]
    after = dict(await kb.rows("select source, id from documents"))
    assert after["docs/elsewhere.txt"] == before["docs/deep/b.txt"]
    assert after["docs/a.md"] == before["docs/a.md"]
    assert set(after) == {"docs/a.md", "docs/elsewhere.txt", "docs/new.md", "docs/deep/empty.md"}


async def test_adding_removes_nothing_and_calls_nothing_moved(kb: "KnowledgeBase", folder: Path) -> None:
    await kb.add(folder)
    (folder / "deep" / "b.txt").rename(folder / "c.txt")
    assert (await kb.add(folder)).outcomes == {"docs/c.txt": "added"}
    assert {"docs/deep/b.txt", "docs/c.txt"} <= set(await kb.texts())


async def test_a_moved_file_named_after_itself_gets_its_new_title(kb: "KnowledgeBase", folder: Path) -> None:
    (folder / "old-name.csv").write_text("name;price\nbolt;3\n")
    await kb.sync(folder)
    (folder / "old-name.csv").rename(folder / "new-name.csv")
    assert (await kb.sync(folder)).outcomes == {"docs/new-name.csv": "moved"}
    assert await kb.rows("select title from documents where source = 'docs/new-name.csv'") == [("New name",)]


async def test_a_renamed_file_keeps_the_title_inside_it_even_when_that_is_like_its_old_name(
    kb: "KnowledgeBase", folder: Path, counting: Counting
) -> None:
    (folder / "plan.md").write_text("# Plan\n\nThe plan is old.\n")
    await kb.sync(folder)
    (folder / "plan.md").rename(folder / "moved-plan.md")
    embedder = counting()
    assert (await kb.sync(folder, embedder)).outcomes == {"docs/moved-plan.md": "moved"}
    assert await kb.rows("select title from documents where source = 'docs/moved-plan.md'") == [("Plan",)]
    assert embedder.embedded == 0
    assert (await kb.sync(folder)).files == []


async def test_a_file_that_gets_another_ending_is_read_as_what_it_is_then(
    kb: "KnowledgeBase", folder: Path
) -> None:
    (folder / "note.txt").write_text("# Note\n\n## Part\n\nText.\n")
    await kb.sync(folder)
    (folder / "note.txt").rename(folder / "note.md")
    assert (await kb.sync(folder)).outcomes == {"docs/note.md": "moved"}
    rows = await kb.rows("select title, media_type from documents where source = 'docs/note.md'")
    assert rows == [("Note", "text/markdown")]


async def test_files_that_change_places_are_both_replaced(kb: "KnowledgeBase", folder: Path) -> None:
    for name, text in (("one.md", "# T\n\nFirst."), ("two.md", "# T\n\nSecond.")):
        (folder / name).write_text(text)
    await kb.sync(folder)
    (folder / "one.md").rename(folder / "x")
    (folder / "two.md").rename(folder / "one.md")
    (folder / "x").rename(folder / "two.md")
    recorder = await kb.sync(folder)
    assert recorder.outcomes == {"docs/one.md": "updated", "docs/two.md": "updated"}
    texts = await kb.texts()
    assert (texts["docs/one.md"], texts["docs/two.md"]) == ("Second.", "First.")


async def test_equal_content_is_embedded_once(kb: "KnowledgeBase", folder: Path, counting: Counting) -> None:
    for name in ("one.md", "two.md", "deep/three.md"):
        (folder / name).write_text("# Same\n\nThe very same text.")
    embedder = counting()
    await kb.sync(folder, embedder)
    assert [text for text in embedder.texts if "very same" in text] == ["Same\nThe very same text."]
    (folder / "four.md").write_text("# Same\n\nThe very same text.")
    again = counting()
    await kb.sync(folder, again)
    assert again.embedded == 0
    vectors = await kb.rows(
        """
        select count(*), count(distinct embedding::text)
        from chunk_embeddings
        join chunks on chunks.id = chunk_embeddings.chunk_id
        where content like '%very same%'
        """
    )
    assert vectors == [(4, 1)]


async def test_only_the_changed_passages_of_a_document_are_embedded(
    kb: "KnowledgeBase", folder: Path, counting: Counting
) -> None:
    parts = [f"## Part {part}\n\n" + f"word{part} " * 150 for part in range(6)]
    (folder / "long.md").write_text("# Long\n\n" + "\n\n".join(parts))
    await kb.sync(folder)
    parts[3] = "## Part 3\n\n" + "other " * 150
    (folder / "long.md").write_text("# Long\n\n" + "\n\n".join(parts))
    embedder = counting()
    await kb.sync(folder, embedder)
    assert 0 < embedder.embedded <= 3
    assert all("other" in text for text in embedder.texts)


async def test_the_files_of_an_archive_are_documents_that_live_and_move_with_it(
    kb: "KnowledgeBase", folder: Path, counting: Counting
) -> None:
    path = folder / "some.zip"
    path.write_bytes(archive(one="# One\n\nText one.", deep__two="# Two\n\nText two."))
    await kb.sync(folder)
    assert {"docs/some.zip/one.md", "docs/some.zip/deep/two.md"} <= set(await kb.texts())
    path.write_bytes(archive(one="# One\n\nText one.", three="# Three\n\nText three."))
    embedder = counting()
    await kb.sync(folder, embedder)
    assert [text.splitlines()[-1] for text in embedder.texts] == ["Text three."]
    path.rename(folder / "deep" / "other.zip")
    await kb.sync(folder)
    inside = [source for source in await kb.texts() if ".zip/" in source]
    assert inside == ["docs/deep/other.zip/one.md", "docs/deep/other.zip/three.md"]
    (folder / "deep" / "other.zip").unlink()
    await kb.sync(folder)
    assert not [source for source in await kb.texts() if ".zip" in source]


async def test_a_part_of_a_folder_can_be_synced_alone(kb: "KnowledgeBase", folder: Path) -> None:
    await kb.sync(folder)
    (folder / "a.md").unlink()
    (folder / "deep" / "b.txt").unlink()
    assert (await kb.sync(folder / "deep")).outcomes == {"docs/deep/b.txt": "removed"}
    assert "docs/a.md" in await kb.texts()


async def test_a_folder_with_a_name_that_begins_like_another_is_left_alone(
    kb: "KnowledgeBase", folder: Path, tmp_path: Path
) -> None:
    other = tmp_path / "docs2"
    other.mkdir()
    (other / "z.md").write_text("# Z\n\nText.")
    (folder / "deepest").mkdir()
    (folder / "deepest" / "y.md").write_text("# Y\n\nText.")
    await kb.sync(other)
    await kb.sync(folder)
    (folder / "deep" / "b.txt").unlink()
    await kb.sync(folder / "deep")
    assert {"docs2/z.md", "docs/deepest/y.md"} <= set(await kb.texts())


async def test_an_empty_folder_removes_nothing_unless_it_is_meant(
    kb: "KnowledgeBase", folder: Path, tmp_path: Path
) -> None:
    await kb.sync(folder)
    await asyncio.to_thread(folder.rename, tmp_path / "away")
    await asyncio.to_thread(folder.mkdir)
    with pytest.raises(EmptyFolderError, match="--force"):
        await kb.sync(folder)
    assert len(await kb.texts()) == 3
    recorder = await kb.sync(folder, force=True)
    assert set(recorder.outcomes.values()) == {"removed"}
    assert await kb.texts() == {}


async def test_documents_of_a_folder_that_cannot_be_listed_stay(
    kb: "KnowledgeBase", folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await kb.sync(folder)
    closed = folder / "deep"
    scandir = os.scandir

    def refuse(path: str) -> Any:
        # Root may list everything: the refusal of the system is put in its place.
        if str(path) == str(closed):
            raise PermissionError(13, "Permission denied", str(closed))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    recorder = await kb.sync(folder)
    assert recorder.outcomes == {"docs/deep": "failed"}
    assert "docs/deep/b.txt" in await kb.texts()


async def test_a_file_that_fails_keeps_the_version_from_before(kb: "KnowledgeBase", folder: Path) -> None:
    await kb.sync(folder)
    (folder / "deep" / "b.txt").write_bytes(bytes(range(256)) * 50)
    recorder = await kb.sync(folder)
    assert recorder.outcomes == {"docs/deep/b.txt": "failed"}
    assert "earlier version is kept" in recorder.reasons["docs/deep/b.txt"]
    assert (await kb.texts())["docs/deep/b.txt"] == "Second text."


async def test_one_bad_file_costs_one_row_of_the_report(kb: "KnowledgeBase", folder: Path) -> None:
    (folder / "binary.txt").write_bytes(bytes(range(256)) * 50)
    (folder / "large.md").write_text("x" * 200_000)
    recorder = await kb.sync(folder)
    assert [recorder.outcomes[f"docs/{name}"] for name in ("binary.txt", "large.md", "a.md")] == [
        "failed",
        "failed",
        "added",
    ]
    assert "not a text file" in recorder.reasons["docs/binary.txt"]
    assert len(await kb.texts()) == 3


async def test_include_and_exclude_and_metadata_are_remembered(kb: "KnowledgeBase", folder: Path) -> None:
    options = Options(include=["*.md"], exclude=["empty*"], metadata={"team": "sales"})
    assert (await kb.sync(folder, options=options)).outcomes == {"docs/a.md": "added"}
    assert await kb.rows("select metadata from documents") == [({"team": "sales", "year": 2024},)]
    (folder / "new.md").write_text("# New\n\nText.")
    (folder / "new.txt").write_text("Text.")
    assert (await kb.sync(folder)).outcomes == {"docs/new.md": "added"}
    changed = await kb.sync(folder, options=Options(include=["*.txt"]))
    assert changed.outcomes == {
        "docs/a.md": "removed",
        "docs/new.md": "removed",
        "docs/new.txt": "added",
        "docs/deep/b.txt": "added",
    }


async def test_new_metadata_are_stored_without_embedding_again(
    kb: "KnowledgeBase", folder: Path, counting: Counting
) -> None:
    await kb.sync(folder)
    embedder = counting()
    recorder = await kb.sync(folder, embedder, options=Options(metadata={"team": "hr"}))
    assert set(recorder.outcomes.values()) == {"updated"}
    assert embedder.embedded == 0
    assert await kb.rows("select distinct metadata ->> 'team' from documents") == [("hr",)]


async def test_ignored_files_stay_out(kb: "KnowledgeBase", folder: Path) -> None:
    (folder / ".gitignore").write_text("drafts/\n*.log\n!keep.log\n")
    (folder / "drafts").mkdir()
    for name in ("drafts/x.md", "noise.log", "keep.log"):
        (folder / name).write_text("Text.")
    (folder / "deep" / ".gitignore").write_text("b.txt\n")
    sources = set((await kb.sync(folder)).outcomes)
    assert sources == {"docs/a.md", "docs/keep.log", "docs/deep/empty.md"}


async def test_a_plan_changes_nothing(kb: "KnowledgeBase", folder: Path, counting: Counting) -> None:
    await kb.sync(folder)
    before = await kb.everything(), await kb.rows("select * from origins")
    known = await kb.rows("select * from collections")
    (folder / "a.md").unlink()
    (folder / "new.md").write_text("# New")
    async with open_ingestion(kb.settings, kb.url, counting(), Silent()) as ingestion:
        wanted = Wanted(removals=True, dry_run=True, options=Options(exclude=["x"]))
        task = await ingestion.folder_task(folder, wanted)
        async with planned(ingestion.database, task, Silent()) as connection:
            plan = {step.source: step.outcome async for step in steps(connection, ["added", "removed"])}
    assert plan == {"docs/a.md": "removed", "docs/new.md": "added"}
    assert (await kb.everything(), await kb.rows("select * from origins")) == before
    async with open_ingestion(kb.settings, kb.url, counting(), Silent()) as ingestion:
        await ingestion.folder_task(folder, Wanted("another", dry_run=True))
    assert await kb.rows("select * from collections") == known


async def test_a_model_that_fails_leaves_the_new_version_whole_and_found_by_its_words(
    kb: "KnowledgeBase", folder: Path, counting: Counting
) -> None:
    await kb.sync(folder)
    (folder / "a.md").write_text("# A\n\nNew text.")
    wrong = counting()

    def too_many(texts: Sequence[str]) -> Vectors:
        return np.ones((len(texts) + 1, 3), dtype=np.float32)

    wrong.embed_documents = too_many
    with pytest.raises(ValueError, match="zip"):
        await kb.sync(folder, wrong)
    assert (await kb.texts())["docs/a.md"] == "New text."
    right = counting()
    assert (await kb.sync(folder, right)).outcomes == {}
    assert right.texts == ["A\nNew text."]


async def test_documents_of_an_older_version_are_made_again_without_the_model(
    kb: "KnowledgeBase", folder: Path, counting: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    await kb.sync(folder)
    monkeypatch.setattr(chunked_document, "VERSION", 99)
    embedder = counting()
    assert set((await kb.sync(folder, embedder)).outcomes.values()) == {"updated"}
    assert embedder.embedded == 0


async def test_two_folders_of_one_name_cannot_overwrite_each_other(
    kb: "KnowledgeBase", folder: Path, tmp_path: Path
) -> None:
    await kb.sync(folder)
    other = tmp_path / "elsewhere" / "docs"
    other.mkdir(parents=True)
    (other / "a.md").write_text("Something else.")
    with pytest.raises(FolderNameTakenError, match="--name"):
        await kb.sync(other)
    assert (await kb.sync(other, name="more")).outcomes == {"more/a.md": "added"}
    assert (await kb.sync(other, collection="second")).outcomes == {"docs/a.md": "added"}
    assert len(await kb.rows("select 1 from documents")) == 5


async def test_a_folder_that_is_said_to_have_moved_keeps_its_documents(
    kb: "KnowledgeBase", folder: Path, tmp_path: Path
) -> None:
    await kb.sync(folder)
    there = await asyncio.to_thread(folder.rename, tmp_path / "there")
    assert (await kb.sync(there, name="docs", moved=True)).files == []
    assert (await kb.sync(there)).files == []


async def test_a_single_file_is_named_after_its_folder(kb: "KnowledgeBase", folder: Path) -> None:
    assert (await kb.add(folder / "a.md")).outcomes == {"docs/a.md": "added"}


async def test_another_model_is_refused_before_anything_is_written(
    kb: "KnowledgeBase", folder: Path, counting: Counting
) -> None:
    await kb.sync(folder)
    before = await kb.everything()
    (folder / "new.md").write_text("New.")
    with pytest.raises(EmbeddingSpaceMismatchError, match=r"EMBEDDING_MODEL=counting.*model use another"):
        await kb.sync(folder, counting("another"))
    assert await kb.everything() == before


async def test_a_path_that_does_not_exist_is_refused(kb: "KnowledgeBase", tmp_path: Path) -> None:
    with pytest.raises(PathMissingError, match="Name one that exists"):
        await kb.sync(tmp_path / "nothing")


async def test_a_single_file_does_not_make_its_folder_be_synced(
    kb: "KnowledgeBase", folder: Path, counting: Counting
) -> None:
    await kb.add(folder / "a.md")
    async with kb.pool.connection() as connection:
        assert await all_origins(connection) == []
    assert (await kb.add(folder / "deep" / "b.txt")).outcomes == {"docs/deep/b.txt": "added"}
    await kb.sync(folder)
    async with kb.pool.connection() as connection:
        assert [origin.name for origin in await all_origins(connection)] == ["docs"]
    await kb.add(folder / "a.md")
    async with kb.pool.connection() as connection:
        assert [origin.kind for origin in await all_origins(connection)] == ["folder"]
