"""Web pages as people write them: what is read, what is left out and counted."""

import pytest

from parsing.document import ParsedDocument
from parsing.html.html import parse, parse_page

Placed = list[tuple[tuple[str, ...], str]]
SITE = "https://site.example/docs/page.html"
MENU = (
    '<ul><li><a href="/a">Home</a></li><li><a href="/b">Shop</a></li><li><a href="/c">About us</a></li></ul>'
)


def page(body: str, address: str = "kb/page.html") -> ParsedDocument:
    return parse_page(
        f"<html><head><title>T</title></head><body>{body}</body></html>".encode(), "kb/page.html", address
    )


def placed(document: ParsedDocument) -> Placed:
    return [(block.heading_path, block.text) for block in document.blocks]


def texts(document: ParsedDocument) -> list[str]:
    return [block.text for block in document.blocks]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            "<main><p>Open it.</p><aside class='warning'><p>Never run it dry.</p></aside><p>Start.</p></main>"
            "",
            ["Open it.", "Never run it dry.", "Start."],
        ),
        (
            "<article><p>Text.</p><blockquote><p>Bees do not read.</p><footer>— Odile</footer></blockquote>"
            "<footer><p>Valid until 31 March.</p></footer></article>",
            ["Text.", "> Bees do not read.\n>\n> — Odile", "Valid until 31 March."],
        ),
        ("<article><header><p>By Ines, 3 May</p></header><p>x</p></article>", ["By Ines, 3 May", "x"]),
        ("<p>x</p><footer>Valid until 31 March.</footer>", ["x", "Valid until 31 March."]),
        (
            "<details><summary>More</summary><p>Hidden at first.</p></details>",
            ["**More**", "Hidden at first."],
        ),
        ("<dl><dt>Kiln</dt><dd>An oven.</dd></dl>", ["Kiln", "An oven."]),
        ("<p>Press <button>Save</button> to keep it.</p>", ["Press Save to keep it."]),
        (
            "<p>Size:</p><select><option>Small</option><option>Large</option></select>"
            "<label>Name <input value='Ann'></label><label><input type='checkbox' checked> Parking</label>",
            ["Size:", "Small, Large", "Name Ann [x] Parking"],
        ),
        ("<blockquote cite='a.html'><p>Bees.</p></blockquote>", ["> Bees."]),
        ("<label>City<select><option>Ghent<option>Bonn</select></label>", ["City Ghent, Bonn"]),
        ("<p>10<sup>6</sup> m<sup>2</sup>, the 1<sup>st</sup></p>", ["10⁶ m2, the 1st"]),
        (
            "<select><optgroup label='Metal'><option>Steel<option>Brass</optgroup></select>"
            "<input list='a'><datalist id='a'><option value='Tin'></datalist>",
            ["Metal: Steel, Brass", "Tin"],
        ),
        ("<p>A &amp;lt; and &amp;amp; stay; &copy; is a sign.</p>", ["A &lt; and &amp; stay; © is a sign."]),
        ("<ol><li>One<li value='9'><p>Nine</p><li>Ten</ol>", ["- 1. One\n\n- 9. Nine\n\n- 10. Ten"]),
        ("<ol type='a' start='3'><li>Third<li>Fourth</ol>", ["- c. Third\n- d. Fourth"]),
        ("<ol type='I'><li>A<li>B<li>C<li>D</ol>", ["- I. A\n- II. B\n- III. C\n- IV. D"]),
        ("<ol reversed><li>Gold<li>Silver</ol>", ["- 2. Gold\n- 1. Silver"]),
        ("<p>S</p><select><option>Red<option selected>Blue</select>", ["S", "Red, [x] Blue"]),
        ("<label>Order <input placeholder='Ten digits'></label>", ["Order Ten digits"]),
        ("<textarea placeholder='What went wrong?'></textarea>", ["What went wrong?"]),
        ("<p><a href='tel:1' aria-label='Call 555 0101'>☎</a> us</p>", ["Call 555 0101 us"]),
        ("<p><span title='Included' class='tick'>✓</span> Wi-Fi</p>", ["Included Wi-Fi"]),
        (
            "<p>Map</p><map><area alt='Room 12' href='https://x.example/12'></map>",
            ["Map", "Room 12 (https://x.example/12)"],
        ),
        ("<!-- for authors --><p>x</p>", ["x"]),
    ],
)
def test_what_people_read_on_a_page_stays(body: str, expected: list[str]) -> None:
    document = page(body)
    assert texts(document) == expected
    assert document.notes == ()


def test_the_name_of_a_tab_stands_over_what_it_shows() -> None:
    tabs = (
        "<button role='tab' aria-controls='a'>Linux</button><button role='tab' aria-controls='b'>Mac</button>"
    )
    panels = "<div id='a' role='tabpanel'>apt</div><div id='b' role='tabpanel' hidden>brew</div>"
    assert texts(page(tabs + panels)) == ["**Linux**", "apt", "**Mac**", "brew"]


