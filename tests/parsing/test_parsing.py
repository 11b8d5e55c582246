"""What the parsers make of documents as people have them."""

import pytest

from parsing import parse
from parsing.document import Block, ParsedDocument
from parsing.errors import FileFormatError

BOXES = """\
/// tip | Good to know

Use a *virtual* environment.

///

{* ../../docs_src/app.py hl[1] *}

!!! note "Remember"
"""


def markdown(text: str, source: str = "docs/some-page.md") -> ParsedDocument:
    return parse("text/markdown", text.encode(), source)


def html(text: str) -> ParsedDocument:
    return parse("text/html", text.encode(), "site/page.html")


def plain(data: bytes) -> ParsedDocument:
    return parse("text/plain", data, "notes/my_notes.txt")


def texts(document: ParsedDocument) -> list[str]:
    return [block.text for block in document.blocks]


def test_blocks_know_their_kind_and_the_headings_above_them() -> None:
    document = markdown(
        "# Guide\n\nIntro.\n\n## Install\n\n- one\n- two\n\n### Linux\n\n```sh\nmake\n```\n\n"
        "## Use\n\n| a |\n|---|\n| 1 |\n"
    )
    assert document.title == "Guide"
    assert document.blocks == (
        Block("Intro.", "text", ()),
        Block("- one\n- two", "list", ("Install",)),
        Block("```sh\nmake\n```", "code", ("Install", "Linux")),
        Block("| a |\n|---|\n| 1 |", "table", ("Use",)),
    )


def test_a_deeper_heading_after_a_gap_and_an_underlined_one_are_headings_too() -> None:
    document = markdown("Title\n=====\n\n#### Deep\n\nx\n\nSecond\n------\n\ny\n")
    assert [(block.text, block.heading_path) for block in document.blocks] == [
        ("x", ("Deep",)),
        ("y", ("Second",)),
    ]


def test_front_matter_becomes_title_and_metadata() -> None:
    document = markdown(
        "---\ntitle: Travel\ntags: [a, b]\nsince: 2024-05-01\nyear: 2024\n---\n# Other\n\nText.\n"
    )
    assert document.title == "Travel"
    assert document.metadata == {"title": "Travel", "tags": ["a", "b"], "since": "2024-05-01", "year": 2024}
    assert document.blocks == (Block("Text.", "text", ("Other",)),)


@pytest.mark.parametrize("yaml", ["title: [unclosed", "just a line", "- a\n- list", "a: &a [*a]", "n: .nan"])
def test_front_matter_that_is_no_good_costs_only_itself(yaml: str) -> None:
    document = markdown(f"---\n{yaml}\n---\n\nText.\n")
    assert texts(document) == ["Text."]
    assert document.title == "Some page"


def test_boxes_become_lines_and_includes_go() -> None:
    assert texts(markdown(BOXES)) == [
        "**Tip: Good to know**",
        "Use a *virtual* environment.",
        "**Note: Remember**",
    ]


def test_code_is_left_exactly_as_it_is() -> None:
    code = "```python\n/// tip\nx = a[0](b)  # <b> & [link](url) ![i](u)\n{* kept *}\n```"
    assert texts(markdown(code)) == [code]
    assert texts(markdown("Use `a[0](b)` and `<b>`.")) == ["Use `a[0](b)` and `<b>`."]
    assert texts(markdown("See [`Path()`](../path.md) now.")) == ["See `Path()` now."]


def test_links_images_and_tags_leave_their_words() -> None:
    source = (
        'See [the *guide*](../a.md "T") and [@bot[x]](https://e.example/a(b)c) ![A cat](c.png).<br>'
        'An <abbr title="x">API</abbr> &amp; <!-- hidden --> more.\n\n<div class="x">\n<img src="y">\n</div>'
    )
    assert texts(markdown(source)) == [
        "See the *guide* and @bot[x] (https://e.example/a(b)c) A cat. An API & more."
    ]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("Replace <your-token>, then open https://<host>:8443/<project>.",) * 2,
        ("The type is Map<String, List<Order>>.",) * 2,
        ("Use <Order> and <br> a <b>bold</b> word.", "Use <Order> and a bold word."),
        ('<Card title="Deploy it" icon="rocket" href="/x">Now</Card>', "Deploy it Now"),
        ("<Note>Careful</Note>", "Careful"),
        ('<img src="x.png" alt="The pump"/> runs.', "The pump runs."),
        ("[the form](https://x.example/f?a=1&copy=2)", "the form (https://x.example/f?a=1&copy=2)"),
        ("[the desk](mailto:desk@x.example)", "the desk (desk@x.example)"),
        ("[x.example](https://www.x.example/)", "x.example"),
        ("[it][r]\n\n[r]: https://x.example/r", "it (https://x.example/r)"),
        ("[a](#part) and [b](../b.md)", "a and b"),
        (f"[it](https://x.example/{'y' * 2_100})", "it"),
        ("Plain https://x.example/?a=1&copy=2 stays.",) * 2,
    ],
)
def test_places_for_words_stay_and_links_tell_their_address(source: str, text: str) -> None:
    assert texts(markdown(source)) == [text]


