"""Passages cut into blocks and sentences."""

from agent_service.models.extractive.markdown_blocks import Block, blocks_of, list_items_of, sentences_of


def test_a_passage_becomes_blocks_without_headings_and_furniture() -> None:
    text = (
        "# Title\n\nA paragraph\nover two lines.\n/// note\n\n* one\n  more\n\n* two\n\n---\n"
        "| a | b |\n|---|---|\n| 1 | 2 |\n\n~~~sh\n# no heading\n~~~\nLast."
    )
    assert blocks_of(text) == [
        Block("text", "A paragraph over two lines."),
        Block("list", "* one\n  more\n* two"),
        Block("table", "| a | b |\n|---|---|\n| 1 | 2 |"),
        Block("code", "~~~sh\n# no heading\n~~~"),
        Block("text", "Last."),
    ]


def test_a_list_right_after_a_paragraph_is_a_block_of_its_own() -> None:
    assert [block.kind for block in blocks_of("The parts are:\n- one\n- two")] == ["text", "list"]


def test_code_inside_a_list_item_is_code() -> None:
    blocks = blocks_of("1. Run this:\n\n    ```\n    make run\n    ```\n")
    assert blocks[1] == Block("code", "```\nmake run\n```")


def test_sentences_end_where_people_end_them() -> None:
    text = "Use e.g. `app.get()`. It works (really!). Version 2.0 came later. See Mr. Smith… Then ask? no."
    assert sentences_of(text) == [
        "Use e.g. `app.get()`.",
        "It works (really!).",
        "Version 2.0 came later.",
        "See Mr. Smith…",
        "Then ask? no.",
    ]


def test_list_items_keep_what_is_indented_below_them() -> None:
    assert list_items_of("* one\n    * inner\n* two\nlazy") == ["* one\n    * inner", "* two\nlazy"]
