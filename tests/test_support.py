"""What the tests stand on does not let one of them see another, and `make quick` chooses what is near."""

import asyncio
from pathlib import Path

import psutil
import psycopg
import pytest

from ingest.reading.chunked_document import ReadRequest
from ingest.reading.process import ReadLimits
from tests.ingest.quick_ingest import QuickEmbedder
from tests.support.databases import FreshDatabases
from tests.support.parsers import WarmParsers
from tests.support.quick import NearFile, fitting, near_tests

A_TASK = "insert into tasks (user_id, title) values ('ann', 'water the plants') returning id"


def run(url: str, statement: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        row = cursor.fetchone() if cursor.description else None
        return row and row[0]


@pytest.fixture
def databases(knowledge_bases: FreshDatabases, monkeypatch: pytest.MonkeyPatch) -> FreshDatabases:
    """Those of all tests, without any that is kept."""
    monkeypatch.setattr(knowledge_bases, "_spare", [])
    return knowledge_bases


async def test_the_next_test_gets_the_same_database_without_rows_and_with_its_first_ids(
    databases: FreshDatabases,
) -> None:
    async with databases.one() as url:
        first = run(url, A_TASK)
        run(url, "alter table uploads alter column id restart with 7000")
    async with databases.one() as again:
        assert again == url
        assert run(again, A_TASK) == first == 1
        assert run(again, "select nextval('uploads_id_seq')") == 1


async def test_connections_that_a_test_left_open_are_closed(databases: FreshDatabases) -> None:
    async with databases.one() as url:
        left = psycopg.connect(url)
        left.execute("select 1 from tasks for update")
    with pytest.raises(psycopg.OperationalError):
        left.execute("select 1")


@pytest.mark.parametrize(
    "change",
    [
        "create table more (id int)",
        "alter table tasks disable row level security",
        "drop index tasks_of_a_user",
        "grant select on tasks to public",
        "alter table tasks alter column notes set default 'x'",
        "insert into tasks (user_id, title) values ('a', 'b'); analyze tasks",
        "update schema_migrations set sha256 = 'another'",
        "do $$ begin execute format('alter database %I set jit = off', current_database()); end $$",
    ],
)
async def test_a_database_that_was_changed_is_dropped(databases: FreshDatabases, change: str) -> None:
    async with databases.one() as url:
        run(url, change)
    async with databases.one() as another:
        assert another != url
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        run(url, "select 1")


async def test_a_database_that_still_changes_fails_the_test_that_gets_it(databases: FreshDatabases) -> None:
    async with databases.one() as url:
        pass
    run(url, A_TASK)
    with pytest.raises(AssertionError, match="still changes"):
        async with databases.one():
            pass


def test_near_are_tests_that_import_a_module_or_are_named_after_it() -> None:
    distances = {file.path: file.distance for file in near_tests({"knowledge_base/fusion.py"})}
    assert distances["tests/knowledge_base/test_fusion.py"] == 0
    assert distances["tests/knowledge_base/test_search.py"] > 0
    assert "tests/parsing/test_pdf.py" not in distances


def test_a_changed_test_is_near_itself() -> None:
    path = Path(__file__).relative_to(Path(__file__).parents[1]).as_posix()
    assert min(near_tests({path})).path == path


def test_the_nearest_tests_that_fit_are_chosen_and_at_least_one() -> None:
    near = [NearFile(0, 50, "a"), NearFile(1, 30, "b"), NearFile(1, 60, "c"), NearFile(2, 10, "d")]
    chosen, left_out = fitting(near, 90)
    assert ([file.path for file in chosen], [file.path for file in left_out]) == (["a", "b", "d"], ["c"])
    assert fitting(near[:1], 10) == (near[:1], [])


def parser_processes() -> set[int]:
    """Their process ids."""
    children = psutil.Process().children()
    return {child.pid for child in children if "ingest.reading.worker" in child.cmdline()}


async def test_a_parser_is_used_again_unless_it_was_stopped_in_the_middle_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text(QuickEmbedder().tokenizer_json, encoding="utf-8")
    (tmp_path / "short.md").write_text("A text.")
    limits = ReadLimits(tmp_path / "tokenizer.json", max_tokens=250)
    request = ReadRequest(str(tmp_path / "short.md"), "x/short.md", None)
    parsers, of_others = WarmParsers(tmp_path), parser_processes()
    first = parsers.lend(limits)
    assert (await first.read(request)).content is not None
    (process,) = parser_processes() - of_others
    await first.close()
    second = parsers.lend(limits)
    assert (await second.read(request)).content is not None
    assert parser_processes() - of_others == {process}
    reading = asyncio.create_task(second.read(request))
    await asyncio.sleep(0)
    reading.cancel()
    await asyncio.wait([reading])
    await second.close()
    third = parsers.lend(limits)
    assert (await third.read(request)).content is not None
    assert process not in parser_processes()
    await third.close()
    await parsers.close()
    assert parser_processes() - of_others == set()
