-- Keys of standalone clients. A key is 256 random bits, so its plain SHA-256 says nothing about it.
create table api_keys (
    id bigint generated always as identity primary key,
    name text not null,
    key_hash bytea not null unique,
    user_id text not null,
    scopes text[] not null,
    -- Collections that the key opens; null opens all.
    collections text[],
    created_at timestamptz not null default now(),
    expires_at timestamptz,
    revoked_at timestamptz,
    last_used_at timestamptz
);

-- A write that is repeated with the same key happens once.
alter table tasks add column idempotency_key text;
create unique index tasks_once_per_key on tasks (user_id, idempotency_key) where idempotency_key is not null;

-- Who is served is said by settings of the transaction. Nobody but the owner of the tables sees a row without
-- them: a forgotten condition in a query finds nothing instead of everything.
--   owflex.user             the caller
--   owflex.all_collections  'yes' where nothing is held back
--   owflex.collections      else the collections that are open, as an array literal
--   owflex.key_hash         while a key is looked up: its hash in hexadecimal
alter table documents enable row level security;
create policy open_collections on documents using (
    (select current_setting('owflex.all_collections', true)) = 'yes'
    or collection = any ((select nullif(current_setting('owflex.collections', true), ''))::text[])
);

alter table collections enable row level security;
create policy open_collections on collections using (
    (select current_setting('owflex.all_collections', true)) = 'yes'
    or name = any ((select nullif(current_setting('owflex.collections', true), ''))::text[])
);

alter table chunks enable row level security;
create policy of_open_documents on chunks using (
    (select current_setting('owflex.all_collections', true)) = 'yes'
    or exists (select from documents where documents.id = chunks.document_id)
);

-- The chunks that the subqueries see are those that the policy above lets through.
alter table chunk_embeddings enable row level security;
create policy of_open_chunks on chunk_embeddings using (
    (select current_setting('owflex.all_collections', true)) = 'yes'
    or exists (select from chunks where chunks.id = chunk_embeddings.chunk_id)
);

alter table postings enable row level security;
create policy of_open_chunks on postings using (
    (select current_setting('owflex.all_collections', true)) = 'yes'
    or exists (select from chunks where chunks.id = postings.chunk_id)
);

alter table tasks enable row level security;
create policy own_tasks on tasks using (
    user_id = (select nullif(current_setting('owflex.user', true), ''))
);

alter table api_keys enable row level security;
create policy the_presented_key on api_keys using (
    key_hash = (select decode(nullif(current_setting('owflex.key_hash', true), ''), 'hex'))
);
