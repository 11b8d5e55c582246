"""The data folder and its secrets."""

import stat
from pathlib import Path

import pytest

from database.errors import DataFolderError
from database.home import open_data_folder, read_or_create_secret


def test_the_folder_is_made_for_its_owner_only(tmp_path: Path) -> None:
    folder = open_data_folder(tmp_path / "new" / "home")
    assert folder.is_dir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_folder_that_cannot_be_is_refused_with_the_setting_to_change(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataFolderError, match="OWFLEX_HOME"):
        open_data_folder(tmp_path / place)


def test_a_secret_is_made_once_and_is_its_owners(tmp_path: Path) -> None:
    first = read_or_create_secret(tmp_path, "token")
    assert len(first.get_secret_value()) == 43
    assert stat.S_IMODE((tmp_path / "token").stat().st_mode) == 0o600
    assert read_or_create_secret(tmp_path, "token") == first
    assert read_or_create_secret(tmp_path, "other") != first
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other", "token"]


def test_a_secret_never_shows_itself(tmp_path: Path) -> None:
    secret = read_or_create_secret(tmp_path, "token")
    assert secret.get_secret_value() not in f"{secret} {secret!r}"


@pytest.mark.parametrize("content", [b"", b"short", b"\xff" * 43])
def test_a_damaged_secret_is_refused_with_the_cure(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "token").write_bytes(content)
    with pytest.raises(DataFolderError, match="Remove it"):
        read_or_create_secret(tmp_path, "token")
