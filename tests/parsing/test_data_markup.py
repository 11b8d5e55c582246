"""What the parsers make of feeds, other XML and source code."""

from pathlib import Path

import pytest

from parsing.data.xml import parse as parse_xml
from parsing.document import ParsedDocument
from parsing.errors import FileFormatError
from parsing.source import parse as parse_source

FEED = """\
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"
     xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>
<title>Office news</title><link>https://e.example/</link><language>en</language>
<item><title>New &amp;amp; better desks</title><link>https://e.example/desks</link>
<dc:creator>Ada</dc:creator>
<pubDate>Tue, 19 Nov 2024 13:30:02 +0000</pubDate><category>Rooms</category><category>Desks</category>
<description>Short.</description>
<content:encoded><![CDATA[<p>They are <b>high</b>.</p>
<h2>Where</h2><ul><li>Hall</li></ul>]]></content:encoded>
</item></channel></rss>"""
ATOM = """\
<feed xmlns="http://www.w3.org/2005/Atom"><title>Log</title><updated>2024-01-02T03:04:05Z</updated>
<entry><title>One</title><link rel="self" href="https://e.example/self"/><link href="https://e.example/1"/>
<author><name>Ben</name></author><updated>2024-01-01T00:00:00Z</updated>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">
<p>Text <i>here</i>.</p></div></content></entry>
<entry><title>Two</title><content type="text">a &lt;b and c</content></entry></feed>"""
RSS_1 = """\
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/">
<channel><title>Old</title></channel>
<item><title>First</title><description>Words.</description></item></rdf:RDF>"""


def xml(text: str) -> ParsedDocument:
    return parse_xml(text.encode(), "data/some_file.xml")


def source(name: str, text: str) -> ParsedDocument:
    return parse_source(text.encode(), f"src/{name}")


def texts(document: ParsedDocument) -> list[str]:
    return [block.text for block in document.blocks]


def placed(document: ParsedDocument) -> list[tuple[tuple[str, ...], str]]:
    return [(block.heading_path, block.text) for block in document.blocks]


def test_articles_of_a_feed_stand_below_their_titles() -> None:
    document = xml(FEED)
    assert document.title == "Office news"
    assert document.metadata == {"language": "en", "link": "https://e.example/"}
    assert placed(document) == [
        (("New & better desks",), "2024-11-19, by Ada, https://e.example/desks\nTags: Rooms, Desks"),
        (("New & better desks",), "They are **high**."),
        (("New & better desks", "Where"), "- Hall"),
    ]


def test_atom_and_the_first_rss_are_feeds_too() -> None:
    assert placed(xml(ATOM)) == [
        (("One",), "2024-01-01, by Ben, https://e.example/1"),
        (("One",), "Text *here*."),
        (("Two",), "a <b and c"),
    ]
    assert xml(ATOM).metadata["date"] == "2024-01-02"
    assert placed(xml(RSS_1)) == [(("First",), "Words.")]


def test_sections_of_a_document_keep_their_titles() -> None:
    document = xml(
        "<article><info><title>Guide</title><author>Ada</author></info><section><title>Start</title>"
        "<para>Press <emphasis>the</emphasis> button.</para>"
        "<itemizedlist><listitem><para>one</para></listitem>"
        "</itemizedlist><section><title>Code</title><programlisting>if x:\n  y</programlisting></section>"
        "</section><table><tr><th>A</th></tr><tr><td>1</td></tr></table></article>"
    )
    assert document.title == "Guide"
    assert placed(document) == [
        ((), "author: Ada"),
        (("Start",), "Press the button."),
        (("Start",), "- one"),
        (("Start", "Code"), "```\nif x:\n  y\n```"),
        ((), "| A |\n| --- |\n| 1 |"),
    ]


