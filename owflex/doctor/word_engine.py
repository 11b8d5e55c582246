"""What `owflex doctor` finds out about what words are searched by."""

from pathlib import Path

import psycopg
from psycopg.rows import TupleRow

from database.embedded import configured_or_embedded
from database.errors import DatabaseError
from knowledge_base.word_engine_watch import EngineWatch
from knowledge_base.word_engines import BUILT_IN, finds_what_is_stored
from mcp_server.settings import McpServerSettings
from owflex.doctor.findings import Finding, bad, fine, unknown

Connection = psycopg.AsyncConnection[TupleRow]
NAME = "word search"
BUILT_IN_CURE = "Mend that, or take KNOWLEDGE_BASE_WORD_ENGINE out (docs/search.md)."
REPAIR = "Run: owflex ingest verify --repair"


async def word_engine_finding(settings: McpServerSettings, folder: Path) -> Finding:
    """Whether the engine that is asked for is there, is made, and finds what is stored."""
    setting = settings.knowledge_base_word_engine
    url = settings.knowledge_base_database_url
    if setting == BUILT_IN or (url is None and not (folder / "postgres").exists()):
        return fine(NAME, "Words are searched by the built-in way.")
    try:
        with configured_or_embedded(url, folder, "knowledge_base") as address:
            async with await psycopg.AsyncConnection.connect(address, autocommit=True) as connection:
                return await _finding(connection, EngineWatch(setting))
    except (DatabaseError, psycopg.Error, OSError) as error:
        return unknown(NAME, f"What words are searched by could not be asked ({type(error).__name__}).")


async def _finding(connection: Connection, watch: EngineWatch) -> Finding:
    if await _is_due(connection):
        return fine(NAME, "Words are searched by the built-in way.")
    in_use = await watch.current(connection)
    if in_use is None:
        if watch.problem is not None:
            return bad(NAME, f"Words are searched by the built-in way: {watch.problem}.", BUILT_IN_CURE)
        if watch.note is not None:
            return unknown(NAME, f"Words are searched by the built-in way: {watch.note}.")
        return fine(NAME, "Words are searched by the built-in way.")
    if not await finds_what_is_stored(connection, in_use.engine):
        return bad(NAME, f"{watch.name} does not find a passage by its own words.", REPAIR)
    return fine(NAME, f"Words are searched by {watch.name}; its index is whole.")


async def _is_due(connection: Connection) -> bool:
    """Whether the next start has yet to make the tables."""
    rows = await connection.execute("select to_regclass('word_engine') is null")
    return await rows.fetchone() == (True,)
