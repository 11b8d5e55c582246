"""The commands beside ingesting itself: `list`, `show`, `remove`, `verify`, `worker`, `status`."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict

from rich.table import Column, Table

from database.acting import acting_as, this_account
from database.home import open_data_folder
from database.pool import Pool
from ingest.cli.run_command import ALL_GOOD, NOT_DONE, SOME_FAILED, in_plain_words
from ingest.errors import DocumentUnknownError
from ingest.ingestion import open_ingestion
from ingest.jobs.queue import QueueStatus, queue_status, run_worker
from ingest.jobs.schedule import check_schedule
from ingest.pipeline import open_ingest_pool
from ingest.report import Silent
from ingest.settings import IngestSettings
from ingest.storing.catalog import (
    Faults,
    ListedDocument,
    count_source,
    find_faults,
    list_sources,
    remove_source,
)
from ingest.storing.repair import repair
from ingest.storing.word_faults import repair_postings
from knowledge_base.bootstrap import embedder_for, knowledge_base_url, migrate_knowledge_base
from knowledge_base.documents import read_chunks
from knowledge_base.embedding import Embedder, create_embedder
from knowledge_base.embedding_spaces import check_model, model_to_use
from knowledge_base.word_engines import ensure_word_engine
from serving.terminal import Console, escape, escape_line, json_line

MAX_CHUNKS_SHOWN = 10_000

console = Console(highlight=False)


def run_list(below: str | None, *, collection: str | None, as_json: bool) -> int:
    """Print the documents; as JSON one object a line."""

    async def work(pool: Pool) -> int:
        table = Table("collection", Column("source", overflow="fold"), "title", "chunks", "changed")
        async with pool.connection() as connection:
            async for document in list_sources(connection, collection=collection, below=below):
                if as_json:
                    _print(_as_json(document))
                else:
                    table.add_row(*_cells(document))
        if not as_json:
            console.print(table if table.row_count else "There are no documents here yet.")
        return ALL_GOOD

    return _with_pool(work)


def run_show(source: str, *, collection: str | None, as_json: bool) -> int:
    """Print a document with its passages."""

    async def work(pool: Pool) -> int:
        async with pool.connection() as connection:
            found = [
                document
                async for document in list_sources(connection, collection=collection, below=source)
                if document.source == source
            ]
            if not found:
                raise DocumentUnknownError(source)
            for document in found:
                chunks = await read_chunks(
                    connection, document.document_id, from_position=0, limit=MAX_CHUNKS_SHOWN
                )
                if as_json:
                    _print(_as_json(document, passages=[asdict(chunk) for chunk in chunks]))
                    continue
                _show_head(document)
                for chunk in chunks:
                    place = " › ".join(chunk.heading_path) + (f" (page {chunk.page})" if chunk.page else "")
                    console.rule(escape_line(f"{chunk.position}  {place}"), align="left")
                    console.print(escape(chunk.content))
        return ALL_GOOD

    return _with_pool(work)


def run_remove(source: str, *, collection: str, confirm: Callable[[int], bool]) -> int:
    """Remove a document, or everything of a folder, after `confirm` was told how many there are."""

    async def work(pool: Pool) -> int:
        async with pool.connection() as connection:
            count = await count_source(connection, collection, source)
            if not await asyncio.to_thread(confirm, count):
                return NOT_DONE
            console.print(f"Documents removed: {await remove_source(connection, collection, source)}.")
        return ALL_GOOD

    return _with_pool(work)


def run_verify(*, mend: bool, as_json: bool) -> int:
    """Look for what is missing or wrong; with `mend` repair it. 0 when all is whole, 2 otherwise."""

    async def work(settings: IngestSettings, url: str) -> int:
        async with open_ingest_pool(url) as pool:
            async with pool.connection() as connection:
                faults = await find_faults(connection)
            _show_faults(faults, as_json=as_json)
            if not mend:
                return SOME_FAILED if faults.any else ALL_GOOD
            if faults.any or faults.retired_vectors or faults.chunks_awaiting_vectors:
                said = await _mend(pool, await embedder_for(settings, url))
                if not as_json:
                    console.print(said)
            async with pool.connection() as connection:
                words_by = await ensure_word_engine(connection, settings.knowledge_base_word_engine)
            if not as_json:
                console.print(f"Words are searched by: {words_by}.")
        return ALL_GOOD

    return _on_knowledge_base(work)


async def _mend(pool: Pool, embedder: Embedder) -> str:
    """Repair what can be repaired at once, and say what was done."""
    indexed = await repair_postings(pool)
    made = await repair(pool, embedder)
    return (
        f"Made {made} vectors, and indexed the words of {indexed} passages.\n"
        "Documents without all their chunks are read again by the next `owflex ingest` or "
        "`owflex ingest sync` of their folder."
    )


def run_ingest_worker(*, concurrency: int, every: str | None) -> int:
    """Do the work of the queue until Ctrl+C."""

    async def work(settings: IngestSettings, url: str) -> int:
        embedder = await embedder_for(settings, url)
        console.print("Waiting for work. Ctrl+C stops after the files in progress.")
        while True:
            async with open_ingestion(settings, url, embedder, Silent()) as ingestion:
                if not await run_worker(ingestion, concurrency=concurrency, every=every):
                    return ALL_GOOD
            embedder = await _of_the_index(settings, url)
            console.print(f"The index was replaced; going on with {escape_line(embedder.model_name)}.")

    with acting_as(this_account("worker")):
        return _on_knowledge_base(work, check=lambda: check_schedule(every) if every is not None else None)


def run_status(*, as_json: bool) -> int:
    """Print how the work on the queue stands; 2 when files could not be brought in."""

    async def work(settings: IngestSettings, url: str) -> int:
        status = await queue_status(url)
        if as_json:
            _print(json_line(asdict(status)))
        else:
            _show_status(status)
        return SOME_FAILED if status.problems or status.failed else ALL_GOOD

    return _on_knowledge_base(work)


async def _of_the_index(settings: IngestSettings, url: str) -> Embedder:
    """The model that the index was changed to. Raises `EmbeddingSpaceMismatchError` if another one is set."""
    name = await model_to_use(url, None)
    check_model(name, settings.embedding_model or name)
    return create_embedder(name)


def _on_knowledge_base(
    work: Callable[[IngestSettings, str], Awaitable[int]], *, check: Callable[[], None] = lambda: None
) -> int:
    """The exit code of `work`, which is given the URL of the migrated knowledge base; `check` comes first."""

    async def migrated(settings: IngestSettings, url: str) -> int:
        await migrate_knowledge_base(url)
        return await work(settings, url)

    def run(settings: IngestSettings) -> int:
        check()
        with knowledge_base_url(settings, open_data_folder(settings.owflex_home)) as url:
            return asyncio.run(migrated(settings, url))

    return in_plain_words(run)


def _with_pool(work: Callable[[Pool], Awaitable[int]]) -> int:
    async def in_pool(settings: IngestSettings, url: str) -> int:
        async with open_ingest_pool(url) as pool:
            return await work(pool)

    return _on_knowledge_base(in_pool)


def _cells(document: ListedDocument) -> tuple[str, ...]:
    source = escape_line(document.source) + (" [yellow](in part)[/yellow]" if document.notes else "")
    day = document.updated_at.date().isoformat()
    return escape_line(document.collection), source, escape_line(document.title), str(document.chunks), day


def _as_json(document: ListedDocument, **more: object) -> str:
    return json_line({**asdict(document), **more})


def _show_head(document: ListedDocument) -> None:
    console.print(f"[bold]{escape_line(document.title)}[/bold]  {escape_line(document.source)}")
    console.print(
        f"{document.media_type}, collection {escape_line(document.collection)}, {document.chunks} passages"
    )
    for key, value in document.metadata.items():
        console.print(escape_line(f"{key}: {value}"))
    for note in document.notes:
        console.print(f"[yellow]{escape(note)}[/yellow]")


def _show_faults(faults: Faults, *, as_json: bool) -> None:
    if as_json:
        _print(json_line(asdict(faults)))
        return
    table = Table("what", "how many")
    for name, count in asdict(faults).items():
        table.add_row(name.replace("_", " "), str(count))
    console.print(table)
    if faults.chunks_awaiting_vectors:
        console.print("Chunks that await their vector are found by words; a worker or the next run makes it.")
    console.print(
        "Repair it with: owflex ingest verify --repair" if faults.any else "Nothing is missing or damaged."
    )


def _show_status(status: QueueStatus) -> None:
    table = Table("waiting", "in work", "done", "given up", "workers")
    table.add_row(*map(str, (status.todo, status.doing, status.succeeded, status.failed, status.workers)))
    console.print(table)
    if status.awaiting:
        console.print(f"Passages found by their words so far: {status.awaiting}; their vectors follow.")
    for source, reason in status.problems.items():
        console.print(f"[red]{escape_line(source)}[/red]: {escape(reason)}")


def _print(line: str) -> None:
    console.print(line, markup=False, soft_wrap=True)