def test_values_stand_together_and_attributes_count_where_there_is_no_text() -> None:
    document = xml('<c><db host="x" port="1"/><cache id="7"><host>y</host><ttl>3</ttl></cache></c>')
    assert placed(document) == [((), "db: host=x, port=1"), (("cache",), "cache: id=7\nhost: y\nttl: 3")]
    assert placed(xml("<books><book><title>Alone</title></book></books>")) == [((), "Alone")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            '<resources><string name="err_full">Disk is full</string><integer name="rows">50</integer>'
            "</resources>",
            [((), "err_full: Disk is full\nrows: 50")],
        ),
        (
            '<r><string name="hi">Hi <b>you</b></string><string-array name="planets"><item>Mars</item>'
            "</string-array></r>",
            [((), "hi: Hi you"), (("planets",), "item: Mars")],
        ),
        (
            '<shop><product sku="A1"><title>Anvil</title><weight unit="kg">40</weight></product></shop>',
            [(("Anvil",), "product: sku=A1\nweight: 40 (unit=kg)")],
        ),
        (
            "<plist><dict><key>On</key><true/><key>Port</key><integer>70</integer><key>Deep</key><dict>"
            "<key>A</key><string>"
            "b</string>"
            "</dict></dict></plist>",
            [((), "On: true\nPort: 70"), (("Deep",), "A: b")],
        ),
        (
            '<doc><section id="s1" role="x"><title>One</title><p class="y">Text.</p></section></doc>',
            [(("One",), "Text.")],
        ),
    ],
)
def test_attributes_name_values_in_data_and_are_markup_in_documents(
    text: str, expected: list[tuple[tuple[str, ...], str]]
) -> None:
    assert placed(xml(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            '<article xmlns:x="http://www.w3.org/1999/xlink"><para>The <link x:href="https://a.example/f">form'
            "</link>.</para></article>",
            "The form (https://a.example/f).",
        ),
        ('<topic><p><xref href="https://a.example/f">Form</xref></p></topic>', "Form (https://a.example/f)"),
        ('<body><p>See <ref target="https://a.example/f"/>.</p></body>', "See https://a.example/f."),
        ('<body><p>See <xref href="#below">below</xref>.</p></body>', "See below."),
    ],
)
def test_links_of_documents_keep_their_addresses(text: str, expected: str) -> None:
    assert [block.text for block in xml(text).blocks] == [expected]


def test_comments_are_counted() -> None:
    document = parse_xml(b"<!-- one --><a><b>Oak</b><!-- two --></a>", "kb/a.xml")
    assert document.notes == ("comments: 2 left out",)


def test_nothing_outside_an_xml_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret words")
    outside = f"file://{tmp_path}/secret.txt"
    document = xml(
        f'<!DOCTYPE a [<!ENTITY own "Acme"><!ENTITY out SYSTEM "{outside}">'
        f'<!ENTITY % p SYSTEM "{outside}"> %p;]>'
        "<a><p>From &own;: &out; &unknown;caf&eacute;</p></a>"
    )
    assert texts(document) == ["From Acme: café"]


@pytest.mark.parametrize("place", ["<a>&e9;</a>", '<a b="&e9;">x</a>'])
def test_entities_that_unfold_without_end_are_refused(place: str) -> None:
    bomb = "".join(f'<!ENTITY e{number} "{f"&e{number - 1};" * 10}">' for number in range(1, 10))
    with pytest.raises(FileFormatError, match="unfold without end"):
        xml(f'<!DOCTYPE a [<!ENTITY e0 "lol">{bomb}]>{place}')


def test_xml_in_the_wrong_encoding_is_read_and_damage_is_noted() -> None:
    latin = parse_xml("<a><p>Schöne Grüße aus der Straße</p></a>".encode("latin-1"), "a.xml")
    assert texts(latin) == ["Schöne Grüße aus der Straße"]
    cut = xml("<a><p>whole</p><p>cut o")
    assert texts(cut)[0] == "whole"
    assert len(cut.notes) == 1
    with pytest.raises(FileFormatError, match="not XML"):
        xml("just words")


