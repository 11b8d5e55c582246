"""How large passages are for the embedding model, and what it reads of them."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property

from parsing.links import addresses_in, without_addresses

CountTokens = Callable[[str], int]

# What a tokenizer adds to every text ([CLS] and [SEP]).
SPECIAL_TOKENS = 2
# Title and headings may take this part of a chunk's tokens.
MAX_CONTEXT_SHARE = 1 / 4
# A word without spaces counts as one unknown token however long it is: characters are bounded too.
CHARACTERS_A_TOKEN = 8
# The model reads no address of a link; so many characters of them take the place of a token.
CHARACTERS_OF_ADDRESSES = 100


def embedded_text(context: str, content: str) -> str:
    """What the model reads of a passage: no addresses of links, for they make it worse to find."""
    return f"{context}\n{without_addresses(content)}"


@dataclass(frozen=True)
class Measure:
    """How large things are, and may be, in one document."""

    title: str
    count_tokens: CountTokens
    max_tokens: int
    contexts: dict[tuple[str, ...], str] = field(default_factory=dict[tuple[str, ...], str])

    def tokens(self, text: str) -> int:
        """Tokens that the model reads of a text, without the special ones.

        A word without end counts by its length, and addresses of links only a little.
        """
        read = without_addresses(text)
        addresses = (len(text) - len(read)) // CHARACTERS_OF_ADDRESSES
        return self._counted(read) + addresses

    def written_tokens(self, paragraphs: Iterable[str]) -> int:
        """Tokens of paragraphs as they are written, the blank lines between them included.

        Each was measured before: their sum spares running the tokenizer over the whole document again.
        """
        counts = list(map(self._written, paragraphs))
        return sum(counts) + self._blank_line * (len(counts) - 1)

    def _written(self, text: str) -> int:
        addresses = addresses_in(text)
        return self._counted(without_addresses(text)) + (self._counted(addresses) if addresses else 0)

    @cached_property
    def _blank_line(self) -> int:
        """Tokens of a blank line: none in some models, one in others."""
        apart = 2 * (self.count_tokens("a") - SPECIAL_TOKENS)
        return max(self.count_tokens("a\n\na") - SPECIAL_TOKENS - apart, 0)

    def _counted(self, text: str) -> int:
        by_length = math.ceil(len(text) / CHARACTERS_A_TOKEN)
        if by_length > self.max_tokens:
            return by_length  # too large whatever the tokenizer says, which takes a kilobyte for every token
        return max(self.count_tokens(text) - SPECIAL_TOKENS, by_length, 1)

    def context(self, path: tuple[str, ...]) -> str:
        """Title and innermost headings, cut to their share of the tokens."""
        if path not in self.contexts:
            words = " › ".join([self.title, *path[-2:]]).split()
            while self.tokens(" ".join(words)) > self.max_tokens * MAX_CONTEXT_SHARE and words:
                words = words[: len(words) * 3 // 4]
            self.contexts[path] = " ".join(words)
        return self.contexts[path]

    def budget(self, path: tuple[str, ...]) -> int:
        """Tokens that are left for the content of a chunk under these headings."""
        return self.max_tokens - self.tokens(self.context(path)) - SPECIAL_TOKENS
