-- A second factor of accounts: codes of an app (TOTP, RFC 6238), and recovery codes.
-- The secret is encrypted by CHAT_SETTINGS_KEY; of recovery codes and of tokens there are SHA-256 hashes.
create table second_factors (
    user_id text primary key references people (user_id) on delete cascade,
    secret bytea not null check (octet_length(secret) <= 500),
    -- None while it is set up: then it asks nobody for anything.
    confirmed_at timestamptz,
    -- The time step of the last code that was used: none before it is good again.
    last_step bigint,
    codes_made_at timestamptz,
    created_at timestamptz not null default now()
);

create table recovery_codes (
    user_id text not null references second_factors (user_id) on delete cascade,
    code_hash bytea not null,
    used_at timestamptz,
    primary key (user_id, code_hash)
);

-- Who has given the right password, and not yet the code: bound to the browser by its cookie.
create table second_steps (
    token_hash bytea primary key,
    user_id text not null references people (user_id) on delete cascade,
    expires_at timestamptz not null
);
create index second_steps_of_user on second_steps (user_id);
create index second_steps_to_forget on second_steps (expires_at);

-- The audit log: a second factor is on, off, has new recovery codes, or one of them was used.
create function audit_second_factor() returns trigger language plpgsql security definer as $$
    declare
        whose text := left(coalesce(new.user_id, old.user_id), 200);
        happening text;
    begin
        if tg_op = 'DELETE' then
            happening := case when old.confirmed_at is not null then 'second_factor.off' end;
        elsif new.confirmed_at is not null then
            happening := case
                when tg_op = 'INSERT' or old.confirmed_at is null then 'second_factor.on'
                when old.codes_made_at is distinct from new.codes_made_at then 'recovery_codes.made'
            end;
        end if;
        if happening is not null then
            insert into audit_events (action, target_id, about) values (happening, whose, whose);
        end if;
        return null;
    end
    $$;
create trigger audit_second_factor after insert or update or delete on second_factors
    for each row execute function audit_second_factor();

create function audit_recovery_code() returns trigger language plpgsql security definer as $$
    begin
        insert into audit_events (action, target_id, about)
        values ('recovery_code.used', left(new.user_id, 200), left(new.user_id, 200));
        return null;
    end
    $$;
create trigger audit_recovery_code after update on recovery_codes
    for each row when (old.used_at is null and new.used_at is not null)
    execute function audit_recovery_code();

-- Nobody can put tables of their own in the place of those that these functions write to.
do $$
declare
    made regprocedure;
begin
    for made in
        select pg_proc.oid
        from pg_proc
        where pronamespace = current_schema()::regnamespace
            and proname in ('audit_second_factor', 'audit_recovery_code')
    loop
        execute format('alter function %s set search_path = %I, pg_temp', made, current_schema());
    end loop;
end
$$;
