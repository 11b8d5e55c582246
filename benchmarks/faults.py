"""People chat through nginx while programs are killed, Postgres restarts and the last release is replaced.

At the end the databases are asked: no message, answer or task is missing, none is there twice.
"""

import argparse
import asyncio
import os
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import faults_llm
import httpx2
from mcp_process import DOCUMENTS, ROOT
from scripted_llm import served

sys.path.insert(0, str(ROOT))

from faults_fleet import Fleet, before_last_migration, checkout_of, fleet
from faults_people import Person, Tally
from faults_verdict import Verdict, verdict

NO_LIMITS = httpx2.Limits(max_connections=None, max_keepalive_connections=None)
# What two people left in every table of the chat, as the tests of that release have it, and their tasks.
FILL = """
import os, psycopg
from tests.support.filled import OF_CHAT, PEOPLE
with psycopg.connect(os.environ["CHAT_DATABASE_URL"]) as connection:
    for who in PEOPLE:
        connection.execute(OF_CHAT.format(who=who))
with psycopg.connect(os.environ["KNOWLEDGE_BASE_DATABASE_URL"]) as connection:
    for who in PEOPLE:
        connection.execute("insert into tasks (user_id, title) values (%s, %s)", (who, f"Call {who}"))
"""
HEADER = (
    "| minutes | people | messages | kills chat / MCP | Postgres restarted | upgraded | sent again by itself "
    "| retries seen | messages lost / doubled | answers lost / doubled | tasks lost / doubled | slowest, s "
    "| load |\n" + "|---:" * 13 + "|"
)


def prepare(found: Fleet, checkout: Path) -> None:
    """Both databases as this checkout makes them, with something in every table, and a few documents."""
    found.run(checkout, "-m", "owflex", "migrate")
    found.run(checkout, "-c", FILL)
    folder = found.home.parent / "settings"
    folder.mkdir()
    for number in range(DOCUMENTS):
        text = f"# Setting {number}\n\nThe setting number {number} changes what program {number % 7} prints."
        (folder / f"{number}.md").write_text(text)
    found.run(checkout, "-m", "owflex", "ingest", str(folder))


async def upgrade(found: Fleet) -> None:
    """The new tables while the earlier programs serve, then one program after the other."""
    await asyncio.to_thread(found.run, ROOT, "-m", "owflex", "migrate")
    print("The tables are upgraded.", flush=True)
    await found.replace(ROOT)
    print("The programs are replaced.", flush=True)


async def go_wrong(found: Fleet, options: argparse.Namespace, until: float, *, is_old: bool) -> None:
    """Everything that happens to the programs while people chat."""
    if is_old:
        await asyncio.sleep(options.minutes * 60 * 0.1)
        await upgrade(found)
        # Kills count from here on: the previous release has its own weaknesses.
    half = time.monotonic() + (until - time.monotonic()) / 2
    await found.kill_in_turn(half, options.pause)
    found.restart_postgres()
    print("Postgres is restarted.", flush=True)
    await asyncio.sleep(options.pause)
    await found.kill_in_turn(until, options.pause)


async def measure(found: Fleet, options: argparse.Namespace, before: Path | None) -> Tally:
    """Let people chat until the time is over; returns what they sent and saw."""
    tally, is_over = Tally(), asyncio.Event()
    await found.start(before or ROOT)
    until = time.monotonic() + options.minutes * 60
    began = time.monotonic()
    timeout = httpx2.Timeout(60)
    async with (
        httpx2.AsyncClient(base_url=found.chat_url, timeout=timeout, limits=NO_LIMITS) as http,
        asyncio.TaskGroup() as group,
    ):
        faults = group.create_task(go_wrong(found, options, until, is_old=before is not None))
        people = [Person(number, http, tally) for number in range(options.people)]
        for person in people:
            group.create_task(person.chat(is_over, options.think))
        await faults
        is_over.set()
    tally.minutes = (time.monotonic() - began) / 60
    return tally


def line(options: argparse.Namespace, found: Fleet, tally: Tally, seen: Verdict, *, is_old: bool) -> str:
    """The row of the table."""
    kills = found.kills
    return (
        f"| {tally.minutes:.1f} | {options.people} | {len(tally.sent)} "
        f"| {kills.get('agent_service', 0)} / {kills.get('mcp_server', 0)} | {kills.get('postgres', 0)} "
        f"| {'yes' if is_old else 'no'} | {tally.counts['sent again by itself']} "
        f"| {tally.counts['retries seen']} | {seen.messages_lost} / {seen.messages_doubled} "
        f"| {seen.answers_lost + len(tally.unanswered)} / {seen.answers_doubled} "
        f"| {seen.tasks_lost} / {seen.tasks_doubled} | {tally.slowest:.0f} | {os.getloadavg()[0]:.1f} |"
    )


async def main() -> None:
    """Read the arguments, measure, and print. Exits with 1 when something is lost or doubled."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=5, help="how long people chat")
    parser.add_argument("--people", type=int, default=8)
    parser.add_argument("--think", type=float, default=2, help="seconds between answer and next message")
    parser.add_argument(
        "--pause", type=float, default=3, help="seconds before the next kill, once all is well"
    )
    parser.add_argument(
        "--before", default=before_last_migration(), help="the revision to upgrade from; 'none' for none"
    )
    options = parser.parse_args()
    with ExitStack() as stack:
        before = stack.enter_context(checkout_of(options.before)) if options.before != "none" else None
        async with served(faults_llm.app()) as llm:
            found = stack.enter_context(fleet(llm))
            await asyncio.to_thread(prepare, found, before or ROOT)
            tally = await measure(found, options, before)
            seen = verdict(found.urls, tally, has_filling=True)
    print(HEADER, line(options, found, tally, seen, is_old=before is not None), sep="\n")
    for reason, count in tally.reasons.most_common():
        print(f"{count} × {reason}")
    print("What was there before is there still." if seen.kept else "SOMETHING OF BEFORE IS GONE.")
    sys.exit(0 if seen.is_good and not tally.unanswered else 1)


if __name__ == "__main__":
    asyncio.run(main())
