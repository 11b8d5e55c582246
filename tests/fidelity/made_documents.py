"""A document in each format, made by code, so that all of its words are known."""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

import xlsxwriter  # pyright: ignore[reportMissingTypeStubs]
from pptx import Presentation
from pptx.util import Inches

from tests.agent_service import small_files
from tests.parsing.ole_files import old_workbook, outlook_message
from tests.parsing.pdf_making import Line, unicode_font, written

TITLE = "Harbour handbook for visiting crews"
SECTIONS = ("Arrival at the pier", "Cranes and their loads", "Leaving again")
SENTENCES = (
    "Boats wait outside until the harbour master waves a green flag.",
    "Ropes are thrown from the bow, never from the stern.",
    "The lift carries twelve tons, and nobody stands below it.",
    "A broken hook is written down in the red book at once.",
)
POINTS = ("life jackets", "two lanterns", "a whistle on each deck")
ROWS = (
    ("Berth", "Depth", "Fee"),
    *((f"Berth {number}", f"{number}.5 m", f"{90 + number} EUR") for number in range(9)),
)
LANGUAGES = {
    "German": "Übergrößen müssen drei Tage vorher angemeldet werden. Die Gebühr beträgt 25 €. ",
    "Chinese": "员工在出差之前必须提交申请表，并且由部门主管签字确认。费用在七天之内报销。",
    "Japanese": "訪問者は北門の近くの二階に駐車します。料金は一日二十五ユーロです。",
    "Thai": "ผู้เยี่ยมชมจอดรถที่ชั้นสองใกล้ประตูทิศเหนือ ราคาวันละยี่สิบห้ายูโร ",
    "Khmer": "អ្នកទស្សនាចតរថយន្តនៅជាន់ទីពីរ។ តម្លៃម្ភៃប្រាំអឺរ៉ូ។ ",
    "Lao": "ຜູ້ມາຢ້ຽມຢາມຈອດລົດຢູ່ຊັ້ນສອງ ໃກ້ປະຕູທິດເໜືອ ",
    "Persian": "کتاب\u200cها را نمی\u200cخواهم. خانه\u200cای بزرگ است. ",
    "Hindi": "आगंतुक दूसरी मंज़िल पर गाड़ी खड़ी करते हैं। शुल्क पच्चीस यूरो है। ",
}
PROSE = [TITLE, *(text for section in SECTIONS for text in (section, *SENTENCES))]
ALL = [*PROSE, *POINTS, *(cell for row in ROWS for cell in row)]


@dataclass(frozen=True)
class Made:
    """A document, and its words in their order."""

    name: str
    media_type: str
    file: str
    data: bytes
    words: str


def all_made() -> list[Made]:
    """A document of each format, texts in several languages, and PDFs of several kinds."""
    return [*_texts(), *_markup(), *_office(), *_data(), *_entries(), *_mail(), *_pdfs()]


def _made(name: str, media_type: str, file: str, data: str | bytes, words: Sequence[str]) -> Made:
    return Made(name, media_type, file, data.encode() if isinstance(data, str) else data, "\n".join(words))


def _texts() -> list[Made]:
    english = "\n\n".join(PROSE)
    made = [_made("text, English", "text/plain", "a.txt", english, PROSE)]
    for language, text in LANGUAGES.items():
        made.append(_made(f"text, {language}", "text/plain", "a.txt", text * 30, [text * 30]))
    return made


def _sections(title: str, section: str, end: str = "") -> str:
    parts = [title.format(TITLE)]
    for heading in SECTIONS:
        parts += [section.format(heading) + end, *SENTENCES]
    return "\n\n".join(parts)


def _markup() -> list[Made]:
    points = "\n".join(f"- {point}" for point in POINTS)
    table = "\n".join(["| " + " | ".join(row) + " |" for row in (ROWS[0], ("---",) * 3, *ROWS[1:])])
    html = "".join(
        f"<h2>{section}</h2>" + "".join(f"<p>{text}</p>" for text in SENTENCES) for section in SECTIONS
    )
    html += "<ul>" + "".join(f"<li>{point}</li>" for point in POINTS) + "</ul>"
    html += (
        "<table>"
        + "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in ROWS)
        + "</table>"
    )
    page = f"<html><head><title>{TITLE}</title></head><body><h1>{TITLE}</h1>{html}</body></html>"
    restructured = f"{TITLE}\n{'=' * 40}\n\n" + "\n\n".join(
        "\n\n".join([f"{section}\n{'-' * 30}", *SENTENCES]) for section in SECTIONS
    )
    rich = r"{\rtf1\ansi " + "".join(f"{text}\\par " for text in ALL) + "}"
    book = small_files.stated_zip("application/epub+zip", _book(page))
    return [
        _made(
            "Markdown", "text/markdown", "a.md", f"{_sections('# {}', '## {}')}\n\n{points}\n\n{table}", ALL
        ),
        _made("HTML", "text/html", "a.html", page, ALL),
        _made("reStructuredText", "text/x-source", "a.rst", restructured, PROSE),
        _made("AsciiDoc", "text/x-source", "a.adoc", _sections("= {}", "== {}"), PROSE),
        _made("Org", "text/x-source", "a.org", _sections("#+TITLE: {}", "* {}"), PROSE),
        _made("LaTeX", "text/x-source", "a.tex", _sections("\\title{{{}}}", "\\section{{{}}}"), PROSE),
        _made("rich text", "application/rtf", "a.rtf", rich, ALL),
        _made("EPUB", "application/epub+zip", "a.epub", book, ALL),
        _made("source code", "text/x-source", "a.py", "".join(f'said("{text}")\n' for text in ALL), ALL),
    ]


