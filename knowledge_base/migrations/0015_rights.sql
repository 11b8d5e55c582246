-- Who may do what with which collection: people, groups of people, and everyone who gets in.
create table groups (
    name text primary key check (name <> '' and length(name) <= 100),
    created_at timestamptz not null default now()
);

-- A person may be in a group twice: because somebody here said so, and because the identity provider did.
create table group_members (
    group_name text not null references groups on update cascade on delete cascade,
    user_id text not null check (user_id <> '' and length(user_id) <= 500),
    origin text not null default 'local' check (origin in ('local', 'claim')),
    primary key (group_name, user_id, origin)
);
create index group_members_of_a_person on group_members (user_id);

-- Whose own collection it is; null for all that are not one person's.
alter table collections add column user_id text unique;

-- Each right holds the ones before it: read, add (documents), manage (what others have added). Nothing granted is
-- nothing seen.
create table collection_rights (
    collection text not null references collections on update cascade on delete cascade,
    subject_kind text not null check (subject_kind in ('everyone', 'group', 'user')),
    -- The group or the person; empty for everyone.
    subject text not null default '' check (length(subject) <= 500),
    granted text not null check (granted in ('read', 'add', 'manage')),
    primary key (collection, subject_kind, subject),
    check ((subject_kind = 'everyone') = (subject = ''))
);
create index collection_rights_of_a_subject on collection_rights (subject_kind, subject);

-- What everyone may do in a new collection. Without a row it is to read.
create table new_collections (
    one boolean primary key default true check (one),
    everyone text not null check (everyone in ('nobody', 'read', 'add'))
);

-- What everyone could do before: to read, and to add, where a token's scope allows that.
insert into collection_rights (collection, subject_kind, granted) select name, 'everyone', 'add' from collections;

create function rights_of_a_new_collection() returns trigger
    language plpgsql security definer as $$
    declare
        usual constant text := coalesce((select everyone from new_collections), 'read');
    begin
        if new.user_id is not null then
            insert into collection_rights values (new.name, 'user', new.user_id, 'manage') on conflict do nothing;
        elsif usual <> 'nobody' then
            insert into collection_rights values (new.name, 'everyone', '', usual) on conflict do nothing;
        end if;
        return null;
    end
    $$;
create trigger rights_of_a_new_collection after insert on collections
    for each row execute function rights_of_a_new_collection();

-- Nobody opens a person's own collection to others.
create function rights_keep_own_collections() returns trigger
    language plpgsql security definer as $$
    begin
        if exists (
            select
            from collections
            where name = new.collection and user_id is not null
              and (new.subject_kind, new.subject, new.granted) is distinct from ('user', user_id, 'manage')
        ) then
            raise exception 'A collection of one person cannot be opened to others.' using errcode = 'check_violation';
        end if;
        return new;
    end
    $$;
create trigger rights_keep_own_collections before insert or update on collection_rights
    for each row execute function rights_keep_own_collections();

-- Settings of a transaction beside those of 0005_access.sql:
--   owflex.all_rights         'yes' where nothing but the collections that are open holds a caller back
--   owflex.added_to           else the collections that the caller may add to, as an array literal
--   owflex.managed            and those in which they may remove what others have added
--   owflex.token_collections  the collections that the caller's token opens; empty opens all
--   owflex.administers        'yes' for an administrator's request
-- Says them for a person, as their rights are now, and answers what may be read: all of it, or else these.
create function open_collections(asking text, of_token text[])
    returns table (all_open boolean, readable text[])
    language plpgsql security definer as $$
    declare
        added_to text[];
        managed text[];
    begin
        -- In three parts, so that the rights of all others are not looked at.
        with held as (
            select collection, granted from collection_rights where subject_kind = 'everyone'
            union all
            select collection, granted from collection_rights where subject_kind = 'user' and subject = asking
            union all
            select collection, granted
            from group_members
            join collection_rights on subject_kind = 'group' and subject = group_name
            where group_members.user_id = asking
        ),
        mine as (
            select collection, bool_or(granted <> 'read') as adds, bool_or(granted = 'manage') as manages
            from held
            where of_token is null or collection = any (of_token)
            group by collection
        )
        select coalesce(array_agg(collection), '{}'),
               coalesce(array_agg(collection) filter (where adds), '{}'),
               coalesce(array_agg(collection) filter (where manages), '{}')
        into readable, added_to, managed
        from mine;
        -- Every right is one to a collection that exists.
        all_open := of_token is null and cardinality(readable) = (select count(*) from collections);
        if all_open then
            readable := '{}';
        end if;
        perform set_config('owflex.all_collections', case when all_open then 'yes' else 'no' end, true),
                set_config('owflex.collections', readable::text, true),
                set_config('owflex.all_rights', 'no', true),
                set_config('owflex.added_to', added_to::text, true),
                set_config('owflex.managed', managed::text, true),
                set_config('owflex.token_collections', coalesce(of_token::text, ''), true);
        return next;
    end
    $$;