def test_the_address_of_a_link_in_a_heading_stands_below_it() -> None:
    document = markdown("# T\n\n## The [portal](https://x.example/p) and [part](#part)\n\nText.\n")
    assert [(block.heading_path, block.text) for block in document.blocks] == [
        (("The portal and part",), "portal (https://x.example/p)"),
        (("The portal and part",), "Text."),
    ]


def test_a_place_for_words_in_a_heading_stays() -> None:
    assert markdown("# Use <name> and <b>x</b>\n\nText.").title == "Use <name> and x"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("# Lift 3 is out of order", [((), "Lift 3 is out of order")]),
        ("# T\n\nText.\n\n## 1.2\n\n## 1.1\n", [((), "Text."), ((), "1.2"), ((), "1.1")]),
        ("# T\n\n## A\n\n### B\n\n## C\n\nText.\n", [(("A",), "B"), (("C",), "Text.")]),
    ],
)
def test_a_heading_alone_is_a_text(source: str, expected: list[tuple[tuple[str, ...], str]]) -> None:
    assert [(block.heading_path, block.text) for block in markdown(source).blocks] == expected


def test_what_markdown_leaves_out_is_counted() -> None:
    document = markdown("Text.<!-- one -->\n\n{! a.md !}\n\n<!-- two -->\n")
    assert texts(document) == ["Text."]
    assert document.notes == ("included files: 1 left out", "comments: 2 left out")


@pytest.mark.parametrize(
    "line",
    ["Dear all,", "Hello Ann", "Sehr geehrte Frau Roth", "Bonjour à tous !", "We need:", "First, then,"],
)
def test_a_greeting_or_half_a_sentence_is_no_title(line: str) -> None:
    assert plain(f"{line}\n\nThe lift is out of order.".encode()).title == "My notes"


def test_addresses_in_angle_brackets_are_kept() -> None:
    assert texts(markdown("See <https://e.example/a> or <me@e.example>.")) == [
        "See https://e.example/a or me@e.example."
    ]


def test_links_by_reference_leave_their_words_and_other_brackets_stay() -> None:
    source = "See [the guide][Guide], [guide] and x[0][1] [^1].\n\n[guide]: ../guide.md"
    assert texts(markdown(source)) == ["See the guide, guide and x[0][1] [^1]."]


def test_words_of_neighbouring_cells_and_lines_of_html_do_not_stick_together() -> None:
    source = "<table>\n    <tr><td>A</td><td>B</td></tr>\n    <tr><td>1</td><td>2</td></tr>\n</table>"
    assert texts(markdown(source)) == ["A B\n1 2"]


def test_a_tables_padding_is_no_part_of_it() -> None:
    source = "| Name      | Size |\n|-----------|:----------:|\n| `a   b`   | 1    |"
    assert texts(markdown(source)) == ["| Name | Size |\n|---|:---:|\n| `a   b` | 1 |"]


def test_only_a_heading_of_the_first_level_is_the_title() -> None:
    document = markdown("## 1.2.0\n\nFixes.\n\n# Changes\n\nMore.\n")
    assert document.title == "Changes"
    assert [block.heading_path for block in document.blocks] == [("1.2.0",), ()]


def test_underscores_and_stars_of_code_in_a_heading_stay() -> None:
    document = markdown("# About `__init__.py` and `*args`\n\nText.")
    assert document.title == "About __init__.py and *args"


def test_heading_attributes_and_markup_are_no_part_of_a_heading() -> None:
    document = markdown("# The `Body` *class* { #the-body }\n\n## snake_case_name\n\nText.\n")
    assert document.title == "The Body class"
    assert document.blocks[0].heading_path == ("snake_case_name",)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("نمی\u200cخواهم", "نمی\u200cخواهم"),
        ("क्\u200dष क्\u200d", "क्\u200dष क्\u200d"),
        ("👩\u200d🔧", "👩\u200d🔧"),
        ("ទីពីរ\u200bជាន់", "ទីពីរ\u200bជាន់"),
        ("pass\u200cword\u200d Auf\u200blage", "password Auflage"),
        ("\u200cق ق\u200c", "ق ق"),
    ],
)
def test_marks_without_a_width_stay_where_they_join_letters_or_part_words(written: str, kept: str) -> None:
    assert texts(parse("text/plain", f"{written}\n".encode(), "a.txt")) == [kept]


def test_invisible_characters_are_dropped_and_letters_composed() -> None:
    assert texts(markdown("a\u200bb\u00adc \x00de\u0301\r\nnext")) == ["abc dé\nnext"]


@pytest.mark.parametrize(
    "data",
    [
        "Grüße aus Zürich".encode(),
        b"\xef\xbb\xbf" + "Grüße aus Zürich".encode(),
        "Grüße aus Zürich".encode("utf-16"),
        ("Grüße aus Zürich, schöne Häuser, viele Straßen und Bäume. " * 5).encode("latin-1"),
    ],
    ids=["utf-8", "utf-8 with mark", "utf-16", "latin-1"],
)
def test_text_is_read_in_its_encoding(data: bytes) -> None:
    assert "Grüße aus Zürich" in texts(plain(data))[0]


