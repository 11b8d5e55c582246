"""An installation of two people in which every table of both databases has rows."""

import hashlib
from importlib.resources import files

import psycopg
from pgvector import HalfVector
from pgvector.psycopg import register_vector_async

from database.migrations import migrate
from ingest.jobs.queue import open_queue
from ingest.reading.chunked_document import ChunkedDocument
from ingest.reading.chunking import Chunk
from ingest.storing.chunk_rows import hash_of
from ingest.storing.documents import NewDocument, store_documents
from knowledge_base.posting_merge import merge_pending
from knowledge_base.uploads import origin_of

PEOPLE = ("anna", "bob")
MODEL = "all-MiniLM-L6-v2"
ODD = 'Ein "Satz" mit \\ Umbruch\nund ε, 🦉 und Tabulator\t.'

OF_CHAT = """
insert into threads (id, user_id, data)
values ('thr_{who}', '{who}',
        '{{"id": "thr_{who}", "title": "Leave of {who}", "created_at": "2026-11-01T10:00:00"}}');
insert into thread_items (thread_id, id, data) values
    ('thr_{who}', 'msg_1', '{{"id": "msg_1", "thread_id": "thr_{who}", "type": "user_message",
        "created_at": "2026-11-01T10:00:01", "content": [{{"type": "input_text", "text": "How much leave?"}}],
        "attachments": [], "inference_options": {{}}, "quoted_text": null}}'),
    ('thr_{who}', 'msg_2', '{{"id": "msg_2", "thread_id": "thr_{who}", "type": "assistant_message",
        "created_at": "2026-11-01T10:00:02",
        "content": [{{"type": "output_text", "text": "30 days.", "annotations": []}}]}}');
insert into thread_versions (thread_id, message_id, number, message, is_shown) values
    ('thr_{who}', 'msg_1', 1, '{{"id": "msg_1", "thread_id": "thr_{who}", "type": "user_message",
        "created_at": "2026-11-01T10:00:01", "content": [{{"type": "input_text", "text": "Leave?"}}],
        "attachments": [], "inference_options": {{}}, "quoted_text": null}}', false),
    ('thr_{who}', 'msg_1', 2, '{{"id": "msg_1"}}', true);
insert into thread_items (thread_id, id, data, version_id)
select 'thr_{who}', 'msg_0', '{{"id": "msg_0", "thread_id": "thr_{who}", "type": "assistant_message",
        "created_at": "2026-11-01T10:00:02",
        "content": [{{"type": "output_text", "text": "An earlier answer.", "annotations": []}}]}}', id
from thread_versions where thread_id = 'thr_{who}' and number = 1;
insert into attachments (id, user_id, thread_id, data) values
    ('atc_{who}', '{who}', 'thr_{who}',
     '{{"id": "atc_{who}", "name": "../plan.txt", "mime_type": "text/plain", "type": "file"}}'),
    ('atc_unsent_{who}', '{who}', null,
     '{{"id": "atc_unsent_{who}", "name": "b.txt", "mime_type": "text/plain", "type": "file"}}');
insert into attachment_contents (attachment_id, content, text) values ('atc_{who}', '\\x00ff10', 'the plan');
insert into attachment_uploads (attachment_id, token_hash) values ('atc_unsent_{who}', 'aa');
insert into feedback (thread_id, item_id, user_id, kind, reason)
values ('thr_{who}', 'msg_2', '{who}', 'positive', 'clear');
insert into turns (thread_id, user_id, token) values ('thr_{who}', '{who}', 't');
insert into usage (thread_id, user_id, model, input_tokens, output_tokens)
values ('thr_{who}', '{who}', 'm', 1, 2);
insert into approvals (id, thread_id, user_id, widget_id, calls, state, expires_at)
values ('apr_{who}', 'thr_{who}', '{who}', 'w', '[]', '{{}}', now());
insert into people (user_id, name, display_name, password_hash)
values ('{who}', '{who}', 'Somebody', '$argon2id$secret');
insert into browser_sessions (token_hash, user_id, browser, expires_at)
values ('\\x{digest}', '{who}', 'Firefox', now() + interval '1 day');
insert into known_browsers (token_hash, user_id) values ('\\x{digest}', '{who}');
insert into one_time_links (token_hash, user_id, purpose, expires_at)
values ('\\x{digest}', '{who}', 'reset', now() + interval '1 day');
insert into second_factors (user_id, secret, confirmed_at) values ('{who}', '\\x01ff', now());
insert into recovery_codes (user_id, code_hash) values ('{who}', '\\x{digest}');
insert into second_steps (token_hash, user_id, expires_at)
values ('\\x{digest}', '{who}', now() + interval '5 minutes');
insert into sign_in_attempts (user_id, address) values ('{who}', '10.0.0.1');
insert into visitor_days (user_id, day, messages) values ('{who}', '2026-11-01', 2);
insert into audit_events (actor, through, action, outcome, target, details)
values ('{who}', 'chat', 'right.refused', 'refused', 'POST /knowledge/uploads', '{{"address": "10.0.0.1"}}');
"""
SHARED_IN_CHAT = """
insert into sites (name, key, origins, collections, per_visitor, per_day)
values ('shop', 'owflex-site-0123456789', '{https://shop.example}', '{default}', 5, 50);
insert into site_days (site_id, day, messages) select id, '2026-11-01', 2 from sites;
insert into changed_settings (name, value, changed_by) values ('chat_title', '"Owls"', 'local');
insert into setting_changes (name, action, value, changed_by) values ('chat_title', 'set', '"Owls"', 'local');
"""
OF_KNOWLEDGE_BASE = """
insert into tasks (user_id, title, notes, due_on, tags, idempotency_key)
values ('{who}', 'Call {who}', E'first\\nsecond', '2026-12-24', '{{home,"a b"}}', 'key-{who}');
insert into task_changes (user_id, task_id, after)
select user_id, id, jsonb_build_object('title', title) from tasks where user_id = '{who}';
insert into api_keys (name, key_hash, user_id, scopes)
values ('laptop', '\\x{digest}', '{who}', '{{kb:read}}');
insert into uploads (user_id, collection, kind, name, content, status)
values ('{who}', 'default', 'text', 'waits.txt', 'text', 'waiting');
insert into background_calls (task_id, user_id, upload_id, expires_at)
select repeat('{who}', 20), '{who}', id, now() + interval '1 day' from uploads where user_id = '{who}';
insert into file_problems (collection, origin, source, reason)
values ('default', '{origin}', '{origin}/bad.pdf', 'it is damaged');
insert into collections (name, user_id) values ('own of {who}', '{who}');
insert into origins (collection, name, path, kind) values ('own of {who}', '{who}', '/srv/{who}', 'folder');
insert into collection_rights values ('default', 'user', '{who}', 'add');
insert into group_members (group_name, user_id) values ('staff', '{who}');
insert into shut_out_people (user_id) values ('{who}');
insert into oauth_grants (user_id, client_id, client_name, redirect_host, scopes, resource)
values ('{who}', 'an-editor', 'Editor', 'editor.example', '{{tasks}}', 'https://kb.example/mcp');
insert into oauth_codes (code_hash, grant_id, code_challenge, redirect_uri, redirect_uri_given, expires_at)
select '\\x{digest}', id, 'challenge', 'https://editor.example/cb', true, now()
from oauth_grants where user_id = '{who}';
insert into oauth_tokens (token_hash, grant_id, kind, scopes, expires_at)
select '\\x{digest}', id, 'refresh', scopes, now() + interval '30 days'
from oauth_grants where user_id = '{who}';
"""
PENDING = """
insert into pending_sign_ins (token_hash, state, nonce, code_verifier, redirect_uri, next_page, expires_at)
values ('\\xaa', 's', 'n', 'v', 'http://localhost/', '/', now() + interval '5 minutes')
"""
SHARED = """
insert into engine_words (chunk_id, vocabulary_id, words)
select id, vocabulary_id, 'w1 w2' from chunks limit 2;
insert into word_engine (name) values ('none');
insert into groups (name) values ('staff');
insert into new_collections (everyone) values ('nobody');
insert into language_fits
select id, 'en', 8, 8, 0.9, 0.1, 0.05 from embedding_spaces;
insert into oauth_clients (client_id, metadata) values ('an-editor', '{"client_name": "Editor"}');
insert into oauth_requests (
    request_hash, client_id, client_name, redirect_uri, redirect_uri_given, scopes, code_challenge, resource,
    expires_at
)
values (
    '\\xaa', 'an-editor', 'Editor', 'https://editor.example/cb', true, '{tasks}', 'challenge',
    'https://kb.example/mcp', now()
);
insert into procrastinate_workers default values;
insert into procrastinate_periodic_defers (task_name, defer_timestamp, job_id)
select 'ingest:all', 1, min(id) from procrastinate_jobs;
"""


