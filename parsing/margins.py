"""What stands above and below every page: said once a document, without the numbers of pages."""

import re
from collections.abc import Iterable, Iterator

from parsing.document import Block

# What numbers of pages leave behind.
PAGE_WORDS = re.compile(
    r"(?:page|seite|p[aá]gina|pag|p|s)?[\W_]*(?:of|von|de|sur|di|van)?[\W_]*", re.IGNORECASE
)


def margin_blocks(name: str, margins: Iterable[Iterable[str]]) -> Iterator[Block]:
    """The lines of each header or footer as one text, no text twice."""
    texts = (" | ".join(dict.fromkeys(filter(_says_something, lines))) for lines in margins)
    for text in dict.fromkeys(texts):
        if text:
            yield Block(f"{name}: {text}")


def _says_something(line: str) -> bool:
    return PAGE_WORDS.fullmatch(line) is None
