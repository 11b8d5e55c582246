-- The language whose stems and stop words the keyword search of a collection uses.
create table collections (
    name text primary key,
    language text not null default 'english'
);
insert into collections (name) select distinct collection from origins;

-- Which passages a word is in, and how much it says there (BM25's part that belongs to the passage).
create table postings (
    lexeme text collate "C" not null,
    chunk_id bigint not null,
    impact real not null,
    primary key (lexeme, chunk_id) include (impact)
);

-- A passage's own lexemes, by which its postings are removed with it: an index of postings by passage would be
-- as large as they are.
alter table chunks add column lexemes text[] not null default '{}';

create function remove_postings() returns trigger language plpgsql as $$
begin
    delete from postings
    using (select id, unnest(lexemes) as lexeme from gone) as past
    where postings.lexeme = past.lexeme and postings.chunk_id = past.id;
    return null;
end
$$;

create trigger postings_go_with_their_chunk
    after delete on chunks
    referencing old table as gone
    for each statement execute function remove_postings();
