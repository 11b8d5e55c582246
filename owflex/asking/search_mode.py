"""The choices of `--mode`."""

from enum import StrEnum


class SearchMode(StrEnum):
    """How passages are found."""

    HYBRID = "hybrid"
    VECTOR = "vector"
    KEYWORD = "keyword"
