"""Files that want to stop, fill or crash whoever reads them; each is made here and small on the disk."""

import io
import json
import tarfile
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

from tests.ingest.changing_library import RELATIONS, WORD_TYPES, W
from tests.parsing.archives import zipped

MEGABYTE = 1024 * 1024
PDF_HEAD = b"%PDF-1.7\n"
SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def nested_bomb() -> bytes:
    """Archives in archives: 10 to the fifth files of a megabyte when all are opened."""
    inner = zipped({"0.txt": b"0" * MEGABYTE})
    for _ in range(5):
        inner = zipped({f"{number}.zip": inner for number in range(10)})
    return inner


def large_member(megabytes: int) -> bytes:
    """An archive with one file that is a thousand times larger than the archive."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("zeros.txt", "w") as member,
    ):
        for _ in range(megabytes):
            member.write(b"\0" * MEGABYTE)
    return buffer.getvalue()


def many_members() -> bytes:
    """An archive of a hundred thousand empty files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(100_000):
            archive.writestr(f"{number}.md", b"")
    return buffer.getvalue()


def escaping_archive(secret: Path) -> bytes:
    """A tar with paths and links that lead out of it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, target in (("../../etc/out.md", None), ("link.md", str(secret)), ("loop.md", "loop.md")):
            entry = tarfile.TarInfo(name)
            if target:
                entry.type, entry.linkname = tarfile.SYMTYPE, target
            entry.size = 0 if target else 4
            archive.addfile(entry, io.BytesIO(b"Text"))
    return buffer.getvalue()


def deep_json() -> bytes:
    """Lists in lists."""
    return b"[" * 200_000 + b"]" * 200_000


def deep_html() -> bytes:
    """Boxes in boxes."""
    return b"<div>" * 200_000 + b"deep" + b"</div>" * 200_000


def deep_xml() -> bytes:
    """Elements in elements."""
    return b"<a>" * 200_000 + b"deep" + b"</a>" * 200_000


def deep_quotes() -> bytes:
    """Quotes in quotes, and lists in lists."""
    return b"\n\n".join([b">" * 20_000 + b" deep", b"- " * 20_000 + b"deep", b"[" * 50_000, b"**a " * 20_000])


def laughing_xml() -> bytes:
    """Entities made of entities: ten to the ninth words."""
    entities = "".join(f'<!ENTITY l{level} "{f"&l{level - 1};" * 10}">' for level in range(1, 10))
    return f'<!DOCTYPE l [<!ENTITY l0 "laugh ">{entities}]><l>&l9;</l>'.encode()


def outer_entity(secret: Path) -> bytes:
    """An entity that is a file of this machine."""
    return f'<!DOCTYPE l [<!ENTITY e SYSTEM "{secret.as_uri()}">]><l>before &e; after</l>'.encode()


def aliased_yaml() -> bytes:
    """Front matter whose aliases multiply."""
    levels = [f"l{level}: &l{level} [{', '.join([f'*l{level - 1}'] * 10)}]" for level in range(1, 10)]
    return "\n".join(["---", "l0: &l0 [laugh]", *levels, "---", "# Title", "", "Text."]).encode()


def huge_word_document(megabytes: int) -> bytes:
    """A small file that holds very much XML."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as package:
        package.writestr("[Content_Types].xml", WORD_TYPES)
        package.writestr("_rels/.rels", RELATIONS)
        paragraphs = b"<w:p><w:r><w:t>word</w:t></w:r></w:p>" * 30_000
        with package.open("word/document.xml", "w", force_zip64=True) as member:
            member.write(f"<w:document {W}><w:body>".encode())
            for _ in range(megabytes * MEGABYTE // len(paragraphs)):
                member.write(paragraphs)
            member.write(b"</w:body></w:document>")
    return buffer.getvalue()


def far_corners() -> bytes:
    """A sheet with values in its first and its last cell."""
    cells = "".join(
        f'<row r="{row}"><c r="{column}{row}" t="inlineStr"><is><t>{text}</t></is></c></row>'
        for column, row, text in (("A", 1, "first"), ("XFD", 1048576, "last"))
    )
    types = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    return zipped(
        {
            "[Content_Types].xml": f"""<Types xmlns="{PACKAGE}/content-types">
                <Default Extension="rels"
                    ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
                <Override PartName="/xl/workbook.xml" ContentType="{types}.sheet.main+xml"/>
                <Override PartName="/xl/worksheets/sheet1.xml" ContentType="{types}.worksheet+xml"/>
                </Types>""",
            "_rels/.rels": _relations("officeDocument", "xl/workbook.xml"),
            "xl/workbook.xml": f"""<workbook xmlns="{SHEET}" xmlns:r="{RELATION}">
                <sheets><sheet name="Far" sheetId="1" r:id="r1"/></sheets></workbook>""",
            "xl/_rels/workbook.xml.rels": _relations("worksheet", "worksheets/sheet1.xml"),
            "xl/worksheets/sheet1.xml": f"""<worksheet xmlns="{SHEET}">
                <sheetData>{cells}</sheetData></worksheet>""",
        }
    )


def _relations(kind: str, target: str) -> str:
    return (
        f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="r1" Type="{RELATION}/{kind}" Target="{target}"/></Relationships>'
    )


def pdf(objects: Mapping[int, bytes]) -> bytes:
    """A PDF of these objects, without a table of where they are: readers rebuild it."""
    body = b"".join(b"%d 0 obj\n%s\nendobj\n" % (number, content) for number, content in objects.items())
    return PDF_HEAD + body + b"trailer\n<</Root 1 0 R /Size %d>>\n%%%%EOF\n" % (max(objects) + 1)


def empty_page_pdf() -> bytes:
    """A page with nothing on it."""
    return pdf(
        {
            1: b"<</Type/Catalog/Pages 2 0 R>>",
            2: b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
            3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>",
        }
    )


def million_pages_pdf() -> bytes:
    """A page tree whose every node names its child a hundred times: a million pages, one page."""
    objects = {1: b"<</Type/Catalog/Pages 2 0 R>>", 5: b"<</Type/Page/Parent 4 0 R/MediaBox[0 0 9 9]>>"}
    for number in (2, 3, 4):
        count = 100 ** (5 - number)
        kids = b"%d 0 R " % (number + 1) * 100
        objects[number] = b"<</Type/Pages/Count %d/Kids[%s]>>" % (count, kids)
    return pdf(objects)


def deep_pages_pdf() -> bytes:
    """A page tree of a hundred thousand levels that lies about its pages."""
    levels = 100_000
    objects = {1: b"<</Type/Catalog/Pages 2 0 R>>"}
    for number in range(2, levels):
        objects[number] = b"<</Type/Pages/Count 1000000/Kids[%d 0 R]>>" % (number + 1)
    objects[levels] = b"<</Type/Page/MediaBox[0 0 9 9]>>"
    return pdf(objects)


def looping_pages_pdf() -> bytes:
    """A page tree that is its own child."""
    return pdf({1: b"<</Type/Catalog/Pages 2 0 R>>", 2: b"<</Type/Pages/Count 1000000/Kids[2 0 R 2 0 R]>>"})


def bomb_stream_pdf() -> bytes:
    """A page whose content is 400 MB of text commands, compressed."""
    packer = zlib.compressobj(1)
    line = b"(words) Tj " * 100_000
    packed = [packer.compress(line) for line in (b"BT /F1 9 Tf ", *[line] * 360)]
    data = b"".join(packed) + packer.flush()
    return pdf(
        {
            1: b"<</Type/Catalog/Pages 2 0 R>>",
            2: b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
            3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R"
            b"/Resources<</Font<</F1 5 0 R>>>>>>",
            4: b"<</Filter/FlateDecode/Length %d>>stream\n%s\nendstream" % (len(data), data),
            5: b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        }
    )


def long_line() -> bytes:
    """Thirty megabytes without a break, not even a space."""
    return b"x" * (30 * MEGABYTE)


def many_words() -> bytes:
    """Thirty megabytes of words in one line."""
    return b"word " * (6 * MEGABYTE)


def many_lists() -> bytes:
    """Thirty megabytes of JSON that take a gigabyte as objects."""
    return b"[" + b"[]," * (10 * MEGABYTE) + b"[]]"


def wide_table() -> bytes:
    """Two lines of a million cells each."""
    return b"\n".join([b"name," * 1_000_000, b"value," * 1_000_000])


def broken_notebook() -> bytes:
    """JSON of the wrong shape."""
    return json.dumps({"cells": {"cells": [1, None, {"source": 7}]}}).encode()
