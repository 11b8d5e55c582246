-- What was uploaded: the bytes, and the text that was read from them (none for images).
create table attachment_contents (
    attachment_id text primary key references attachments (id) on delete cascade,
    content bytea not null,
    text text,
    uploaded_at timestamptz not null default now()
);

-- The bytes are compressed formats mostly; to compress them again costs time and saves nothing.
alter table attachment_contents alter column content set storage external;

-- Announced uploads. Only a hash of the token is kept; the row goes with the upload.
create table attachment_uploads (
    attachment_id text primary key references attachments (id) on delete cascade,
    token_hash text not null
);

create index attachments_never_sent on attachments (created_at) where thread_id is null;
create index attachments_of_user on attachments (user_id);

-- Why somebody voted so, in their words.
alter table feedback add column reason text;
create index feedback_by_time on feedback (created_at);
