"""Ingestion as a whole, wired once: what the command, the queue's workers and tests use."""

import asyncio
import tempfile
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from database.home import default_data_folder
from database.pool import Pool
from ingest.errors import OptionError, PathMissingError
from ingest.fetching import FetchLimits
from ingest.following_vectors import FollowingVectors
from ingest.origins import Connection, Options, Origin, find_origin, folder_origin, remember
from ingest.pipeline import Pipeline, open_ingest_pool, open_pipeline
from ingest.planning import ScannedFile, Scope
from ingest.reading.chunked_document import chunk_tokens, recipe
from ingest.reading.process import Parsers, ReadLimits
from ingest.report import Report, Watcher
from ingest.settings import IngestSettings
from ingest.sources.loading import Walk, content_hash
from ingest.sources.scanning import scan_folder
from ingest.sources.web import kind_of, scan_web
from ingest.storing.language_fits import measure_fits
from ingest.sync_run import Database, SyncTask, patiently
from knowledge_base.embedding import Embedder
from knowledge_base.embedding_spaces import count_awaiting, remove_retired_spaces
from knowledge_base.grams import fill_unknown_grams
from knowledge_base.names_apart import check_collection
from knowledge_base.posting_merge import merge_pending
from knowledge_base.postings import languages_of, set_language
from knowledge_base.vector_index import drop_left_indexes, ensure_vector_index
from knowledge_base.word_engines import ensure_word_engine
from parsing.formats import named_type

# What the origin of texts that were handed in is called.
STDIN = "stdin"


@dataclass(frozen=True)
class Wanted:
    """What the user wants: `removals` and `force` as in `SyncTask`, the rest as in `folder_origin`.

    `dry_run`: nothing is remembered, for only the plan is shown.
    """

    collection: str = "default"
    name: str | None = None
    moved: bool = False
    options: Options | None = None
    removals: bool = False
    force: bool = False
    dry_run: bool = False


@dataclass(frozen=True)
class Ingestion:
    """An open knowledge base and everything that brings files into it."""

    database: Database
    embedder: Embedder
    settings: IngestSettings
    pipeline: Pipeline
    vectors: FollowingVectors
    watcher: Watcher
    report: Report

    @property
    def pool(self) -> Pool:
        """Connections for short work."""
        return self.database.pool

    @property
    def fetch_limits(self) -> FetchLimits:
        """How web pages are fetched."""
        return fetch_limits(self.settings)

    async def prepare(self, collection: str, language: str | None) -> None:
        """Remember the language of a collection, where one is given. Raises `LanguageUnknownError`."""
        if language is not None:
            async with self.pool.connection() as connection:
                await set_language(connection, collection, language)

    async def finish(self) -> None:
        """Return when every passage has its vector, and the index over them is made when they are many.

        Raises `DatabaseGoneError`, errors of the model.
        """
        await patiently(self.vectors.finish, self.watcher)
        await measure_fits(self.pool, self.embedder)
        await self._ensure_indexes()

    async def look_after(self) -> None:
        """See to vectors that a process left when it died, to the index over them, and to what they say."""
        await self.vectors.wake_if_left_alone()
        async with self.pool.connection() as connection:
            awaiting = await count_awaiting(connection)
        if not awaiting:
            await measure_fits(self.pool, self.embedder)
        await self._ensure_indexes()

    async def _ensure_indexes(self) -> None:
        """Bring pending words into the lists, and make the indexes that are missing, also of letters.

        They are that of an engine which is to search words, and that over the vectors when there are enough.
        What is left of a model that was replaced an hour ago goes.
        """
        async with await psycopg.AsyncConnection.connect(self.database.url, autocommit=True) as connection:
            await merge_pending(connection)
            await fill_unknown_grams(connection)
            await ensure_word_engine(connection, self.settings.knowledge_base_word_engine)
            await ensure_vector_index(connection)
            await remove_retired_spaces(connection)
            await drop_left_indexes(connection)

    async def folder_task(self, path: Path, wanted: Wanted) -> SyncTask:
        """What to do for a folder or a file.

        Raises `PathMissingError`, `FolderNameTakenError`, `FolderNameReservedError`, `OptionError` when its
        name is not UTF-8.
        """
        path = await asyncio.to_thread(path.resolve)
        if not path.exists():
            raise PathMissingError(path)
        readable = str(path).encode("utf-8", "backslashreplace").decode()
        if readable != str(path):
            raise OptionError(f"The name of {readable} is not UTF-8. Rename it, or the folder above it.")
        async with self._recording(wanted) as connection:
            origin = await folder_origin(
                connection,
                wanted.collection,
                path,
                name=wanted.name,
                moved=wanted.moved,
                options=wanted.options,
            )
        return await self.task_of(origin, wanted, below=path)

    async def web_task(self, url: str, wanted: Wanted, folder: Path) -> SyncTask:
        """What to do for a web page or a sitemap; pages are kept in `folder` meanwhile.

        Raises `FileProblemError` when the address cannot be fetched.
        """
        async with self.pool.connection() as connection:
            known = await find_origin(connection, wanted.collection, url)
        kind = known.kind if known else await kind_of(url, self.fetch_limits)
        async with self._recording(wanted) as connection:
            origin = await remember(connection, wanted.collection, url, url, kind, wanted.options)
        return await self.task_of(origin, wanted, spool=folder)

    async def text_task(
        self, data: bytes, wanted: Wanted, folder: Path, *, media_type: str | None = None
    ) -> SyncTask:
        """What to do for a text that was handed in under `wanted.name`; it is kept in `folder` meanwhile."""
        assert wanted.name is not None
        path = folder / "text"
        path.write_bytes(data)
        digest = content_hash(path, max_bytes=self.settings.ingest_max_file_bytes)
        async with self._recording(wanted) as connection:
            origin = await remember(connection, wanted.collection, STDIN, STDIN, "text", wanted.options)
        source = f"{STDIN}/{wanted.name}"
        known = (
            media_type or named_type(wanted.name) or (None if Path(wanted.name).suffix else "text/markdown")
        )
        file = ScannedFile(source, str(path), digest, media_type=known)
        scope = Scope(origin, source, await self.recipe_of(wanted.collection), removals=False)
        return SyncTask(scope, lambda: _only(file), whole=False)

    async def recipe_of(self, collection: str) -> str:
        """How documents of a collection are made now. Raises `EmbeddingModelError`, `NameTooCloseError`."""
        async with self.pool.connection() as connection:
            await check_collection(connection, collection)
            languages = await languages_of(connection, [collection])
        # Where the model's files do not say it, it has to be loaded.
        max_tokens = await asyncio.to_thread(lambda: self.embedder.max_tokens)
        return recipe(max_tokens, languages[collection])

    @asynccontextmanager
    async def _recording(self, wanted: Wanted) -> AsyncGenerator[Connection]:
        """A connection whose changes stay, unless the run only shows its plan."""
        async with (
            self.pool.connection() as connection,
            connection.transaction(force_rollback=wanted.dry_run),
        ):
            yield connection

    async def task_of(
        self, origin: Origin, wanted: Wanted, *, below: Path | None = None, spool: Path | None = None
    ) -> SyncTask:
        """What to do for an origin, or for a part of a folder."""
        how = await self.recipe_of(origin.collection)
        if origin.kind not in ("folder", "files"):
            assert spool is not None
            return SyncTask(
                Scope(origin, "", how, removals=wanted.removals),
                lambda: scan_web(origin.place, self.fetch_limits, spool, gone_is_problem=not wanted.removals),
                force=wanted.force or origin.kind == "page",
            )
        walk = Walk(
            Path(origin.place),
            origin.name,
            include=origin.options.include,
            exclude=origin.options.exclude,
            # Where OwFlex keeps its own files.
            avoid=(self.settings.owflex_home or default_data_folder()).expanduser().resolve(),
            left_out=self.report.left_out,
        )
        start = below or walk.root
        return SyncTask(
            Scope(origin, walk.source_of(start), how, removals=wanted.removals),
            lambda: scan_folder(walk, start, max_bytes=self.settings.ingest_max_file_bytes),
            force=wanted.force,
            whole=start == walk.root,
        )