def test_a_footer_of_the_site_keeps_what_is_neither_legal_nor_links() -> None:
    document = page("<p>x</p><footer><p>Call 555 0199.</p><p>© Acme</p></footer>")
    assert (texts(document), document.notes) == (["x", "Call 555 0199."], ("page footer: 2 words left out",))


def test_a_title_that_unfolds_a_part_stands_over_it() -> None:
    document = page(
        "<button class='accordion'>Shipping</button><div class='panel' hidden>Two days.</div>"
        "<h2><button aria-expanded='false'>Returns</button></h2><div hidden>Within a week.</div>"
    )
    assert placed(document) == [((), "**Shipping**"), ((), "Two days."), (("Returns",), "Within a week.")]


@pytest.mark.parametrize(
    "body",
    [
        "<h2><button aria-expanded='false'>Where to park?</button></h2><div><p>On deck B.</p></div>",
        "<button class='accordion'>Where to park?</button><div class='panel' style='display:none'>On deck "
        "B.</div>",
        "<h3><button aria-controls='a'>Where to park?</button></h3><div id='a' role='region' hidden>On deck "
        "B.</div>",
        "<details><summary>Where to park?</summary>On deck B.</details>",
        "<div aria-expanded='false' role='button'>Where to park?</div><p>On deck B.</p>",
    ],
)
def test_a_question_that_unfolds_an_answer_is_its_heading(body: str) -> None:
    assert placed(page(f"<h1>T</h1>{body}")) == [(("Where to park?",), "On deck B.")]


@pytest.mark.parametrize(
    ("body", "notes"),
    [
        (f"<nav>{MENU}</nav><p>x</p>", ("navigation: 3 links left out",)),
        ("<nav>You are here</nav><p>x</p>", ("navigation: 3 words left out",)),
        (f"<div class='main-menu'>{MENU}</div><p>x</p>", ("navigation: 3 links left out",)),
        (f"<div>{MENU}</div><main><p>x</p></main>", ("navigation: 3 links left out",)),
        (f"<article><p>x</p><aside>{MENU}</aside></article>", ("navigation: 3 links left out",)),
        ("<header><a href='/'>Acme</a></header><p>x</p>", ("page header: 1 words left out",)),
        ("<p>x</p><footer>© 2027 Acme Ltd</footer>", ("page footer: 4 words left out",)),
        (
            "<p>x</p><footer><p>© 2027 Acme Ltd</p><ul><li><a href='/i'>Imprint</a></li></ul></footer>",
            ("page footer: 5 words left out",),
        ),
        ("<p>x</p><div hidden>Not for all</div>", ("hidden parts: 3 words left out",)),
        ("<p>x</p><iframe src='a'></iframe><video>old</video>", ("frames: 1 left out", "videos: 1 left out")),
        (
            "<p>x</p><template>A <b>b</b></template><svg><title>Icon</title></svg>"
            "<svg><text>Inlet</text></svg><input type='submit' value='Send'>",
            ("templates: 2 words left out", "drawings: 1 words left out", "buttons: 1 left out"),
        ),
        ("<p>x</p><button>Send</button><button>Reset</button>", ("buttons: 2 left out",)),
        ("<p title='Since 3 May'>x</p>", ("remarks below the pointer: 1 left out",)),
    ],
)
def test_what_frames_a_page_is_left_out_and_counted(body: str, notes: tuple[str, ...]) -> None:
    document = page(body)
    assert (texts(document), document.notes) == (["x"], notes)


def test_a_header_that_holds_the_title_keeps_it_without_the_links_beside_it() -> None:
    document = page(f"<main><header><h1>Kilns</h1><div>{MENU}</div></header><p>Hot.</p></main>")
    assert placed(document) == [(("Kilns",), "Hot.")]
    assert document.notes == ("navigation: 3 links left out",)


@pytest.mark.parametrize(
    ("cells", "rows"),
    [
        (
            "<tr><th>R</th><th>C</th></tr><tr><td rowspan=2>North</td><td>A</td></tr><tr><td>B</td></tr>",
            ["| R | C |", "| --- | --- |", "| North | A |", "| North | B |"],
        ),
        (
            "<tr><th>A</th><th>B</th></tr><tr><td colspan=2>both</td></tr><tr><td>1</td><td rowspan=99>2</td>"
            "</tr>",
            ["| A | B |", "| --- | --- |", "| both | both |", "| 1 | 2 |"],
        ),
        (
            "<thead><tr><th rowspan=2>Region</th><th colspan=2>2026</th></tr><tr><th>Q1</th><th>Q2</th></tr>"
            "</thead>"
            "<tr><td>North</td><td>1</td><td>2</td></tr>",
            ["| Region | 2026 Q1 | 2026 Q2 |", "| --- | --- | --- |", "| North | 1 | 2 |"],
        ),
        (
            "<tr><td rowspan=2>Region</td><td colspan=2>2026</td></tr><tr><td>Q1</td><td>Q2</td></tr>"
            "<tr><td>North</td><td>1</td><td>2</td></tr>",
            ["| Region | 2026 Q1 | 2026 Q2 |", "| --- | --- | --- |", "| North | 1 | 2 |"],
        ),
    ],
)
def test_merged_cells_stand_wherever_they_reach(cells: str, rows: list[str]) -> None:
    assert texts(page(f"<table>{cells}</table>")) == ["\n".join(rows)]


