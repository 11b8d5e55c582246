"""Which documents `owflex up` brings in."""

import sys
from pathlib import Path

import psycopg
from psycopg_pool import PoolTimeout

from database.errors import DatabaseError
from database.pool import create_pool
from knowledge_base.bootstrap import migrate_knowledge_base
from knowledge_base.documents import count_documents, remove_collection
from owflex.programs import BACKGROUND_NICENESS, Program
from owflex.up_programs import UpProgram

HANDBOOK_COLLECTION = "handbook"
INGEST_GOOD_CODES = (0, 2)
# What `documents_to_ingest` raises while there is no answer from the database.
UNANSWERED = (DatabaseError, psycopg.Error, PoolTimeout)


async def documents_to_ingest(url: str, docs: Path | None) -> Program | None:
    """What brings in the folder, or the handbook while there is nothing else.

    The handbook is a demo: it makes room for the user's own documents.
    """
    await migrate_knowledge_base(url)
    async with create_pool(url) as pool, pool.connection() as connection:
        if docs is not None:
            await remove_collection(connection, HANDBOOK_COLLECTION)
            return _ingestion(docs, "default")
        if await count_documents(connection, outside=HANDBOOK_COLLECTION):
            return None
    # It comes with the installation, which may be another one than last time.
    return _ingestion(_handbook(), HANDBOOK_COLLECTION, "--name", HANDBOOK_COLLECTION, "--moved")


def _ingestion(path: Path, collection: str, *more: str) -> Program:
    """A program of its own, so that the model's memory is free again afterwards."""
    seconds = "1" if sys.stdout.isatty() else "10"
    arguments = ("sync", str(path), "--collection", collection, "--line-every", seconds, *more)
    return Program(
        UpProgram.DOCUMENTS,
        "Ingestion",
        "ingest",
        arguments,
        good_codes=INGEST_GOOD_CODES,
        niceness=BACKGROUND_NICENESS,
    )


def _handbook() -> Path:
    """The pages about OwFlex itself: inside the installed package, or `docs/` of a checkout."""
    packaged = Path(__file__).parent / "handbook"
    return packaged if packaged.is_dir() else Path(__file__).parent.parent / "docs"
