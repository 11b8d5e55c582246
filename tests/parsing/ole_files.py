"""The container of old Office files and Outlook messages, made by hand: a file system of 512-byte sectors."""

import struct
from collections.abc import Mapping

SECTOR = 512
MINI = 64
FREE, END, FAT_SECTOR = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
STREAM, ROOT = 2, 5


def ole(streams: Mapping[str, bytes]) -> bytes:
    """A container with these streams, each smaller than 4096 bytes."""
    mini, mini_fat, starts = b"", list[int](), list[int]()
    for content in streams.values():
        starts.append(len(mini_fat))
        count = max(-(-len(content) // MINI), 1)
        mini_fat += [*range(len(mini_fat) + 1, len(mini_fat) + count), END]
        mini += content.ljust(count * MINI, b"\0")
    entries = [_entry("Root Entry", ROOT, child=1, right=FREE, start=0, size=len(mini))]
    # Readers look names up in a tree ordered by length and letters; a chain is one.
    names = sorted(streams, key=lambda name: (len(name), name.upper()))
    places = dict(zip(streams, starts, strict=True))
    for number, name in enumerate(names, start=1):
        right = number + 1 if number < len(names) else FREE
        entries.append(_entry(name, STREAM, FREE, right, places[name], len(streams[name])))
    parts = [_padded(mini), _padded(struct.pack(f"<{len(mini_fat)}I", *mini_fat), b"\xff")]
    parts.append(_padded(b"".join(entries)))
    return _container(parts)


def _container(parts: list[bytes]) -> bytes:
    """The parts (small streams, their table, the directory) and the table of all sectors after them."""
    fat, firsts = list[int](), list[int]()
    for part in parts:
        firsts.append(len(fat))
        count = len(part) // SECTOR
        fat += [*range(len(fat) + 1, len(fat) + count), END]
    place = len(fat)
    fat.append(FAT_SECTOR)
    table = _padded(struct.pack(f"<{len(fat)}I", *fat), b"\xff")
    assert len(table) == SECTOR
    mini_sectors = len(parts[1]) // SECTOR
    header = struct.pack("<8s16xHHHHH6xIIIIIIIIII", bytes.fromhex("d0cf11e0a1b11ae1"), 0x3E, 3, 0xFFFE, 9, 6,
                         0, 1, firsts[2], 0, 4096, firsts[1], mini_sectors, END, 0, place)  # fmt: skip
    return header.ljust(SECTOR, b"\xff") + b"".join(parts) + table


def _entry(name: str, kind: int, child: int, right: int, start: int, size: int) -> bytes:
    letters = name.encode("utf-16-le") + b"\0\0"
    return struct.pack("<64sHBBIII36xIQ", letters, len(letters), kind, 1, FREE, right, child, start, size)


def _padded(data: bytes, filling: bytes = b"\0") -> bytes:
    return data.ljust(max(-(-len(data) // SECTOR), 1) * SECTOR, filling)


def outlook_message(subject: str, body: str) -> bytes:
    """A message as Outlook saves it, with nothing but these two."""
    properties = b"".join(
        struct.pack("<HHIII", 0x001F, tag, 6, len(text.encode("utf-16-le")) + 2, 0)
        for tag, text in ((0x0037, subject), (0x1000, body))
    )
    return ole(
        {
            "__properties_version1.0": bytes(32) + properties,
            "__substg1.0_0037001F": subject.encode("utf-16-le"),
            "__substg1.0_1000001F": body.encode("utf-16-le"),
        }
    )


def old_workbook(text: str) -> bytes:
    """An Excel file from before 2007 with one cell."""
    kinds = {"globals": 5, "sheet": 0x10}
    begin = {
        name: _record(0x0809, struct.pack("<HHHHII", 0x0600, kind, 0, 0, 0, 0))
        for name, kind in kinds.items()
    }
    end = _record(0x000A, b"")
    sheet_at = len(begin["globals"]) + len(_sheet_name(0)) + len(end)
    cell = _record(0x0204, struct.pack("<HHHHB", 0, 0, 0, len(text), 0) + text.encode("latin-1"))
    return ole({"Workbook": begin["globals"] + _sheet_name(sheet_at) + end + begin["sheet"] + cell + end})


def _sheet_name(place: int) -> bytes:
    return _record(0x0085, struct.pack("<IHBB", place, 0, 5, 0) + b"Hotel")


def _record(kind: int, data: bytes) -> bytes:
    return struct.pack("<HH", kind, len(data)) + data
