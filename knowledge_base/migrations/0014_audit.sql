-- The audit log: who changed what, or tried to, written in the transaction of the change. Nothing that is kept
-- secret stands in it, and no content: names of people, documents, keys and collections only.
--   owflex.actor       who is served, or the account of the command line
--   owflex.through     mcp, chat, command line, worker or schedule
--   owflex.request_id  the request, as in the logs
--   owflex.trace_id    its trace, where traces are collected
-- Without them it is an account of the database itself that has made the change.
-- The other migrations of this name begin with the same: both may be in one database.
create or replace function audit_actor() returns text language sql stable
    return left(
        coalesce(
            nullif(current_setting('owflex.actor', true), ''),
            nullif(current_setting('owflex.user', true), ''),
            session_user::text
        ),
        200
    );
create or replace function audit_through() returns text language sql stable
    return left(coalesce(nullif(current_setting('owflex.through', true), ''), 'database'), 20);
create or replace function audit_request() returns text language sql stable
    return left(nullif(current_setting('owflex.request_id', true), ''), 64);
create or replace function audit_trace() returns text language sql stable
    return left(nullif(current_setting('owflex.trace_id', true), ''), 32);

create table if not exists audit_events (
    id bigint generated always as identity primary key,
    happened_at timestamptz not null default now(),
    actor text not null default audit_actor() check (length(actor) <= 200),
    through text not null default audit_through() check (length(through) <= 20),
    action text not null check (length(action) <= 60),
    outcome text not null default 'done' check (outcome in ('done', 'refused')),
    -- What it was done to: its name, its id, and whose it is.
    target text check (length(target) <= 300),
    target_id text check (length(target_id) <= 200),
    about text check (length(about) <= 200),
    request_id text default audit_request() check (length(request_id) <= 64),
    trace_id text default audit_trace() check (length(trace_id) <= 32),
    details jsonb not null default '{}' check (octet_length(details::text) <= 8000)
);
create index if not exists audit_events_in_time on audit_events (happened_at, id);

-- Whoever is not the owner sees no event and may add nothing but attempts that were refused.
alter table audit_events enable row level security;
drop policy if exists refused_attempts on audit_events;
create policy refused_attempts on audit_events for insert with check (outcome = 'refused');

create or replace function keep_audit_events() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' and current_setting('owflex.forgets_audit_events', true) = 'yes' then
        return null;
    end if;
    raise exception 'The audit log can only be added to.' using errcode = 'insufficient_privilege';
end
$$;
create or replace trigger keep_audit_events before update or delete or truncate on audit_events
    for each statement execute function keep_audit_events();

-- What is older than so many days goes, ten thousand events at a time; that they went is an event. Returns how
-- many.
create or replace function forget_audit_events(days integer) returns bigint
    language plpgsql
    as $$
    declare
        gone bigint;
    begin
        if days < 1 then
            raise exception 'Events of today cannot be forgotten.' using errcode = 'invalid_parameter_value';
        end if;
        -- Not as a setting of the function: only a superuser may give it one with a name of our own.
        perform set_config('owflex.forgets_audit_events', 'yes', true);
        delete from audit_events
        where id in (
            select id
            from audit_events
            where happened_at < now() - make_interval(days => days)
            order by happened_at, id
            limit 10000
        );
        get diagnostics gone = row_count;
        perform set_config('owflex.forgets_audit_events', '', true);
        if gone > 0 then
            insert into audit_events (action, target, details)
            values ('audit.forgotten', 'audit log', jsonb_build_object('events', gone, 'older_than_days', days));
        end if;
        return gone;
    end
    $$;
revoke all on function forget_audit_events(integer) from public;

-- Documents. One that stands inside another comes and goes with it and is no event of its own. A writer that
-- stores documents of several people at once names them in `owflex.acting_for`: by collection, then by source.
create function audit_added_documents() returns trigger
    language plpgsql security definer as $$
    declare
        named constant jsonb := coalesce(nullif(current_setting('owflex.acting_for', true), ''), '{}');
    begin
        insert into audit_events (
            action, target, target_id, details, actor, through, request_id, trace_id
        )
        select 'document.added', left(source, 300), added.id, jsonb_build_object('collection', left(collection, 200)),
               coalesce(left(by ->> 'actor', 200), audit_actor()),
               coalesce(left(by ->> 'through', 20), audit_through()),
               case when by is null then audit_request() else left(by ->> 'request_id', 64) end,
               case when by is null then audit_trace() else left(by ->> 'trace_id', 32) end
        from added
        cross join lateral (select named -> collection -> source as by) as who
        where parent_id is null
        order by added.id;
        return null;
    end
    $$;
create trigger audit_added_documents after insert on documents
    referencing new table as added for each statement execute function audit_added_documents();