def test_a_short_first_line_is_the_title_of_a_text_else_the_files_name() -> None:
    assert plain(b"Shopping list\n\nmilk").title == "Shopping list"
    assert plain(b"one line\nand another").title == "My notes"


@pytest.mark.parametrize("data", [bytes(range(256)) * 40, b"\x89PNG\r\n\x1a\n" + bytes(500), b"\x00" * 50])
def test_what_is_no_text_is_refused(data: bytes) -> None:
    with pytest.raises(FileFormatError, match="not a text file"):
        plain(data)


def test_a_page_gives_its_text_without_what_frames_it() -> None:
    document = html(
        "<html><head><title>Leave &amp; pay</title><style>p{}</style></head><body><nav>Home</nav>"
        "<main><h1>Leave</h1><h2>Days</h2><p>You have <b>28</b> days.</p>"
        "<ul><li>one<ul><li>two</li></ul></li></ul>"
        "<table><tr><th>A</th></tr><tr><td>1</td></tr></table>"
        "<pre><code class='language-py'>x &lt; 1</code></pre>"
        "<p style='display:none'>secret</p></main>"
        "<footer>legal</footer><script>alert(1)</script></body></html>"
    )
    assert document.title == "Leave & pay"
    kinds = [(block.kind, block.heading_path[-1]) for block in document.blocks]
    assert kinds == [("text", "Days"), ("list", "Days"), ("table", "Days"), ("code", "Days")]
    assert document.blocks[0].text == "You have **28** days."
    assert document.blocks[3].text == "```py\nx < 1\n```"
    everything = " ".join(texts(document))
    assert not any(word in everything for word in ("Home", "legal", "alert", "secret", "p{}"))


def test_a_page_is_read_in_the_encoding_it_declares() -> None:
    page = '<meta charset="iso-8859-2"><p>Příliš žluťoučký kůň</p>'.encode("iso-8859-2")
    assert texts(parse("text/html", page, "a.html")) == ["Příliš žluťoučký kůň"]


def test_signs_that_are_escaped_in_a_page_are_text() -> None:
    page = "<title>a &lt; b</title><h2>List&lt;T&gt;</h2><p>Use &lt;b&gt; or &#60;i>.</p><pre>a &lt; b</pre>"
    document = html(page)
    assert document.title == "a < b"
    assert document.metadata["title"] == "a < b"
    assert [(block.text, block.heading_path) for block in document.blocks] == [
        ("Use <b> or <i>.", ("List<T>",)),
        ("```\na < b\n```", ("List<T>",)),
    ]


def test_a_page_that_is_one_form_keeps_its_text_and_choices_but_not_its_buttons() -> None:
    page = "<form><p>Rules.</p><select><option>Red</option></select><button>Send</button></form>"
    document = html(page)
    assert texts(document) == ["Rules.", "Red"]
    assert document.notes == ("buttons: 1 left out",)


def test_marks_that_link_a_heading_to_itself_and_hidden_parts_go() -> None:
    page = (
        '<div role="navigation">Menu</div><h2>One <a class="headerlink" href="#o">¶</a></h2><p>a</p>'
        '<h2>Two<a href="#t" title="Direct link to Two"></a></h2><p>b <i aria-hidden="true">icon</i></p>'
    )
    assert [(block.text, block.heading_path) for block in html(page).blocks] == [
        ("a", ("One",)),
        ("b", ("Two",)),
    ]


def test_a_panel_that_unfolds_keeps_its_text() -> None:
    assert texts(html('<h2>Refunds?</h2><div aria-hidden="true"><p>Within 30 days.</p></div>')) == [
        "Within 30 days."
    ]


def test_pictures_leave_their_description_and_no_address() -> None:
    page = (
        '<p>See <a href="/file:a"><img src="/a.jpg" alt="a cat"></a><a href="/b"><img src="/b.jpg"></a>.</p>'
    )
    assert texts(html(page)) == ["See a cat."]


def test_a_page_nested_absurdly_deep_is_survived() -> None:
    document = html("<p>before</p>" + "<div>" * 100_000 + "deep" + "</div>" * 100_000)
    assert len(document.blocks) <= 2


@pytest.mark.parametrize("text", ["", "   \n", "---\ntitle: x\n---\n", "{* only.py *}", "<!-- nothing -->"])
def test_a_document_without_text_has_no_blocks(text: str) -> None:
    assert markdown(text).blocks == ()


@pytest.mark.parametrize(
    "text",
    [
        "[" * 20_000,
        "`" * 9_999 + " x",
        "<script" * 20_000,
        "![](" * 10_000,
        "*a_" * 10_000,
        "![a" * 100_000,
        "a <!-- " * 100_000,
        "a <svg " * 100_000,
        " ".join("`" * length for length in range(1, 1000)),
        "# " + " \t{#" * 100_000,
        "# a" + " " * 100_000 + "b",
        "e" + "\u0301\u0316" * 200_000,
    ],
    ids=range(12),
)
def test_a_hostile_text_is_parsed_and_nothing_more(text: str) -> None:
    assert len(markdown(text).blocks) <= 1
