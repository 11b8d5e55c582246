-- The turn that runs in a thread, if any. Whoever runs it keeps `heartbeat_at` fresh; a row whose heartbeat
-- is old was left by a process that is gone. `took_over` tells that such a row was in the way.
-- No reference to the threads: a conversation may be deleted while its answer is being written.

create table turns (
    thread_id text primary key,
    user_id text not null,
    token text not null,
    took_over boolean not null default false,
    started_at timestamptz not null default now(),
    heartbeat_at timestamptz not null default now()
);
