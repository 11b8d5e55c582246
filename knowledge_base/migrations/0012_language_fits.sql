-- How well the model of a space knows a language, as measured on sentences of the passages that are stored. How,
-- and what follows from it: docs/search.md.
create table language_fits (
    space_id smallint not null references embedding_spaces on delete cascade,
    language text not null,
    -- Sentences that were asked, and passages of the language that there were.
    sentences integer not null,
    passages bigint not null,
    -- Mean cosine of a sentence with the rest of its passage; the median of those with passages of other documents,
    -- and what a sixth of those is below.
    own real not null,
    middle real not null,
    unrelated real not null,
    primary key (space_id, language)
);
