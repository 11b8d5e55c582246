"""The line by which one chooses what to read."""

from mcp_server.telling_lines import MAX_LINE, telling_line


def test_the_line_with_most_of_the_words_is_told() -> None:
    content = "Leave\n\n  There are   28 days of holiday.\nThe rest is silence."
    assert telling_line(content, "How many days of holiday are there?") == "There are 28 days of holiday."
    assert telling_line(content, "dragon") == "Leave"
    assert telling_line(" \n", "dragon") == ""


def test_a_long_line_is_cut_around_the_words() -> None:
    content = "word " * 100 + "the dragon sleeps " + "word " * 100
    line = telling_line(content, "dragon")
    assert "the dragon sleeps" in line
    assert line.startswith("…word")
    assert line.endswith("…")
    assert len(line) <= MAX_LINE + 2
