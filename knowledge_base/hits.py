"""A passage that was found, and what its place among the others is made of."""

from dataclasses import MISSING, dataclass, fields
from typing import Literal

# What keeps passages from being compared by meaning: the model is loading, or their vectors are being made.
WaitsFor = Literal["model", "vectors"]
Mode = Literal["hybrid", "vector", "keyword"]


@dataclass(frozen=True)
class Hit:
    """A passage that was found.

    `similarity` is the cosine with the question, or (`estimated`) what the words let expect while the passage
    or the question has no vector; `meaning` is the same as a model that knows the language would have it (see
    `knowledge_base.language_fit`), and `cosine_part` its part in the score; `bm25` the score of its words by
    their weights; `keyword` is the part of what the question's words say (by their rarity) that the passage
    has, 0 to 1; `together` the part of its neighbouring words that stand near each other, `in_place` the part
    of its words that stand in one place, `related` the part of which only a relative is there; `score` orders
    the hits. `vector_rank` and `keyword_rank` count from 1 where that way of searching proposed the passage;
    `matched` are the question's lexemes in it, `language` is the one in which they were looked for.
    """

    chunk_id: int
    document_id: int
    title: str
    source: str
    heading_path: list[str]
    page: int | None
    position: int
    content: str
    token_count: int
    similarity: float
    estimated: bool
    keyword: float
    bm25: float
    vector_rank: int | None
    keyword_rank: int | None
    matched: list[str]
    score: float
    together: float = 0.0
    in_place: float = 0.0
    related: float = 0.0
    language: str = ""
    meaning: float = 0.0
    cosine_part: float = 0.0


# What the statement of the search returns of a hit; the rest is found out afterwards.
HIT_COLUMNS = tuple(field.name for field in fields(Hit) if field.default is MISSING)
