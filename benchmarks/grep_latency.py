"""Milliseconds of an exact search by kind of pattern: `python benchmarks/grep_latency.py`.

The passages are those of `search_latency.py`; one page is asked for at a time, as the MCP server asks for it.
With `--home` the knowledge base is kept, and used again by the next run; that of `search_latency.py` fits.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.search_latency import PASSAGE_WORDS, STOP_WORDS, Library, _print_sizes, _store
from database.embedded import embedded_postgres
from database.home import open_data_folder
from database.pool import Pool
from ingest.pipeline import open_ingest_pool
from knowledge_base.access import Access, acting_for, open_server_pool, prepare_server_role
from knowledge_base.bootstrap import migrate_knowledge_base
from knowledge_base.grams import fill_unknown_grams
from knowledge_base.grep import Wanted, grep
from knowledge_base.patterns import compiled

WARM_UP = 3
CALLERS = {
    "all is open": Access("bench"),
    "one passage of ten is open": Access("bench", frozenset({"small"})),
}


@dataclass(frozen=True)
class Case:
    """A kind of pattern; words of a passage come into its `form`."""

    name: str
    form: str
    ignore_case: bool = False
    fixed: bool = False


CASES = (
    Case("a rare word", "{0}"),
    Case("the same in any case", "{0}", ignore_case=True),
    Case("two words in a row", "{1} {2}", fixed=True),
    Case("the beginning of a word", r"\b{0:.4}\w+"),
    Case("a word of every second passage", "with"),
    Case("one of two words", "{0}|{3}"),
    Case("a word that is nowhere", "{0}qx"),
    Case("digits, no letter", r"\d{{4}}"),
)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passages", type=int, default=10_000)
    parser.add_argument("--patterns", type=int, default=40)
    parser.add_argument("--home", type=Path)
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="owflex-bench-") as place,
        embedded_postgres(open_data_folder(given.home or Path(place) / "home"), "knowledge_base") as url,
    ):
        asyncio.run(_measure(url, Library(given.passages), given.patterns))


async def _measure(url: str, library: Library, patterns: int) -> None:
    await migrate_knowledge_base(url)
    await prepare_server_role(url)
    async with open_ingest_pool(url) as pool:
        await _store(pool, library)
        async with pool.connection() as connection:
            await connection.set_autocommit(True)
            await connection.execute("select set_config('statement_timeout', '0', false)")
            await fill_unknown_grams(connection)
            await connection.execute("vacuum analyze passage_grams")
            await connection.set_autocommit(False)
    await _print_sizes(url, library)
    print("| pattern | caller | median ms | p95 ms | lines | searched of all |")
    print("|---|---|---:|---:|---:|---:|")
    async with open_server_pool(url, statement_timeout_ms=60_000) as pool:
        for case in CASES:
            for caller, access in CALLERS.items():
                print(await _row(pool, library, case, (caller, access), patterns), flush=True)


async def _row(pool: Pool, library: Library, case: Case, caller: tuple[str, Access], patterns: int) -> str:
    taken: list[float] = []
    lines: list[int] = []
    searched = 1.0
    for words in _words(library, WARM_UP + patterns):
        pattern = compiled(case.form.format(*words), fixed=case.fixed, ignore_case=case.ignore_case)
        started = time.perf_counter()
        async with acting_for(pool, caller[1], at_once=True) as connection:
            found = await grep(connection, Wanted(pattern, context=1))
        taken.append((time.perf_counter() - started) * 1000)
        lines.append(sum(document.matches for document in found.documents))
        if found.stopped is not None:
            searched = min(searched, found.stopped.searched / found.stopped.passages)
    p95 = statistics.quantiles(taken[WARM_UP:], n=20)[-1]
    return (
        f"| {case.name} | {caller[0]} | {statistics.median(taken[WARM_UP:]):.0f} | {p95:.0f} "
        f"| {statistics.mean(lines[WARM_UP:]):.0f} | {searched:.0%} |"
    )


def _words(library: Library, count: int) -> Iterator[list[str]]:
    """Words of passages, in the order in which they stand there, the first of them a rare one."""
    for number in range(count):
        words = library.text(number * 7919 % library.passages, PASSAGE_WORDS).split()
        rare = [word for word in words if word not in STOP_WORDS]
        yield [rare[number % len(rare)], words[4], words[5], rare[0]]


if __name__ == "__main__":
    main()
