"""Zip files that are opened, and those that are refused."""

import struct

import pytest

from parsing.archives.zipped import open_zip, parse_xml, read_member
from parsing.errors import FileFormatError
from tests.parsing.archives import zipped


def with_declared_size(data: bytes, size: int) -> bytes:
    """The archive with another size written into the first entry of its directory."""
    entry = data.index(b"PK\x01\x02")
    return data[: entry + 24] + struct.pack("<I", size) + data[entry + 28 :]


def test_a_damaged_zip_is_refused() -> None:
    with pytest.raises(FileFormatError, match="damaged"):
        open_zip(b"PK\x03\x04 and nothing more")


def test_a_zip_that_declares_too_much_is_refused_before_it_is_unpacked() -> None:
    data = with_declared_size(zipped({"a": b"0" * 1000}), 500_000_000)
    with pytest.raises(FileFormatError, match="unpacks to 500 MB"):
        open_zip(data)


def test_a_small_zip_may_be_dense_but_not_a_large_one() -> None:
    data = zipped({"a": b"0" * 1000})
    assert open_zip(with_declared_size(data, 49_000_000))
    with pytest.raises(FileFormatError, match="unpacks to 51 MB"):
        open_zip(with_declared_size(data, 51_000_000))


def test_an_encrypted_entry_is_named_as_such() -> None:
    data = bytearray(zipped({"a": "text"}))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(FileFormatError, match="protected by a password"):
        open_zip(bytes(data))


def test_too_many_entries_are_refused() -> None:
    with pytest.raises(FileFormatError, match="20001 files"):
        open_zip(zipped({str(number): b"" for number in range(20_001)}))


def test_a_member_is_read_up_to_the_limit_and_must_be_whole() -> None:
    data = zipped({"a.xml": b"0" * 1000})
    with open_zip(data) as archive:
        assert len(read_member(archive, "a.xml", 1000)) == 1000
        with pytest.raises(FileFormatError, match="larger than"):
            read_member(archive, "a.xml", 999)
        with pytest.raises(FileFormatError, match=r"b\.xml is missing"):
            read_member(archive, "b.xml")
    with open_zip(with_declared_size(data, 500)) as archive, pytest.raises(FileFormatError, match="damaged"):
        read_member(archive, "a.xml")


def test_xml_brings_in_nothing_from_outside_and_nothing_that_grows() -> None:
    entities = '<!ENTITY a "aaaaaaaaaa"><!ENTITY f SYSTEM "file:///etc/hostname">'
    root = parse_xml(f"<!DOCTYPE x [{entities}]><x>&a;&f;</x>".encode())
    assert "".join(root.itertext(tag="x")) == ""


@pytest.mark.parametrize("data", [b"", b"no xml", b"\x00\x01"])
def test_what_is_no_xml_is_refused(data: bytes) -> None:
    with pytest.raises(FileFormatError, match="damaged"):
        parse_xml(data)
