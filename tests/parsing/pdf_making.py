"""PDF files written by hand, small enough to see what is in them."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

# Left, baseline from below, size and words; bold when the size is negative.
Line = tuple[float, float, float, str]
# The width of each letter of the font for all of Unicode, in thousandths of its size.
WIDTH = 600


def written(
    pages: Sequence[Sequence[Line]],
    more: Mapping[int, str] = MappingProxyType({}),
    catalog: str = "",
    trailer: str = "",
    on_page: str = "",
    under: str = "",
) -> bytes:
    """A PDF of the pages; `more` are further objects by their numbers.

    `on_page` is said of each page, `under` is drawn on each before its lines.
    """
    kids = " ".join(f"{10 + 2 * index} 0 R" for index in range(len(pages)))
    objects = {
        1: f"<</Type/Catalog/Pages 2 0 R{catalog}>>",
        2: f"<</Type/Pages/Count {len(pages)}/Kids[{kids}]>>",
        3: "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        4: "<</Type/Font/Subtype/Type1/BaseFont/Helvetica-Bold>>",
        **more,
    }
    for number, page in zip(range(10, 10 + 2 * len(pages), 2), pages, strict=True):
        objects[number] = (
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Resources<</Font<</F 3 0 R/B 4 0 R/U 5 0 R>>>>"
            f"/Contents {number + 1} 0 R{on_page}>>"
        )
        text = under + ("".join(drawn(line) for line in page) or "0 0 100 100 re f")
        objects[number + 1] = f"<</Length {len(text)}>>stream\n{text}\nendstream"
    return bound(objects, trailer)


def bound(objects: Mapping[int, str], trailer: str) -> bytes:
    """The objects with the table of their places."""
    body, table = b"%PDF-1.4\n", b""
    for number, content in objects.items():
        table += f"{number} 1\n{len(body):010} 00000 n \n".encode()
        body += f"{number} 0 obj\n{content}\nendobj\n".encode("latin-1")
    size = max(objects) + 1
    end = f"trailer\n<</Size {size}/Root 1 0 R{trailer}>>\nstartxref\n{len(body)}\n%%EOF"
    return body + b"xref\n0 1\n0000000000 65535 f \n" + table + end.encode()


def drawn(line: Line) -> str:
    """A line of text; one with letters that Helvetica has not is `spelled`."""
    left, baseline, size, words = line
    try:
        words.encode("latin-1")
    except UnicodeEncodeError:
        return spelled(line)
    words = words.replace("(", "\\(").replace(")", "\\)")
    return f"BT /{'B' if size < 0 else 'F'} {abs(size)} Tf {left} {baseline} Td ({words}) Tj ET\n"


def spelled(line: Line) -> str:
    """The line, its letters from left to right as they are seen, in the font of `unicode_font`."""
    left, baseline, size, words = line
    codes = "".join(f"{ord(letter):04x}" for letter in words)
    return f"BT /U {size} Tf {left} {baseline} Td <{codes}> Tj ET\n"


def unicode_font(letters: str) -> dict[int, str]:
    """The objects of a font for all letters, which names only these; others cannot be read."""
    named = "".join(f"<{ord(letter):04x}> <{ord(letter):04x}> " for letter in sorted(set(letters)))
    count = len(set(letters))
    cmap = (
        "/CIDInit /ProcSet findresource begin begincmap 1 begincodespacerange <0000> <ffff> "
        f"endcodespacerange {count} beginbfchar {named}endbfchar endcmap end"
    )
    about = "/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>"
    form = "<</Type/Font/Subtype/Type0/BaseFont/Letters/Encoding/Identity-H/DescendantFonts[6 0 R]"
    name = "/FontDescriptor/FontName/Letters/Flags 4/FontBBox[0 -200 600 800]"
    return {
        5: f"{form}/ToUnicode 8 0 R>>",
        6: f"<</Type/Font/Subtype/CIDFontType2/BaseFont/Letters{about}/DW {WIDTH}/FontDescriptor 7 0 R>>",
        7: f"<</Type{name}/ItalicAngle 0/Ascent 800/Descent -200/CapHeight 700/StemV 80>>",
        8: f"<</Length {len(cmap)}>>stream\n{cmap}\nendstream",
    }
