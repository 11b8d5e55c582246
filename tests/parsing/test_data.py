"""What the parsers make of tables, data and notebooks."""

import json
from typing import Any

import pytest

from parsing.data.delimited import parse as parse_delimited
from parsing.data.json import parse as parse_json
from parsing.document import ParsedDocument
from parsing.errors import FileFormatError
from parsing.notebook import parse as parse_notebook
from parsing.tables import markdown_table


def delimited(text: str, source: str = "data/staff_list.csv") -> ParsedDocument:
    return parse_delimited(text.encode(), source)


def as_json(text: str, source: str = "data/some-file.json") -> ParsedDocument:
    return parse_json(text.encode(), source)


def notebook(*cells: dict[str, Any], **metadata: Any) -> ParsedDocument:
    book = {"nbformat": 4, "metadata": metadata, "cells": cells}
    return parse_notebook(json.dumps(book).encode(), "work/my_book.ipynb")


def code_cell(source: str, *outputs: dict[str, Any]) -> dict[str, Any]:
    return {"cell_type": "code", "source": source, "outputs": outputs}


def texts(document: ParsedDocument) -> list[str]:
    return [block.text for block in document.blocks]


def placed(document: ParsedDocument) -> list[tuple[tuple[str, ...], str]]:
    return [(block.heading_path, block.text) for block in document.blocks]


def test_a_table_is_padded_and_its_bars_and_newlines_are_no_markup() -> None:
    assert markdown_table([["a", "b"], ["1|2"], ["x\ny", "z"]]) == (
        "| a | b |\n| --- | --- |\n| 1\\|2 |  |\n| x y | z |"
    )
    assert markdown_table([]) == ""


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_and_quoted_cells_stay_whole(delimiter: str) -> None:
    text = f'name{delimiter}note\nAda{delimiter}"one{delimiter}\ntwo ""x"""\nBen{delimiter}3,5 kg\n'.replace(
        "3,5", "35"
    )
    document = delimited(text)
    bar = "\\|" if delimiter == "|" else delimiter.strip()
    assert document.title == "Staff list"
    assert [block.kind for block in document.blocks] == ["table"]
    assert texts(document) == [f'| name | note |\n| --- | --- |\n| Ada | one{bar} two "x" |\n| Ben | 35 kg |']


def test_a_comma_within_numbers_is_no_delimiter() -> None:
    assert texts(delimited("name;price\nA;1,50\nB;2,75\n")) == [
        "| name | price |\n| --- | --- |\n| A | 1,50 |\n| B | 2,75 |"
    ]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("名前,年齢,住所\r\n佐藤太郎,30,東京\r\n", "cp932"),
        ("имя;город\nИван;Москва\n", "cp1251"),
        ("Name;Straße\nMüller;Hauptstraße\n", "cp1252"),
        ("Maß;Größe\nx;5 m\n", "cp1252"),
        ("Datum;Text\n03.01.2026;Tee, grün\n", "cp1252"),
        ("Preis;Ware\n20 €;Tee\n", "cp1252"),
        ("会议;时间\n中文;文本\n", "gb18030"),
        ("姓名,城市\n王小明,臺北\n", "big5"),
        ("a,b\nä,ö\n", "utf-16"),
    ],
)
def test_a_small_table_is_read_in_its_encoding(text: str, encoding: str) -> None:
    document = parse_delimited(text.encode(encoding), "a.csv")
    assert texts(document) == texts(parse_delimited(text.encode(), "a.csv"))


def test_rows_without_names_get_columns_with_numbers() -> None:
    assert texts(delimited("1,2\n3,4\n"))[0].startswith("| Column 1 | Column 2 |\n")
    assert texts(delimited(",2023,2024\nSales,1,2\n"))[0].startswith("|  | 2023 | 2024 |\n")


