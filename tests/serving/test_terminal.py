"""Names and texts of others do nothing to a terminal."""

import io
import re

import pytest
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from serving.terminal import Console, escape, escape_line, printable, printable_line


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


@pytest.mark.parametrize("name", ["red\x1b[31m.md", "\x9b2J", "a\x1b]0;title\x07", "gnp.\u202ecod", "\rover"])
def test_whatever_a_console_prints_does_nothing_to_the_terminal(name: str) -> None:
    written = io.StringIO()
    console = Console(file=written, force_terminal=True, width=80)
    table = Table(title=name)
    table.add_column(name)
    table.add_row(Text(name, style="red"))
    for shown in (name, Text(name), table, Panel(name)):
        console.print(shown, markup=False)
    own = re.sub(r"\x1b\[[0-9;]*m(?!\.md)", "", written.getvalue())
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", own)


def test_the_colours_of_a_console_are_its_own() -> None:
    written = io.StringIO()
    # Nothing of the tester's environment (NO_COLOR), and no colours for numbers and brackets.
    console = Console(
        file=written, force_terminal=True, color_system="standard", highlight=False, no_color=False
    )
    console.print("[red]a[/red]\x1b[32m")
    assert written.getvalue() == "\x1b[31ma\x1b[0m\\x1b[32m\n"
