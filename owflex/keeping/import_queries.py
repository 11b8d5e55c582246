"""What an import writes: one line of an export is `%(line)s`, a JSON object. What is there already stays."""

from typing import LiteralString

from psycopg import sql

GROUP: LiteralString = """
with given as (select %(line)s::json as line),
made as (
    insert into groups (name) select line ->> 'name' from given on conflict do nothing
)
insert into group_members (group_name, user_id)
select line ->> 'name', user_id
from given, json_array_elements_text(line -> 'members') as user_id
on conflict do nothing
"""
COLLECTION: LiteralString = """
insert into collections (name, language, language_is_fixed, user_id)
select line ->> 'name', line ->> 'language', (line ->> 'language_is_fixed')::boolean, line ->> 'user_id'
from (select %(line)s::json as line) as given
on conflict do nothing
returning name
"""
# Where they are said, those that every new collection has are none of them. A collection that was there
# already keeps its own.
RIGHTS_SAID: LiteralString = """
delete from collection_rights
using (select %(line)s::json as line) as given
where collection = line ->> 'name' and line -> 'rights' is not null and line ->> 'user_id' is null
"""
RIGHTS: LiteralString = """
insert into collection_rights (collection, subject_kind, subject, granted)
select line ->> 'name', given_right ->> 'subject_kind', given_right ->> 'subject', given_right ->> 'granted'
from (select %(line)s::json as line) as given, json_array_elements(line -> 'rights') as given_right
on conflict do nothing
"""
ORIGIN: LiteralString = """
insert into origins (collection, name, path, kind, options)
select line ->> 'collection', line ->> 'name', line ->> 'path', line ->> 'kind', (line -> 'options')::jsonb
from (select %(line)s::json as line) as given
on conflict do nothing
"""
THREAD: LiteralString = """
insert into threads (id, user_id, data, created_at, updated_at)
select line ->> 'id', line ->> 'user_id', line -> 'data',
       (line ->> 'created_at')::timestamptz, (line ->> 'updated_at')::timestamptz
from (select %(line)s::json as line) as given
on conflict do nothing
returning id
"""
OF_THREAD: LiteralString = """
with given as (select %(line)s::json as line),
items as (
    insert into thread_items (thread_id, id, data, created_at, updated_at)
    select line ->> 'id', item ->> 'id', item -> 'data',
           (item ->> 'created_at')::timestamptz, (item ->> 'updated_at')::timestamptz
    from given, json_array_elements(line -> 'items') with ordinality as items (item, place)
    order by place
)
insert into attachments (id, user_id, thread_id, data, created_at)
select file ->> 'id', file ->> 'user_id', line ->> 'id', file -> 'data', (file ->> 'created_at')::timestamptz
from given, json_array_elements(line -> 'attachments') as file
on conflict do nothing
returning id
"""
# What followed a message in another version stands behind it here, too: behind all of the thread's own items.
VERSIONS_OF_THREAD: LiteralString = """
with given as (
    select line ->> 'id' as thread_id, version
    from (select %(line)s::json as line) as lines, json_array_elements(line -> 'versions') as version
),
versions as (
    insert into thread_versions (thread_id, message_id, number, message, is_shown, created_at)
    select thread_id, version ->> 'message_id', (version ->> 'number')::integer, version -> 'message',
           (version ->> 'is_shown')::boolean, (version ->> 'created_at')::timestamptz
    from given
    returning id, thread_id, message_id, number
)
insert into thread_items (thread_id, id, data, created_at, updated_at, version_id)
select given.thread_id, item ->> 'id', item -> 'data', (item ->> 'created_at')::timestamptz,
       (item ->> 'updated_at')::timestamptz, versions.id
from given
join versions on versions.message_id = version ->> 'message_id'
    and versions.number = (version ->> 'number')::integer,
    json_array_elements(version -> 'items') as item
order by (item ->> 'place')::bigint
"""
VOTES_OF_THREAD: LiteralString = """
insert into feedback (thread_id, item_id, user_id, kind, reason, created_at)
select line ->> 'id', vote ->> 'item_id', vote ->> 'user_id', vote ->> 'kind', vote ->> 'reason',
       (vote ->> 'created_at')::timestamptz
from (select %(line)s::json as line) as given, json_array_elements(line -> 'votes') as vote
"""
FILE: LiteralString = """
insert into attachment_contents (attachment_id, content, text, uploaded_at)
select %(id)s, %(content)s, file ->> 'text', (file ->> 'uploaded_at')::timestamptz
from (select %(line)s::json as line) as given, json_array_elements(line -> 'attachments') as file
where file ->> 'id' = %(id)s
"""
TASK_COLUMNS = """
select attname::text
from pg_attribute
where attrelid = 'tasks'::regclass and attnum > 0 and not attisdropped and attidentity = ''
order by attnum
"""
# The same task of the same moment is the same task.
TASK = sql.SQL(
    """
    insert into tasks ({columns})
    select {columns} from jsonb_populate_record(null::tasks, {line}::jsonb) as task
    where not exists (
        select from tasks
        where tasks.user_id = task.user_id and tasks.title = task.title and tasks.created_at = task.created_at
    )
    on conflict do nothing
    """
)


TIMES = """
update documents set created_at = %(created_at)s, updated_at = %(updated_at)s
where collection = %(collection)s and source = %(source)s
"""
