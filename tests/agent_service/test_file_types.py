"""The type of a file is found in its bytes."""

import pytest

from agent_service.attachments.file_types import DOCX, PDF, TAKEN, file_type
from agent_service.errors import RequestRefusedError
from tests.agent_service.small_files import ONE_OF_EACH, docx, pptx
from tests.parsing.archives import zipped


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("a.pdf", b"%PDF-1.7", PDF),
        ("a.docx", docx("x"), DOCX),
        ("a.CSV", b"a,b\n1,2\n", "text/csv"),
        ("a.json", b"{}", "application/json"),
        ("a.unknown", "Grüße".encode("cp1252"), "text/plain"),
        ("a.jpg", b"\xff\xd8\xff\xe0", "image/jpeg"),
        ("a.gif", b"GIF89a", "image/gif"),
        ("a.webp", b"RIFF\x00\x00\x00\x00WEBP", "image/webp"),
        ("a.txt", b"\x00\x01\x02", None),
        ("a.rtf", b"{\\rtf1 hello}", "application/rtf"),
        ("a.docx", pptx("x"), "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
        ("a.txt", "Grüße".encode("utf-16"), "text/plain"),
        ("a.ps", b"%!PS-Adobe-3.0", None),
        ("a.md", b"Rar!\x1a\x07\x00", None),
        ("a.zip", zipped({"a.md": b"A"}), None),
        ("a.tar.gz", b"\x1f\x8b\x08\x00", None),
    ],
)
def test_the_bytes_tell_the_type(name: str, data: bytes, expected: str | None) -> None:
    if expected is None:
        with pytest.raises(RequestRefusedError):
            file_type(name, data)
    else:
        assert file_type(name, data) == expected


def test_there_is_a_small_file_of_every_format_that_can_be_attached() -> None:
    assert set(ONE_OF_EACH) == {format.media_type for format in TAKEN}
    for media_type, (name, data) in ONE_OF_EACH.items():
        assert file_type(name, data) == media_type
