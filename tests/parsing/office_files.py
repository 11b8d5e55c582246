"""Word documents and workbooks of Excel, written by hand as office programs write them."""

import posixpath
from collections.abc import Mapping

from tests.parsing.archives import zipped

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
NAMESPACES = " ".join(
    f'xmlns:{name}="{address}"'
    for name, address in {
        "w": WORD,
        "r": RELATION,
        "m": "http://schemas.openxmlformats.org/officeDocument/2006/math",
        "w14": "http://schemas.microsoft.com/office/word/2010/wordml",
        "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
        "wp": "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
        "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
        "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
        "pic": "http://schemas.openxmlformats.org/drawingml/2006/picture",
        "c": "http://schemas.openxmlformats.org/drawingml/2006/chart",
        "dgm": "http://schemas.openxmlformats.org/drawingml/2006/diagram",
        "v": "urn:schemas-microsoft-com:vml",
        "o": "urn:schemas-microsoft-com:office:office",
    }.items()
)
TYPES = f"""<Types xmlns="{PACKAGE}/content-types">
<Default Extension="xml" ContentType="application/xml"/>
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/></Types>"""

Files = Mapping[str, str | bytes]


def relations(*targets: tuple[str, str, str]) -> str:
    """The file of relations, each with its id, kind and target; an address with a scheme is outside."""
    mode = ' TargetMode="External"'
    inner = "".join(
        f'<Relationship Id="{id}" Type="{RELATION}/{kind}" Target="{target}"{mode if ":" in target else ""}/>'
        for id, kind, target in targets
    )
    return f'<Relationships xmlns="{PACKAGE}/relationships">{inner}</Relationships>'


def word(body: str, files: Files | None = None, links: tuple[tuple[str, str, str], ...] = ()) -> bytes:
    """A Word document with this body; `files` are its other parts by their names below `word/`."""
    parts = {
        "[Content_Types].xml": TYPES,
        "_rels/.rels": relations(("r1", "officeDocument", "word/document.xml")),
        "word/document.xml": f"<w:document {NAMESPACES}><w:body>{body}</w:body></w:document>",
        "word/_rels/document.xml.rels": relations(*links),
    }
    return zipped(
        {**parts, **{posixpath.normpath(f"word/{name}"): data for name, data in (files or {}).items()}}
    )


def text(words: str) -> str:
    """A run."""
    return f'<w:r><w:t xml:space="preserve">{words}</w:t></w:r>'


def paragraph(*runs: str, style: str = "", properties: str = "") -> str:
    """A paragraph of runs."""
    styled = f'<w:pStyle w:val="{style}"/>' if style else ""
    return f"<w:p><w:pPr>{styled}{properties}</w:pPr>{''.join(runs)}</w:p>"


def part(name: str, inner: str) -> str:
    """A part of a Word document: `<w:name>` around it all."""
    return f"<w:{name} {NAMESPACES}>{inner}</w:{name}>"


def workbook(
    sheet: str,
    *,
    styles: str = "",
    strings: str = "",
    files: Files | None = None,
    links: tuple[tuple[str, str, str], ...] = (),
    state: str = "visible",
) -> bytes:
    """A workbook with one sheet; `links` are the sheet's relations, `files` parts below `xl/`."""
    parts = {
        "[Content_Types].xml": TYPES,
        "_rels/.rels": relations(("r1", "officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f"""<workbook xmlns="{SHEET}" xmlns:r="{RELATION}"><sheets>
            <sheet name="Data" sheetId="1" state="{state}" r:id="r1"/></sheets></workbook>""",
        "xl/_rels/workbook.xml.rels": relations(
            ("r1", "worksheet", "worksheets/sheet1.xml"),
            ("r2", "styles", "styles.xml"),
            ("r3", "sharedStrings", "sharedStrings.xml"),
        ),
        "xl/styles.xml": f'<styleSheet xmlns="{SHEET}">{styles}</styleSheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{SHEET}">{strings}</sst>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{SHEET}" xmlns:r="{RELATION}">{sheet}</worksheet>',
        "xl/worksheets/_rels/sheet1.xml.rels": relations(*links),
    }
    return zipped({**parts, **{f"xl/{name}": data for name, data in (files or {}).items()}})


def cells(*rows: tuple[str, ...]) -> str:
    """The data of a sheet: texts, and numbers where a text is one."""
    return "<sheetData>" + "".join(_row(number, row) for number, row in enumerate(rows, 1)) + "</sheetData>"


def _row(number: int, row: tuple[str, ...]) -> str:
    inner = "".join(_cell(f"{chr(ord('A') + column)}{number}", value) for column, value in enumerate(row))
    return f'<row r="{number}">{inner}</row>'


def _cell(place: str, value: str) -> str:
    if not value:
        return ""
    if value.replace(".", "", 1).isdecimal():
        return f'<c r="{place}"><v>{value}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>'
