-- Settings that administrators have changed on the page: they count where the environment sets none. The value is
-- JSON; of a secret there is only what CHAT_SETTINGS_KEY has encrypted, or the name of a variable in `value`.
create table changed_settings (
    name text primary key check (length(name) between 1 and 60),
    value jsonb check (octet_length(value::text) <= 200000),
    secret bytea check (octet_length(secret) <= 9000),
    changed_at timestamptz not null default now(),
    changed_by text not null check (length(changed_by) <= 210),
    check ((value is null) <> (secret is null))
);

-- Who changed what, the values of secrets left out. The highest id tells the processes whether there is news.
create table setting_changes (
    id bigint generated always as identity primary key,
    name text not null check (length(name) between 1 and 60),
    action text not null check (action in ('set', 'reset')),
    value jsonb check (octet_length(value::text) <= 200000),
    changed_at timestamptz not null default now(),
    changed_by text not null check (length(changed_by) <= 210)
);
create index setting_changes_of_name on setting_changes (name, id);

-- The audit log: which setting, never its value.
create function audit_setting() returns trigger
    language plpgsql security definer as $$
    begin
        insert into audit_events (action, target) values ('setting.' || new.action, new.name);
        return null;
    end
    $$;
create trigger audit_setting after insert on setting_changes
    for each row execute function audit_setting();

-- Nobody can put tables of their own in the place of those that these functions write to.
do $$
declare
    made regprocedure;
begin
    for made in
        select pg_proc.oid
        from pg_proc
        where pronamespace = current_schema()::regnamespace and proname = 'audit_setting'
    loop
        execute format('alter function %s set search_path = %I, pg_temp', made, current_schema());
    end loop;
end
$$;
