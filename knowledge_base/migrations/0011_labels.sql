-- Each value in the metadata of a document is a label of its passages: an entry among their words, with the impact
-- 0, and a posting list of its own. So what a filter lets through is read from lists, as words are, and how much
-- that is stands in their heads.

-- The label of a value; null for one that has parts. Numbers that are equal have the same.
create function label_of(name text, value jsonb) returns bigint
    language sql immutable parallel safe
    return case
        when jsonb_typeof(value) in ('object', 'array') then null
        else (
            'x' || encode(
                substr(
                    sha256(
                        convert_to(
                            'label ' || to_jsonb(name)::text || case jsonb_typeof(value)
                                when 'number' then trim_scale((value #>> '{}')::numeric)::text
                                else value::text
                            end,
                            'UTF8'
                        )
                    ),
                    1,
                    6
                ),
                'hex'
            )
        )::bit(48)::bigint
    end;

-- What passages keep of their document's metadata, beside their words: 7 bytes a value, or a member of a list. A
-- document with too many has the label 1 alone, for "not known by labels" (knowledge_base/labels.py).
create function labels_of(metadata jsonb) returns bytea
    language sql immutable parallel safe
    return (
        select case
            when count(*) > 64 then '\x00000000000100'::bytea
            else coalesce(string_agg(substr(int8send(label), 3, 6) || '\x00'::bytea, ''::bytea order by label), '')
        end
        from (
            select distinct label_of(name, part) as label
            from jsonb_each(metadata) as given (name, value)
            cross join lateral jsonb_array_elements(
                case jsonb_typeof(value) when 'array' then value else jsonb_build_array(value) end
            ) as parts (part)
        ) as labels
        where label is not null
    );

create temporary table labels_before on commit drop as
select id as document_id, labels_of(metadata) as labels from documents where metadata <> '{}';

update chunks
set lexemes = lexemes || labels
from labels_before
where labels_before.document_id = chunks.document_id and labels <> '' and vocabulary_id is not null;

update pending_postings
set lexemes = chunks.lexemes
from chunks
where chunks.id = chunk_id and added;

insert into postings (lexeme, vocabulary_id, id_range, passages, max_impact, list)
select ('x' || encode(substr(labels, place, 6), 'hex'))::bit(48)::bigint,
       vocabulary_id,
       chunks.id >> 16,
       count(*),
       0,
       string_agg(
           set_byte(set_byte('\x000000'::bytea, 0, (chunks.id & 255)::integer), 1, (chunks.id >> 8 & 255)::integer),
           ''::bytea
           order by chunks.id
       )
from chunks
join labels_before using (document_id)
cross join lateral generate_series(1, length(labels), 7) as place
where vocabulary_id is not null
  and not exists (select from pending_postings where chunk_id = chunks.id and added)
group by 1, 2, 3;
