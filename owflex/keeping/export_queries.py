"""What an export reads: one JSON object a row, made by Postgres. Without `%(user_id)s` it is of everybody.

`json` keeps what it is given letter by letter, so that it can be put back just so.
"""

from typing import LiteralString

# What a person exports holds their own collection, and of all others not even the names.
COLLECTIONS: LiteralString = """
select json_build_object(
    'name', name, 'language', language, 'language_is_fixed', language_is_fixed, 'user_id', user_id,
    'rights', (
        select coalesce(json_agg(json_build_object(
            'subject_kind', subject_kind, 'subject', subject, 'granted', granted
        ) order by subject_kind, subject), '[]')
        from collection_rights where collection = name
    )
)::text
from collections
where %(user_id)s::text is null or user_id = %(user_id)s
order by name
"""

GROUPS: LiteralString = """
select json_build_object(
    'name', name,
    'members', (
        select coalesce(json_agg(user_id order by user_id), '[]')
        from group_members where group_name = name and origin = 'local'
    )
)::text
from groups
where %(user_id)s::text is null
order by name
"""

ORIGINS: LiteralString = """
select json_build_object(
    'collection', collection, 'name', name, 'path', path, 'kind', kind, 'options', options
)::text
from origins
where %(origin)s::text is null or name = %(origin)s
order by collection, name
"""

PASSAGES: LiteralString = """
(
    select coalesce(json_agg(json_build_object(
        'heading_path', heading_path, 'page', page, 'context', context, 'content', content,
        'token_count', token_count
    ) order by position), '[]')
    from chunks
    where document_id = document.id
)
"""

DOCUMENT: LiteralString = f"""
'title', document.title, 'media_type', document.media_type, 'language', document.language,
'content_hash', encode(document.content_hash, 'hex'), 'metadata', document.metadata,
'notes', document.notes, 'created_at', document.created_at, 'updated_at', document.updated_at,
'passages', {PASSAGES}
"""

# A document inside another (a file of an archive, an attachment of a message) stands with it.
DOCUMENTS: LiteralString = f"""
select document.id, document.collection, document.source, json_build_object(
    'collection', document.collection, 'source', document.source, 'origin', document.origin,
    'recipe', document.recipe, 'given', document.given, {DOCUMENT},
    'members', (
        select coalesce(json_agg(json_build_object('path', member.path, 'document', member.json)), '[]')
        from (
            select substr(document.source, length(outer_document.source) + 2) as path,
                   json_build_object({DOCUMENT}) as json
            from documents as document
            where document.parent_id = outer_document.id
            order by document.source
        ) as member
    )
)::text
from documents as document
cross join lateral (select document.id, document.source) as outer_document
where document.parent_id is null and (%(origin)s::text is null or document.origin = %(origin)s)
order by document.id
"""  # noqa: S608 - made of texts above

THREADS: LiteralString = """
select thread.user_id, thread.id, json_build_object(
    'id', thread.id, 'user_id', thread.user_id, 'data', thread.data,
    'created_at', thread.created_at, 'updated_at', thread.updated_at,
    'items', (
        select coalesce(json_agg(json_build_object(
            'id', id, 'data', data, 'created_at', created_at, 'updated_at', updated_at
        ) order by sequence), '[]')
        from thread_items where thread_id = thread.id and version_id is null
    ),
    'versions', (
        select coalesce(json_agg(json_build_object(
            'message_id', message_id, 'number', number, 'message', message, 'is_shown', is_shown,
            'created_at', created_at, 'items', (
                select coalesce(json_agg(json_build_object(
                    'id', item.id, 'data', data, 'created_at', item.created_at, 'updated_at', updated_at,
                    'place', sequence
                ) order by sequence), '[]')
                from thread_items item where version_id = version.id
            )
        ) order by id), '[]')
        from thread_versions version where thread_id = thread.id
    ),
    'attachments', (
        select coalesce(json_agg(json_build_object(
            'id', id, 'user_id', user_id, 'data', data, 'created_at', created_at, 'text', text,
            'uploaded_at', uploaded_at
        ) order by id), '[]')
        from attachments left join attachment_contents on attachment_id = id
        where thread_id = thread.id
    ),
    'votes', (
        select coalesce(json_agg(json_build_object(
            'item_id', item_id, 'user_id', user_id, 'kind', kind, 'reason', reason, 'created_at', created_at
        ) order by item_id, user_id), '[]')
        from feedback where thread_id = thread.id
    )
)::text
from threads as thread
where %(user_id)s::text is null or thread.user_id = %(user_id)s
order by thread.sequence
"""

FILES: LiteralString = """
select attachments.id
from attachments join attachment_contents on attachment_id = attachments.id
where %(user_id)s::text is null or user_id = %(user_id)s
order by attachments.id
"""

# All columns of a task, also those that a later migration adds; its number is another one elsewhere.
TASKS: LiteralString = """
select task.user_id, (to_jsonb(task) - 'id')::text
from tasks as task
where %(user_id)s::text is null or task.user_id = %(user_id)s
order by task.user_id, task.id
"""

VOTES: LiteralString = """
select json_build_object(
    'user_id', vote.user_id, 'kind', vote.kind, 'reason', vote.reason, 'created_at', vote.created_at,
    'thread_id', vote.thread_id, 'item_id', vote.item_id, 'answer', answer.data,
    'question', (
        select question.data
        from thread_items question
        where question.thread_id = answer.thread_id and question.sequence < answer.sequence
          and question.data ->> 'type' = 'user_message'
        order by question.sequence desc
        limit 1
    )
)::text
from feedback vote
join thread_items answer on answer.thread_id = vote.thread_id and answer.id = vote.item_id
where %(user_id)s::text is null or vote.user_id = %(user_id)s
order by vote.created_at, answer.id, vote.user_id
"""
