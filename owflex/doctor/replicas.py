"""What `owflex doctor` finds out about the replicas that searches are spread over."""

import asyncio
from pathlib import Path

import psycopg

from database.embedded import configured_or_embedded
from database.errors import DatabaseError
from database.pool import check_reachable, create_pool
from database.replicas import Replica
from knowledge_base.reads import open_replicas
from mcp_server.settings import McpServerSettings
from owflex.doctor.findings import Finding, bad, fine, unknown

# One that is a moment behind has followed by the next look.
LOOKS, SECONDS_BETWEEN_LOOKS = 5, 0.3


async def replica_findings(settings: McpServerSettings, folder: Path) -> list[Finding]:
    """A finding for each address of KNOWLEDGE_BASE_READ_URLS."""
    if not settings.read_urls:
        return []
    try:
        with configured_or_embedded(settings.knowledge_base_database_url, folder, "knowledge_base") as url:
            await check_reachable(url, "KNOWLEDGE_BASE_DATABASE_URL")
            return [_finding(replica) for replica in await _looked_at(url, settings)]
    except (DatabaseError, psycopg.Error, OSError):
        return [unknown("replicas", "They could not be compared with their primary, which does not answer.")]


async def _looked_at(url: str, settings: McpServerSettings) -> list[Replica]:
    async with (
        create_pool(url) as primary,
        open_replicas(
            primary,
            settings.read_urls,
            max_lag_seconds=settings.knowledge_base_read_max_lag_seconds,
            max_size=1,
            statement_timeout_ms=10_000,
        ) as replicas,
    ):
        assert replicas is not None
        for _ in range(LOOKS):
            if all(replica.problem is None for replica in replicas.all):
                break
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
            await replicas.look()
        return replicas.all


def _finding(replica: Replica) -> Finding:
    if replica.problem is None:
        return fine(replica.name, f"{replica.address} follows its primary and is read from.")
    return bad(
        replica.name,
        f"{replica.address} is left out: it {replica.problem}.",
        "Start it or mend its replication, or take it out of KNOWLEDGE_BASE_READ_URLS; searches do without.",
    )
