-- The words of one language in one collection. What may be seen of an index of words is decided by its
-- collection, in one test for a whole list of passages.
create table vocabularies (
    id integer generated always as identity primary key,
    collection text not null,
    language text not null,
    unique (collection, language)
);

alter table vocabularies enable row level security;
create policy open_collections on vocabularies using (
    (select current_setting('owflex.all_collections', true)) = 'yes'
    or collection = any ((select nullif(current_setting('owflex.collections', true), ''))::text[])
);

insert into vocabularies (collection, language)
select distinct documents.collection, coalesce(collections.language, 'english')
from documents
left join collections on collections.name = documents.collection;

-- A lexeme in an index of words: the first 48 bits of its SHA-256, so that nobody has to hand out numbers. Among
-- ten million lexemes one pair shares a key in five knowledge bases.
create function lexeme_key(lexeme text) returns bytea
    language sql immutable strict parallel safe
    return substr(sha256(convert_to(lexeme, 'UTF8')), 1, 6);

-- A passage's own words: for each its key and how much it says there, in 7 bytes (knowledge_base/word_codes.py).
alter table chunks rename column lexemes to old_lexemes;
alter table chunks add column lexemes bytea not null default '';
alter table chunks alter column lexemes set storage external;
alter table chunks add column vocabulary_id integer;

drop trigger postings_go_with_their_chunk on chunks;
drop function remove_postings();
alter table postings rename to old_postings;
alter table old_postings drop constraint postings_pkey;
create index old_postings_of_a_chunk on old_postings (chunk_id);

update chunks
set lexemes = coalesce(
        (
            select string_agg(
                lexeme_key(lexeme)
                    || set_byte('\x00'::bytea, 0, least(greatest(round(impact * 255 / 1.6), 1), 255)::integer),
                ''::bytea
                order by lexeme_key(lexeme)
            )
            from old_postings
            where chunk_id = chunks.id
        ),
        ''
    ),
    vocabulary_id = vocabularies.id
from documents
join vocabularies on vocabularies.collection = documents.collection
where documents.id = chunks.document_id;

drop table old_postings;
drop function lexeme_key(text);
alter table chunks drop column old_lexemes;

-- In which passages a lexeme is: one row for each vocabulary and each 65 536 ids of passages, with 3 bytes a
-- passage. The lexeme 0 is in every passage, and counts them.
create table postings (
    lexeme bigint not null,
    vocabulary_id integer not null,
    id_range integer not null,
    passages integer not null,
    max_impact smallint not null,
    list bytea not null,
    primary key (lexeme, vocabulary_id, id_range)
);
alter table postings alter column list set storage external;
alter table postings set (autovacuum_vacuum_scale_factor = 0.05);

-- What the lists do not say yet: passages that came, and passages that went. Searches read it beside the lists;
-- whoever stores passages brings it there, thousands at once.
create table pending_postings (
    chunk_id bigint primary key,
    vocabulary_id integer not null,
    added boolean not null,
    lexemes bytea not null
);
alter table pending_postings alter column lexemes set storage external;
alter table pending_postings set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

insert into pending_postings (chunk_id, vocabulary_id, added, lexemes)
select id, vocabulary_id, true, lexemes from chunks;

-- The subquery is run once for a statement, and sees the vocabularies that the policy above lets through.
alter table postings enable row level security;
create policy of_open_vocabularies on postings using (
    vocabulary_id = any (array(select id from vocabularies))
);
alter table pending_postings enable row level security;
create policy of_open_vocabularies on pending_postings using (
    vocabulary_id = any (array(select id from vocabularies))
);

-- A passage that is not in the lists yet is forgotten; one that is there is noted as gone. Who brings passages
-- into the lists just now is waited for, and then they are there.
create function words_go_with_their_chunk() returns trigger language plpgsql as $$
begin
    with fresh as (
        delete from pending_postings
        using gone
        where pending_postings.chunk_id = gone.id and pending_postings.added
        returning pending_postings.chunk_id
    )
    insert into pending_postings (chunk_id, vocabulary_id, added, lexemes)
    select id, vocabulary_id, false, lexemes
    from gone
    where vocabulary_id is not null and id not in (select chunk_id from fresh)
    order by id;
    return null;
end
$$;

create trigger words_go_with_their_chunk
    after delete on chunks
    referencing old table as gone
    for each statement execute function words_go_with_their_chunk();

-- Vectors know their vocabulary too, so that it need not be looked up for each that is compared.
alter table chunk_embeddings add column vocabulary_id integer;
update chunk_embeddings set vocabulary_id = chunks.vocabulary_id from chunks where chunks.id = chunk_id;
drop policy of_open_chunks on chunk_embeddings;
create policy of_open_vocabularies on chunk_embeddings using (
    (select current_setting('owflex.all_collections', true)) = 'yes'
    or vocabulary_id = any (array(select id from vocabularies))
);

-- Filters by a place and by a time.
create index documents_source on documents (source text_pattern_ops);
create index documents_updated on documents (updated_at);

-- Documents whose metadata contain one of some objects, of the collections that are open. Under row-level security
-- Postgres looks into metadata only after the collection was tested, so no index of metadata is used for a caller:
-- here the two tests are one, and made by the owner of the table. All objects are looked up in one scan, so that no
-- document comes twice: half the time for ten thousand of them.
create function documents_with(wanted jsonb[]) returns setof bigint
    language sql stable security definer rows 100
as $$
    select id
    from documents
    where metadata @> any (wanted)
      and (
          (select current_setting('owflex.all_collections', true)) = 'yes'
          or collection = any ((select nullif(current_setting('owflex.collections', true), ''))::text[])
          -- The owner is held back from nothing.
          or (select session_user = current_user and current_setting('role') = 'none')
      )
$$;
do $$
begin
    execute format('alter function documents_with(jsonb[]) set search_path = %I, pg_temp', current_schema());
    -- What is known of `wanted` when it is planned once for all says nothing of how many there are.
    execute 'alter function documents_with(jsonb[]) set enable_seqscan = off';
end
$$;
revoke execute on function documents_with(jsonb[]) from public;
