-- Documents say their language by themselves. A collection has one for those that do not, or, where it was given
-- to it, for all of its documents.
alter table collections add column language_is_fixed boolean not null default false;
update collections set language_is_fixed = language <> 'english';

alter table documents add column language text not null default 'english';
update documents
set language = collections.language
from collections
where collections.name = documents.collection and collections.language <> 'english';
