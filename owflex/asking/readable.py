"""Passages in a terminal as people read them, not as Markdown is written."""

from markdown_it import MarkdownIt
from rich.markdown import Markdown

from serving.terminal import printable


class Passage(Markdown):
    """A passage as rich draws Markdown; tags and addresses in it stay text."""

    def __init__(self, text: str) -> None:
        super().__init__("", hyperlinks=False)
        parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
        self.parsed = parser.parse(printable(text))


def shortened(text: str, most: int) -> str:
    """The first `most` characters of the text, cut after a word, with an ellipsis."""
    if len(text) <= most:
        return text
    return text[:most].rsplit(maxsplit=1)[0] + " …"
