"""What becomes of archives and of files whose names do not say what they are."""

import bz2
import gzip
import hashlib
import io
import lzma
import tarfile
import zipfile
from collections.abc import Mapping

import pytest

from parsing import parse
from parsing.archives import members
from parsing.detection import media_type_of
from parsing.document import ParsedDocument
from parsing.errors import FileFormatError
from tests.parsing.archives import zipped

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 504
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def tarred(files: Mapping[str, bytes], mode: str = "w") -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode) as archive:  # pyright: ignore[reportCallIssue, reportArgumentType, reportUnknownVariableType]
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))  # pyright: ignore[reportUnknownMemberType]
    return file.getvalue()


def read(data: bytes, name: str = "files.zip") -> ParsedDocument:
    return parse(media_type_of(name, data), data, name)


def contents(document: ParsedDocument) -> dict[str, list[str]]:
    return {member.path: [block.text for block in member.document.blocks] for member in document.members}


def test_the_documents_in_an_archive_are_its_members() -> None:
    document = read(zipped({"docs/a.md": "# A\n\nAlpha.", "b.txt": "Beta."}), "some/files.zip")
    assert document.title == "files.zip"
    assert document.blocks == document.notes == ()
    assert contents(document) == {"docs/a.md": ["Alpha."], "b.txt": ["Beta."]}
    first = document.members[0]
    assert first.media_type == "text/markdown"
    assert first.document.title == "A"
    assert first.content_hash == hashlib.sha256(b"# A\n\nAlpha.").digest()


def test_files_of_other_types_and_hidden_ones_are_counted() -> None:
    files = {"a.md": "A.", "x.png": b"1", "y.png": b"2", "Z.BIN": b"3", "none": b"4"}
    hidden = {".git/config.md": "x", "__MACOSX/a.md": "x", "docs/.hidden.md": "x"}
    document = read(zipped({**files, **hidden}))
    assert list(contents(document)) == ["a.md"]
    assert document.notes == (
        "4 files of other types were left out: .png 2, .bin 1, without an ending 1.",
        "hidden files: 2 left out",
        "files of the operating system: 1 left out",
    )


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_a_tar_archive_is_read_however_it_is_compressed(mode: str) -> None:
    document = read(tarred({"a.md": b"Alpha.", "dir/b.txt": b"Beta."}, mode), "files.tar")
    assert contents(document) == {"a.md": ["Alpha."], "dir/b.txt": ["Beta."]}


@pytest.mark.parametrize(
    ("data", "ending"),
    [(gzip.compress(b"Hello."), "gz"), (bz2.compress(b"Hello."), "bz2"), (lzma.compress(b"Hello."), "xz")],
    ids=["gzip", "bzip2", "xz"],
)
def test_a_compressed_file_is_an_archive_of_one(data: bytes, ending: str) -> None:
    assert contents(read(data, f"notes/x.md.{ending}")) == {"x.md": ["Hello."]}


def test_links_and_devices_in_a_tar_archive_are_no_files() -> None:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        link = tarfile.TarInfo("link.md")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
        device = tarfile.TarInfo("device.md")
        device.type = tarfile.CHRTYPE
        archive.addfile(device)
    assert read(file.getvalue(), "files.tar").members == ()


@pytest.mark.parametrize(
    "name", ["../../a.md", "/a.md", "C:\\a.md", "x/../a.md", "./a.md", "a\u202e.md", "//server/../a.md"]
)
def test_paths_stay_inside_the_archive(name: str) -> None:
    (path,) = contents(read(zipped({name: "A."})))
    assert path.split("/")[-1] == "a.md"
    assert not path.startswith("/")
    assert ".." not in path


def test_names_that_are_not_marked_as_utf_8_are_read_all_the_same() -> None:
    data = zipped({"XXXX.md": "A."}).replace(b"XXXX.md", "éß".encode() + b".md")
    assert list(contents(read(data))) == ["éß.md"]
    tar = tarred({"\udce9x.md": b"A."})
    assert list(contents(read(tar, "files.tar"))) == ["éx.md"]


def test_two_files_of_one_name_are_both_there() -> None:
    data = zipped({"d/a.md": "One.", "d/b.md": "Two."}).replace(b"d/b.md", b"d/a.md")
    assert contents(read(data)) == {"d/a.md": ["One."], "d/a (2).md": ["Two."]}


def test_archives_within_archives_lie_flat_and_end_at_the_third() -> None:
    inner = zipped({"deep.md": "Deep.", "more.zip": zipped({"z.md": "Z."})})
    middle = zipped({"b.md": "B.", "inner.zip": inner})
    document = read(zipped({"a.md": "A.", "middle.zip": middle}))
    assert contents(document) == {
        "a.md": ["A."],
        "middle.zip/b.md": ["B."],
        "middle.zip/inner.zip/deep.md": ["Deep."],
    }
    assert all(not member.document.members for member in document.members)
    (note,) = document.notes
    assert note.startswith("middle.zip: inner.zip: more.zip: It is nested more than 3 archives deep")