create function audit_changed_documents() returns trigger
    language plpgsql security definer as $$
    declare
        named constant jsonb := coalesce(nullif(current_setting('owflex.acting_for', true), ''), '{}');
    begin
        insert into audit_events (
            action, target, target_id, details, actor, through, request_id, trace_id
        )
        select case when changed.source = before.source then 'document.replaced' else 'document.moved' end,
               left(changed.source, 300),
               changed.id,
               jsonb_build_object('collection', left(changed.collection, 200))
                   || case
                       when changed.source = before.source then '{}'
                       else jsonb_build_object('from', left(before.source, 300))
                   end,
               coalesce(left(by ->> 'actor', 200), audit_actor()),
               coalesce(left(by ->> 'through', 20), audit_through()),
               case when by is null then audit_request() else left(by ->> 'request_id', 64) end,
               case when by is null then audit_trace() else left(by ->> 'trace_id', 32) end
        from changed
        join before on before.id = changed.id
        cross join lateral (select named -> changed.collection -> changed.source as by) as who
        where changed.parent_id is null
          -- Text that is only cut or indexed anew is nobody's change.
          and (changed.source, changed.title, changed.content_hash, changed.metadata)
              is distinct from (before.source, before.title, before.content_hash, before.metadata)
        order by changed.id;
        return null;
    end
    $$;
create trigger audit_changed_documents after update on documents
    referencing old table as before new table as changed
    for each statement execute function audit_changed_documents();

create function audit_removed_documents() returns trigger
    language plpgsql security definer as $$
    begin
        insert into audit_events (action, target, target_id, details)
        select 'document.removed', left(source, 300), id, jsonb_build_object('collection', left(collection, 200))
        from removed
        where parent_id is null
        order by id;
        return null;
    end
    $$;
create trigger audit_removed_documents after delete on documents
    referencing old table as removed for each statement execute function audit_removed_documents();

create function audit_collection() returns trigger
    language plpgsql security definer as $$
    begin
        insert into audit_events (action, target, details)
        values (
            case tg_op when 'INSERT' then 'collection.made' when 'DELETE' then 'collection.removed'
                else 'collection.changed' end,
            left(case tg_op when 'DELETE' then old.name else new.name end, 300),
            case tg_op when 'DELETE' then '{}'
                else jsonb_build_object('language', left(new.language::text, 60), 'fixed', new.language_is_fixed)
            end
        );
        return null;
    end
    $$;
create trigger audit_collection after insert or delete on collections
    for each row execute function audit_collection();
create trigger audit_changed_collection after update on collections
    for each row when (old.* is distinct from new.*) execute function audit_collection();

-- Rights: what a key opens, for whom, and until when; never the key or its hash.
create function audit_api_key() returns trigger
    language plpgsql security definer as $$
    declare
        -- In a trigger for deletions there is no new row.
        key constant api_keys := case tg_op when 'DELETE' then old else new end;
    begin
        insert into audit_events (action, target, target_id, about, details)
        values (
            case
                when tg_op = 'INSERT' then 'api_key.made'
                when tg_op = 'DELETE' then 'api_key.removed'
                when old.revoked_at is null and new.revoked_at is not null then 'api_key.revoked'
                else 'api_key.changed'
            end,
            left(key.name, 300),
            key.id,
            left(key.user_id, 200),
            jsonb_build_object(
                'scopes', left(array_to_string(key.scopes, ' '), 200),
                'collections', coalesce(left(array_to_string(key.collections, ', '), 1000), 'all'),
                'expires_at', key.expires_at
            )
        );
        return null;
    end
    $$;
create trigger audit_api_key after insert or delete on api_keys
    for each row execute function audit_api_key();
create trigger audit_changed_api_key after update on api_keys
    for each row
    when (
        old.user_id is distinct from new.user_id
        or old.scopes is distinct from new.scopes
        or old.collections is distinct from new.collections
        or old.expires_at is distinct from new.expires_at
        or old.revoked_at is distinct from new.revoked_at
    )
    execute function audit_api_key();

create function audit_embedding_model() returns trigger
    language plpgsql security definer as $$
    begin
        insert into audit_events (action, target, target_id)
        values ('embedding_model.switched', left(new.model_name, 300), new.id);
        return null;
    end
    $$;
create trigger audit_embedding_model after insert or update of in_use on embedding_spaces
    for each row when (new.in_use) execute function audit_embedding_model();

-- A worker does what was handed in; it was asked for here.
alter table uploads add column through text not null default audit_through();
alter table uploads add column request_id text default audit_request();
alter table uploads add column trace_id text default audit_trace();

-- Nobody can put tables of their own in the place of those that these functions write to.
do $$
declare
    made regprocedure;
begin
    for made in
        select pg_proc.oid
        from pg_proc
        join pg_language on pg_language.oid = prolang and lanname = 'plpgsql'
        where pronamespace = current_schema()::regnamespace and proname ~ '^(audit|keep_audit|forget_audit)_'
    loop
        execute format('alter function %s set search_path = %I, pg_temp', made, current_schema());
    end loop;
end
$$;
