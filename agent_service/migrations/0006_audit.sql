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

-- Conversations. Of a statement that removes many, the first twenty are named and the rest is counted.
create function audit_removed_threads() returns trigger
    language plpgsql security definer as $$
    declare
        most constant integer := 20;
        left_out bigint;
    begin
        insert into audit_events (action, target_id, about)
        select 'thread.deleted', left(id, 200), left(user_id, 200)
        from removed
        order by sequence
        limit most;
        select greatest(count(*) - most, 0) into left_out from removed;
        if left_out > 0 then
            insert into audit_events (action, details)
            values ('thread.deleted', jsonb_build_object('more', left_out));
        end if;
        return null;
    end
    $$;
create trigger audit_removed_threads after delete on threads
    referencing old table as removed for each statement execute function audit_removed_threads();

-- Of a call that waited: which tool, never its arguments.
create function audit_decision() returns trigger
    language plpgsql security definer as $$
    declare
        tools text;
    begin
        begin
            select string_agg(call ->> 'tool', ', ') into tools from json_array_elements(new.calls) as call;
        exception
            -- Arguments may hold what Postgres has no character for.
            when untranslatable_character or invalid_text_representation then null;
        end;
        insert into audit_events (action, target, target_id, about, details)
        values (
            case new.outcome when 'approved' then 'approval.given' else 'approval.refused' end,
            left(tools, 300),
            left(new.id, 200),
            left(new.user_id, 200),
            jsonb_build_object('thread', left(new.thread_id, 200))
        );
        return null;
    end
    $$;
create trigger audit_decision after update of outcome on approvals
    for each row when (old.outcome is null and new.outcome in ('approved', 'denied'))
    execute function audit_decision();

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
