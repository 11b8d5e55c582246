-- Versions of a conversation: where a message was edited or asked again, what followed it before is kept.
-- Each version has the message as it was said there. One of a message's versions is shown: its items are those of
-- the thread. Items of the others have its id, and are left out wherever the thread is read. Threads without
-- versions have no rows here.

create table thread_versions (
    id bigint generated always as identity primary key,
    thread_id text not null references threads (id) on delete cascade,
    message_id text not null,
    number integer not null check (number > 0),
    message json not null,
    is_shown boolean not null,
    created_at timestamptz not null default now(),
    unique (thread_id, message_id, number)
);

alter table thread_items add column version_id bigint references thread_versions (id) on delete cascade;

create index thread_items_of_version on thread_items (version_id) where version_id is not null;
