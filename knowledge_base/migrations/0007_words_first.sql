-- Passages that are found by their words and have no vector yet in the space in use. Written in the transaction
-- that stores the passage, removed in the one that stores its vector.
create table chunks_awaiting_vectors (
    chunk_id bigint primary key references chunks on delete cascade
);

alter table chunks_awaiting_vectors enable row level security;
create policy of_open_chunks on chunks_awaiting_vectors using (
    (select current_setting('owflex.all_collections', true)) = 'yes'
    or exists (select from chunks where chunks.id = chunks_awaiting_vectors.chunk_id)
);

-- What an earlier version lost is made now.
insert into chunks_awaiting_vectors (chunk_id)
select chunks.id
from chunks
where not exists (
    select 1
    from chunk_embeddings
    join embedding_spaces on embedding_spaces.id = chunk_embeddings.space_id and embedding_spaces.in_use
    where chunk_embeddings.chunk_id = chunks.id
);
