-- Tool calls that wait for the user's word. `state` is the paused run; it goes once the call was decided.
-- `widget_id` is the card that asks; no reference to it, because a card may be removed before its approval.

create table approvals (
    id text primary key,
    thread_id text not null references threads (id) on delete cascade,
    user_id text not null,
    widget_id text not null,
    message_id text,
    calls json not null,
    state json,
    outcome text check (outcome in ('approved', 'denied', 'expired')),
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    decided_at timestamptz,
    unique (thread_id, widget_id)
);

create index approvals_open on approvals (expires_at) where outcome is null;