def test_xhtml_is_a_page() -> None:
    page = '<html xmlns="http://www.w3.org/1999/xhtml"><title>T</title><body>x</body></html>'
    assert xml(page).title == "T"


def test_code_is_cut_at_its_definitions_with_what_stands_above_them() -> None:
    document = source(
        "app.py",
        '"""What the app does."""\n\nimport a\n\n\n'
        "# Why it is here.\n@dec\nclass App:\n    x = 1\n\n    def run(self):\n"
        "        pass\n\n\nasync def go():\n    pass\n",
    )
    assert document.title == "app.py"
    assert placed(document) == [
        ((), "What the app does."),
        ((), "```python\nimport a\n```"),
        (
            ("App",),
            "```python\n# Why it is here.\n@dec\nclass App:\n    x = 1\n\n    def run(self):\n"
            "        pass\n```",
        ),
        (("go",), "```python\nasync def go():\n    pass\n```"),
    ]


@pytest.mark.parametrize(
    ("name", "text", "defined"),
    [
        ("a.go", "// F greets.\nfunc (s *Server) F(x int) {\n}\n\ntype T struct {\n}\n", ["F", "T"]),
        ("a.ts", "export const f = () => {\n};\n\nexport default class Foo {\n}\n", ["f", "Foo"]),
        ("a.c", "static int add(int a)\n{\n    return a;\n\n}\n\nint main(void) {\n}\n", ["add", "main"]),
        ("a.rs", "pub(crate) fn go() {\n}\n\n#[derive(Debug)]\npub struct S;\n", ["go", "S"]),
        ("a.sql", "CREATE TABLE IF NOT EXISTS users (\n id int\n);\n", ["users"]),
        ("a.sh", "run() {\n  echo\n}\n", ["run"]),
        ("a.f90", "program heat\nend program\n\nsubroutine cool(x)\nend subroutine\n", ["heat", "cool"]),
        ("a.toml", '[project]\nname = "x"\n\n[tool.a]\nb = 1\n', ["project", "tool.a"]),
        ("a.yml", "services:\n  db: 1\n\nvolumes:\n  a: 1\n", ["services", "volumes"]),
    ],
)
def test_definitions_of_many_languages_are_named(name: str, text: str, defined: list[str]) -> None:
    assert [block.heading_path for block in source(name, text).blocks] == [(name,) for name in defined]


def test_a_long_definition_is_cut_into_blocks_and_loses_nothing() -> None:
    lines = ["def long():", *[f"    x{number} = 1" if number % 10 else "" for number in range(1, 400)]]
    blocks = source("a.py", "\n".join(lines)).blocks
    assert all(block.heading_path == ("long",) and block.text.count("\n") <= 92 for block in blocks)
    assert all(any(f" x{number} =" in block.text for block in blocks) for number in (1, 59, 61, 399))


def test_minified_code_is_not_read() -> None:
    document = source("a.min.js", "x" * 6000)
    assert document.blocks == ()
    assert document.notes


@pytest.mark.parametrize(
    ("name", "text", "title"),
    [
        ("a.rst", "=====\nGuide\n=====\n\nIntro.\n\nOne\n---\n\ntext\n", "Guide"),
        ("a.adoc", "= Guide\n\nIntro.\n\n== One\n\ntext\n", "Guide"),
        ("a.org", "#+TITLE: Guide\nIntro.\n* TODO One :tag:\ntext\n", "Guide"),
        (
            "a.tex",
            "\\title{Guide}\n\\begin{document}\nIntro. % not this\n\\section{One}\ntext\n\\end{document}\n",
            "Guide",
        ),
    ],
)
def test_markup_is_text_below_its_sections(name: str, text: str, title: str) -> None:
    document = source(name, text)
    assert document.title == title
    assert placed(document) == [((), "Intro."), (("One",), "text")]
