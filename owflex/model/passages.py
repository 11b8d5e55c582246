"""A sample of the user's passages: those that the questions are about, and others from all over."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import LiteralString

from pgvector import HalfVector
from psycopg import AsyncConnection
from psycopg.rows import TupleRow, class_row

from ingest.reading.chunked_document import ChunkedDocument
from ingest.reading.chunking import Chunk
from ingest.storing.chunk_rows import hash_of
from ingest.storing.documents import NewDocument
from owflex.evaluation.question_file import LabelledQuestion

Connection = AsyncConnection[TupleRow]

# Passages of a document that a question means as a whole.
OF_A_DOCUMENT = 50
ORIGIN = "sample"

# Labels name a document or what is below it, and perhaps a piece of the passage (as in `label_matching`).
MEANT: LiteralString = r"""
select id
from (
    select chunks.id, row_number() over (partition by question order by hashint8(chunks.id)) as turn
    from unnest(%(sources)s::text[], %(texts)s::text[]) with ordinality as labels (source, text, question)
    join documents on labels.source is null
        or documents.source = labels.source
        or starts_with(documents.source, rtrim(labels.source, '/') || '/')
    join chunks on chunks.document_id = documents.id
    where (%(collection)s::text is null or documents.collection = %(collection)s)
      and (labels.text is null
           or position(lower(labels.text) in lower(regexp_replace(chunks.content, '\s+', ' ', 'g'))) > 0)
) as meant
where turn <= %(of_a_document)s
group by id
order by min(turn), id
limit %(limit)s
"""
OTHERS: LiteralString = """
select chunks.id
from chunks
join documents on documents.id = document_id
where (%(collection)s::text is null or documents.collection = %(collection)s)
  and not chunks.id = any(%(meant)s)
order by hashint8(chunks.id)
limit %(limit)s
"""
ROWS: LiteralString = """
select documents.collection, documents.source, documents.title, documents.media_type, documents.language,
       chunks.position, chunks.heading_path, chunks.page, chunks.context, chunks.content, chunks.token_count,
       embedding
from chunks
join documents on documents.id = document_id
left join chunk_embeddings on chunk_embeddings.chunk_id = chunks.id and space_id = %(space_id)s
where chunks.id = any(%(ids)s)
order by documents.collection, documents.source, chunks.position
"""
COUNT: LiteralString = """
select count(*)
from chunks
join documents on documents.id = document_id
where %(collection)s::text is null or documents.collection = %(collection)s
"""


@dataclass(frozen=True)
class Row:
    """A passage as it is stored; `embedding` is None where its vector is still to be made."""

    collection: str
    source: str
    title: str
    media_type: str
    language: str | None
    position: int
    heading_path: list[str]
    page: int | None
    context: str
    content: str
    token_count: int
    embedding: HalfVector | None

    @property
    def chunk(self) -> Chunk:
        """The passage as ingestion stores it."""
        return Chunk(
            self.position, tuple(self.heading_path), self.page, self.context, self.content, self.token_count
        )


@dataclass(frozen=True)
class Sample:
    """Passages, and how many there are in all."""

    rows: Sequence[Row]
    total: int

    @property
    def texts(self) -> list[str]:
        """What a model reads of each passage."""
        return [row.chunk.embedded_text for row in self.rows]

    @property
    def vectors(self) -> dict[bytes, HalfVector]:
        """The stored vectors, by the hash of what was embedded."""
        return {
            hash_of(row.chunk.embedded_text): row.embedding for row in self.rows if row.embedding is not None
        }

    def documents(self) -> list[NewDocument]:
        """The documents with those of their passages that are in the sample."""
        of_document: dict[tuple[str, str], list[Row]] = {}
        for row in self.rows:
            of_document.setdefault((row.collection, row.source), []).append(row)
        return [_document(rows) for rows in of_document.values()]


async def sample(
    connection: Connection,
    space_id: int,
    questions: Sequence[LabelledQuestion],
    collection: str | None,
    most: int,
) -> Sample:
    """At most `most` passages: what answers the questions, then always the same others.

    The connection must know the vector types.
    """
    where = {"collection": collection}
    meant = await _ids(
        connection,
        MEANT,
        where
        | {
            "sources": [question.source for question in questions if question.answerable],
            "texts": [_plain(question.text) for question in questions if question.answerable],
            "of_a_document": OF_A_DOCUMENT,
            "limit": most,
        },
    )
    others = await _ids(connection, OTHERS, where | {"meant": meant, "limit": most - len(meant)})
    async with connection.cursor(row_factory=class_row(Row), binary=True) as cursor:
        await cursor.execute(ROWS, {"ids": [*meant, *others], "space_id": space_id})
        rows = await cursor.fetchall()
    counted = await (await connection.execute(COUNT, where)).fetchone()
    return Sample(rows, 0 if counted is None else counted[0])


async def _ids(connection: Connection, statement: LiteralString, values: Mapping[str, object]) -> list[int]:
    return [row[0] async for row in await connection.execute(statement, values)]


def _plain(text: str | None) -> str | None:
    return None if text is None else " ".join(text.split()).lower()


def _document(rows: Sequence[Row]) -> NewDocument:
    first = rows[0]
    digest = hashlib.sha256(first.source.encode()).hexdigest()
    chunks = tuple(row.chunk for row in rows)
    content = ChunkedDocument(
        "", first.title, first.media_type, digest, {}, (), chunks, language=first.language
    )
    return NewDocument(first.collection, ORIGIN, first.source, ORIGIN, {}, content)