revoke all on function open_collections(text, text[]) from public;

-- The greatest right of the caller of this transaction in a collection that is open to them.
create function right_of_caller(collection text) returns text language sql stable
    return case
        when current_setting('owflex.all_rights', true) = 'yes'
            or collection = any (nullif(current_setting('owflex.managed', true), '')::text[]) then 'manage'
        when collection = any (nullif(current_setting('owflex.added_to', true), '')::text[]) then 'add'
        else 'read'
    end;

-- Whether a person may remove what others have added, for workers, which serve nobody.
create function manages_collection(asking text, asked text) returns boolean language sql stable
    return asking = 'local' or exists (
        select
        from collection_rights
        where collection = asked and granted = 'manage'
          and (
              subject_kind = 'everyone'
              or (subject_kind = 'user' and subject = asking)
              or (
                  subject_kind = 'group'
                  and subject in (select group_name from group_members where user_id = asking)
              )
          )
    );

-- The caller's own collection, made where it is not there yet, and open to them from now on.
create function make_own_collection(called text) returns void
    language plpgsql security definer as $$
    declare
        me constant text := nullif(current_setting('owflex.user', true), '');
    begin
        insert into collections (name, user_id) values (called, me) on conflict do nothing;
        if not exists (select from collections where name = called and user_id = me) then
            raise exception 'This is the collection of another.' using errcode = 'insufficient_privilege';
        end if;
        if current_setting('owflex.all_rights', true) is distinct from 'yes' then
            perform open_collections(me, nullif(current_setting('owflex.token_collections', true), '')::text[]);
        end if;
    end
    $$;
revoke all on function make_own_collection(text) from public;

-- A collection that is there before its first document, open to nobody until an administrator says so.
create function make_closed_collection(called text) returns void
    language plpgsql security definer as $$
    begin
        if current_setting('owflex.administers', true) is distinct from 'yes'
            and not (session_user = current_user and current_setting('role') = 'none') then
            raise exception 'Only administrators make collections.' using errcode = 'insufficient_privilege';
        end if;
        insert into collections (name) values (called);
        delete from collection_rights where collection = called;
    exception when unique_violation then
        null;
    end
    $$;
revoke all on function make_closed_collection(text) from public;

-- What is handed in needs the right to add. What is to go is looked at again by the worker: the caller has added
-- it, or manages the collection.
drop policy own_uploads on uploads;
create policy own_uploads on uploads for select using (
    user_id = (select nullif(current_setting('owflex.user', true), ''))
    and (
        (select current_setting('owflex.all_collections', true)) = 'yes'
        or collection = any ((select nullif(current_setting('owflex.collections', true), ''))::text[])
    )
);
create policy with_the_right_to_add on uploads for insert with check (
    user_id = (select nullif(current_setting('owflex.user', true), ''))
    and (
        (select current_setting('owflex.all_collections', true)) = 'yes'
        or collection = any ((select nullif(current_setting('owflex.collections', true), ''))::text[])
    )
    and (kind = 'remove' or right_of_caller(collection) <> 'read')
);

-- Groups and rights are for administrators to see and change; what is in the collections stays closed to them.
alter table groups enable row level security;
create policy administrators on groups using (
    (select current_setting('owflex.administers', true)) = 'yes'
);
alter table group_members enable row level security;
create policy administrators on group_members using (
    (select current_setting('owflex.administers', true)) = 'yes'
);
alter table collection_rights enable row level security;
create policy administrators on collection_rights using (
    (select current_setting('owflex.administers', true)) = 'yes'
);
alter table new_collections enable row level security;
create policy administrators on new_collections using (
    (select current_setting('owflex.administers', true)) = 'yes'
);
create policy administrators on api_keys using (
    (select current_setting('owflex.administers', true)) = 'yes'
);

-- What collections there are, or about one, whose, and how large, for administrators.
create function collection_sizes(only_one text)
    returns table (name text, user_id text, documents bigint, chunks bigint, changed_at timestamptz)
    language sql stable security definer as $$
        select collections.name, collections.user_id, coalesce(held.documents, 0), coalesce(held.chunks, 0),
               held.changed_at
        from collections
        left join (
            select collection, count(*) as documents, sum(chunk_count)::bigint as chunks,
                   max(updated_at) as changed_at
            from documents
            where only_one is null or collection = only_one
            group by collection
        ) as held on held.collection = collections.name
        where (only_one is null or collections.name = only_one)
          and (
              current_setting('owflex.administers', true) = 'yes'
              or (session_user = current_user and current_setting('role') = 'none')
          )
        order by collections.name
    $$;
revoke all on function collection_sizes(text) from public;