def test_a_file_that_fails_costs_only_itself() -> None:
    document = read(zipped({"a.md": "A.", "bad.pdf": "%PDF-1.4 nothing", "b.md": "B."}))
    assert list(contents(document)) == ["a.md", "b.md"]
    (note,) = document.notes
    assert note.startswith("bad.pdf: The file is damaged")


def test_an_archive_that_is_cut_off_gives_what_comes_before() -> None:
    data = tarred({"a.md": b"Alpha.", "b.md": b"B" * 20_000})
    document = read(data[:5_000], "files.tar")
    assert contents(document)["a.md"] == ["Alpha."]
    assert document.notes


@pytest.mark.parametrize(
    "data",
    [zipped({"a.md": "A."})[:-30], b"PK\x03\x04nothing", gzip.compress(b"x" * 99)[:-20]],
    ids=["cut zip", "no zip", "cut gzip"],
)
def test_a_damaged_archive_is_refused(data: bytes) -> None:
    with pytest.raises(FileFormatError, match="damaged"):
        read(data)


def protected(data: bytes) -> bytes:
    """The archive with every entry marked as encrypted."""
    marked = bytearray(data)
    for magic, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = marked.find(magic)
        while start >= 0:
            marked[start + offset] |= 1
            start = marked.find(magic, start + 4)
    return bytes(marked)


def test_an_archive_with_a_password_is_refused() -> None:
    with pytest.raises(FileFormatError, match=r"protected by a password\. Save a copy without one"):
        read(protected(zipped({"a.md": "A.", "b.md": "B."})))


def test_a_bomb_is_not_unpacked_beyond_the_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "MAX_FILE_BYTES", 10_000)
    document = read(zipped({"bomb.txt": b"a" * 1_000_000, "a.md": "A."}))
    assert contents(document) == {"a.md": ["A."]}
    assert document.notes[0].startswith("bomb.txt: It is larger than")


def test_more_files_than_the_limit_are_left_out_with_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "MAX_FILES", 3)
    inner = zipped({"c.md": "Text.", "d.md": "Text."})
    document = read(zipped({"a.md": "Text.", "inner.zip": inner, "b.md": "Text."}))
    assert list(contents(document)) == ["a.md", "inner.zip/c.md"]
    assert document.notes[-1] == "Only a part was read: at most 3 files and 200 MB."


def test_the_first_bytes_correct_the_name() -> None:
    office = zipped({"[Content_Types].xml": "x", "word/document.xml": "x"})
    assert media_type_of("report.zip", office) == DOCX
    assert media_type_of("report", office) == DOCX
    assert media_type_of("report.doc", b"{\\rtf1 x}") == "application/rtf"
    assert media_type_of("report.docx", b"%PDF-1.7") == "application/pdf"
    assert media_type_of("x.txt", b"PK\x03\x04 cut off") == "application/zip"
    assert media_type_of("x.docx", b"PK\x03\x04 cut off") == DOCX
    assert media_type_of("notes.tgz", gzip.compress(b"x")) == "application/gzip"
    assert media_type_of("login.pdf", b"<!DOCTYPE html><html>") == "text/html"
    assert media_type_of("page.txt", b"<html><p>x") == "text/plain"


def test_a_stored_mimetype_tells_books_and_open_documents() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr("content.opf", "x")
    assert media_type_of("book.zip", file.getvalue()) == "application/epub+zip"


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.md", b"\x89PNG\r\n\x1a\n", "This is a PNG image"),
        ("a.txt", b"\xff\xd8\xff\xe0", "This is a JPEG image"),
        ("a.txt", b"\x7fELF", "This is a program"),
        ("a.docx", OLE + "EncryptedPackage\x00".encode("utf-16-le"), "protected by a password"),
        ("a.docx", OLE, "protected by a password"),
        ("a.doc", OLE + "WordDocument\x00".encode("utf-16-le"), "Save a copy as .docx"),
        ("a.ppt", OLE + "PowerPoint Document\x00".encode("utf-16-le"), "Save a copy as .pptx"),
        ("a.7z", b"7z\xbc\xaf\x27\x1c", "Repack the files as ZIP"),
        ("a.rar", b"Rar!\x1a\x07\x00", "Repack the files as ZIP"),
        ("a.xyz", b"hello", "Files ending in .xyz are not read. Known are .md"),
        ("noending", b"hello", "Files without an ending are not read"),
    ],
)
def test_files_that_are_not_read_are_refused_with_the_reason(name: str, data: bytes, message: str) -> None:
    with pytest.raises(FileFormatError) as error:
        media_type_of(name, data)
    assert message in str(error.value)


def test_old_office_files_that_are_read_keep_their_names() -> None:
    assert media_type_of("a.xls", OLE) == "application/vnd.ms-excel"
    assert media_type_of("a.msg", OLE) == "application/vnd.ms-outlook"
