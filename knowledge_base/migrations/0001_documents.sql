create extension if not exists vector;

-- A folder that was ingested. Its name begins the `source` of every document in it, so a name stands for
-- one folder only: two folders called "docs" can never overwrite each other's documents.
create table folders (
    collection text not null,
    name text not null,
    path text not null,
    primary key (collection, name)
);

create table documents (
    id bigint generated always as identity primary key,
    collection text not null,
    source text not null,
    title text not null,
    media_type text not null,
    content_hash bytea not null,
    -- Which parser, chunker and settings made the chunks: a new version makes them again.
    recipe text not null,
    metadata jsonb not null default '{}',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (collection, source)
);

create index documents_metadata on documents using gin (metadata jsonb_path_ops);

create table chunks (
    id bigint generated always as identity primary key,
    document_id bigint not null references documents on delete cascade,
    position integer not null,
    heading_path text[] not null,
    page integer,
    content text not null,
    token_count integer not null,
    unique (document_id, position)
);

-- Vectors of two models never mix. One space is in use; another may be filled beside it.
create table embedding_spaces (
    id smallint generated always as identity primary key,
    model_name text not null,
    dimensions integer not null,
    in_use boolean not null,
    created_at timestamptz not null default now()
);

create unique index one_embedding_space_in_use on embedding_spaces (in_use) where in_use;

-- A narrow table of its own with plain storage: an exact scan reads vectors only, four times faster than
-- beside the text.
create table chunk_embeddings (
    space_id smallint not null references embedding_spaces on delete cascade,
    chunk_id bigint not null references chunks on delete cascade,
    embedding halfvec not null,
    primary key (space_id, chunk_id)
);

alter table chunk_embeddings alter column embedding set storage plain;