-- What is or was handed in, for administrators; what it is called only where it is not in a person's own collection.
create function uploads_of_all(most integer)
    returns table (
        upload_id bigint, user_id text, collection text, kind text, name text, status text, outcome text,
        reason text, created_at timestamptz, finished_at timestamptz
    )
    language sql stable security definer as $$
        select uploads.id, uploads.user_id, uploads.collection, uploads.kind,
               case when own.user_id is null then uploads.name end, uploads.status, uploads.outcome,
               case when own.user_id is null then uploads.reason end, uploads.created_at, uploads.finished_at
        from uploads
        left join collections as own on own.name = uploads.collection and own.user_id is not null
        where current_setting('owflex.administers', true) = 'yes'
        order by uploads.status in ('waiting', 'working') desc, uploads.id desc
        limit most
    $$;
revoke all on function uploads_of_all(integer) from public;

-- Where documents come from by themselves, for administrators.
create function origins_of_all()
    returns table (
        collection text, name text, kind text, synced_at timestamptz, documents bigint, problems bigint
    )
    language sql stable security definer as $$
        select origins.collection, origins.name, origins.kind, origins.synced_at,
               (
                   select count(*)
                   from documents
                   where (documents.collection, documents.origin) = (origins.collection, origins.name)
               ),
               (
                   select count(*)
                   from file_problems
                   where (file_problems.collection, file_problems.origin) = (origins.collection, origins.name)
               )
        from origins
        where origins.kind <> 'text' and current_setting('owflex.administers', true) = 'yes'
        order by origins.collection, origins.name
        limit 1000
    $$;
revoke all on function origins_of_all() from public;

-- The audit log: groups, who is in them, rights, and what is usual for new collections.
create function audit_group() returns trigger
    language plpgsql security definer as $$
    begin
        insert into audit_events (action, target)
        values (
            case tg_op when 'INSERT' then 'group.made' else 'group.removed' end,
            left(case tg_op when 'DELETE' then old.name else new.name end, 300)
        );
        return null;
    end
    $$;
create trigger audit_group after insert or delete on groups for each row execute function audit_group();

create function audit_group_member() returns trigger
    language plpgsql security definer as $$
    declare
        member constant group_members := case tg_op when 'DELETE' then old else new end;
    begin
        insert into audit_events (action, target, about, details)
        values (
            case tg_op when 'INSERT' then 'group.member_added' else 'group.member_removed' end,
            left(member.group_name, 300),
            left(member.user_id, 200),
            jsonb_build_object('by', member.origin)
        );
        return null;
    end
    $$;
create trigger audit_group_member after insert or delete on group_members
    for each row execute function audit_group_member();

create function audit_collection_right() returns trigger
    language plpgsql security definer as $$
    declare
        one constant collection_rights := case tg_op when 'DELETE' then old else new end;
    begin
        insert into audit_events (action, target, about, details)
        values (
            case tg_op when 'DELETE' then 'right.taken' else 'right.granted' end,
            left(one.collection, 300),
            case one.subject_kind when 'user' then left(one.subject, 200) end,
            jsonb_build_object('right', one.granted, 'to', one.subject_kind)
                || case one.subject_kind
                    when 'group' then jsonb_build_object('group', left(one.subject, 200))
                    else '{}'
                end
                || case tg_op when 'UPDATE' then jsonb_build_object('before', old.granted) else '{}' end
        );
        return null;
    end
    $$;
create trigger audit_collection_right after insert or delete on collection_rights
    for each row execute function audit_collection_right();
create trigger audit_changed_collection_right after update on collection_rights
    for each row when (old.* is distinct from new.*) execute function audit_collection_right();

create function audit_new_collections() returns trigger
    language plpgsql security definer as $$
    begin
        insert into audit_events (action, target, details)
        values ('right.default_changed', 'new collections', jsonb_build_object('everyone', new.everyone));
        return null;
    end
    $$;
create trigger audit_new_collections after insert or update on new_collections
    for each row execute function audit_new_collections();

-- As in 0014_audit.sql, and whose a collection of one person is.
create or replace function audit_collection() returns trigger
    language plpgsql security definer as $$
    begin
        insert into audit_events (action, target, about, details)
        values (
            case tg_op when 'INSERT' then 'collection.made' when 'DELETE' then 'collection.removed'
                else 'collection.changed' end,
            left(case tg_op when 'DELETE' then old.name else new.name end, 300),
            left(case tg_op when 'DELETE' then old.user_id else new.user_id end, 200),
            case tg_op when 'DELETE' then '{}'
                else jsonb_build_object('language', left(new.language::text, 60), 'fixed', new.language_is_fixed)
            end
        );
        return null;
    end
    $$;

-- Nobody can put tables of their own in the place of those that these functions read and write.
do $$
declare
    made regprocedure;
begin
    for made in
        select oid
        from pg_proc
        where pronamespace = current_schema()::regnamespace and prosecdef
          and proname in (
              'rights_of_a_new_collection', 'rights_keep_own_collections', 'open_collections',
              'make_own_collection', 'make_closed_collection', 'collection_sizes', 'uploads_of_all',
              'origins_of_all', 'audit_group', 'audit_group_member', 'audit_collection_right',
              'audit_new_collections', 'audit_collection'
          )
    loop
        execute format('alter function %s set search_path = %I, pg_temp', made, current_schema());
    end loop;
end
$$;
