"""What documentation generators add to Markdown comes out as plain Markdown; code stays what it is."""

import pytest

from parsing import parse


def blocks(text: str) -> list[tuple[str, str]]:
    document = parse("text/markdown", text.encode(), "docs/page.md")
    return [(block.kind, block.text) for block in document.blocks]


@pytest.mark.parametrize(
    "box",
    [
        "/// tip | Do **this**\n\nBody.\n\n///",
        '!!! tip "Do this"\n\n    Body.',
        '??? tip "Do this"\n    Body.',
        "::: tip Do this\nBody.\n:::",
        ":::tip[Do this]\nBody.\n:::",
        ":::{tip} Do this\nBody.\n:::",
    ],
)
def test_a_box_is_a_line_with_its_title_and_then_its_text(box: str) -> None:
    assert blocks(f"{box}\n\nAfter.") == [("text", "**Tip: Do this**"), ("text", "Body."), ("text", "After.")]


def test_what_is_indented_in_a_box_is_no_code_but_code_in_it_is() -> None:
    source = (
        "!!! note\n\n    Run:\n\n    ```sh\n    make\n    ```\n\n    ??? tip\n\n        Deeper.\n\n"
        "After.\n\n    code\n"
    )
    assert blocks(source) == [
        ("text", "**Note**"),
        ("text", "Run:"),
        ("code", "```sh\nmake\n```"),
        ("text", "**Tip**"),
        ("text", "Deeper."),
        ("text", "After."),
        ("code", "```\ncode\n```"),
    ]


def test_titles_in_lines_for_a_generator_are_kept() -> None:
    source = '{% tab title="Linux" %}\napt\n{% endtab %}\n\n{% hint style="info" %}\nHot.\n{% endhint %}\n'
    assert [text for _, text in blocks(source)] == ["**Linux**", "apt", "Hot."]


def test_tabs_are_lines_with_their_names() -> None:
    source = '=== "Linux"\n\n    apt\n\n=== "Mac"\n\n    brew\n\n//// tab | Windows\n\nwinget\n\n////\n'
    assert [text for _, text in blocks(source)] == [
        "**Linux**",
        "apt",
        "**Mac**",
        "brew",
        "**Windows**",
        "winget",
    ]


@pytest.mark.parametrize(
    "code",
    [
        "```rust\n/// Adds one to it.\n/// tip\n```",
        "````md\n```\n!!! note\n```\n{* kept *}\n````",
        "```html\n<span style='x'>a &lt; b</span>\n```",
    ],
)
def test_code_keeps_what_looks_like_an_extension(code: str) -> None:
    assert blocks(code) == [("code", code)]


def test_code_in_a_list_keeps_what_looks_like_an_extension() -> None:
    source = "- Write:\n\n    ```rust\n    /// Adds one to it.\n    /// tip\n    ```"
    assert blocks(source) == [("list", source)]


def test_indented_code_keeps_its_comments() -> None:
    assert blocks("    /// Adds one to it.\n    fn f()") == [
        ("code", "```\n/// Adds one to it.\nfn f()\n```")
    ]


@pytest.mark.parametrize("text", ["!!! this is great news", "a === b", "// no box", ":: no box", "!!!"])
def test_text_that_only_looks_like_a_box_stays(text: str) -> None:
    assert blocks(text) == [("text", text)]


def test_files_to_include_and_template_tags_go_and_names_of_code_stay() -> None:
    source = (
        '```py\n--8<-- "app.py"\n```\n\n{! a.md !}\n\n{% raw %}\n\nText.\n\n{% endraw %}\n\n'
        "::: package.module.name\n"
    )
    assert [text for _, text in blocks(source)] == ["Text.", "`package.module.name`"]


def test_colors_of_a_terminal_are_no_part_of_what_it_says() -> None:
    session = '```console\n$ run\n<span style="color: green;">INFO</span>: a &lt; b\n```'
    assert blocks(session) == [("code", "```console\n$ run\nINFO: a < b\n```")]
