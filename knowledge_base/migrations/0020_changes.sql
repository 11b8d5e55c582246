-- What is told of changes, and calls that go on after they were answered.

-- Says which documents changed, once for each statement however many passages it is about; whoever listens gets it
-- when the transaction is committed. Ids by collection; without ids where they are too many for one message, and
-- nothing but `{}` where even the names are.
create function tell_of_documents() returns trigger language plpgsql as $$
declare
    most constant integer := 7900;
    told text;
begin
    select json_object_agg(collection, ids)::text into told
    from (select collection, json_agg(id) as ids from changed group by collection) as by_collection;
    if octet_length(told) > most then
        select json_object_agg(collection, null)::text into told
        from (select distinct collection from changed) as by_collection;
    end if;
    if told is not null then
        perform pg_notify('owflex_documents', case when octet_length(told) > most then '{}' else told end);
    end if;
    return null;
end
$$;
create trigger tell_of_added after insert on documents referencing new table as changed
    for each statement execute function tell_of_documents();
create trigger tell_of_changed after update on documents referencing new table as changed
    for each statement execute function tell_of_documents();
create trigger tell_of_removed after delete on documents referencing old table as changed
    for each statement execute function tell_of_documents();

alter table uploads add column changed_at timestamptz not null default now();
create function tell_of_upload() returns trigger language plpgsql as $$
begin
    new.changed_at := now();
    perform pg_notify('owflex_uploads', new.id::text);
    return new;
end
$$;
create trigger tell_of_upload before update of status on uploads
    for each row when (new.status is distinct from old.status) execute function tell_of_upload();

-- Tool calls that were answered by the id of a task (the extension io.modelcontextprotocol/tasks): a worker brings in
-- the upload, and the client asks any process how it stands. Such a row ends with its upload at the latest.
create table background_calls (
    task_id text primary key check (length(task_id) between 32 and 100),
    user_id text not null,
    upload_id bigint not null references uploads on delete cascade,
    -- What else the answer of the call said.
    note text not null default '' check (length(note) <= 10000),
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    cancelled_at timestamptz
);
create index background_calls_of_an_upload on background_calls (upload_id);
create index background_calls_of_a_user on background_calls (user_id, expires_at);

alter table background_calls enable row level security;
create policy own_background_calls on background_calls using (
    user_id = (select nullif(current_setting('owflex.user', true), ''))
);

-- Takes an upload of the caller back that no worker has begun; whether there was one. The MCP server may not change
-- uploads in any other way.
create function withdraw_upload(withdrawn bigint) returns boolean language plpgsql security definer as $$
begin
    update uploads
    set status = 'failed', reason = 'It was withdrawn before a worker took it.', content = null, finished_at = now()
    where id = withdrawn and status = 'waiting'
      and user_id = nullif(current_setting('owflex.user', true), '');
    return found;
end
$$;
do $$
begin
    execute format('alter function withdraw_upload(bigint) set search_path = %I, pg_temp', current_schema());
end
$$;
revoke execute on function withdraw_upload(bigint) from public;
