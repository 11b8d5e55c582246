"""What is wrong around a server is said with its cure, and no longer when it is right again."""

import resource
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest

from database.surroundings import clock_problem, disk_problem, problems_around

NOW = 1_800_000_000.0


class Usage(NamedTuple):
    """As `shutil.disk_usage` gives it."""

    total: int
    used: int
    free: int


@contextmanager
def no_file_may_grow() -> Generator[None]:
    """As on a disk that takes nothing."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_folder_with_room_is_fine_and_stays_as_it_was(tmp_path: Path) -> None:
    assert disk_problem(tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_takes_nothing_is_named_until_it_does(tmp_path: Path) -> None:
    with no_file_may_grow():
        assert "cannot be written (File too large); make it writable again" in str(disk_problem(tmp_path))
    assert disk_problem(tmp_path) is None
    assert "cannot be written" in str(disk_problem(tmp_path / "gone"))


def test_a_disk_that_is_nearly_full_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nearly_full(path: Path) -> Usage:
        return Usage(100_000_000, 88_000_000, 12_000_000)

    monkeypatch.setattr(shutil, "disk_usage", nearly_full)
    assert disk_problem(tmp_path) == "the disk of the data folder has 12 MB left; make room on it"


@pytest.mark.parametrize(
    ("of_database", "remembered", "words"),
    [
        (NOW + 50, NOW - 100, None),
        (NOW + 50, None, None),
        (NOW + 100, NOW - 100, "100 seconds apart"),
        (NOW - 9 * 86_400, None, "9 days apart"),
        (NOW, NOW + 3600, None),
        (NOW, NOW + 400 * 86_400, "at least 400 days behind"),
    ],
)
def test_a_clock_that_is_far_off_is_named(
    of_database: float, remembered: float | None, words: str | None
) -> None:
    problem = clock_problem(NOW, of_database, remembered)
    assert (problem is None) if words is None else (problem is not None and words in problem)


async def test_a_database_is_looked_at_together_with_its_folder(chat_url: str, tmp_path: Path) -> None:
    async with await psycopg.AsyncConnection.connect(chat_url, autocommit=True) as connection:
        assert await problems_around(connection, tmp_path) == {}
        assert set(await problems_around(connection, tmp_path / "gone")) == {"disk"}
        await connection.execute("set default_transaction_read_only = on")
        assert set(await problems_around(connection, None)) == {"writing"}
