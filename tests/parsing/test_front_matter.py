"""What documents say of themselves arrives as values that JSON and Postgres can hold, or not at all."""

import json
from typing import Any

import pytest

from parsing import parse

ALIASES = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "\n".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]"
    for before, name in zip("abcdefghi", "bcdefghij", strict=True)
)


def metadata(yaml: str) -> dict[str, Any]:
    document = parse("text/markdown", f"---\n{yaml}\n---\n\nText.\n".encode(), "docs/page.md")
    assert [block.text for block in document.blocks] == ["Text."]
    return dict(document.metadata)


def test_nested_values_keep_their_shape() -> None:
    assert metadata("author: {name: X, since: 2024-05-01}\nlevels: [1, [2, null], true]") == {
        "author": {"name": "X", "since": "2024-05-01"},
        "levels": [1, [2, None], True],
    }


@pytest.mark.parametrize(
    ("yaml", "value"),
    [
        ("n: .inf", "inf"),
        ("n: .nan", "nan"),
        (r'n: "a\0b"', "ab"),
        (r'n: "a\uD800b"', "ab"),
        (f"n: 0x{'f' * 6000}", f"0x{'f' * 6000}"),
        ("n: 12345678901234567890123", 12345678901234567890123),
    ],
    ids=["infinity", "not a number", "NUL", "half a character", "huge number", "large number"],
)
def test_values_that_json_or_postgres_refuse_become_text(yaml: str, value: object) -> None:
    assert metadata(yaml) == {"n": value}
    json.dumps(metadata(yaml), allow_nan=False)


@pytest.mark.parametrize(
    "yaml",
    [
        "n: !!int ''",
        "n: !!timestamp x",
        "n: !!bool x",
        "n: 2024-13-45",
        "? [a]\n: b",
        "n: " + "[" * 5000,
        ALIASES,
    ],
    ids=["int", "timestamp", "bool", "date", "key", "nesting", "aliases"],
)
def test_a_front_matter_that_is_no_good_gives_nothing(yaml: str) -> None:
    assert metadata(yaml) == {}


@pytest.mark.parametrize(
    ("text", "values"),
    [
        (
            "---\ntitle: Release 4: what is new\nowner: Platform team\n---\n",
            {"title": "Release 4: what is new", "owner": "Platform team"},
        ),
        (
            '---\ntitle: [Draft] Plan\nby: @ann\nsaid: "Stop" and go\n'
            "use: {{ page.x }}\ndiscount: % of all\n---\n",
            {
                "title": "[Draft] Plan",
                "by": "@ann",
                "said": '"Stop" and go',
                "use": "{{ page.x }}",
                "discount": "% of all",
            },
        ),
        ("---\ntags:\n- a: b: c\nsince: 2024-05-01\n---\n", {"tags": [{"a": "b: c"}], "since": "2024-05-01"}),
        (
            '+++\ntitle = "Release: 4"\ndate = 2024-05-01\n[params]\nx = 1\n+++\n',
            {"title": "Release: 4", "date": "2024-05-01", "params": {"x": 1}},
        ),
    ],
)
def test_colons_in_values_and_toml_are_read(text: str, values: dict[str, Any]) -> None:
    document = parse("text/markdown", f"{text}\nText.\n".encode(), "docs/page.md")
    assert (dict(document.metadata), document.notes) == (values, ())
    assert [block.text for block in document.blocks] == ["Text."]


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("---\ntitle: [unclosed\n---\n", "no valid YAML"),
        ("---\njust a line\n---\n", "no valid YAML"),
        ("+++\ntitle = \n+++\n", "no valid TOML"),
        ("---\n" + "".join(f"k{number}: 1\n" for number in range(60)) + "---\n", "10 keys left out"),
    ],
)
def test_what_is_lost_of_a_front_matter_is_noted(text: str, note: str) -> None:
    document = parse("text/markdown", f"{text}\nText.\n".encode(), "docs/page.md")
    assert len(document.notes) == 1
    assert note in document.notes[0]


def test_a_title_that_is_no_text_is_not_the_title() -> None:
    document = parse("text/markdown", b"---\ntitle: [a, b]\n---\n# Real\n\nText.\n", "docs/page.md")
    assert document.title == "Real"
