"""The one statement of a search: nearest by vector, best by words, all of them scored both ways.

What has no vector yet, a passage or the question, is scored by the cosine that its words let expect.
"""

from typing import LiteralString

from psycopg import sql

from knowledge_base.vector_index import VectorIndex

# Branches that `narrows` rules out are pruned when the statement is planned, which is done with its values:
# without a filter no document is looked at before the passages are found; with one, its passages are listed
# first and searched exactly, so that as many come as there are.
STATEMENT: LiteralString = """
with space as (
    select id
    from embedding_spaces
    where model_name = %(model_name)s and (in_use or retired_at is not null)
),
eligible as materialized (
    select chunks.id as chunk_id
    from documents
    join chunks on chunks.document_id = documents.id
    where %(narrows)s
      and (%(collection)s::text is null or documents.collection = %(collection)s)
      and (
          %(source)s::text is null
          or documents.source = %(source)s
          or starts_with(documents.source, %(source)s || '/')
      )
      and (%(since)s::timestamptz is null or documents.updated_at >= %(since)s)
      and (%(until)s::timestamptz is null or documents.updated_at < %(until)s)
      and not exists (
          select 1
          from jsonb_each(%(metadata)s::jsonb) as wanted
          where not exists (
              select 1
              from jsonb_array_elements(
                  case jsonb_typeof(wanted.value)
                      when 'array' then wanted.value
                      else jsonb_build_array(wanted.value)
                  end
              ) as accepted
              where documents.metadata -> wanted.key @> accepted.value
          )
      )
),
everything as materialized (
    select count(*) as chunks from chunks
),
-- Few or none, but while vectors are being made.
awaiting as materialized (
    select count(*) as chunks
    from chunks_awaiting_vectors
    where not %(narrows)s or chunk_id in (select chunk_id from eligible)
),
lexemes as materialized (
    select word, (ts_lexize(languages.dictionary::regdictionary, word))[1] as lexeme
    from (
        select distinct case language when 'simple' then language else language || '_stem' end as dictionary
        from collections
        where %(collection)s::text is null or name = %(collection)s
    ) as languages
    cross join unnest(%(words)s::text[]) as word
    where %(by_words)s
),
counted as materialized (
    select lexeme, (select count(*) from postings where postings.lexeme = asked.lexeme) as passages
    from (select distinct lexeme from lexemes where lexeme is not null) as asked
),
weights as materialized (
    select lexeme,
           ln(1 + (greatest(everything.chunks - passages, 0) + 0.5) / (passages + 0.5))::float8 as weight
    from everything
    cross join counted
    -- A compound that no passage has is asked for by its parts.
    where passages > 0 or lexeme !~ '[^[:alnum:]]'
),
nearest as materialized (
    (
{everywhere}
    )
    union all
    (
        select chunk_embeddings.chunk_id, embedding <=> %(embedding)s::halfvec as distance
        from eligible
        join chunk_embeddings
            on chunk_embeddings.space_id = (select id from space)
            and chunk_embeddings.chunk_id = eligible.chunk_id
        where %(narrows)s and %(by_meaning)s
        order by embedding <=> %(embedding)s::halfvec
        limit %(candidates)s
    )
),
-- One aggregation instead of joins: how many passages a word is in is hard to foresee, and a join that was
-- planned for a few would compare each with each.
signals as materialized (
    select chunk_id, sum(weight * impact) as bm25, sum(weight) as covered, min(distance) as distance
    from (
        select chunk_id, weight, impact, null::float8 as distance
        from weights
        join postings using (lexeme)
        where not %(narrows)s
        union all
        select chunk_id, weight, impact, null
        from weights
        join postings using (lexeme)
        join eligible using (chunk_id)
        where %(narrows)s
        union all
        select chunk_id, null, null, distance
        from nearest
    ) as single
    group by chunk_id
),
last_by_words as materialized (
    select bm25, chunk_id
    from signals
    where bm25 is not null
    order by bm25 desc, chunk_id
    offset %(candidates)s - 1
    limit 1
),
marked as materialized (
    select signals.*,
           signals.bm25 is not null
           and coalesce(
               (signals.bm25, -signals.chunk_id) >= (last_by_words.bm25, -last_by_words.chunk_id), true
           ) as best_by_words
    from signals
    left join last_by_words on true
),
proposed as (
    select chunk_id, bm25, covered,
           case when distance is not null then row_number() over (order by distance, chunk_id) end
               as vector_rank,
           case when best_by_words then row_number() over (order by bm25 desc nulls last, chunk_id) end
               as keyword_rank
    from marked
    where distance is not null or best_by_words
),
total as (
    select sum(weight) as weight from weights
),
found as materialized (
    select proposed.chunk_id, proposed.vector_rank, proposed.keyword_rank,
           1 - (chunk_embeddings.embedding <=> %(embedding)s::halfvec) as cosine,
           coalesce(proposed.bm25 / total.weight, 0) as bm25,
           least(coalesce(proposed.bm25 / total.weight, 0) / %(all_words)s, 1) as words,
           coalesce(proposed.covered / total.weight, 0) as keyword
    from proposed
    cross join total
    left join chunk_embeddings
        on chunk_embeddings.space_id = (select id from space)
        and chunk_embeddings.chunk_id = proposed.chunk_id
),
-- How the cosine goes with the words where both are known: other models and languages have another mean and
-- spread of it. A few passages say little.
known as (
    select avg(cosine) as cosine, avg(words) as words,
           -- Words that hardly differ tell nothing.
           %(spread_of_cosines)s * stddev_pop(cosine) / greatest(stddev_pop(words), 0.05) as slope,
           count(*) / (count(*) + %(few_with_both)s::float8) as trust
    from found
    where cosine is not null and keyword_rank is not null
),
scored as (
    select found.*,
           found.cosine is null as estimated,
           coalesce(
               found.cosine,
               (1 - trust) * (%(cosine_without_words)s + %(cosine_of_words)s * found.words)
               + trust * coalesce(known.cosine + slope * (found.words - known.words), 0)
           ) as similarity
    from found
    cross join known
),
best as materialized (
    select *, %(cosine_weight)s * similarity + %(words_weight)s * bm25 as score
    from scored
    order by score desc, chunk_id
    limit %(limit)s
)
select case when %(narrows)s then (select count(*) from eligible) else (select chunks from everything) end
           as chunks_searched,
       (select chunks from awaiting) as chunks_awaiting,
       (select model_name from embedding_spaces where in_use) as model_in_use,
       (select id from space) as space_id,
       (select jsonb_object_agg(lexeme, weight) from weights) as weights,
       (select jsonb_object_agg(word, lexeme) from lexemes where lexeme is not null) as lexemes,
       chunks.id as chunk_id, documents.id as document_id, documents.title, documents.source,
       chunks.heading_path, chunks.page,
       chunks.position, chunks.content, chunks.token_count, best.similarity, best.estimated, best.keyword,
       best.bm25, best.vector_rank, best.keyword_rank,
       array(
           select lexeme
           from weights
           join postings using (lexeme)
           where postings.chunk_id = best.chunk_id
           order by lexeme
       ) as matched,
       best.score
from (values (1)) as always
left join (
    best
    join chunks on chunks.id = best.chunk_id
    join documents on documents.id = chunks.document_id
) on true
order by best.score desc, best.chunk_id
"""

