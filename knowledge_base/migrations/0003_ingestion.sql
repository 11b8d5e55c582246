-- Where documents come from: a folder, single files of one, a web page, a sitemap, a text. What a run was told
-- (which files, which metadata) is remembered, so that the next one needs only the path.
alter table folders rename to origins;
alter table origins add column kind text not null default 'folder'
    check (kind in ('folder', 'files', 'page', 'sitemap', 'text'));
alter table origins add column options jsonb not null default '{}';
alter table origins add column synced_at timestamptz;

alter table documents add column origin text;
update documents set origin = split_part(source, '/', 1);
insert into origins (collection, name, path)
select distinct collection, origin, origin from documents
on conflict do nothing;
alter table documents alter column origin set not null;
alter table documents add foreign key (collection, origin) references origins (collection, name)
    on update cascade on delete cascade;

-- A document inside another: a file of an archive, an attachment of a message.
alter table documents add column parent_id bigint references documents on delete cascade;
-- Metadata that the user gave, also part of `metadata`; what could not be read, in sentences.
alter table documents add column given jsonb not null default '{}';
alter table documents add column notes text[] not null default '{}';
-- How many chunks there must be.
alter table documents add column chunk_count integer not null default 0;
update documents set chunk_count = (select count(*) from chunks where document_id = documents.id);
create index documents_of_an_origin on documents (collection, origin);
create index documents_inside_another on documents (parent_id) where parent_id is not null;
-- The same content elsewhere.
create index documents_content on documents (collection, content_hash);

-- Title and headings as the embedding model reads them above the content; and the hash of both, by which
-- equal passages are embedded once. Rows from before get theirs when their document is made anew.
alter table chunks add column context text not null default '';
alter table chunks add column text_hash bytea not null default '';
create index chunks_text on chunks (text_hash);

alter table embedding_spaces add column normalized boolean not null default true;
-- When another model took over; servers that still use this one have until then plus an hour to change.
alter table embedding_spaces add column retired_at timestamptz;
create index embeddings_of_a_chunk on chunk_embeddings (chunk_id);

-- Files that a worker of the queue could not bring in, with the reason, until they can be.
create table file_problems (
    collection text not null,
    origin text not null,
    source text not null,
    reason text not null,
    noticed_at timestamptz not null default now(),
    primary key (collection, source),
    foreign key (collection, origin) references origins (collection, name) on update cascade on delete cascade
);
