"""The type of a file is found in its bytes."""

import pytest

from agent_service.attachments.file_types import DOCX, PDF, file_type
from tests.agent_service.small_files import docx


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
        ("a.rtf", b"{\\rtf1 hello}", None),
    ],
)
def test_the_bytes_tell_the_type(name: str, data: bytes, expected: str | None) -> None:
    assert file_type(name, data) == expected
