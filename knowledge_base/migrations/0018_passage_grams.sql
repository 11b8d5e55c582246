-- Which letters stand side by side in a passage, in a row of its own that a search for exact text reads instead of
-- the text (knowledge_base/grams.py). Null where they are not known yet: any text may be in such a passage.
create table passage_grams (
    chunk_id bigint primary key references chunks on delete cascade,
    document_id bigint not null,
    vocabulary_id integer,
    bits bytea
);
alter table passage_grams alter column bits set storage plain;
insert into passage_grams (chunk_id, document_id, vocabulary_id) select id, document_id, vocabulary_id from chunks;
create index passage_grams_unknown on passage_grams (chunk_id) where bits is null;

alter table passage_grams enable row level security;
create policy of_open_vocabularies on passage_grams using (
    (select current_setting('owflex.all_collections', true)) = 'yes'
    or vocabulary_id = any (array(select id from vocabularies))
);
