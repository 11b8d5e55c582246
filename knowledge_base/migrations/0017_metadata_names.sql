-- Which names the metadata of a collection's documents have, so that a filter by another one is told at once. Names
-- are noted by whoever stores a document. A name may stand here twice, because writers do not wait for each other, and
-- it stays when its last document goes, until the collection does.
create table metadata_names (
    collection text not null references collections on update cascade on delete cascade,
    name text not null
);
create index metadata_names_of_a_collection on metadata_names (collection, name);

alter table metadata_names enable row level security;
create policy open_collections on metadata_names using (
    (select current_setting('owflex.all_collections', true)) = 'yes'
    or collection = any ((select nullif(current_setting('owflex.collections', true), ''))::text[])
);

create function note_metadata_names() returns trigger
    language plpgsql as $$
    begin
        insert into metadata_names (collection, name)
        select distinct stored.collection, named.name
        from stored
        cross join lateral jsonb_object_keys(
            case jsonb_typeof(stored.metadata) when 'object' then stored.metadata else '{}' end
        ) as named (name)
        -- Longer ones no filter can ask for, and no index can hold.
        where length(named.name) <= 200
          and not exists (
              select
              from metadata_names as known
              where (known.collection, known.name) = (stored.collection, named.name)
          );
        return null;
    end
    $$;
create trigger note_names_of_new_documents after insert on documents
    referencing new table as stored for each statement execute function note_metadata_names();
create trigger note_names_of_changed_documents after update on documents
    referencing new table as stored for each statement execute function note_metadata_names();

insert into metadata_names (collection, name)
select distinct collection, name
from documents
cross join lateral jsonb_object_keys(
    case jsonb_typeof(metadata) when 'object' then metadata else '{}' end
) as named (name)
where length(name) <= 200;
