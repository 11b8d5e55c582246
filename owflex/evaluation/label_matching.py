"""Whether a result is the one that a label means, and whether a label means anything at all."""

from collections.abc import Sequence

from psycopg import AsyncConnection
from psycopg.rows import TupleRow

from knowledge_base.hits import Hit
from owflex.evaluation.question_file import LabelledQuestion

Connection = AsyncConnection[TupleRow]

# The name of the one result a label means, whichever passage it is found by.
EXPECTED = "expected"


def names_of_results(question: LabelledQuestion, hits: Sequence[Hit]) -> list[str]:
    """Names of the results of a question: passages where the label has a text, else documents."""
    return [EXPECTED if is_meant(question, hit) else _name(question, hit) for hit in hits]


def is_meant(question: LabelledQuestion, hit: Hit) -> bool:
    """Whether the label means this passage; white space and capitals make no difference."""
    in_source = question.source is None or _is_in(hit.source, question.source)
    return (
        question.answerable
        and in_source
        and (question.text is None or _plain(question.text) in _plain(hit.content))
    )


async def unmatched(
    connection: Connection, questions: Sequence[LabelledQuestion], collection: str | None
) -> list[str]:
    """Sentences about labels that fit nothing in the knowledge base: nobody could find what they mean."""
    warnings: list[str] = []
    for question in questions:
        if not await _exists(connection, question, collection, with_text=True):
            known = await _exists(connection, question, collection, with_text=False)
            warnings.append(_warning(question, source_is_known=known))
    return warnings


def _name(question: LabelledQuestion, hit: Hit) -> str:
    return hit.source if question.text is None else str(hit.chunk_id)


def _is_in(source: str, wanted: str) -> bool:
    """A document is the source, or inside it (a file of an archive, of a folder)."""
    return source == wanted or source.startswith(wanted.rstrip("/") + "/")


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


async def _exists(
    connection: Connection, question: LabelledQuestion, collection: str | None, *, with_text: bool
) -> bool:
    rows = await connection.execute(
        r"""
        select exists (
            select 1
            from documents
            join chunks on chunks.document_id = documents.id
            where (%(collection)s::text is null or documents.collection = %(collection)s)
              and (%(source)s::text is null or documents.source = %(source)s
                   or starts_with(documents.source, rtrim(%(source)s, '/') || '/'))
              and (%(text)s::text is null
                   or position(lower(%(text)s) in lower(regexp_replace(chunks.content, '\s+', ' ', 'g'))) > 0)
        )
        """,
        {
            "collection": collection,
            "source": question.source,
            "text": _plain(question.text) if with_text and question.text is not None else None,
        },
    )
    row = await rows.fetchone()
    assert row is not None
    return row[0]


def _warning(question: LabelledQuestion, *, source_is_known: bool) -> str:
    if question.source is not None and not source_is_known:
        return (
            f'Line {question.line}: there is no document "{question.source}". '
            "`owflex ingest list` shows the sources."
        )
    return (
        f"Line {question.line}: no passage holds the text. Shorten it to a piece of one passage, or leave it "
        "out and name only the source."
    )