def _book(page: str) -> Mapping[str, str]:
    root = '<rootfile full-path="b.opf"/>'
    item = '<item id="one" href="one.xhtml" media-type="application/xhtml+xml"/>'
    return {
        "META-INF/container.xml": f"<container><rootfiles>{root}</rootfiles></container>",
        "b.opf": f'<package><manifest>{item}</manifest><spine><itemref idref="one"/></spine></package>',
        "one.xhtml": page,
    }


def _office() -> list[Made]:
    paragraphs = "".join(f"<text:p>{text}</text:p>" for text in PROSE)
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    rows = "".join(
        "<table:table-row>" + "".join(cell.format(text) for text in row) + "</table:table-row>"
        for row in ROWS
    )
    table = f'<table:table table:name="S">{rows}</table:table>'
    frame = f"<draw:page><draw:frame><draw:text-box>{paragraphs}</draw:text-box></draw:frame></draw:page>"
    cells = [text for row in ROWS for text in row]
    slides = [(section, *SENTENCES) for section in SECTIONS]
    on_slides = [text for slide in slides for text in slide]
    office, openly = small_files.OFFICE, small_files.OPEN_DOCUMENT
    return [
        _made("Word", office + "wordprocessingml.document", "a.docx", _word(), ALL),
        _made("PowerPoint", office + "presentationml.presentation", "a.pptx", _slides(slides), on_slides),
        _made("Excel", office + "spreadsheetml.sheet", "a.xlsx", _workbook(), cells),
        _made("Excel 97", "application/vnd.ms-excel", "a.xls", old_workbook(" ".join(SENTENCES)), SENTENCES),
        _made(
            "OpenDocument text",
            openly + "text",
            "a.odt",
            small_files.open_document("text", f"<office:text>{paragraphs}{table}</office:text>"),
            [*PROSE, *cells],
        ),
        _made(
            "OpenDocument slides",
            openly + "presentation",
            "a.odp",
            small_files.open_document("presentation", f"<office:presentation>{frame}</office:presentation>"),
            PROSE,
        ),
        _made(
            "OpenDocument sheet",
            openly + "spreadsheet",
            "a.ods",
            small_files.open_document("spreadsheet", f"<office:spreadsheet>{table}</office:spreadsheet>"),
            cells,
        ),
    ]


def _word() -> bytes:
    """A text with headings, a list and a table, as the XML inside of it."""

    def paragraph(text: str, style: str = "") -> str:
        look = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
        return f"<w:p>{look}<w:r><w:t>{text}</w:t></w:r></w:p>"

    body = paragraph(TITLE, "Heading1")
    for section in SECTIONS:
        body += paragraph(section, "Heading2") + "".join(map(paragraph, SENTENCES))
    body += "".join(paragraph(point, "ListParagraph") for point in POINTS)
    cells = ("".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row) for row in ROWS)
    body += "<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in cells) + "</w:tbl>"
    plain = zipfile.ZipFile(io.BytesIO(small_files.docx("here")))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in plain.namelist():
            content = plain.read(name).decode()
            archive.writestr(name, content.replace("<w:p><w:r><w:t>here</w:t></w:r></w:p>", body))
    return buffer.getvalue()


def _slides(slides: Sequence[Sequence[str]]) -> bytes:
    presentation = Presentation()
    for title, *texts in slides:
        slide = presentation.slides.add_slide(presentation.slide_layouts[5])
        assert slide.shapes.title is not None
        slide.shapes.title.text = title
        slide.shapes.add_textbox(Inches(1), Inches(2), Inches(6), Inches(3)).text_frame.text = "\n".join(
            texts
        )
    buffer = io.BytesIO()
    presentation.save(buffer)
    return buffer.getvalue()


