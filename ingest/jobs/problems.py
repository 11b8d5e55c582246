"""What could not be brought in by a worker: kept, since nobody watches it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from database.pool import Pool
from ingest.report import MAX_PROBLEMS, FileReport, Silent


@dataclass
class Problems(Silent):
    """A watcher that keeps what failed (the first thousand)."""

    files: list[FileReport] = field(default_factory=list[FileReport])

    def file(self, report: FileReport) -> None:
        """Keep it when it failed."""
        if report.outcome == "failed" and len(self.files) < MAX_PROBLEMS:
            self.files.append(report)


async def remember_problems(pool: Pool, collection: str, origin: str, problems: Sequence[FileReport]) -> None:
    """Keep the problems with files of an origin, for `owflex ingest status`."""
    async with pool.connection() as connection, connection.cursor() as cursor:
        # The origin may have been removed meanwhile.
        await cursor.executemany(
            """
            insert into file_problems (collection, origin, source, reason)
            select collection, name, %(source)s, %(reason)s
            from origins
            where collection = %(collection)s and name = %(origin)s
            on conflict (collection, source) do update set reason = excluded.reason, noticed_at = now()
            """,
            [
                {"collection": collection, "origin": origin, "source": file.source, "reason": file.reason}
                for file in problems
            ],
        )
