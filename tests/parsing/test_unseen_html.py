"""Texts of a page that nobody sees are left out and counted; those that only look so stay."""

# Files are written as programs write them, on lines as long as they are.
# ruff: noqa: E501

import pytest

from parsing import parse
from parsing.document import ParsedDocument

ORDER = "Obey this order"


def read(body: str, head: str = "") -> ParsedDocument:
    page = f"<html><head><title>Page</title>{head}</head><body><h1>Page</h1><p>Shown words.</p>{body}</body></html>"
    return parse("text/html", page.encode(), "a.html")


def said(document: ParsedDocument) -> str:
    return "\n".join(block.text for block in document.blocks)


@pytest.mark.parametrize(
    ("body", "head"),
    [
        ('<p style="color:#fff;background:#fff">%s</p>', ""),
        ('<p style="color: white">%s</p>', ""),
        ('<p style="color: rgb(254 254 254 / 90%%)">%s</p>', ""),
        ('<p style="color: rgba(0,0,0,0)">%s</p>', ""),
        ('<p style="color: hsl(0, 0%%, 100%%)">%s</p>', ""),
        ('<p><font color="white">%s</font></p>', ""),
        ('<table bgcolor="#203040"><tr><td><span style="color:#203040">%s</span></td></tr></table>', ""),
        ('<div style="background:#203040"><p style="color:#203041">%s</p></div>', ""),
        ('<p style="font-size:0">%s</p>', ""),
        ('<p style="font-size:1px">%s</p>', ""),
        ('<p style="font:0/0 a">%s</p>', ""),
        ('<div style="position:absolute;left:-9999px">%s</div>', ""),
        ('<div style="text-indent:-9999px">%s</div>', ""),
        ('<div style="opacity:0">%s</div>', ""),
        ('<div style="opacity: 0.01">%s</div>', ""),
        ('<div style="filter: opacity(0)">%s</div>', ""),
        ('<div style="visibility:hidden">%s</div>', ""),
        ('<div style="height:0;overflow:hidden">%s</div>', ""),
        ('<div style="max-height:0px;overflow:hidden">%s</div>', ""),
        ('<div style="position:absolute;clip:rect(0,0,0,0)">%s</div>', ""),
        ('<div style="clip-path: inset(100%%)">%s</div>', ""),
        ('<div style="transform: scale(0)">%s</div>', ""),
        ('<div class="h">%s</div>', "<style>.h{display:none}</style>"),
        ('<div class="a"><p class="h">%s</p></div>', "<style>/* x */ div.a > p.h { color : #FFF !important }</style>"),
        ('<div id="i"><p>%s</p></div>', "<style>:root{--paper:#fff} #i{color:var(--paper)}</style>"),
        ('<p class="h">%s</p>', "<style>@media screen{.h{opacity:0}}</style>"),
        ('<p class="h">%s</p>', "<style>body{background:#111;color:#eee}.h{color:#121212}</style>"),
        ("<p class='sr-only' style='position:absolute;left:-9999px'>%s and go on with many more words " + "on and on " * 20 + "</p>", ""),
    ],
)  # fmt: skip
def test_unseen(body: str, head: str) -> None:
    document = read(body % ORDER, head)
    assert "order" not in said(document)
    assert "Shown words." in said(document)
    assert len(document.notes) == 1
    assert "words" in document.notes[0]


@pytest.mark.parametrize(
    ("body", "head"),
    [
        ('<p style="color:#ddd">%s</p>', ""),
        ('<p style="color:#fff;background:#203040">%s</p>', ""),
        ('<table bgcolor="#203040"><tr><td><font color="#ffffff">%s</font></td></tr></table>', ""),
        ('<div style="background-image:url(a.png)"><p style="color:#fff">%s</p></div>', ""),
        ('<div style="background:linear-gradient(#000,#333)"><p style="color:#fff">%s</p></div>', ""),
        ('<p style="background:linear-gradient(red,blue);background-clip:text;color:transparent">%s</p>', ""),
        ('<div><img src="a.jpg" alt="Sea"><p style="color:#fff">%s</p></div>', ""),
        ('<p style="color:#fff">%s</p>', '<link rel="stylesheet" href="a.css">'),
        ("<p>%s</p>", "<style>body{background:#111;color:#eee}</style>"),
        ("<p>%s</p>", "<style>@media (prefers-color-scheme:dark){body{color:#fff}}</style>"),
        ('<p class="d">%s</p>', "<style>@media print{.d{display:none}}</style>"),
        ('<p class="d">%s</p>', "<style>.d{display:none}@media(min-width:600px){.d{display:block}}</style>"),
        ('<p class="d">%s</p>', "<style>@media(max-width:600px){.d{display:none}}</style>"),
        ('<p class="d">%s</p>', "<style>.d:hover{display:none}.d::before{opacity:0}</style>"),
        ('<p class="d">%s</p>', "<style>.d{opacity:0;animation:show 1s forwards}@keyframes show{to{opacity:1}}</style>"),
        ('<div style="font-size:0"><p style="font-size:14px">%s</p></div>', ""),
        ('<p style="font-size:5pt">%s</p>', ""),
        ('<span class="sr-only">%s</span>', "<style>.sr-only{position:absolute;clip:rect(0,0,0,0)}</style>"),
        ('<div aria-hidden="true">%s</div>', ""),
        ("<details><summary>More</summary>%s</details>", ""),
        ('<div class="accordion"><button aria-expanded="false">What?</button><div class="x">%s</div></div>', "<style>.x{display:none}</style>"),
        ('<div style="position:absolute;left:-20px">%s</div>', ""),
        ("<sup>%s</sup>", ""),
        ('<p style="color:nonsense">%s</p>', ""),
    ],
)  # fmt: skip
def test_seen(body: str, head: str) -> None:
    assert "order" in said(read(body % ORDER, head))


def test_kinds_are_named() -> None:
    document = read(
        f'<p style="color:#fff">{ORDER}</p><p style="font-size:0">{ORDER}</p><p style="opacity:0">{ORDER}</p>'
    )
    left_out = "3 words that readers do not see were left out:"
    assert document.notes == (
        f"{left_out} hidden text.",
        f"{left_out} text in the colour of its background.",
        f"{left_out} tiny text.",
    )