def _workbook() -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as workbook:  # pyright: ignore[reportUnknownVariableType]
        sheet = workbook.add_worksheet("Fees")  # pyright: ignore
        for number, row in enumerate(ROWS):
            sheet.write_row(number, 0, row)  # pyright: ignore[reportUnknownMemberType]
    return buffer.getvalue()


def _data() -> list[Made]:
    cells = [text for row in ROWS for text in row]
    records = [dict(zip(ROWS[0], row, strict=True)) for row in ROWS[1:]]
    values = [value for row in ROWS[1:] for value in row]
    lines = "\n".join(json.dumps(record) for record in records)
    xml = "".join(
        f"<berth><name>{name}</name><depth>{depth}</depth><fee>{fee}</fee></berth>"
        for name, depth, fee in ROWS[1:]
    )
    items = "".join(
        f"<item><title>{section}</title><description>{' '.join(SENTENCES)}</description></item>"
        for section in SECTIONS
    )
    feed = f'<rss version="2.0"><channel><title>{TITLE}</title>{items}</channel></rss>'
    notebook = json.dumps(
        {
            "cells": [{"cell_type": "markdown", "source": _sections("# {}", "## {}")}],
            "metadata": {},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
    )
    return [
        _made("CSV", "text/csv", "a.csv", "\n".join(",".join(row) for row in ROWS), cells),
        _made("TSV", "text/tab-separated-values", "a.tsv", "\n".join("\t".join(row) for row in ROWS), cells),
        _made("JSON", "application/json", "a.json", json.dumps(records), values),
        _made("JSON lines", "application/x-ndjson", "a.jsonl", lines, values),
        _made("XML", "application/xml", "a.xml", f"<berths>{xml}</berths>", values),
        _made("feed", "application/xml", "a.rss", feed, PROSE),
        _made("notebook", "application/x-ipynb+json", "a.ipynb", notebook, PROSE),
    ]


def _entries() -> list[Made]:
    """Subtitles, a calendar, a card, and what else has parts of a few lines."""
    said = [
        f"00:00:0{second},000 --> 00:00:0{second + 1},000\n{text}" for second, text in enumerate(SENTENCES)
    ]
    subrip = "\n\n".join(f"{number}\n{text}" for number, text in enumerate(said, start=1))
    event = ("BEGIN:VEVENT", "UID:1", f"SUMMARY:{TITLE}", f"DESCRIPTION:{SENTENCES[0]}", "END:VEVENT")
    calendar = "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *event, "END:VCALENDAR", ""])
    card = "\r\n".join(
        ["BEGIN:VCARD", "VERSION:3.0", "FN:Odile Marchetti", f"NOTE:{SENTENCES[2]}", "END:VCARD", ""]
    )
    page = f"<html><body><h1>{TITLE}</h1><p>{' '.join(SENTENCES)}</p></body></html>"
    saved = ["MIME-Version: 1.0", "Content-Type: multipart/related; boundary=b", "", "--b"]
    mhtml = "\r\n".join([*saved, "Content-Type: text/html", "", page, "--b--", ""])
    mbox = "".join(
        f"From a@example.org Mon Nov  2 10:00:00 2026\nFrom: a@example.org\nSubject: {section}\n\n"
        + "\n\n".join(SENTENCES)
        + "\n\n"
        for section in SECTIONS
    )
    translated = "\n\n".join(f'msgid "id {number}"\nmsgstr "{text}"' for number, text in enumerate(SENTENCES))
    head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
    return [
        _made("subtitles, SubRip", "application/x-subrip", "a.srt", subrip, SENTENCES),
        _made(
            "subtitles, WebVTT",
            "text/vtt",
            "a.vtt",
            "WEBVTT\n\n" + "\n\n".join(said).replace(",000", ".000"),
            SENTENCES,
        ),
        _made("mailbox", "application/mbox", "a.mbox", mbox, PROSE[1:]),
        _made("translations", "text/x-gettext-translation", "a.po", head + translated, SENTENCES),
        _made("calendar", "text/calendar", "a.ics", calendar, [TITLE, SENTENCES[0]]),
        _made("card", "text/vcard", "a.vcf", card, ["Odile Marchetti", SENTENCES[2]]),
        _made("MHTML", "multipart/related", "a.mhtml", mhtml, [TITLE, *SENTENCES]),
    ]


def _mail() -> list[Made]:
    message = small_files.mail("\n\n".join(PROSE))
    message.add_attachment("\n\n".join(POINTS), filename="packing.txt")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as files:
        files.writestr("a.txt", "\n\n".join(PROSE))
        files.writestr("b/c.html", f"<p>{escape(' '.join(POINTS))}</p>")
    words = [*PROSE, *POINTS]
    outlook = outlook_message("Trip", "\n".join(PROSE))
    return [
        _made("mail", "message/rfc822", "a.eml", message.as_bytes(), words),
        _made("Outlook", "application/vnd.ms-outlook", "a.msg", outlook, PROSE),
        _made("ZIP", "application/zip", "a.zip", archive.getvalue(), words),
    ]


def _pdf(name: str, pages: Sequence[Sequence[Line]], words: Sequence[str], letters: str = "") -> Made:
    return _made(name, "application/pdf", "a.pdf", written(pages, unicode_font(letters)), words)


def _pdfs() -> list[Made]:
    return [
        _pdf("PDF, prose", [_prose_page()], PROSE),
        _pdf(
            "PDF, head and foot",
            [_framed(page) for page in range(4)],
            [*PROSE[1:], "Harbour rules", *PROSE[1:] * 3],
        ),
        _pdf(
            "PDF, steps",
            [_step(page) for page in range(5)],
            [text for page in range(5) for text in _step_words(page)],
        ),
        _pdf("PDF, columns", [_columns()], [*SENTENCES * 3, *SENTENCES[::-1] * 3]),
        _pdf("PDF, table over pages", _table(), [cell for row in _long_table() for cell in row]),
        _hebrew(),
        _form(),
    ]


def _prose_page() -> list[Line]:
    lines: list[Line] = [(50, 720, 24, TITLE)]
    for place, section in enumerate(SECTIONS):
        lines.append((50, 680 - 150 * place, 16, section))
        lines += [(50, 650 - 150 * place - 24 * row, 10, text) for row, text in enumerate(SENTENCES)]
    return lines


def _framed(page: int) -> list[Line]:
    # The title would repeat as a head does.
    text = [line for line in _prose_page() if line[3] != TITLE]
    return [(50, 780, 8, "Harbour rules"), *text, (300, 20, 8, str(page + 1))]


def _step_words(page: int) -> list[str]:
    return [
        f"Step {page + 1}",
        *(f"{'ABCDE'[page]}: {text}" for text in SENTENCES),
        f"Torque: {10 * (page + 1)} Nm",
    ]


def _step(page: int) -> list[Line]:
    head, *texts, foot = _step_words(page)
    middle = [(50.0, 700.0 - 150 * row, 10.0, text) for row, text in enumerate(texts)]
    return [(50, 780, 16, head), *middle, (50, 20, 10, foot)]


def _columns() -> list[Line]:
    """Two columns of lines, drawn line by line across both."""
    left, right = SENTENCES * 3, SENTENCES[::-1] * 3
    pairs = ((700.0 - 12 * row, *texts) for row, texts in enumerate(zip(left, right, strict=True)))
    return [line for top, one, other in pairs for line in ((30.0, top, 8.0, one), (320.0, top, 8.0, other))]


def _long_table() -> list[tuple[str, str, str]]:
    return [
        ("Berth", "Depth", "Fee"),
        *((f"Quay {row}", f"{row % 7}.5 m", f"{row + 90} EUR") for row in range(100)),
    ]


def _table() -> list[list[Line]]:
    rows = _long_table()
    return [
        [
            (50.0 + 150 * column, 780.0 - 20 * place, 10.0, cell)
            for place, row in enumerate(rows[start : start + 38])
            for column, cell in enumerate(row)
        ]
        for start in range(0, len(rows), 38)
    ]


def _hebrew() -> Made:
    lines = ["המבקרים חונים בקומה השנייה", "ליד השער הצפוני בכל יום", "המחיר הוא שקלים אחדים ליום"]
    page = [(300.0, 700.0 - 14 * row, 10.0, text[::-1]) for row, text in enumerate(lines)]
    return _pdf("PDF, right to left", [page], lines, "".join(lines))


def _form() -> Made:
    widget = "<</Type/Annot/Subtype/Widget/F 4/FT/Tx"
    fields = {
        200 + row: f"{widget}/T(f{row})/V({text})/Rect[150 {696 - 30 * row} 500 {714 - 30 * row}]>>"
        for row, text in enumerate(SENTENCES)
    }
    kids = " ".join(f"{number} 0 R" for number in fields)
    page: list[Line] = [(50, 700 - 30 * row, 10, f"Rule {row}:") for row in range(len(SENTENCES))]
    data = written([page], fields, f"/AcroForm<</Fields[{kids}]>>", on_page=f"/Annots[{kids}]")
    words = [f"Rule {row}: {text}" for row, text in enumerate(SENTENCES)]
    return _made("PDF, filled form", "application/pdf", "a.pdf", data, words)
