"""What administrators see of all people: how much was asked and answered, and which answers were none."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, LiteralString, cast

from database.pool import Pool, fetch

MAX_ROWS = 100
# So many of the newest items of all threads are looked at: a table of millions is not read as a whole.
MAX_LOOKED_AT = 20_000
MAX_TEXT_CHARACTERS = 2000

PER_DAY: LiteralString = """
select (created_at at time zone 'utc')::date as day, count(*), count(distinct user_id),
       sum(input_tokens)::bigint, sum(output_tokens)::bigint
from usage
where created_at >= now() - make_interval(days => %(days)s)
group by day
order by day desc
"""
PER_PERSON: LiteralString = """
select user_id, count(*), sum(input_tokens)::bigint, sum(output_tokens)::bigint, max(created_at)
from usage
where created_at >= now() - make_interval(days => %(days)s)
group by user_id
order by 2 desc, user_id
limit %(limit)s
"""
BAD_VOTES: LiteralString = """
select threads.user_id, vote.created_at, asked.data::text, answer.data::text, coalesce(vote.reason, '')
from feedback vote
join threads on threads.id = vote.thread_id
join thread_items answer on answer.thread_id = vote.thread_id and answer.id = vote.item_id
left join lateral (
    select question.data
    from thread_items question
    where question.thread_id = answer.thread_id and question.sequence < answer.sequence
      and question.data ->> 'type' = 'user_message'
    order by question.sequence desc
    limit 1
) asked on true
where vote.kind = 'negative' and vote.created_at >= now() - make_interval(days => %(days)s)
order by vote.created_at desc
limit %(limit)s
"""
# A question whose answer failed, or was given after a search and cites nothing.
UNANSWERED: LiteralString = """
with newest as (
    select thread_id, sequence, data, created_at
    from thread_items
    where created_at >= now() - make_interval(days => %(days)s)
    order by created_at desc
    limit %(most)s
), asked as (
    select thread_id, sequence, data::text as question, created_at,
           lead(sequence) over (partition by thread_id order by sequence) as next
    from newest
    where data ->> 'type' = 'user_message'
), judged as (
    select asked.thread_id, asked.question, asked.created_at, max(answer.data::text)
               filter (where answer.data ->> 'type' = 'assistant_message') as answer,
           bool_or(answer.data ->> 'type' = 'task') as failed,
           bool_or(
               answer.data ->> 'type' = 'workflow'
               and (answer.data #> '{workflow,tasks}')::jsonb @> '[{"icon": "search"}]'
           ) as searched,
           bool_or(
               answer.data ->> 'type' = 'assistant_message'
               and jsonb_path_exists(answer.data::jsonb, '$.content[*].annotations[*]')
           ) as cites
    from asked
    join thread_items answer
        on answer.thread_id = asked.thread_id and answer.sequence > asked.sequence
        and (asked.next is null or answer.sequence < asked.next)
    group by asked.thread_id, asked.sequence, asked.question, asked.created_at
)
select threads.user_id, judged.created_at, judged.question, judged.answer, failed
from judged
join threads on threads.id = judged.thread_id
where not coalesce(cites, false) and (failed or searched)
order by judged.created_at desc
limit %(limit)s
"""


@dataclass(frozen=True)
class UsageDay:
    """Answers of one day (UTC): how many, for how many people, and what they took."""

    day: date
    answers: int
    people: int
    input_tokens: int
    output_tokens: int


@dataclass(frozen=True)
class UsageOfPerson:
    """Answers for one person in the time asked about, and when the last one was."""

    user_id: str
    answers: int
    input_tokens: int
    output_tokens: int
    last_at: datetime


@dataclass(frozen=True)
class PoorAnswer:
    """A question with its answer, who asked, and why it is listed: `voted`, `failed` or `uncited`."""

    user_id: str
    at: datetime
    question: str
    answer: str
    why: str
    reason: str = ""


async def usage_by_day(pool: Pool, days: int) -> list[UsageDay]:
    """The days on which something was answered, the last one first. Raises what the database raises."""
    return [UsageDay(*row) for row in await fetch(pool, PER_DAY, {"days": days})]


async def usage_by_person(pool: Pool, days: int) -> list[UsageOfPerson]:
    """Who asked most, at most 100. Raises what the database raises."""
    rows = await fetch(pool, PER_PERSON, {"days": days, "limit": MAX_ROWS})
    return [UsageOfPerson(*row) for row in rows]


async def bad_votes(pool: Pool, days: int) -> list[PoorAnswer]:
    """Answers that somebody voted down, at most 100, the last one first. Raises what the database raises."""
    rows = await fetch(pool, BAD_VOTES, {"days": days, "limit": MAX_ROWS})
    return [
        PoorAnswer(user, at, _words(asked), _words(answer), "voted", reason)
        for user, at, asked, answer, reason in rows
    ]


async def unanswered(pool: Pool, days: int) -> list[PoorAnswer]:
    """Questions whose answer failed or rests on no document, at most 100. Raises what the database raises."""
    values = {"days": days, "limit": MAX_ROWS, "most": MAX_LOOKED_AT}
    return [
        PoorAnswer(user, at, _words(asked), _words(answer), "failed" if failed else "uncited")
        for user, at, asked, answer, failed in await fetch(pool, UNANSWERED, values)
    ]


def _words(item: str | None) -> str:
    """The text of a stored message, cut where it is long."""
    message = cast(dict[str, Any], json.loads(item)) if item else {}
    parts = cast(list[dict[str, Any]], message.get("content") or [])
    return " ".join(" ".join(str(part.get("text", "")) for part in parts).split())[:MAX_TEXT_CHARACTERS]