async def fill(chat_url: str, knowledge_base_url: str) -> None:
    """Put something of two people, and something of nobody, into two migrated databases."""
    await migrate(chat_url, files("agent_service") / "migrations")
    async with open_queue(knowledge_base_url):
        pass
    async with await psycopg.AsyncConnection.connect(chat_url) as connection:
        for who in PEOPLE:
            digest = hashlib.sha256(who.encode()).hexdigest()
            await connection.execute(OF_CHAT.format(who=who, digest=digest).encode())
        await connection.execute(PENDING)
        await connection.execute(SHARED_IN_CHAT.encode())
    async with await psycopg.AsyncConnection.connect(knowledge_base_url) as connection:
        await register_vector_async(connection)
        await _documents(connection)
        await connection.execute(SHARED.encode())
        for who in PEOPLE:
            digest = hashlib.sha256(who.encode()).hexdigest()
            statement = OF_KNOWLEDGE_BASE.format(who=who, digest=digest, origin=origin_of(who))
            await connection.execute(statement.encode())


async def _documents(connection: psycopg.AsyncConnection) -> None:
    row = await (
        await connection.execute(
            "insert into embedding_spaces (model_name, dimensions, in_use) values (%s, 3, true) returning id",
            (MODEL,),
        )
    ).fetchone()
    assert row is not None
    names = [("manual", "folder"), *((origin_of(who), "text") for who in PEOPLE)]
    for name, kind in names:
        await connection.execute(
            "insert into origins (collection, name, path, kind) values ('default', %s, %s, %s)",
            (name, f"/srv/{name}", kind),
        )
    vectors = {hash_of(chunk.embedded_text): HalfVector([0.1, 0.2, 0.3]) for chunk in _chunks("manual")}
    await store_documents(connection, row[0], [_document(name) for name, _ in names[:2]], vectors)
    await merge_pending(connection, at_least=1)
    await store_documents(connection, row[0], [_document(name) for name, _ in names[2:]], vectors)


def _document(origin: str) -> NewDocument:
    content = ChunkedDocument(
        "", f"About {origin}", "text/plain", "ab" * 32, {"topic": "leave"}, ("a note",), _chunks(origin)
    )
    return NewDocument("default", origin, f"{origin}/leave.txt", "1", {"team": "hr"}, content)


def _chunks(origin: str) -> tuple[Chunk, ...]:
    texts = (f"Leave for {origin} is 30 days.", ODD)
    return tuple(
        Chunk(position, ("Leave", f"Part {position}"), position + 1, f"About {origin}", text, 9)
        for position, text in enumerate(texts)
    )
