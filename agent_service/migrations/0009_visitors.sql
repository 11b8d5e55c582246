-- Sites of others on which anybody may talk to the chat. The key stands in the site's pages and is no secret: it is
-- good on the site's origins only. A site that was revoked stays as a line of what there was.
create table sites (
    id bigint generated always as identity primary key,
    name text not null check (name ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
    key text not null unique check (length(key) between 20 and 100),
    origins text[] not null check (cardinality(origins) between 1 and 20),
    collections text[] not null check (cardinality(collections) between 1 and 50),
    prompt text check (length(prompt) between 1 and 4000),
    -- Messages a day (UTC), of one visitor and of all of them.
    per_visitor integer not null check (per_visitor between 1 and 1000000),
    per_day integer not null check (per_day between 1 and 1000000),
    created_at timestamptz not null default now(),
    revoked_at timestamptz
);
create unique index sites_by_name on sites (name) where revoked_at is null;

-- How many messages came on a day: to a site, and from one visitor of it (`visitor:SITE:RANDOM`).
create table site_days (
    site_id bigint not null references sites (id) on delete cascade,
    day date not null,
    messages integer not null,
    primary key (site_id, day)
);
create table visitor_days (
    user_id text not null check (length(user_id) <= 200),
    day date not null,
    messages integer not null,
    primary key (user_id, day)
);
create index visitor_days_to_forget on visitor_days (day);

-- Conversations of visitors go when nobody has come back to them for long.
create index threads_of_visitors on threads (updated_at) where user_id like 'visitor:%';

-- The audit log: which site was let in, with what, and which no more.
create function audit_site() returns trigger language plpgsql security definer as $$
    begin
        if tg_op = 'INSERT' then
            insert into audit_events (action, target, target_id, details)
            values (
                'site.added', new.name, new.id::text,
                jsonb_build_object(
                    'origins', left(array_to_string(new.origins, ' '), 1000),
                    'collections', left(array_to_string(new.collections, ', '), 1000),
                    'per_visitor', new.per_visitor,
                    'per_day', new.per_day
                )
            );
        elsif old.revoked_at is null and new.revoked_at is not null then
            insert into audit_events (action, target, target_id) values ('site.revoked', new.name, new.id::text);
        end if;
        return null;
    end
    $$;
create trigger audit_site after insert or update on sites for each row execute function audit_site();

-- Nobody can put tables of their own in the place of those that this function writes to.
do $$
declare
    made regprocedure;
begin
    for made in
        select pg_proc.oid
        from pg_proc
        where pronamespace = current_schema()::regnamespace and proname = 'audit_site'
    loop
        execute format('alter function %s set search_path = %I, pg_temp', made, current_schema());
    end loop;
end
$$;
