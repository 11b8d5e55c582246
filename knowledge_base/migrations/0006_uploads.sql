-- Documents that clients hand in, and removals of such: what the MCP server writes down, workers of ingestion do.
create table uploads (
    id bigint generated always as identity primary key,
    user_id text not null,
    collection text not null,
    kind text not null check (kind in ('text', 'url', 'remove')),
    -- What the user calls the document; for a removal its source.
    name text not null,
    -- The text until it is in; the address.
    content bytea,
    url text,
    media_type text,
    metadata jsonb not null default '{}',
    -- The document to remove.
    document_id bigint,
    -- An upload that is repeated with the same key happens once.
    idempotency_key text,
    status text not null default 'waiting' check (status in ('waiting', 'working', 'done', 'failed')),
    outcome text check (outcome in ('added', 'updated', 'unchanged', 'removed')),
    -- Why it failed, in a sentence for the user.
    reason text,
    document_ids bigint[] not null default '{}',
    chunks integer not null default 0,
    created_at timestamptz not null default now(),
    finished_at timestamptz
);

create unique index uploads_once_per_key on uploads (user_id, idempotency_key) where idempotency_key is not null;
create index uploads_not_done on uploads (user_id) where status in ('waiting', 'working');
create index uploads_finished on uploads (finished_at) where finished_at is not null;

alter table uploads enable row level security;
create policy own_uploads on uploads using (
    user_id = (select nullif(current_setting('owflex.user', true), ''))
    and (
        (select current_setting('owflex.all_collections', true)) = 'yes'
        or collection = any ((select nullif(current_setting('owflex.collections', true), ''))::text[])
    )
);

-- Puts an upload on the queue of the workers, which the MCP server's role may not write to. One job does all
-- that waits of a user in a collection, in their order. The tables of the queue are made by the first worker;
-- what comes before is found by it.
create function queue_upload() returns trigger language plpgsql security definer as $$
declare
    key constant text := 'uploads ' || md5(jsonb_build_array(new.collection, new.user_id)::text);
begin
    if to_regclass('procrastinate_jobs') is not null then
        -- Before files of folders: somebody waits for it.
        insert into procrastinate_jobs (queue_name, task_name, priority, lock, queueing_lock, args)
        values (
            'ingest', 'ingest:uploads', 10, key, key,
            jsonb_build_object('collection', new.collection, 'user_id', new.user_id)
        )
        on conflict do nothing;
    end if;
    return null;
end
$$;

-- Nobody can put tables of their own in the place of those that the function writes to.
do $$
begin
    execute format('alter function queue_upload() set search_path = %I, pg_temp', current_schema());
end
$$;
revoke execute on function queue_upload() from public;

-- Also when a worker says that an upload waits again.
create trigger queue_upload after insert or update of status on uploads
    for each row when (new.status = 'waiting') execute function queue_upload();
