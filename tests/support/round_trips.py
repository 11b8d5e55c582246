"""How often a program waits for Postgres."""

import math
from typing import Any

import psycopg
import pytest
from psycopg.pq import PipelineStatus, TransactionStatus

# What psycopg does with a connection that ends in waiting, in a pipeline or not.
WAITING = ("_fetch_gen", "_exit_gen", "_sync_gen", "_commit_gen")


def count_round_trips(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The round trips from now on, by what psycopg calls them; the list grows."""
    trips: list[str] = []
    wait = psycopg.AsyncConnection.wait

    async def counted(connection: Any, work: Any, **options: Any) -> Any:
        name = work.__name__
        in_pipeline = connection.info.pipeline_status != PipelineStatus.OFF
        # Without a transaction there is nothing to commit, and nobody is asked.
        is_idle = connection.info.transaction_status == TransactionStatus.IDLE
        waits = name in WAITING or (name == "_execute_gen" and not in_pipeline)
        if waits and not (is_idle and name == "_commit_gen"):
            trips.append(name)
        return await wait(connection, work, **options)

    # A pool that has not used a connection for a while asks first whether it lives.
    monkeypatch.setattr("database.pool.TRUSTED_SECONDS", math.inf)
    monkeypatch.setattr(psycopg.AsyncConnection, "wait", counted)
    return trips