def test_what_lies_too_deep_in_a_page_is_said_to_be_missing() -> None:
    document = page("<p>x</p>" + "<div>" * 1_500 + "deep" + "</div>" * 1_500)
    assert texts(document) == ["x"]
    assert document.notes == ("The page is nested too deeply: what lies deepest in it was left out.",)


def test_many_buttons_and_merged_cells_take_no_time() -> None:
    buttons = page(f"<p>{'<button>x</button>' * 20_000}</p>")
    assert buttons.notes == ("buttons: 20000 left out",)
    cells = "<tr><td rowspan=1000 colspan=12>x</td><td>y</td></tr>" * 2_000
    assert len(page(f"<table>{cells}</table>").blocks) == 1


def test_a_head_over_all_columns_stands_above_the_table() -> None:
    rows = "<tr><th colspan=2>Rates</th></tr><tr><th>A</th><th>B</th></tr><tr><td>1</td><td>2</td></tr>"
    assert texts(page(f"<table>{rows}</table>")) == ["Rates", "| A | B |\n| --- | --- |\n| 1 | 2 |"]


@pytest.mark.parametrize(
    "spans", ["colspan=99999999", "rowspan=99999999", "colspan=-1", "rowspan=x", "colspan=0"]
)
def test_cells_that_claim_to_be_huge_are_not(spans: str) -> None:
    document = page(f"<table><tr><th>A</th><th>B</th></tr><tr><td {spans}>1</td><td>2</td></tr></table>")
    assert len(texts(document)[0]) < 200


@pytest.mark.parametrize(
    "table",
    [
        "<table><tr><td><h2>Prices</h2><p>They rise.</p><ul><li>One</li></ul></td></tr></table>",
        "<table><tr><td><table><tr><td><h2>Prices</h2><p>They rise.</p></td></tr></table></td>"
        "<td><ul><li>One</li></ul></td></tr></table>",
        "<table role='presentation'><tr><td><h2>Prices</h2></td><td>They rise.</td><td><ul><li>One</li></ul>"
        "</td></tr>"
        "</table>",
    ],
)
def test_a_table_that_only_places_things_is_dissolved(table: str) -> None:
    document = page(f"<h1>T</h1>{table}")
    assert placed(document) == [(("Prices",), "They rise."), (("Prices",), "- One")]


@pytest.mark.parametrize(
    ("link", "text"),
    [
        (
            "<a href='https://x.example/f?a=1&amp;copy=2'>the form</a>",
            "the form (https://x.example/f?a=1&copy=2)",
        ),
        ("<a href='mailto:desk@x.example?subject=Hi'>the desk</a>", "the desk (desk@x.example)"),
        ("<a href='https://x.example/'>x.example</a>", "x.example"),
        ("<a href='../forms/a.pdf'>the form</a>", "the form (https://site.example/forms/a.pdf)"),
        ("<a href='#part'>the part</a>", "the part"),
        ("<a href='page.html#part'>the part</a>", "the part"),
        ("<a href='javascript:x()'>the trick</a>", "the trick"),
        (f"<a href='https://x.example/{'y' * 2_100}'>the tracker</a>", "the tracker"),
        ("<a href='https://x.example/f'><p>the form</p></a>", "the form\n(https://x.example/f)"),
    ],
)
def test_a_link_is_its_words_and_its_address(link: str, text: str) -> None:
    assert "\n".join(texts(page(f"<div>{link}</div>", SITE))) == text


def test_without_an_address_of_the_page_a_relative_link_has_none() -> None:
    assert texts(page("<p><a href='/a'>the form</a></p>")) == ["the form"]
    assert texts(page("<base href='https://x.example/'><p><a href='/a'>it</a></p>")) == [
        "it (https://x.example/a)"
    ]


@pytest.mark.parametrize(
    ("charset", "encoding", "text"),
    [
        ("iso-8859-1", "cp1252", "The “Basic” plan – it’s 20 €"),
        ("latin1", "cp1252", "“quoted”"),
        ("us-ascii", "cp1252", "it’s"),
        ("iso-8859-9", "cp1254", "“İstanbul”"),
        ("gb2312", "gb18030", "㐀 和 €"),
        ("shift_jis", "cp932", "①です"),
        ("iso-8859-1", "utf-8", "Zürich – Genève"),
        ("iso-2022-jp", "iso2022_jp", "日本語"),
        ("utf-16", "utf-8", "Zürich"),
    ],
)
def test_names_of_encodings_mean_what_browsers_take_them_for(charset: str, encoding: str, text: str) -> None:
    data = f'<meta http-equiv="Content-Type" content="text/html; charset={charset}"><p>{text}</p>'.encode(
        encoding
    )
    assert texts(parse(data, "a.html")) == [text]
