-- Chats: threads of a user, their items in order, attachments and votes.
-- Thread, item and attachment data is the protocol's JSON, kept letter by letter (json, not jsonb): its naive
-- times and characters that jsonb refuses come back as they were given. `sequence` is the order of arrival.

create table threads (
    id text primary key,
    sequence bigint generated always as identity unique,
    user_id text not null,
    data json not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

create index threads_of_user on threads (user_id, sequence);

create table thread_items (
    thread_id text not null references threads (id) on delete cascade,
    id text not null,
    sequence bigint generated always as identity,
    data json not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (thread_id, id)
);

create index thread_items_in_order on thread_items (thread_id, sequence);

create table attachments (
    id text primary key,
    user_id text not null,
    thread_id text references threads (id) on delete cascade,
    data json not null,
    created_at timestamptz not null default now()
);

create index attachments_of_thread on attachments (thread_id);

create table feedback (
    thread_id text not null,
    item_id text not null,
    user_id text not null,
    kind text not null check (kind in ('positive', 'negative')),
    created_at timestamptz not null default now(),
    primary key (thread_id, item_id, user_id),
    foreign key (thread_id, item_id) references thread_items (thread_id, id) on delete cascade
);