# Every vector of the space is compared.
EXACTLY: LiteralString = """
        select chunk_embeddings.chunk_id, embedding <=> %(embedding)s::halfvec as distance
        from chunk_embeddings
        where not %(narrows)s and %(by_meaning)s and space_id = (select id from space)
        order by embedding <=> %(embedding)s::halfvec
        limit %(candidates)s
"""

# The same by the HNSW index, whose expression and condition must be repeated to the letter.
BY_INDEX: LiteralString = """
        select chunk_embeddings.chunk_id,
               embedding::halfvec({dimensions}) <=> %(embedding)s::halfvec({dimensions}) as distance
        from chunk_embeddings
        where not %(narrows)s and %(by_meaning)s and space_id = {space_id}
        order by embedding::halfvec({dimensions}) <=> %(embedding)s::halfvec({dimensions})
        limit %(candidates)s
"""


def search_statement(index: VectorIndex | None) -> sql.Composed:
    """The statement; with an index the nearest vectors come from it, where nothing is filtered."""
    if index is None:
        return sql.SQL(STATEMENT).format(everywhere=sql.SQL(EXACTLY))
    by_index = sql.SQL(BY_INDEX).format(
        dimensions=sql.Literal(index.dimensions), space_id=sql.Literal(index.space_id)
    )
    return sql.SQL(STATEMENT).format(everywhere=by_index)
