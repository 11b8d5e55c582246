"""Names and texts of others do nothing to a terminal."""

import pytest

from serving.terminal import escape, escape_line, printable, printable_line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("red\x1b[31m.md", "red\\x1b[31m.md"),
        ("a\nadded    b.md", "a\\nadded    b.md"),
        ("over\rwritten", "over\\rwritten"),
        ("\x9b2J", "\\x9b2J"),
        ("\x07bell\x00", "\\x07bell\\x00"),
        ("gnp.\u202ecod", "gnp.\\u202ecod"),
        ("tab\tbed", "tab\\tbed"),
        ("Prüfung 漢字 👩‍🚒 نمی‌خواهم", "Prüfung 漢字 👩‍🚒 نمی‌خواهم"),
    ],
)
def test_a_name_is_one_line_without_control_characters(text: str, line: str) -> None:
    assert printable_line(text) == line


def test_a_text_keeps_its_lines_and_tabs() -> None:
    assert printable("one\n\ttwo\x1b]0;title\x07\u2028") == "one\n\ttwo\\x1b]0;title\\x07\\u2028"


def test_what_looks_like_markup_stays_as_it_is() -> None:
    assert escape("[red]x[/red]") == r"\[red]x\[/red]"
    assert escape_line("[b]\n") == "\\[b]\\n"