@pytest.mark.parametrize(
    ("text", "above", "table"),
    [
        (
            "Account\nOwner: Club\n\nDate;Text;Amount\n03.01.2026;Rent;-400,00\n07.01.2026;Fees;120,00\n",
            ["Account\nOwner: Club"],
            "| Date | Text | Amount |\n| --- | --- | --- |\n| 03.01.2026 | Rent | -400,00 |\n"
            "| 07.01.2026 | Fees | 120,00 |",
        ),
        (
            "Report;;;\nOwner;Club;;\nDate;Text;Amount;Note\n1;b;3,5;x\n2;c;4,5;y\n",
            ["Report\nOwner: Club"],
            "| Date | Text | Amount | Note |\n| --- | --- | --- | --- |\n| 1 | b | 3,5 | x |\n| 2 | c | 4,5 "
            "| y |",
        ),
        (
            'Notes of May\n\nid,text\n1,"One, two, three, four"\n2,"Five, six, seven"\n',
            ["Notes of May"],
            "| id | text |\n| --- | --- |\n| 1 | One, two, three, four |\n| 2 | Five, six, seven |",
        ),
        (
            "Report, 2026\nMade by Ann, Bob, on Monday\n\nCity,Jan,Feb\nBern,1,2\nRom,3,4\n",
            ["Report: 2026\nMade by Ann, Bob, on Monday"],
            "| City | Jan | Feb |\n| --- | --- | --- |\n| Bern | 1 | 2 |\n| Rom | 3 | 4 |",
        ),
        ("a,b\n1,2,\n3,4,\n", [], "| a | b |  |\n| --- | --- | --- |\n| 1 | 2 |  |\n| 3 | 4 |  |"),
        ("A;1,50\nB;2,75\n", [], "| A | 1,50 |\n| --- | --- |\n| B | 2,75 |"),
        (
            'id,text\n1,"He said \\"stop\\", then left"\n2,"plain"\n',
            [],
            '| id | text |\n| --- | --- |\n| 1 | He said "stop", then left |\n| 2 | plain |',
        ),
        (
            'path,text\n"C:\\dir\\","a, b"\n"D:\\","c"\n',
            [],
            "| path | text |\n| --- | --- |\n| C:\\dir\\ | a, b |\n| D:\\ | c |",
        ),
        (
            "id,name,mail\n1,Ann\n2,Bob,b@x.example\n3\n",
            [],
            "| id | name | mail |\n| --- | --- | --- |\n| 1 | Ann |  |\n| 2 | Bob | b@x.example |\n| 3 |  |  "
            "|",
        ),
    ],
)
def test_a_table_is_found_as_people_save_it(text: str, above: list[str], table: str) -> None:
    assert texts(delimited(text)) == [*above, table]


def test_a_column_of_sentences_is_a_text() -> None:
    lines = ["comment", "It was cold, and the heat, as ever, was off.", "We will come again, surely, in May."]
    assert texts(delimited("\n".join(lines))) == lines


def test_a_wide_table_is_written_row_by_row_with_its_headers() -> None:
    names = [f"column {number}" for number in range(13)]
    document = delimited(
        ",".join(names) + "\n" + ",".join("x" * 13) + "\n" + ",".join(["y", *[""] * 12]) + "\n"
    )
    assert texts(document) == ["\n".join(f"{name}: x" for name in names), "column 0: y"]


def test_a_table_without_end_is_read_to_a_bound() -> None:
    document = delimited("a,b\n" + "1,2\n" * 200_001)
    assert document.notes == ("Only the first 200,000 rows were read.",)
    assert document.blocks[0].text.count("\n") == 200_001


@pytest.mark.parametrize("text", ["", "\n\n", ",,,\n,,,\n"])
def test_a_table_of_nothing_has_no_blocks(text: str) -> None:
    assert delimited(text).blocks == ()


def test_objects_become_lines_tables_and_headings() -> None:
    document = as_json(
        '{"title": "Office", "author": "Ada", "rooms": [{"name": "Hall", "seats": 20}, {"name": "Attic"}],'
        ' "address": {"city": "Bonn", "geo": {"lat": 50.70}}, "tags": ["a", "b"], "body": "Welcome to *us*."}'
    )
    assert document.title == "Office"
    assert document.metadata == {"author": "Ada"}
    assert placed(document) == [
        ((), "author: Ada\ntags: a, b"),
        ((), "Welcome to *us*."),
        (("rooms",), "| name | seats |\n| --- | --- |\n| Hall | 20 |\n| Attic |  |"),
        (("address",), "city: Bonn"),
        (("address", "geo"), "lat: 50.70"),
    ]


def test_comments_of_settings_are_read_and_no_damage() -> None:
    document = as_json(
        '{\n  // the port\n  "port": 7070, /* where\n   * it runs */\n  "glob": ["src/**/*.ts", "a//b"],\n'
        '  "on": {"x": [1, 2, ], },\n}\n'
    )
    assert placed(document) == [
        ((), "port: 7070\nglob: src/**/*.ts, a//b"),
        (("on",), "x: 1, 2"),
        (("Comments",), "- the port\n- where it runs"),
    ]


@pytest.mark.parametrize("text", ["/*" * 50_000, "[" + "," * 50_000, '"' * 50_001, "[1, //" + "/" * 50_000])
def test_hostile_comments_are_refused_soon(text: str) -> None:
    with pytest.raises(FileFormatError, match="not JSON"):
        as_json(text)


def test_below_three_headings_names_are_written_out() -> None:
    assert placed(as_json('{"a": {"b": {"c": {"d": {"e": 1, "f": [{"g": true}]}}}}}')) == [
        (("a", "b", "c"), "d.e: 1\nd.f.1.g: true")
    ]


