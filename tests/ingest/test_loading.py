"""Which files are found and how they are read."""

import os
import unicodedata
from pathlib import Path

import pytest

from ingest.sources.loading import LOCK_FILES, Walk, content_hash, load
from parsing.errors import FileTooLargeError, FileUnreadableError


def sources(root: Path, below: Path | None = None) -> list[str]:
    return [file.source for file in Walk(root, "docs").files(below or root)]


def write(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("text")


def test_known_files_are_found_in_a_stable_order_and_others_left_out(tmp_path: Path) -> None:
    write(
        tmp_path,
        "b.md",
        "a/z.TXT",
        "a/page.HTML",
        ".hidden.md",
        ".git/x.md",
        "node_modules/y.md",
        "c.exe",
        "d",
    )
    assert sources(tmp_path) == ["docs/b.md", "docs/a/page.HTML", "docs/a/z.TXT"]
    assert sources(tmp_path, tmp_path / "a") == ["docs/a/page.HTML", "docs/a/z.TXT"]


def test_links_out_of_the_folder_and_loops_are_not_followed(tmp_path: Path) -> None:
    write(tmp_path, "secret.md", "root/a.md")
    root = tmp_path / "root"
    (root / "out.md").symlink_to(tmp_path / "secret.md")
    (root / "in.md").symlink_to(root / "a.md")
    (root / "loop").symlink_to(root)
    (root / "gone.md").symlink_to(root / "nowhere.md")
    (root / "one.md").symlink_to(root / "two.md")
    (root / "two.md").symlink_to(root / "one.md")
    assert sources(root) == ["docs/a.md", "docs/gone.md", "docs/in.md", "docs/one.md", "docs/two.md"]
    with pytest.raises(FileUnreadableError):
        load(root / "one.md", max_bytes=3)


def test_a_name_written_in_another_form_is_the_same_source(tmp_path: Path) -> None:
    write(tmp_path, unicodedata.normalize("NFD", "Übersicht.md"))
    assert sources(tmp_path) == ["docs/Übersicht.md"]


def test_names_in_another_encoding_can_still_be_stored_and_told_apart(tmp_path: Path) -> None:
    for name in (b"/caf\xe9.md", b"/caf\xe8.md"):
        Path(os.fsdecode(os.fsencode(tmp_path) + name)).write_text("x")
    assert len({source.encode() for source in sources(tmp_path)}) == 2


def test_a_folder_that_cannot_be_listed_is_reported_like_a_file(tmp_path: Path) -> None:
    (file,) = Walk(tmp_path, "docs").files(tmp_path / "gone")
    assert file.source == "docs/gone"
    assert "folder cannot be listed" in (file.problem or "")


def test_a_file_that_is_named_itself_counts_whatever_its_type(tmp_path: Path) -> None:
    write(tmp_path, "notes.xyz")
    assert sources(tmp_path, tmp_path / "notes.xyz") == ["docs/notes.xyz"]


def test_what_was_left_out_is_counted_by_type(tmp_path: Path) -> None:
    write(tmp_path, "a.md", "b.mp4", "deep/c.mp4", "core")
    walk = Walk(tmp_path, "docs")
    assert len(list(walk.files(tmp_path))) == 1
    assert walk.left_out == {".mp4": 2, "core": 1}


def test_lock_files_of_office_programs_are_counted_as_such(tmp_path: Path) -> None:
    write(tmp_path, "budget.xlsx", "~$budget.xlsx", "deep/~$plan.docx", "deep/.~lock.plan.odt#", ".hidden")
    walk = Walk(tmp_path, "docs")
    assert [file.source for file in walk.files(tmp_path)] == ["docs/budget.xlsx"]
    assert walk.left_out == {LOCK_FILES: 3}


def test_the_data_folder_of_owflex_itself_is_not_entered(tmp_path: Path) -> None:
    write(tmp_path, "a.md", "home/postgres/postgresql.conf")
    walk = Walk(tmp_path, "docs", avoid=tmp_path / "home")
    assert [file.source for file in walk.files(tmp_path)] == ["docs/a.md"]


def test_some_files_have_a_name_instead_of_an_ending(tmp_path: Path) -> None:
    write(tmp_path, "README", "Dockerfile", "deep/LICENSE", "core")
    assert sources(tmp_path) == ["docs/Dockerfile", "docs/README", "docs/deep/LICENSE"]


def test_patterns_choose_files_and_folders(tmp_path: Path) -> None:
    write(tmp_path, "a.md", "b.txt", "old/c.md", "new/d.md", "new/old/e.md")
    walk = Walk(tmp_path, "docs", include=["*.md"], exclude=["/old/"])
    found = [file.source for file in walk.files(tmp_path)]
    assert found == ["docs/a.md", "docs/new/d.md", "docs/new/old/e.md"]


def test_the_ignore_files_of_a_checkout_hold_for_its_folders(tmp_path: Path) -> None:
    write(tmp_path, ".git/HEAD", "docs/a.md", "docs/build/b.md", "docs/build/keep.md", "docs/c.log")
    (tmp_path / ".gitignore").write_text("**/build/*\n*.log\n")
    (tmp_path / "docs" / "build" / ".gitignore").write_text("!keep.md\n")
    assert sources(tmp_path / "docs") == ["docs/a.md", "docs/build/keep.md"]


def test_a_file_is_loaded_with_its_hash(tmp_path: Path) -> None:
    write(tmp_path, "a.md")
    loaded = load(tmp_path / "a.md", max_bytes=4)
    assert loaded.data == b"text"
    assert loaded.content_hash.hex().startswith("982d9e3eb996f559")
    assert content_hash(tmp_path / "a.md", max_bytes=4) == loaded.content_hash


def test_a_file_that_is_too_large_or_gone_or_no_file_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "a.md")
    os.mkfifo(tmp_path / "pipe.md")
    for read in (load, content_hash):
        with pytest.raises(FileTooLargeError, match="INGEST_MAX_FILE_BYTES"):
            read(tmp_path / "a.md", max_bytes=3)
        for name in ("gone.md", "pipe.md"):
            with pytest.raises(FileUnreadableError):
                read(tmp_path / name, max_bytes=3)
