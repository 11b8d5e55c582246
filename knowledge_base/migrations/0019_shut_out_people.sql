-- People who may not come in, as the chat says, which knows who is disabled. What was made for them, keys and the
-- tokens of clients that they have let in, opens nothing while they are here, and is good again afterwards.
create table shut_out_people (
    user_id text primary key check (user_id <> '' and length(user_id) <= 500),
    shut_out_at timestamptz not null default now()
);
alter table shut_out_people enable row level security;
create policy administrators on shut_out_people using (
    (select current_setting('owflex.administers', true)) = 'yes'
);

-- Whoever presents a token is not known yet, so that nobody's rows are open.
create function is_shut_out(asked text) returns boolean
    language sql stable security definer as $$
        select exists (select from shut_out_people where user_id = asked)
    $$;
revoke all on function is_shut_out(text) from public;

create function audit_shut_out() returns trigger
    language plpgsql security definer as $$
    begin
        insert into audit_events (action, about)
        values (
            case tg_op when 'DELETE' then 'clients.let_in' else 'clients.shut_out' end,
            left(case tg_op when 'DELETE' then old.user_id else new.user_id end, 200)
        );
        return null;
    end
    $$;
create trigger audit_shut_out after insert or delete on shut_out_people
    for each row execute function audit_shut_out();

-- Nobody can put tables of their own in the place of those that these functions read and write.
do $$
begin
    execute format('alter function is_shut_out(text) set search_path = %I, pg_temp', current_schema());
    execute format('alter function audit_shut_out() set search_path = %I, pg_temp', current_schema());
end
$$;