def test_numbers_and_names_stay_as_they_are_written() -> None:
    document = as_json('{"n": ' + "9" * 400 + ', "x": 1e999, "nan": NaN, "none": null, "x": 2.50}')
    assert texts(document) == [f"n: {'9' * 400}\nx: 1e999\nnan: NaN\nx (2): 2.50"]


def test_records_of_text_have_their_title_as_heading() -> None:
    document = as_json(
        '{"id": 1, "title": "One", "text": "Hello."}\n\n{"id": 2, "title": "Two", "meta": {"k": {"l": 3}}}\n',
        "data/notes.jsonl",
    )
    assert placed(document) == [
        (("One",), "id: 1"),
        (("One",), "Hello."),
        (("Two",), "id: 2\nmeta.k.l: 3"),
    ]


def test_lines_that_are_no_json_are_named_and_left_out() -> None:
    document = as_json('{"id": 1}\nbroken\n{"id": 2}\n[\n', "data/notes.jsonl")
    assert texts(document) == ["| id |\n| --- |\n| 1 |\n| 2 |"]
    assert document.notes == ("Lines that are not JSON were left out (2): 2, 4.",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": 1,\n "b"}', "line 2, column 5"),
        ("[" * 100_000, "nested too deeply"),
        ("just words", "line 1, column 1"),
    ],
)
def test_what_is_no_json_is_refused_with_its_place(text: str, message: str) -> None:
    with pytest.raises(FileFormatError, match=message):
        as_json(text)


def test_headings_of_a_notebook_hold_for_the_cells_below() -> None:
    document = notebook(
        {"cell_type": "markdown", "source": ["# Study\n", "\n", "Intro."]},
        {"cell_type": "markdown", "source": "## Load\n\n```\nnever closed"},
        code_cell("read()", {"output_type": "stream", "text": ["\x1b[31mred\x1b[0m\n", "5%\r100%\n"]}),
        {"cell_type": "markdown", "source": "### Deeper"},
        code_cell("```"),
        kernelspec={"language": "R"},
    )
    assert document.title == "Study"
    assert placed(document) == [
        ((), "Intro."),
        (("Load",), "```\nnever closed\n```"),
        (("Load",), "```r\nread()\n```"),
        (("Load",), "```output\nred\n100%\n```"),
        (("Load", "Deeper"), "````r\n```\n````"),
    ]


def test_outputs_are_bounded_tables_are_kept_and_pictures_go() -> None:
    page = "<style>p{}</style><table><tr><th>a</th></tr><tr><td>1</td></tr></table>"
    document = notebook(
        code_cell(
            "run()",
            {"output_type": "stream", "text": "line\n" * 50},
            {"output_type": "display_data", "data": {"text/html": page, "text/plain": "   a\n0  1"}},
            {"output_type": "display_data", "data": {"image/png": "iVBO", "text/plain": "<Figure>"}},
            {"output_type": "error", "ename": "ValueError", "evalue": "bad", "traceback": ["..."]},
        )
    )
    assert document.title == "My book"
    assert texts(document)[1] == "```output\n" + "line\n" * 40 + "… (10 more lines)\n```"
    assert texts(document)[2:] == ["| a |\n| --- |\n| 1 |", "```output\nValueError: bad\n```"]


def test_a_notebook_of_the_third_version_is_read() -> None:
    cells = [
        {"cell_type": "heading", "level": 1, "source": "Old"},
        {"cell_type": "code", "input": ["1 + 1"], "outputs": [{"output_type": "pyout", "text": ["2"]}]},
    ]
    book = {"nbformat": 3, "worksheets": [{"cells": cells}]}
    document = parse_notebook(json.dumps(book).encode(), "a.ipynb")
    assert document.title == "Old"
    assert texts(document) == ["```python\n1 + 1\n```", "```output\n2\n```"]


def test_code_is_kept_when_the_text_above_it_never_ends() -> None:
    document = notebook({"cell_type": "markdown", "source": "<!-- open"}, code_cell("kept()"))
    assert "```python\nkept()\n```" in texts(document)


@pytest.mark.parametrize("text", ["{}", "[]", '{"cells": [', "words"])
def test_what_is_no_notebook_is_refused(text: str) -> None:
    with pytest.raises(FileFormatError, match=r"damaged|no cells"):
        parse_notebook(text.encode(), "a.ipynb")


def test_cells_of_odd_shapes_are_survived() -> None:
    odd: list[Any] = [None, 5, {"cell_type": "code", "source": {}, "outputs": [7, {"data": 1}]}]
    assert parse_notebook(json.dumps({"cells": odd}).encode(), "a.ipynb").blocks == ()
