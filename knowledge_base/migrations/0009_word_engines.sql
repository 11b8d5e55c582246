-- The words of passages as an engine for word search reads them, such as pg_textsearch; empty where none is used.
-- Its index is made and dropped by knowledge_base/word_engines.py; what is brought into the posting lists is
-- brought here in the same transaction.
create table engine_words (
    chunk_id bigint primary key,
    vocabulary_id integer not null,
    words text not null
);
alter table engine_words enable row level security;
create policy of_open_vocabularies on engine_words using (
    vocabulary_id = any (array(select id from vocabularies))
);

-- Which engine's words are kept up to date: a row, or none. Since when Postgres ran, and counted its statistics,
-- when the index was made tells whether it was started again or has crashed since.
create table word_engine (
    name text not null,
    server_since timestamptz,
    statistics_since timestamptz
);
