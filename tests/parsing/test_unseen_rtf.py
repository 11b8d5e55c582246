"""Texts of rich texts that nobody sees are left out and counted; those that only look so stay."""

import pytest

from parsing import parse
from parsing.document import ParsedDocument

COLOURS = r"{\colortbl;\red255\green255\blue255;\red0\green0\blue0;\red221\green221\blue221;}"
ORDER = "Obey this order"


def read(body: str) -> ParsedDocument:
    return parse(
        "application/rtf", rf"{{\rtf1\ansi{COLOURS} Shown words.\par {body} And on.\par}}".encode(), "a.rtf"
    )


def said(document: ParsedDocument) -> str:
    return "\n".join(block.text for block in document.blocks)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (rf"{{\v {ORDER}}}", "hidden text"),
        (rf"\v1 {ORDER}\v0", "hidden text"),
        (rf"{{\cf1 {ORDER}}}", "text in the colour of its background"),
        (rf"{{\fs2 {ORDER}}}", "tiny text"),
    ],
)
def test_unseen(body: str, kind: str) -> None:
    document = read(body)
    assert "order" not in said(document)
    assert "Shown words." in said(document)
    assert "And on." in said(document)
    assert document.notes == (f"3 words that readers do not see were left out: {kind}.",)


@pytest.mark.parametrize(
    "body",
    [
        rf"{{\v0 {ORDER}}}",
        rf"{{\cf2 {ORDER}}}",
        rf"{{\cf3 {ORDER}}}",
        rf"{{\fs10 {ORDER}}}",
        rf"{{\cf1\highlight2 {ORDER}}}",
        rf"{{\v x\plain  {ORDER}}}",
    ],
)
def test_seen(body: str) -> None:
    assert "order" in said(read(body))
