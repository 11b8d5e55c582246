-- What the answers took. No reference to the threads: a deleted conversation was paid for all the same.

create table usage (
    id bigint generated always as identity primary key,
    thread_id text not null,
    user_id text not null,
    model text not null,
    input_tokens bigint not null check (input_tokens >= 0),
    output_tokens bigint not null check (output_tokens >= 0),
    estimated boolean not null default false,
    created_at timestamptz not null default now()
);

create index usage_of_user on usage (user_id, created_at);
