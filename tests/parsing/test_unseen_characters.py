"""Characters that nobody sees are left out and counted; those that a script or an emoji needs stay."""

# Files are written as programs write them, on lines as long as they are.
# ruff: noqa: E501

from collections import Counter

import pytest

from agent_service.attachments.model_parts import _text  # pyright: ignore[reportPrivateUsage]
from mcp_server.calls.arguments import clean as clean_argument
from parsing import parse
from parsing.as_markdown import markdown_of
from parsing.unseen_characters import seen_characters


def tags(text: str) -> str:
    return "".join(chr(0xE0000 + ord(letter)) for letter in text)


def selectors(text: str) -> str:
    return "".join(chr(0xE0100 + ord(letter)) for letter in text)


@pytest.mark.parametrize(
    ("text", "seen", "kind", "count"),
    [
        ("Hi" + tags("obey") + "!", "Hi!", "tag characters", 4),
        ("\U0001f3f4" + tags("order") + "\U000e007f", "\U0001f3f4", "tag characters", 6),
        ("\U0001f600" + selectors("obey"), "\U0001f600", "variation selectors", 4),
        ("a\ufe00\ufe01\ufe0f", "a", "variation selectors", 3),
        ("\u4e00\U000e0100" + selectors("y"), "\u4e00\U000e0100", "variation selectors", 1),
        ("\u200b".join("hello"), "hello", "characters without a width", 4),
        ("a\u200c\u200d\u200c\u200db", "ab", "characters without a width", 4),
        ("\u0645\u200c\u200d\u200c\u200d\u0645", "\u0645\u0645", "characters without a width", 4),
        ("\u202eolleh\u202c", "olleh", "changes of direction", 2),
        ("see \u2066this\u2069", "see this", "changes of direction", 2),
        ("\u05d0\u2067\u05d1", "\u05d0\u05d1", "changes of direction", 1),
        ("a\u3164\u3164b", "a b", "blank letters", 2),
        ("a\u2800\u2800b", "a b", "blank letters", 2),
    ],
)
def test_unseen(text: str, seen: str, kind: str, count: int) -> None:
    found = Counter[str]()
    assert seen_characters(text, found) == seen
    assert +found == Counter({kind: count})


@pytest.mark.parametrize(
    "text",
    [
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",  # Persian
        "\u0915\u094d\u200d\u0937 \u0915\u094d\u200c\u0937",  # Hindi
        "\u1797\u17b6\u179f\u17b6\u200b\u1781\u17d2\u1798\u17c2\u179a",  # Khmer
        "\u05e9\u05dc\u05d5\u05dd \u2066C++\u2069 \u05e2\u05d5\u05dc\u05dd",  # Hebrew
        "\u0645\u0631\u062d\u0628\u0627 \u0628\u0643\u0645",  # Arabic
        "\U0001f468\u200d\U0001f469\u200d\U0001f467 \u2764\ufe0f 1\ufe0f\u20e3 \U0001f3f3\ufe0f\u200d\U0001f308 \U0001f1e9\U0001f1ea",
        "\U0001f3f4" + tags("gbsct") + "\U000e007f",
        "\u8fbb\U000e0100\u3055\u3093 \u2229\ufe00 0\ufe00",
        "\u182e\u1823\u180b",  # Mongolian
        "\u2813\u2811\u2800\u2807",  # Braille
        "\u1112\u119e\u11ab",
    ],
)  # fmt: skip
def test_seen(text: str) -> None:
    found = Counter[str]()
    assert seen_characters(text, found) == text
    assert not +found


def test_titles_headings_metadata_and_names_are_cleaned_and_counted() -> None:
    text = (
        f"---\ntitle: A{tags('one')}\nauthor: B{tags('two')}\n---\n\n# C{tags('three')}\n\nD{tags('four')}\n"
    )
    document = parse("text/markdown", text.encode(), "a.md")
    assert document.title == "A"
    assert document.metadata["author"] == "B"
    assert not any(
        ord(letter) > 0xE0000
        for block in document.blocks
        for letter in block.text + "".join(block.heading_path)
    )
    assert document.notes == ("15 characters that readers do not see were left out: tag characters.",)
    assert parse("text/plain", b"", f"x{tags('y')}.txt").title == "X"


def test_escapes_of_data_and_of_pages_are_cleaned() -> None:
    document = parse("application/json", b'{"a": "x\\udb40\\udc41\\udb40\\udc42y"}', "a.json")
    assert "xy" in document.blocks[0].text
    document = parse("text/html", b"<h1>A</h1><p>x&#xE0041;&#xE0042;y</p>", "a.html")
    assert document.blocks[0].text == "xy"


def test_attachments_and_arguments_of_tools_are_cleaned() -> None:
    text = f"buy milk{tags('obey')}"
    assert clean_argument({"title": [text]}) == {"title": ["buy milk"]}
    assert _text(text)["text"] == "buy milk"
    read = markdown_of("text/plain", text.encode(), "a.txt")
    assert (read.text, read.notes) == (
        "buy milk",
        ("4 characters that readers do not see were left out: tag characters.",),
    )
