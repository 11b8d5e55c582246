"""What a run has to do: the files that are there compared with the documents that are stored.

Postgres compares them, because it needs no memory here, however many files there are.
"""

from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, cast

from psycopg import AsyncConnection
from psycopg.rows import TupleRow, class_row
from psycopg.types.json import Jsonb

from ingest.origins import Origin
from ingest.report import Outcome

Connection = AsyncConnection[TupleRow]
PAGE = 500


@dataclass(frozen=True)
class ScannedFile:
    """A file as it is now: its SHA-256, or the problem with it."""

    source: str
    path: str
    content_hash: bytes | None
    problem: str | None = None
    media_type: str | None = None


@dataclass(frozen=True)
class Step:
    """One thing to do; `document_id` and `old_source` are those of the stored document."""

    position: int
    outcome: Outcome
    source: str
    path: str | None
    media_type: str | None
    reason: str | None
    document_id: int | None
    old_source: str | None

    @property
    def renamed(self) -> bool:
        """Whether a document that moved is to be read again: its name, which may be its title, is another.

        Pages are read again at any other address, for their links are relative to it.
        """
        if self.outcome != "moved" or self.old_source is None:
            return False
        old, new = PurePosixPath(self.old_source), PurePosixPath(self.source)
        return old.name != new.name or "://" in self.source


@dataclass(frozen=True)
class Scope:
    """What a plan is about: the part of an origin at or below the source `below`.

    `removals`: documents without a file are removed; otherwise they are left alone.
    """

    origin: Origin
    below: str
    recipe: str
    removals: bool


async def record_scan(connection: Connection, files: AsyncIterable[Sequence[ScannedFile]]) -> None:
    """Remember the files in a temporary table of this connection."""
    await connection.execute("drop table if exists scanned, planned")
    await connection.execute(
        """
        create temporary table scanned (
            source text not null,
            path text not null,
            content_hash bytea,
            problem text,
            media_type text
        )
        """
    )
    async for batch in files:
        async with (
            connection.cursor() as cursor,
            cursor.copy(
                "copy scanned (source, path, content_hash, problem, media_type) from stdin (format binary)"
            ) as copy,
        ):
            copy.set_types(["text", "text", "bytea", "text", "text"])
            for file in batch:
                await copy.write_row(
                    (file.source, file.path, file.content_hash, file.problem, file.media_type)
                )
    await connection.execute("create index on scanned (source)")
    await connection.execute("analyze scanned")


async def make_plan(connection: Connection, scope: Scope) -> Counter[Outcome]:
    """Compare what was scanned with what is stored; returns how many files will end which way.

    A new file with the content of a document whose file is gone is that document, moved.
    """
    values = _values(scope)
    await connection.execute(
        """
        create temporary table planned (
            position bigint generated always as identity primary key,
            outcome text not null,
            source text not null,
            path text,
            media_type text,
            reason text,
            content_hash bytea,
            document_id bigint,
            old_source text
        )
        """
    )
    await connection.execute(
        """
        insert into planned (outcome, source, path, media_type, reason, content_hash, document_id)
        select case
                   when scanned.problem is not null or scanned.nth > 1 then 'failed'
                   when documents.id is null then 'added'
                   when documents.content_hash = scanned.content_hash
                        and documents.recipe = %(recipe)s
                        and documents.given = %(given)s
                   then 'unchanged'
                   else 'updated'
               end,
               scanned.source, scanned.path, scanned.media_type,
               case
                   when scanned.nth > 1 then 'Another file has the same name, spelled with other characters.'
                   else scanned.problem
               end,
               scanned.content_hash, documents.id
        from (
            select *, row_number() over (partition by source order by path) as nth
            from scanned
        ) as scanned
        left join documents
            on documents.collection = %(collection)s
            and documents.source = scanned.source
            and documents.parent_id is null
        order by scanned.source, scanned.nth
        """,
        values,
    )
    if scope.removals:
        await _plan_removals(connection, values)
    rows = await connection.execute("select outcome, count(*) from planned group by outcome")
    return Counter({cast("Outcome", outcome): count async for outcome, count in rows})


async def steps(connection: Connection, outcomes: Sequence[Outcome]) -> AsyncGenerator[Step]:
    """What is to be done, in order, read from the plan page by page."""
    last = 0
    while True:
        async with connection.cursor(row_factory=class_row(Step)) as cursor:
            await cursor.execute(
                """
                select position, outcome, source, path, media_type, reason, document_id, old_source
                from planned
                where position > %(last)s and outcome = any(%(outcomes)s)
                order by position
                limit %(page)s
                """,
                {"last": last, "outcomes": list(outcomes), "page": PAGE},
            )
            page = await cursor.fetchall()
        for step in page:
            yield step
        if len(page) < PAGE:
            return
        last = page[-1].position


async def forget_problems(connection: Connection, scope: Scope) -> None:
    """Forget what was wrong with files that are gone, or as they are stored; the plan must have been made."""
    await connection.execute(
        """
        delete from file_problems
        where collection = %(collection)s
          and origin = %(origin)s
          and (%(below)s = '' or source = %(below)s or starts_with(source, %(below)s || '/'))
          and not exists (
              select 1
              from planned
              where planned.source = file_problems.source and outcome in ('added', 'updated', 'failed')
          )
        """,
        _values(scope),
    )


def _values(scope: Scope) -> dict[str, Any]:
    return {
        "collection": scope.origin.collection,
        "origin": scope.origin.name,
        "below": scope.below,
        "recipe": scope.recipe,
        "given": Jsonb(dict(scope.origin.options.metadata)),
    }


async def _plan_removals(connection: Connection, values: dict[str, Any]) -> None:
    # What lies in a folder that cannot be listed is not known to be gone.
    await connection.execute(
        """
        create temporary table gone as
        select documents.id, documents.source, documents.content_hash,
               row_number() over (partition by documents.content_hash order by documents.source) as nth
        from documents
        where documents.collection = %(collection)s
          and documents.origin = %(origin)s
          and documents.parent_id is null
          and (
              %(below)s = ''
              or documents.source = %(below)s
              or starts_with(documents.source, %(below)s || '/')
          )
          and not exists (select 1 from scanned where scanned.source = documents.source)
          and not exists (
              select 1
              from scanned
              where scanned.problem is not null and starts_with(documents.source, scanned.source || '/')
          )
        """,
        values,
    )
    await connection.execute(
        """
        update planned
        set outcome = 'moved', document_id = moved.id, old_source = moved.source
        from (
            select new.position, gone.id, gone.source
            from (
                select position, content_hash,
                       row_number() over (partition by content_hash order by source) as nth
                from planned
                where outcome = 'added'
            ) as new
            join gone on gone.content_hash = new.content_hash and gone.nth = new.nth
            join documents on documents.id = gone.id
            where documents.recipe = %(recipe)s and documents.given = %(given)s
        ) as moved
        where planned.position = moved.position
        """,
        values,
    )
    await connection.execute(
        """
        insert into planned (outcome, source, document_id, old_source)
        select 'removed', gone.source, gone.id, gone.source
        from gone
        where not exists (select 1 from planned where outcome = 'moved' and document_id = gone.id)
        order by gone.source
        """
    )
    await connection.execute("drop table gone")
