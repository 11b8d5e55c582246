"""One place says what kind of file some bytes are."""

import re
from collections.abc import Collection
from pathlib import Path

import pytest

from parsing import detection
from parsing.archives.members import CONTAINERS
from parsing.detection import MAX_ENTRIES_LOOKED_AT, TEXT_MODULES, media_type_of, sent_type
from parsing.errors import FileFormatError
from parsing.formats import FORMATS, MODULES, PLAIN_MODULES
from tests.agent_service.small_files import ONE_OF_EACH, png

EACH = [(kind, *file) for kind, file in ONE_OF_EACH.items()]
ROOT = Path(__file__).parents[2]
PROGRAMS = ("agent_service", "ingest", "mcp_server", "knowledge_base", "serving", "owflex", "database")
# The beginnings of PDF, ZIP, PNG, JPEG, RTF and OLE files, as they are written in Python.
BEGINNINGS = re.compile(r"""b["'](?:%PDF|PK\\x0|\\x89PNG|\\xff\\xd8|\{\\\\rtf|\\xd0\\xcf)""")


@pytest.mark.parametrize(
    ("media_type", "name", "data"), [(kind, *file) for kind, file in ONE_OF_EACH.items()]
)
def test_a_file_has_one_type_whether_it_lies_in_a_folder_or_is_sent(
    media_type: str, name: str, data: bytes
) -> None:
    assert media_type_of(name, data) == sent_type(name, data) == media_type


@pytest.mark.parametrize("name", ["a.docx", "a.md", "a"])
def test_what_is_certain_from_the_bytes_counts_more_than_the_name(name: str) -> None:
    for media_type, _, data in EACH:
        if data.startswith((b"PK", b"%PDF")):
            assert media_type_of(name, data) == media_type


def test_text_of_any_name_and_images_are_taken_only_where_somebody_sends_them() -> None:
    assert sent_type("notes.abc", b"Some words.") == "text/plain"
    assert sent_type("notes.md", png()) == "image/png"
    with pytest.raises(FileFormatError, match="are not read"):
        media_type_of("notes.abc", b"Some words.")
    with pytest.raises(FileFormatError, match="PNG image"):
        media_type_of("notes.md", png())


def test_of_an_archive_so_many_entries_are_looked_at() -> None:
    entry = b"PK\x01\x02" + bytes(24) + b"\x01\x00" + bytes(16) + b"a"
    directory = entry * (2 * MAX_ENTRIES_LOOKED_AT)
    end = b"PK\x05\x06" + bytes(8) + len(directory).to_bytes(4, "little") + bytes(6)
    data = b"PK\x03\x04" + bytes(26) + directory + end
    assert len(list(detection._zip_names(data))) == MAX_ENTRIES_LOOKED_AT  # pyright: ignore[reportPrivateUsage]
    assert sent_type("a.docx", data) == media_type_of("a.docx", data)


def test_every_format_has_endings_of_its_own() -> None:
    endings = [ending for format in FORMATS for ending in format.endings]
    assert len(endings) == len(set(endings))


def test_no_program_looks_at_the_first_bytes_of_files_itself() -> None:
    detection = (ROOT / "parsing" / "detection.py").read_text(encoding="utf-8")
    assert BEGINNINGS.search(detection)
    looking = [
        str(file.relative_to(ROOT))
        for program in PROGRAMS
        for file in (ROOT / program).rglob("*.py")
        if BEGINNINGS.search(file.read_text(encoding="utf-8"))
    ]
    assert looking == []


@pytest.mark.parametrize("named", [TEXT_MODULES, PLAIN_MODULES, CONTAINERS, {"archives.archive"}])
def test_modules_that_are_named_are_those_of_formats(named: Collection[str]) -> None:
    assert set(named) <= set(MODULES.values())
