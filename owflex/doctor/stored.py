"""What `owflex doctor` finds in the knowledge base's tables: keys of clients, and the work that waits."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import psycopg
from psycopg.rows import TupleRow

from ingest.jobs.worker import PACE
from knowledge_base.api_keys import ApiKey, list_api_keys
from owflex.doctor.findings import Finding, bad, fine, unknown, warning
from serving.terminal import printable_line

Connection = psycopg.AsyncConnection[TupleRow]
UNUSED_DAYS = 90
MAX_NAMED = 5
# A worker that lives takes a job within seconds, unless all hands are full.
WAITING_MINUTES = 10


async def key_findings(connection: Connection) -> list[Finding]:
    """Keys that never end, and keys that nobody has used for long. Raises `psycopg.Error`."""
    now = datetime.now(UTC)
    good = [key for key in await list_api_keys(connection) if _opens(key, now)]
    if not good:
        return [unknown("API keys", "There is none.")]
    endless = [key for key in good if key.expires_at is None]
    unused = [key for key in good if key not in endless and _is_unused(key, now)]
    found: list[Finding] = []
    if endless:
        found.append(
            warning("API keys", f"{_named(endless)} never end.", f"{_revoked(endless)} First make new ones.")
        )
    if unused:
        sentence = f"{_named(unused)} were not used for {UNUSED_DAYS} days."
        found.append(warning("API keys", sentence, _revoked(unused)))
    return found or [fine("API keys", f"{len(good)} are good; each ends and was used of late, or is new.")]


async def queue_finding(connection: Connection) -> Finding:
    """Whether what was handed in is brought in. Raises `psycopg.Error`."""
    is_made = await (
        await connection.execute("select to_regclass('procrastinate_jobs') is not null")
    ).fetchone()
    if is_made != (True,):
        return unknown("queue", "It was never used.")
    cursor = await connection.execute(
        """
        select count(*) filter (where status = 'failed'),
               count(*) filter (
                   where status = 'doing' and coalesce(last_heartbeat, '-infinity') < now() - %(death)s
               ),
               count(*) filter (where status = 'todo' and coalesce(scheduled_at, since) < now() - %(wait)s),
               (select count(*) from procrastinate_workers where last_heartbeat > now() - %(death)s)
        from procrastinate_jobs job
        left join procrastinate_workers worker on worker.id = job.worker_id
        left join lateral (
            select max(at) as since from procrastinate_events
            where job_id = job.id and type in ('deferred', 'deferred_for_retry')
        ) waiting on true
        where status in ('failed', 'doing', 'todo')
        """,
        {"death": timedelta(seconds=3 * PACE.death), "wait": timedelta(minutes=WAITING_MINUTES)},
    )
    row = await cursor.fetchone()
    assert row is not None
    return _of_queue(*row)


def _of_queue(failed: int, hanging: int, waiting: int, workers: int) -> Finding:
    if hanging:
        return bad(
            "queue",
            f"{hanging} jobs are in the hands of workers that have died.",
            "Start a worker, which does them again: owflex up, or owflex ingest worker",
        )
    if waiting and not workers:
        return bad(
            "queue",
            f"{waiting} jobs wait for more than {WAITING_MINUTES} minutes, and no worker runs.",
            "Start one: owflex up, or owflex ingest worker",
        )
    if failed:
        return warning(
            "queue",
            f"{failed} jobs failed and are not tried again.",
            "owflex logs worker says why. Hand in once more what this names: owflex ingest status",
        )
    if waiting:
        return warning(
            "queue",
            f"{waiting} jobs wait for more than {WAITING_MINUTES} minutes: {workers} workers are not enough.",
            "Start another one: owflex ingest worker",
        )
    return fine("queue", "No job hangs, and none has failed.")


def _opens(key: ApiKey, now: datetime) -> bool:
    return key.revoked_at is None and (key.expires_at is None or key.expires_at > now)


def _is_unused(key: ApiKey, now: datetime) -> bool:
    return (key.last_used_at or key.created_at) < now - timedelta(days=UNUSED_DAYS)


def _named(keys: Sequence[ApiKey]) -> str:
    names = [f"{key.key_id} ({printable_line(key.name)})" for key in keys[:MAX_NAMED]]
    more = f" and {len(keys) - MAX_NAMED} more" if len(keys) > MAX_NAMED else ""
    return f"Keys {', '.join(names)}{more}"


def _revoked(keys: Sequence[ApiKey]) -> str:
    return f"Run: {'; '.join(f'owflex token revoke {key.key_id}' for key in keys[:MAX_NAMED])}."
