"""Which files are found and how they are read."""

import os
import unicodedata
from pathlib import Path

import pytest

from ingest.errors import FileFormatError, FileTooLargeError, FileUnreadableError
from ingest.loading import SourceFile, find_files, load


def sources(root: Path, below: Path | None = None) -> list[str]:
    return [file.source for file in find_files(root, "docs", below=below or root)]


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
        load(SourceFile(root / "one.md", "docs/one.md"), max_bytes=3)


def test_a_name_written_in_another_form_is_the_same_source(tmp_path: Path) -> None:
    write(tmp_path, unicodedata.normalize("NFD", "Übersicht.md"))
    assert sources(tmp_path) == ["docs/Übersicht.md"]


def test_names_in_another_encoding_can_still_be_stored_and_told_apart(tmp_path: Path) -> None:
    for name in (b"/caf\xe9.md", b"/caf\xe8.md"):
        Path(os.fsdecode(os.fsencode(tmp_path) + name)).write_text("x")
    assert len({source.encode() for source in sources(tmp_path)}) == 2


def test_a_folder_that_cannot_be_listed_is_reported_like_a_file(tmp_path: Path) -> None:
    (file,) = find_files(tmp_path, "docs", below=tmp_path / "gone")
    assert file.source == "docs/gone"
    with pytest.raises(FileUnreadableError, match="folder cannot be listed"):
        load(file, max_bytes=100)


def test_a_file_that_is_named_itself_counts_whatever_its_type(tmp_path: Path) -> None:
    write(tmp_path, "notes.xyz")
    (file,) = find_files(tmp_path, "docs", below=tmp_path / "notes.xyz")
    with pytest.raises(FileFormatError, match=r"Known are .*\.md"):
        load(file, max_bytes=100)


def test_a_file_is_loaded_with_its_hash_and_type(tmp_path: Path) -> None:
    write(tmp_path, "a.md")
    loaded = load(SourceFile(tmp_path / "a.md", "docs/a.md"), max_bytes=4)
    assert (loaded.source, loaded.media_type, loaded.data) == ("docs/a.md", "text/markdown", b"text")
    assert loaded.content_hash.hex().startswith("982d9e3eb996f559")


def test_a_file_that_is_too_large_or_gone_or_no_file_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "a.md")
    os.mkfifo(tmp_path / "pipe.md")
    with pytest.raises(FileTooLargeError, match="INGEST_MAX_FILE_BYTES"):
        load(SourceFile(tmp_path / "a.md", "docs/a.md"), max_bytes=3)
    for name in ("gone.md", "pipe.md"):
        with pytest.raises(FileUnreadableError):
            load(SourceFile(tmp_path / name, f"docs/{name}"), max_bytes=3)
