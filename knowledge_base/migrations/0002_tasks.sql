create table tasks (
    id bigint generated always as identity primary key,
    user_id text not null,
    title text not null,
    notes text not null default '',
    priority text not null default 'normal' check (priority in ('low', 'normal', 'high')),
    due_on date,
    tags text[] not null default '{}',
    status text not null default 'open' check (status in ('open', 'done')),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    completed_at timestamptz
);

create index tasks_of_a_user on tasks (user_id, status, due_on);
