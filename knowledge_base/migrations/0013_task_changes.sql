-- What tasks were before they were changed, kept for thirty days: every change can be undone.
create table task_changes (
    id bigint generated always as identity primary key,
    user_id text not null,
    task_id bigint not null,
    -- The row before and afterwards; null before a task was added, and after it was deleted.
    before jsonb,
    after jsonb,
    -- Changes of one message or one call, which are undone together.
    batch text,
    -- The change that this one took back; null for all others.
    undoes bigint,
    transaction xid8 not null default pg_current_xact_id(),
    changed_at timestamptz not null default now(),
    undone_at timestamptz
);
create index task_changes_of_a_user on task_changes (user_id, id);
create index task_changes_by_age on task_changes (changed_at);

alter table task_changes enable row level security;
create policy own_changes on task_changes using (
    user_id = (select nullif(current_setting('owflex.user', true), ''))
);

-- Old values go, whosever they are; with the rights of the owner, because the server sees one user at a time.
create function forget_old_task_changes() returns void
    language sql security definer set search_path from current
    as $$
        delete from task_changes
        where id in (
            select id from task_changes
            where changed_at < now() - interval '30 days'
            order by changed_at
            limit 500
            for update skip locked
        )
    $$;
revoke all on function forget_old_task_changes() from public;

-- Only what is done for a user is kept: not what a restore, an import or the removal of a user does.
--   owflex.batch   the message that a change is made for
--   owflex.undoes  while a change is undone: its id
create function keep_task_change() returns trigger
    language plpgsql set search_path from current
    as $$
    begin
        if coalesce(current_setting('owflex.user', true), '') = '' then
            return null;
        end if;
        if tg_op = 'UPDATE' and to_jsonb(old) - 'updated_at' = to_jsonb(new) - 'updated_at' then
            return null;
        end if;
        insert into task_changes (user_id, task_id, before, after, batch, undoes)
        values (
            coalesce(new.user_id, old.user_id),
            coalesce(new.id, old.id),
            case when tg_op <> 'INSERT' then to_jsonb(old) end,
            case when tg_op <> 'DELETE' then to_jsonb(new) end,
            nullif(current_setting('owflex.batch', true), ''),
            nullif(current_setting('owflex.undoes', true), '')::bigint
        );
        perform forget_old_task_changes();
        return null;
    end
    $$;

create trigger keep_task_change after insert or update or delete on tasks
    for each row execute function keep_task_change();
