"""Tables of other libraries, filled by COPY: their own ways of writing take many minutes."""

import time
from collections.abc import Iterator
from importlib import import_module
from typing import Any


def copied(
    url: str, table: str, columns: tuple[str, ...], types: tuple[str, ...], rows: Iterator[tuple[Any, ...]]
) -> dict[str, float]:
    psycopg: Any = import_module("psycopg")
    json_type: Any = import_module("psycopg.types.json").Json
    began = time.perf_counter()
    with psycopg.connect(url, autocommit=True) as connection:
        import_module("pgvector.psycopg").register_vector(connection)
        into = psycopg.sql.SQL("copy {} ({}) from stdin (format binary)").format(
            psycopg.sql.Identifier(table),
            psycopg.sql.SQL(", ").join(map(psycopg.sql.Identifier, columns)),
        )
        with connection.cursor().copy(into) as copy:
            copy.set_types(types)
            for row in rows:
                copy.write_row([json_type(one) if isinstance(one, dict) else one for one in row])
    return {"copy_seconds": time.perf_counter() - began}


def size(url: str) -> dict[str, float]:
    with import_module("psycopg").connect(url) as connection:
        return {"bytes": connection.execute("select pg_database_size(current_database())").fetchone()[0]}


def analyze(url: str) -> None:
    # Sooner or later the server does it by itself: no system shall depend on when.
    with import_module("psycopg").connect(url, autocommit=True) as connection:
        connection.execute("vacuum analyze")
