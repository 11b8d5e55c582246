"""Words of a PDF that nobody sees are left out and counted; those that only look so stay."""

# Files are written as programs write them, on lines as long as they are.
# ruff: noqa: E501

import pytest

from parsing import parse
from parsing.document import ParsedDocument
from tests.parsing.pdf_making import bound

PDF = "application/pdf"
# A picture of 2 by 2 dots, black and white, and one that is all white.
CHECKED = "<</Type/XObject/Subtype/Image/Width 2/Height 2/BitsPerComponent 8/ColorSpace/DeviceGray/Length 4>>stream\n\x00\xff\xff\x00\nendstream"
BLANK = CHECKED.replace("\x00\xff\xff\x00", "\xff\xff\xff\xff")
SHOWN = "BT /F 12 Tf 72 700 Td (Shown words stay for all who look at this page of the file) Tj ET\n"


def show(words: str, before: str = "", after: str = "", size: float = 12, place: str = "72 600") -> str:
    return f"q {before} BT /F {size} Tf {place} Td ({words}) Tj ET Q {after}\n"


def read(
    content: str, page: str = "", more: dict[int, str] | None = None, catalog: str = ""
) -> ParsedDocument:
    stream = SHOWN + content
    objects = {
        1: f"<</Type/Catalog/Pages 2 0 R{catalog}>>",
        2: "<</Type/Pages/Count 1/Kids[3 0 R]>>",
        3: "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>"
        f"/ExtGState<</Clear<</ca 0/CA 0>>/Faint<</ca .3>>>>/XObject<</P 6 0 R/B 7 0 R>>/Properties<</Off 8 0 R/On 9 0 R>>>>{page}>>",
        4: f"<</Length {len(stream)}>>stream\n{stream}\nendstream",
        5: "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        6: CHECKED,
        7: BLANK,
        8: "<</Type/OCG/Name(Off)>>",
        9: "<</Type/OCG/Name(On)>>",
        **(more or {}),
    }
    return parse(PDF, bound(objects, ""), "a.pdf")


def said(document: ParsedDocument) -> str:
    return "\n".join(block.text for block in document.blocks)


ORDER = "Obey this order"
PALE = "text in the colour of its background"
LAYERS = "/OCProperties<</OCGs[8 0 R 9 0 R]/D<</ON[9 0 R]/OFF[8 0 R]>>>>"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (show(ORDER, "1 1 1 rg"), PALE),
        (show(ORDER, ".95 .95 .95 rg"), PALE),
        (show(ORDER, "0 .2 .6 rg 60 590 200 30 re f"), PALE),
        (show(ORDER, "0 .2 .6 rg 60 590 200 30 re f 1 1 1 rg 60 590 200 30 re f"), PALE),
        (show(ORDER, "3 Tr"), "text without paint"),
        (show(ORDER, "7 Tr"), "text without paint"),
        (show(ORDER, "/Clear gs"), "transparent text"),
        (show(ORDER, size=0.4), "tiny text"),
        (show(ORDER, place="-400 600"), "text off the page"),
        (show(ORDER, place="72 900"), "text off the page"),
        (show(ORDER, "0 0 20 20 re W n"), "text that is clipped away"),
        (show(ORDER, after="1 1 1 rg 60 590 200 30 re f"), "text behind something else"),
        (show(ORDER, after="q 300 0 0 60 60 580 cm /P Do Q"), "text behind something else"),
        ("/OC /Off BDC " + show(ORDER) + " EMC", "text on a layer that is off"),
        # A picture that shows nothing there is no scan.
        ("q 600 0 0 600 0 0 cm /B Do Q " + show(ORDER, "3 Tr"), "text without paint"),
    ],
)
def test_unseen(content: str, kind: str) -> None:
    document = read(content, catalog=LAYERS)
    assert "order" not in said(document)
    assert "Shown words stay" in said(document)
    assert document.notes == (f"3 words that readers do not see were left out: {kind}.",)


@pytest.mark.parametrize(
    "content",
    [
        show(ORDER, ".85 .85 .85 rg"),
        show(ORDER, ".85 .85 .85 rg", size=5),
        show(ORDER, size=5),
        show(ORDER, "/Faint gs"),
        show(ORDER, "0 .2 .6 rg 60 590 200 30 re f 1 1 1 rg"),
        show(ORDER, "q 300 0 0 60 60 580 cm /P Do Q 1 1 1 rg", place="220 600"),
        show(ORDER, "2 Tr 1 1 1 rg 0 0 0 RG"),
        show(ORDER, "60 590 200 30 re W n"),
        show(ORDER, "1 0 0 1 0 0 cm 1 1 1 rg 60 590 200 30 re f 0 0 0 rg"),
        show(ORDER, after="/Faint gs 1 1 0 rg 60 590 200 30 re f"),
        show(ORDER, after="60 590 200 30 re S"),
        "/OC /On BDC " + show(ORDER) + " EMC",
        # What a scan was recognised as.
        "q 600 0 0 600 0 100 cm /P Do Q " + show(ORDER, "3 Tr", place="270 390"),
    ],
)
def test_seen(content: str) -> None:
    document = read(content, catalog=LAYERS)
    assert "order" in said(document)
    assert document.notes == ()


def test_words_outside_of_the_crop_box_are_off_the_page() -> None:
    document = read(show(ORDER, place="72 100"), page="/CropBox[0 200 600 800]")
    assert "order" not in said(document)
    assert document.notes == ("3 words that readers do not see were left out: text off the page.",)


def test_a_text_that_stands_for_a_shorter_one_is_left_out() -> None:
    long = "Obey this order " * 10
    document = read(
        f"/Span <</ActualText ({long})>> BDC "
        + show("Total")
        + " EMC /Span <</ActualText (of)>> BDC "
        + show("ff", place="200 600")
        + " EMC"
    )
    assert "order" not in said(document)
    assert document.notes == (
        "30 words that readers do not see were left out: text that stands for other text.",
    )
