"""What `owflex feedback export` does: votes on answers become labelled questions for `owflex evaluate`."""

import asyncio
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any, cast

import psycopg

from agent_service.settings.settings import AgentServiceSettings
from database.acting import act_as, now_acting
from database.embedded import configured_or_embedded
from database.home import open_data_folder
from database.migrations import migrate
from database.pool import check_reachable
from database.settings import read_settings
from owflex.errors import OwflexError
from owflex.exit_codes import exit_code
from serving.terminal import Console, json_line

# The answer with a vote, and the last message of the user before it.
VOTES = """
select vote.kind, answer.id, answer.data::text, asked.data::text
from feedback vote
join thread_items answer on answer.thread_id = vote.thread_id and answer.id = vote.item_id
join lateral (
    select question.data
    from thread_items question
    where question.thread_id = answer.thread_id and question.sequence < answer.sequence
      and question.data ->> 'type' = 'user_message'
    order by question.sequence desc
    limit 1
) asked on true
where vote.created_at >= %(since)s
order by vote.created_at, answer.id
"""

EXPORTED = """
insert into audit_events (action, target, details)
values ('feedback.exported', 'votes', jsonb_build_object('votes', %(votes)s::bigint))
"""

notes = Console(stderr=True, highlight=False)


class FeedbackOptionError(OwflexError):
    """An option of `owflex feedback` cannot be understood; the message names it."""


@dataclass(frozen=True)
class VotedAnswer:
    """A question, the answer to it as ChatKit's JSON, and the vote on that."""

    kind: str
    item_id: str
    answer: dict[str, Any]
    question: str


def export(since: str | None) -> int:
    """Print a JSON line for each source that an answer with a positive vote cites; the exit code."""

    def run() -> int:
        votes = asyncio.run(_votes(_moment(since)))
        written = 0
        for row in labelled(votes):
            sys.stdout.write(json_line(row) + "\n")
            written += 1
        notes.print(f"{written} labelled questions out of {len(votes)} votes.")
        return 0

    return exit_code(run)


def labelled(votes: Sequence[VotedAnswer]) -> Iterator[dict[str, Any]]:
    """The rows for `owflex evaluate`, a question once for each source.

    Only answers that somebody liked and that cite something say where the answer is. Of several votes on one
    question with the same source the first one counts.
    """
    seen: set[tuple[str, str]] = set()
    for vote in votes:
        if vote.kind != "positive":
            continue
        for source in _sources(vote.answer):
            if (vote.question, source) in seen or not vote.question:
                continue
            seen.add((vote.question, source))
            row_id = f"{vote.item_id}-{len(seen)}"
            yield {"id": row_id, "query": vote.question, "source": source, "answerable": True}


async def _votes(since: datetime) -> list[VotedAnswer]:
    settings = read_settings(AgentServiceSettings)
    folder = open_data_folder(settings.owflex_home)
    with configured_or_embedded(settings.chat_database_url, folder, "chat") as url:
        await check_reachable(url, "CHAT_DATABASE_URL")
        await migrate(url, files("agent_service") / "migrations")
        return await read_votes(url, since)


async def read_votes(url: str, since: datetime) -> list[VotedAnswer]:
    """The votes in the chat database since then, oldest first. Raises `psycopg.Error`."""
    async with await psycopg.AsyncConnection.connect(url) as connection:
        await act_as(connection, now_acting())
        cursor = await connection.execute(VOTES, {"since": since})
        rows = await cursor.fetchall()
        # In the transaction of what is read.
        await connection.execute(EXPORTED, {"votes": len(rows)})
    return [VotedAnswer(row[0], row[1], json.loads(row[2]), _words(json.loads(row[3]))) for row in rows]


def _words(message: dict[str, Any]) -> str:
    parts = cast(list[dict[str, Any]], message.get("content") or [])
    return " ".join("".join(str(part.get("text", "")) for part in parts).split())


def _sources(answer: dict[str, Any]) -> list[str]:
    """What the answer cites, in order, each once."""
    parts = cast(list[dict[str, Any]], answer.get("content") or [])
    annotations = [
        annotation
        for part in parts
        for annotation in cast(list[dict[str, Any]], part.get("annotations") or [])
    ]
    cited = [cast(dict[str, Any], annotation.get("source") or {}) for annotation in annotations]
    sources = [cast(dict[str, Any], source.get("data") or {}).get("source") for source in cited]
    return list(dict.fromkeys(source for source in sources if isinstance(source, str) and source))


def _moment(since: str | None) -> datetime:
    if since is None:
        return datetime(1970, 1, 1, tzinfo=UTC)
    try:
        moment = datetime.fromisoformat(since)
        # The first and the last days of the calendar are outside of it in some time zones.
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise FeedbackOptionError(f"--since {since} is not a date. Write one such as 2026-11-01.") from None
