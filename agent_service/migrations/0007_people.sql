-- People who sign in at the chat itself (AGENT_SERVICE_AUTH=accounts): with a password, or by an identity provider.
-- Secrets are kept as hashes only: passwords by Argon2, random tokens by SHA-256.
-- `user_id` is what conversations, tasks and rights know: `account:NAME`, or `oidc:SUBJECT` of a provider.

create table people (
    user_id text primary key check (length(user_id) between 1 and 210),
    -- What is typed to sign in; none for whom a provider signs in, whose issuer stands instead.
    name text unique check (length(name) between 1 and 100),
    issuer text check (length(issuer) <= 500),
    display_name text not null check (length(display_name) between 1 and 200),
    email text check (length(email) <= 320),
    is_admin boolean not null default false,
    -- None until a one-time link was used.
    password_hash text,
    password_changed_at timestamptz,
    signed_in_at timestamptz,
    disabled_at timestamptz,
    created_at timestamptz not null default now(),
    check ((name is null) <> (issuer is null))
);

-- Who is signed in, in which browser. `seen_at` is kept fresh to a minute.
create table browser_sessions (
    token_hash bytea primary key,
    id bigint generated always as identity unique,
    user_id text not null references people (user_id) on delete cascade,
    browser text not null default '' check (length(browser) <= 200),
    address text not null default '' check (length(address) <= 100),
    created_at timestamptz not null default now(),
    seen_at timestamptz not null default now(),
    expires_at timestamptz not null
);
create index browser_sessions_of_user on browser_sessions (user_id);
create index browser_sessions_to_forget on browser_sessions (expires_at);

-- Browsers in which somebody has signed in before: attempts of strangers do not keep them out.
create table known_browsers (
    token_hash bytea not null,
    user_id text not null references people (user_id) on delete cascade,
    used_at timestamptz not null default now(),
    primary key (token_hash, user_id)
);
create index known_browsers_of_user on known_browsers (user_id);

-- One-time links: to a first password (invitation), to a new one (reset), or, without a person, to the first
-- administrator of an installation that has nobody yet (setup).
create table one_time_links (
    token_hash bytea primary key,
    user_id text references people (user_id) on delete cascade,
    purpose text not null check (purpose in ('setup', 'invitation', 'reset')),
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    check ((user_id is null) = (purpose = 'setup'))
);
create index one_time_links_of_user on one_time_links (user_id);

-- Attempts that failed, of the last day. No reference: names that nobody has are tried, too.
create table sign_in_attempts (
    id bigint generated always as identity primary key,
    user_id text not null check (length(user_id) <= 210),
    address text not null check (length(address) <= 100),
    happened_at timestamptz not null default now()
);
create index sign_in_attempts_of_user on sign_in_attempts (user_id, happened_at);
create index sign_in_attempts_of_address on sign_in_attempts (address, happened_at);
create index sign_in_attempts_to_forget on sign_in_attempts (happened_at);

-- Who is on the way to a provider and back: what must come back, bound to the browser by its cookie.
create table pending_sign_ins (
    token_hash bytea primary key,
    state text not null,
    nonce text not null,
    code_verifier text not null,
    redirect_uri text not null,
    next_page text not null,
    expires_at timestamptz not null
);
create index pending_sign_ins_to_forget on pending_sign_ins (expires_at);

-- The audit log: who was added, disabled, made an administrator, signed in, has another password.
create function audit_person() returns trigger language plpgsql security definer as $$
    declare
        happened text[] := '{}';
        happening text;
    begin
        if tg_op = 'INSERT' then
            happened := array['person.added'];
            if new.is_admin then
                happened := array_append(happened, 'admin.given');
            end if;
        elsif tg_op = 'UPDATE' then
            if old.is_admin <> new.is_admin then
                happened := array_append(
                    happened, case when new.is_admin then 'admin.given' else 'admin.taken' end
                );
            end if;
            if (old.disabled_at is null) <> (new.disabled_at is null) then
                happened := array_append(
                    happened, case when new.disabled_at is null then 'person.enabled' else 'person.disabled' end
                );
            end if;
            if old.password_hash is distinct from new.password_hash
                and old.password_changed_at is distinct from new.password_changed_at then
                happened := array_append(happened, 'password.changed');
            end if;
        end if;
        foreach happening in array happened loop
            insert into audit_events (action, target, target_id, about)
            values (happening, left(new.display_name, 300), left(new.user_id, 200), left(new.user_id, 200));
        end loop;
        return null;
    end
    $$;
create trigger audit_person after insert or update on people
    for each row execute function audit_person();

create function audit_signed_in() returns trigger language plpgsql security definer as $$
    begin
        insert into audit_events (action, target_id, about, details)
        values ('signed.in', new.id::text, left(new.user_id, 200), jsonb_build_object('address', new.address));
        return null;
    end
    $$;
create trigger audit_signed_in after insert on browser_sessions
    for each row execute function audit_signed_in();

create function audit_link() returns trigger language plpgsql security definer as $$
    begin
        insert into audit_events (action, about, details)
        values ('link.made', left(new.user_id, 200),
                jsonb_build_object('purpose', new.purpose, 'expires_at', new.expires_at));
        return null;
    end
    $$;
create trigger audit_link after insert on one_time_links
    for each row execute function audit_link();

do $$
declare
    made regprocedure;
begin
    for made in
        select pg_proc.oid
        from pg_proc
        join pg_language on pg_language.oid = prolang and lanname = 'plpgsql'
        where pronamespace = current_schema()::regnamespace
            and proname in ('audit_person', 'audit_signed_in', 'audit_link')
    loop
        execute format('alter function %s set search_path = %I, pg_temp', made, current_schema());
    end loop;
end
$$;
