-- Clients that people have let in by OAuth. Of every secret only the SHA-256 is kept, which says nothing about 256
-- random bits; secrets of clients are derived from the signing key and stand nowhere.
create table oauth_clients (
    client_id text primary key,
    -- What the client said of itself (RFC 7591).
    metadata jsonb not null check (octet_length(metadata::text) <= 8000),
    created_at timestamptz not null default now(),
    -- Somebody let it in at least once.
    was_let_in boolean not null default false,
    keep_until timestamptz not null default now() + interval '1 day'
);
create index oauth_clients_by_end on oauth_clients (keep_until);

-- Requests of clients that a person has not answered yet.
create table oauth_requests (
    request_hash bytea primary key,
    client_id text not null check (length(client_id) <= 500),
    client_name text not null check (length(client_name) <= 100),
    redirect_uri text not null check (length(redirect_uri) <= 1000),
    redirect_uri_given boolean not null,
    state text check (length(state) <= 2000),
    scopes text[] not null,
    code_challenge text not null check (length(code_challenge) <= 128),
    resource text not null check (length(resource) <= 500),
    expires_at timestamptz not null
);
create index oauth_requests_by_end on oauth_requests (expires_at);

-- What a person has let a client do. All tokens of a grant end with it.
create table oauth_grants (
    id bigint generated always as identity primary key,
    user_id text not null,
    client_id text not null,
    client_name text not null,
    -- Where the client was sent back to: its host, or the scheme of an app.
    redirect_host text not null,
    scopes text[] not null,
    -- Collections that the person chose; null: all that are open to them.
    collections text[],
    resource text not null,
    created_at timestamptz not null default now(),
    last_used_at timestamptz,
    revoked_at timestamptz,
    -- Why: disconnected, revoked by the client, code used twice, refresh token used twice, or too many.
    revoked_for text check (length(revoked_for) <= 60)
);
create index oauth_grants_of_a_user on oauth_grants (user_id, id);
create index oauth_grants_of_a_client on oauth_grants (client_id);

create table oauth_codes (
    code_hash bytea primary key,
    grant_id bigint not null references oauth_grants on delete cascade,
    code_challenge text not null,
    redirect_uri text not null,
    redirect_uri_given boolean not null,
    expires_at timestamptz not null,
    used_at timestamptz
);
create index oauth_codes_of_a_grant on oauth_codes (grant_id);

create table oauth_tokens (
    token_hash bytea primary key,
    grant_id bigint not null references oauth_grants on delete cascade,
    kind text not null check (kind in ('access', 'refresh')),
    scopes text[] not null,
    expires_at timestamptz not null,
    -- A refresh token is good once; used again, it was stolen.
    used_at timestamptz
);
create index oauth_tokens_of_a_grant on oauth_tokens (grant_id);
create index oauth_tokens_by_end on oauth_tokens (expires_at);

-- Only what works as the authorization server (`owflex.oauth`) sees these rows; people see their own grants.
do $$
declare
    guarded text;
begin
    foreach guarded in array array['clients', 'requests', 'grants', 'codes', 'tokens'] loop
        execute format('alter table oauth_%s enable row level security', guarded);
        execute format(
            'create policy authorization_server on oauth_%s using ('
            '(select current_setting(''owflex.oauth'', true)) = ''yes'')',
            guarded
        );
    end loop;
end
$$;
create policy see_own_grants on oauth_grants for select using (
    user_id = (select nullif(current_setting('owflex.user', true), ''))
);
create policy take_back_own_grants on oauth_grants for update using (
    user_id = (select nullif(current_setting('owflex.user', true), ''))
);

create function audit_oauth_grant() returns trigger
    language plpgsql security definer as $$
    declare
        -- In a trigger for insertions there is no old row.
        is_new constant boolean := tg_op = 'INSERT';
    begin
        insert into audit_events (action, target, target_id, about, details)
        values (
            case when is_new then 'oauth_client.connected' else 'oauth_client.disconnected' end,
            left(new.client_name, 300),
            new.id,
            left(new.user_id, 200),
            jsonb_build_object(
                'client_id', left(new.client_id, 300),
                'redirect_host', left(new.redirect_host, 300),
                'scopes', left(array_to_string(new.scopes, ' '), 200),
                'collections', coalesce(left(array_to_string(new.collections, ', '), 1000), 'all')
            ) || case when is_new then '{}' else jsonb_build_object('reason', new.revoked_for) end
        );
        return null;
    end
    $$;
create trigger audit_oauth_grant after insert on oauth_grants
    for each row execute function audit_oauth_grant();
create trigger audit_revoked_oauth_grant after update of revoked_at on oauth_grants
    for each row when (old.revoked_at is null and new.revoked_at is not null)
    execute function audit_oauth_grant();

-- Nobody can put tables of their own in the place of those that the function writes to.
do $$
begin
    execute format('alter function audit_oauth_grant() set search_path = %I, pg_temp', current_schema());
end
$$;