@asynccontextmanager
async def open_ingestion(
    settings: IngestSettings, url: str, embedder: Embedder, watcher: Watcher, report: Report | None = None
) -> AsyncGenerator[Ingestion]:
    """Everything ready to work; the migrations must have been applied. The model is loaded at first use."""
    with spool_folder() as folder:
        parsers = Parsers(lambda: _read_limits(settings, embedder, folder), settings.ingest_parsers)
        async with open_ingest_pool(url) as pool:
            vectors = FollowingVectors(url, pool, embedder, watcher)
            async with open_pipeline(pool, embedder.model_name, parsers, watcher, vectors) as pipeline:
                yield Ingestion(
                    Database(url, pool), embedder, settings, pipeline, vectors, watcher, report or Report()
                )


def _read_limits(settings: IngestSettings, embedder: Embedder, folder: Path) -> ReadLimits:
    tokenizer = folder / "tokenizer.json"
    tokenizer.write_text(embedder.tokenizer_json, encoding="utf-8")
    return ReadLimits(
        tokenizer_file=tokenizer,
        max_tokens=chunk_tokens(embedder.max_tokens),
        max_file_bytes=settings.ingest_max_file_bytes,
        seconds=settings.ingest_file_seconds,
        memory_mb=settings.ingest_file_memory_mb,
    )


def fetch_limits(settings: IngestSettings) -> FetchLimits:
    """How web pages are fetched."""
    return FetchLimits(
        max_bytes=settings.ingest_max_file_bytes, allow_private=settings.ingest_allow_private_addresses
    )


async def _only(file: ScannedFile) -> AsyncGenerator[Sequence[ScannedFile]]:
    yield [file]


@contextmanager
def spool_folder() -> Generator[Path]:
    """A folder for what is fetched or piped in, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="owflex-ingest-") as folder:
        yield Path(folder)


def is_url(path: str) -> bool:
    """Whether the argument names something on the web."""
    return path.lower().startswith(("http://", "https://"))
