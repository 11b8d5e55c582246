"""What a search has to know first: what there is, the labels of its filter, the lexemes of its question."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg.rows import class_row

from knowledge_base.asked_words import AskedWords, ask_words, words_of
from knowledge_base.embedding_spaces import check_model
from knowledge_base.labels import Labels, labels_of
from knowledge_base.posting_lists import Asking, Lists, ask_lists, lists_of
from knowledge_base.postings import Connection
from knowledge_base.search_filter import SearchFilter
from knowledge_base.search_query import ABOUT, MOST_COUNTED
from knowledge_base.search_scope import asking_in
from knowledge_base.snapshot import without_waiting


@dataclass(frozen=True)
class About:
    """The model in use, the space of the question's vector, how many passages have no vector there (up to
    `MOST_COUNTED`), about how many vectors there are, also those that the caller may not see, and what was
    measured of the model's languages (see `knowledge_base.language_fit`).
    """

    model_in_use: str | None
    space_id: int | None
    awaiting: int
    vectors: int
    measured: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class FirstLook:
    """What there is, the labels of the filter, and the lexemes of the question with their lists."""

    about: About
    labels: Labels
    words: AskedWords
    lists: Lists
    how: Asking


async def look_first(
    connection: Connection,
    model_name: str,
    words: Sequence[str],
    which: SearchFilter,
    most_read: int | None = None,
) -> FirstLook:
    """What has to be known of a question with these words, and a vector of the model; one round trip.

    Raises `EmbeddingSpaceMismatchError` where there are vectors, but none of this model.
    """
    values = {"model_name": model_name, "most_counted": MOST_COUNTED}
    labels = labels_of(which)
    how = asking_in(which, labels, most_read)
    # Each would be waited for longer than it takes: all are asked for before the first answer.
    async with without_waiting(connection):
        about_asked = await connection.cursor(row_factory=class_row(About)).execute(
            ABOUT, values, prepare=True
        )
        words_asked = await ask_words(connection, words, which.collection)
        lists_asked = await ask_lists(connection, words, how)
    about = await about_asked.fetchone()
    assert about is not None
    if about.space_id is None and about.model_in_use is not None:
        check_model(about.model_in_use, model_name)
    found = await words_of(words_asked, words)
    return FirstLook(about, labels, found, await lists_of(lists_asked, found, how), how)
