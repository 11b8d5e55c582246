"""The statements of a search: what there is, what is nearest, and the passages that were proposed."""

from typing import LiteralString

import numpy as np
from psycopg import sql

from knowledge_base.id_arrays import as_array
from knowledge_base.search_filter import Condition, SearchFilter
from knowledge_base.vector_index import VectorIndex
from knowledge_base.word_codes import Array

# Half a megabyte with each search.
MAX_BITS = 2**22

ABOUT: LiteralString = """
select (select model_name from embedding_spaces where in_use) as model_in_use,
       (
           select id
           from embedding_spaces
           where model_name = %(model_name)s and (in_use or retired_at is not null)
       ) as space_id,
       -- Few or none, but while vectors are being made.
       (
           select count(*) from (select from chunks_awaiting_vectors limit %(most_counted)s) as counted
       ) as awaiting,
       (
           select greatest(reltuples, 0)::bigint from pg_class where oid = 'chunk_embeddings'::regclass
       ) as vectors,
       (
           select coalesce(jsonb_agg(to_jsonb(language_fits)), '[]')
           from language_fits
           join embedding_spaces on embedding_spaces.id = space_id and model_name = %(model_name)s
       ) as measured
"""
# Passages waiting for their vectors that are counted with each search; how many more it is, a sample says.
MOST_COUNTED = 10_000

# Every vector of the space that meets a condition is compared.
EXACTLY: LiteralString = """
select chunk_id, embedding <=> %(embedding)s::halfvec as distance
from chunk_embeddings
where space_id = %(space_id)s and {allowed}
order by embedding <=> %(embedding)s::halfvec
limit {candidates}
"""
# The same by the HNSW index, whose expression and condition must be repeated to the letter.
BY_INDEX: LiteralString = """
select chunk_id, embedding::halfvec({dimensions}) <=> %(embedding)s::halfvec({dimensions}) as distance
from chunk_embeddings
where space_id = {space_id} and {allowed}
order by embedding::halfvec({dimensions}) <=> %(embedding)s::halfvec({dimensions})
limit {candidates}
"""
# Asked of each vector that is come upon. A join would be planned without the index.
IN_COLLECTION: LiteralString = """
vocabulary_id = any (array(select id from vocabularies where collection = %(collection)s))
"""
OF_DOCUMENT: LiteralString = """(
    select {condition}
    from chunks
    join documents on documents.id = chunks.document_id
    where chunks.id = chunk_embeddings.chunk_id
)"""

OF_THESE: LiteralString = "chunk_id = any (%(ids)s::bigint[])"

# The passages of a list, each a bit: cheaper to ask of many vectors than whether they are in an array.
IN_BITS: LiteralString = """
case
    when chunk_id between %(first)s and %(last)s then get_bit(%(bits)s::bytea, chunk_id - %(first)s) = 1
    else false
end
"""

# What a passage's score is made of. Whoever has a vector and no words yet is there, without a language.
NEAREST: LiteralString = """
with nearest as materialized ({nearest})
select nearest.chunk_id, language, chunks.lexemes, distance
from nearest
left join chunks on chunks.id = nearest.chunk_id
left join vocabularies on vocabularies.id = chunks.vocabulary_id
"""
BY_WORDS: LiteralString = """
select chunks.id, language, chunks.lexemes,
       (
           select embedding <=> %(embedding)s::halfvec
           from chunk_embeddings
           where space_id = %(space_id)s and chunk_id = chunks.id
       ) as distance
from unnest(%(ids)s::bigint[]) as proposed (id)
join chunks using (id)
join vocabularies on vocabularies.id = chunks.vocabulary_id
"""

HITS: LiteralString = """
select chunks.id, documents.id, documents.title, documents.source, chunks.heading_path, chunks.page,
       chunks.position, chunks.content, chunks.token_count
from unnest(%(ids)s::bigint[]) as best (id)
join chunks using (id)
join documents on documents.id = chunks.document_id
"""

AWAITING_OF_THESE: LiteralString = """
select count(*) from chunks_awaiting_vectors where chunk_id = any (%(ids)s::bigint[])
"""
AWAITING_OF_SAMPLE: LiteralString = """
select count(*), count(*) filter (where exists (select from chunks_awaiting_vectors where chunk_id = id))
from chunks
where id = any (%(ids)s::bigint[])
"""


def nearest_statement(index: VectorIndex | None, allowed: Condition, candidates: int) -> sql.Composed:
    """The nearest of the vectors that meet a condition, by the index where there is one.

    How many is written into it: from a parameter Postgres would expect a tenth of all.
    """
    limit = sql.Literal(candidates)
    if index is None:
        nearest = sql.SQL(EXACTLY).format(allowed=allowed.text, candidates=limit)
    else:
        nearest = sql.SQL(BY_INDEX).format(
            dimensions=sql.Literal(index.dimensions),
            space_id=sql.Literal(index.space_id),
            allowed=allowed.text,
            candidates=limit,
        )
    return sql.SQL(NEAREST).format(nearest=nearest)


def condition_on_vectors(which: SearchFilter, condition: Condition | None) -> Condition:
    """Which vectors may be found: those of documents that meet a condition, or else of a collection."""
    if condition is not None:
        return Condition(sql.SQL(OF_DOCUMENT).format(condition=condition.text), condition.values)
    if which.collection is not None:
        return Condition(sql.SQL(IN_COLLECTION).format(), {"collection": which.collection})
    return Condition(sql.SQL("true").format(), {})


def condition_of_these(ids: Array) -> Condition:
    """Which vectors may be found of a list of passages, one by one."""
    return Condition(sql.SQL(OF_THESE).format(), {"ids": as_array(ids)})


def condition_of_list(ids: Array) -> Condition | None:
    """Which vectors may be found of a list of passages (ascending); None where ids are too far apart."""
    first, last = int(ids[0]), int(ids[-1])
    if last - first >= MAX_BITS:
        return None
    bits = np.zeros(last - first + 1, np.bool_)
    bits[ids - first] = True
    packed = np.packbits(bits, bitorder="little").tobytes()
    return Condition(sql.SQL(IN_BITS).format(), {"first": first, "last": last, "bits": packed})


def listing_statement(condition: Condition) -> sql.Composed:
    """The passages whose documents meet the condition, up to a limit, as bytes: as rows they take longer."""
    if condition.is_having:
        of_documents = "chunks where document_id = any (array(select documents_with(%(having)s::jsonb[])))"
    else:
        of_documents = "documents join chunks on chunks.document_id = documents.id where {condition}"
        if "having" in condition.values:
            of_documents += " and documents.id = any (array(select documents_with(%(having)s::jsonb[])))"
    return sql.SQL(
        """
        select coalesce(string_agg(int8send(id), ''::bytea), ''::bytea)
        from (select chunks.id from {passages} limit %(most)s) as listed
        """
    ).format(passages=sql.SQL(of_documents).format(condition=condition.text))


def allowed_statement(condition: Condition) -> sql.Composed:
    """Some passages that are there, and whether their documents meet the condition."""
    return sql.SQL(
        """
        select chunks.id, (select {condition} from documents where documents.id = chunks.document_id)
        from unnest(%(ids)s::bigint[]) as asked (id)
        join chunks using (id)
        """
    ).format(condition=condition.text)


def awaiting_statement(condition: Condition) -> sql.Composed:
    """How many passages wait for their vector, of those whose documents meet the condition."""
    return sql.SQL(
        """
        select count(*)
        from chunks_awaiting_vectors
        join chunks on chunks.id = chunk_id
        where (select {condition} from documents where documents.id = chunks.document_id)
        """
    ).format(condition=condition.text)
