"""Small files made by hand; `ONE_OF_EACH` has every format that can be attached, with the same sentence."""

import io
import json
import zipfile
from collections.abc import Mapping
from email.message import EmailMessage
from typing import Any

import xlsxwriter  # pyright: ignore[reportMissingTypeStubs]
from PIL import Image
from pptx import Presentation
from pptx.util import Inches

from tests.parsing.ole_files import old_workbook, outlook_message

HOTEL = "The hotel in Lyon cost 412 euros."
OPEN_DOCUMENT = "application/vnd.oasis.opendocument."
OFFICE = "application/vnd.openxmlformats-officedocument."


def pdf(text: str) -> bytes:
    """A PDF with one page."""
    stream = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET".encode()
    bodies = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
        b"/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
    ]
    objects = b"".join(b"%d 0 obj\n%s\nendobj\n" % (number, body) for number, body in enumerate(bodies, 1))
    return b"%PDF-1.4\n" + objects + b"trailer\n<< /Root 1 0 R /Size 5 >>\n%%EOF\n"


def docx(text: str) -> bytes:
    """A DOCX with one paragraph."""
    types = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument'
        '.wordprocessingml.document.main+xml"/></Types>'
    )
    relations = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship '
        'Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
        'Target="word/document.xml"/></Relationships>'
    )
    body = (
        '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p>'
        f"<w:r><w:t>{text}</w:t></w:r></w:p></w:body></w:document>"
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("[Content_Types].xml", types)
        archive.writestr("_rels/.rels", relations)
        archive.writestr("word/document.xml", body)
    return buffer.getvalue()


def png() -> bytes:
    """A small picture."""
    buffer = io.BytesIO()
    Image.new("RGB", (4, 3), "red").save(buffer, "PNG")
    return buffer.getvalue()


def pptx(*texts: str) -> bytes:
    """A presentation with a slide for each text."""
    presentation = Presentation()
    for number, text in enumerate(texts, start=1):
        slide = presentation.slides.add_slide(presentation.slide_layouts[5])
        assert slide.shapes.title is not None
        slide.shapes.title.text = f"Slide {number}"
        slide.shapes.add_textbox(Inches(1), Inches(2), Inches(6), Inches(1)).text_frame.text = text
    buffer = io.BytesIO()
    presentation.save(buffer)
    return buffer.getvalue()


def xlsx(*rows: tuple[str, ...]) -> bytes:
    """A workbook with one sheet."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as workbook:  # pyright: ignore[reportUnknownVariableType]
        sheet = workbook.add_worksheet("Costs")  # pyright: ignore
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)  # pyright: ignore[reportUnknownMemberType]
    return buffer.getvalue()


def open_document(kind: str, body: str) -> bytes:
    """An OpenDocument file."""
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{space}:1.0"'
        for name, space in (("office", "office"), ("text", "text"), ("table", "table"), ("draw", "drawing"))
    )
    content = f"<office:document-content {spaces}><office:body>{body}</office:body></office:document-content>"
    manifest = '<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    return stated_zip(OPEN_DOCUMENT + kind, {"META-INF/manifest.xml": manifest, "content.xml": content})


def epub(text: str) -> bytes:
    """A book of one chapter."""
    item = '<item id="one" href="one.xhtml" media-type="application/xhtml+xml"/>'
    roots = '<rootfiles><rootfile full-path="b.opf"/></rootfiles>'
    return stated_zip(
        "application/epub+zip",
        {
            "META-INF/container.xml": f"<container>{roots}</container>",
            "b.opf": f'<package><manifest>{item}</manifest><spine><itemref idref="one"/></spine></package>',
            "one.xhtml": f"<html><body><h1>One</h1><p>{text}</p></body></html>",
        },
    )


def stated_zip(media_type: str, files: Mapping[str, str]) -> bytes:
    """A ZIP that says in its first entry, which is not compressed, what it is."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", media_type)
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def mail(text: str) -> EmailMessage:
    """A message to add attachments to."""
    message = EmailMessage()
    message["From"], message["Subject"] = "ann@example.com", "Trip"
    message.set_content(text)
    return message


def calendar(*lines: str) -> bytes:
    """A calendar with one event."""
    return "\n".join(["BEGIN:VCALENDAR", "BEGIN:VEVENT", *lines, "END:VEVENT", "END:VCALENDAR", ""]).encode()


def notebook(text: str) -> bytes:
    """A notebook with a text and a piece of code."""
    cells: list[dict[str, Any]] = [
        {"cell_type": "markdown", "source": f"# Trip\n\n{text}"},
        {"cell_type": "code", "source": "cost = 412", "outputs": [], "execution_count": 1},
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


_PARAGRAPH = f"<text:p>{HOTEL}</text:p>"
_CELL = f'<table:table-cell office:value-type="string">{_PARAGRAPH}</table:table-cell>'
_TABLE = f'<table:table table:name="S"><table:table-row>{_CELL}</table:table-row></table:table>'
_SLIDE = f"<draw:page><draw:frame><draw:text-box>{_PARAGRAPH}</draw:text-box></draw:frame></draw:page>"
ONE_OF_EACH = {
    "text/markdown": ("a.md", f"# Trip\n\n{HOTEL}\n".encode()),
    "text/plain": ("a.txt", HOTEL.encode()),
    "text/html": ("a.html", f"<html><body><h1>Trip</h1><p>{HOTEL}</p></body></html>".encode()),
    "application/pdf": ("a.pdf", pdf(HOTEL)),
    OFFICE + "wordprocessingml.document": ("a.docx", docx(HOTEL)),
    OFFICE + "presentationml.presentation": ("a.pptx", pptx(HOTEL)),
    OFFICE + "spreadsheetml.sheet": ("a.xlsx", xlsx((HOTEL,))),
    "application/vnd.ms-excel": ("a.xls", old_workbook(HOTEL)),
    OPEN_DOCUMENT + "spreadsheet": (
        "a.ods",
        open_document("spreadsheet", f"<office:spreadsheet>{_TABLE}</office:spreadsheet>"),
    ),
    OPEN_DOCUMENT + "text": ("a.odt", open_document("text", f"<office:text>{_PARAGRAPH}</office:text>")),
    OPEN_DOCUMENT + "presentation": (
        "a.odp",
        open_document("presentation", f"<office:presentation>{_SLIDE}</office:presentation>"),
    ),
    "application/rtf": ("a.rtf", b"{\\rtf1\\ansi " + HOTEL.encode() + b"\\par}"),
    "application/epub+zip": ("a.epub", epub(HOTEL)),
    "text/csv": ("a.csv", f"what,said\nhotel,{HOTEL}\n".encode()),
    "text/tab-separated-values": ("a.tsv", f"what\tsaid\nhotel\t{HOTEL}\n".encode()),
    "application/x-ipynb+json": ("a.ipynb", notebook(HOTEL)),
    "application/json": ("a.json", json.dumps({"said": HOTEL}).encode()),
    "application/x-ndjson": ("a.jsonl", json.dumps({"said": HOTEL}).encode() + b"\n"),
    "application/xml": ("a.xml", f"<trip><said>{HOTEL}</said></trip>".encode()),
    "message/rfc822": ("a.eml", mail(HOTEL).as_bytes()),
    "application/mbox": ("a.mbox", b"From ann@example.com\n" + mail(HOTEL).as_bytes()),
    "multipart/related": ("a.mhtml", f"Content-Type: text/html\n\n<p>{HOTEL}</p>".encode()),
    "text/calendar": ("a.ics", calendar(f"SUMMARY:{HOTEL}")),
    "text/vcard": ("a.vcf", f"BEGIN:VCARD\nFN:Ann\nNOTE:{HOTEL}\nEND:VCARD\n".encode()),
    "application/x-subrip": ("a.srt", f"1\n00:00:01,000 --> 00:00:02,000\n{HOTEL}\n".encode()),
    "text/vtt": ("a.vtt", f"WEBVTT\n\n00:01.000 --> 00:02.000\n{HOTEL}\n".encode()),
    "text/x-gettext-translation": ("a.po", f'msgid "Trip"\nmsgstr "{HOTEL}"\n'.encode()),
    "application/vnd.ms-outlook": ("a.msg", outlook_message("Trip", HOTEL)),
    "text/x-source": ("a.py", f'said = "{HOTEL}"\n'.encode()),
}
