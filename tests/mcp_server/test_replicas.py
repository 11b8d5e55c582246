"""Searches over a real streaming replica: it follows, lags, dies and comes back."""

import asyncio
import tempfile
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest
from fastmcp import Client
from fastmcp.client.transports import StreamableHttpTransport
from pydantic import SecretStr, ValidationError

from database.embedded import embedded_postgres
from database.home import open_data_folder
from database.pool import Pool
from database.replicas import Replica, Replicas, Track
from ingest.ingestion import Wanted, open_ingestion
from ingest.report import Silent
from ingest.settings import IngestSettings
from ingest.sync_run import run_sync
from knowledge_base.access import Access, Connection, open_server_pool, prepare_server_role
from knowledge_base.bootstrap import migrate_knowledge_base
from knowledge_base.collection_list import list_collections
from knowledge_base.embedding import SentenceTransformerEmbedder
from knowledge_base.following_embedder import FollowingEmbedder
from knowledge_base.reads import Reads, open_replicas
from mcp_server.app import http_app
from mcp_server.auth.callers import BearerVerifier
from mcp_server.health import Health
from mcp_server.server import create_server
from mcp_server.settings import McpServerSettings
from owflex.doctor.replicas import replica_findings
from tests.support.replicas import StreamingReplica
from tests.support.serving import serving

TOKEN = SecretStr("a-local-token-for-tests-of-some-length")
ANN, BEN = Access("ann"), Access("ben")
QUESTION = {"query": "Where are the keys of the archive?"}


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A data folder with a Postgres of its own: a replica repeats all databases of its primary."""
    with tempfile.TemporaryDirectory(prefix="owflex-") as folder:
        yield open_data_folder(Path(folder) / "home")


@pytest.fixture(scope="module")
async def url(
    home: Path, embedder: SentenceTransformerEmbedder, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[str]:
    """A knowledge base with one document in it."""
    folder = tmp_path_factory.mktemp("handbook")
    (folder / "keys.md").write_text("# The keys\n\nThe keys of the archive are in the blue box.\n")
    with embedded_postgres(home, "knowledge_base") as url:
        await migrate_knowledge_base(url)
        await prepare_server_role(url)
        async with open_ingestion(IngestSettings(), url, embedder, Silent()) as ingestion:  # pyright: ignore[reportCallIssue]
            task = await ingestion.folder_task(folder, Wanted())
            await run_sync(ingestion.database, task, ingestion.pipeline.process, Silent())
            await ingestion.finish()
        yield url


@pytest.fixture(scope="module")
def standby(home: Path, url: str) -> Iterator[StreamingReplica]:
    """A replica that streams from it."""
    replica = StreamingReplica.of(home, home.parent / "replica")
    yield replica
    replica.kill()


@asynccontextmanager
async def opened(
    url: str, *replicas: str, max_lag_seconds: float = 10
) -> AsyncGenerator[tuple[Pool, Replicas]]:
    """The pool of a server and its replicas, looked at by the test only."""
    async with (
        open_server_pool(url) as pool,
        open_replicas(
            pool, replicas, max_lag_seconds=max_lag_seconds, max_size=2, statement_timeout_ms=10_000
        ) as watched,
    ):
        assert watched is not None
        yield pool, watched


async def until(replicas: Replicas, holds: Callable[[Replica], bool]) -> Replica:
    """The first replica, once this holds for it."""
    async with asyncio.timeout(60):
        while not holds(replicas.all[0]):
            await replicas.look()
    return replicas.all[0]


async def tell(url: str, statement: LiteralString) -> None:
    """Run a statement as the owner."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute(statement)


async def names(reads: Reads, access: Access) -> list[str]:
    """The collections that a read finds."""
    found = await reads.run(access, lambda connection: list_collections(connection, limit=100))
    return [collection.name for collection in found]


def is_used(replica: Replica) -> bool:
    return replica.problem is None


async def test_a_replica_follows_and_is_read_from(url: str, standby: StreamingReplica) -> None:
    async with opened(url, standby.url("knowledge_base")) as (pool, replicas):
        replica = await until(replicas, is_used)
        await tell(url, "insert into collections (name) values ('new here')")
        before = replica.reads
        async with asyncio.timeout(60):
            while "new here" not in await names(Reads(pool, replicas), ANN):
                await replicas.look()
        assert replica.reads > before
        assert replica.problem is None


async def test_a_replica_holds_back_what_the_primary_does(url: str, standby: StreamingReplica) -> None:
    async with opened(url, standby.url("knowledge_base")) as (pool, replicas):
        replica = await until(replicas, is_used)
        reads = Reads(pool, replicas)
        assert "default" in await names(reads, ANN)
        assert await names(reads, Access("ann", frozenset())) == []
        assert await names(reads, Access("ann", frozenset({"default"}))) == ["default"]
        assert replica.reads == 3


async def test_an_own_write_is_seen_at_once_by_its_writer_only(url: str, standby: StreamingReplica) -> None:
    there = standby.url("knowledge_base")
    async with opened(url, there) as (pool, replicas):
        replica = await until(replicas, is_used)
        reads = Reads(pool, replicas)
        await tell(there, "select pg_wal_replay_pause()")
        try:
            await tell(url, "insert into collections (name) values ('of ann')")
            await reads.wrote("ann")
            await replicas.look()
            assert "of ann" in await names(reads, ANN)
            assert "of ann" not in await names(reads, BEN)
            assert replica.reads == 1
        finally:
            await tell(there, "select pg_wal_replay_resume()")
        async with asyncio.timeout(60):
            while replica.reads == 1:
                await replicas.look()
                assert "of ann" in await names(reads, ANN)


async def test_a_replica_that_lags_too_far_is_left_out_until_it_has_followed(
    url: str, standby: StreamingReplica
) -> None:
    there = standby.url("knowledge_base")
    async with opened(url, there, max_lag_seconds=0.3) as (_, replicas):
        await until(replicas, is_used)
        await tell(there, "select pg_wal_replay_pause()")
        try:
            await tell(url, "insert into collections (name) values ('later')")
            replica = await until(replicas, lambda replica: not is_used(replica))
            assert replica.problem == "lags more than 0.3 seconds behind"
        finally:
            await tell(there, "select pg_wal_replay_resume()")
        await until(replicas, is_used)


async def test_searches_go_on_when_the_replica_is_killed_and_use_it_when_it_is_back(
    url: str, standby: StreamingReplica, embedder: SentenceTransformerEmbedder
) -> None:
    async with opened(url, standby.url("knowledge_base")) as (pool, replicas):
        replica = await until(replicas, is_used)
        following = FollowingEmbedder(embedder, SentenceTransformerEmbedder)
        health = Health(pool, following, replicas=replicas)
        await health.load_model()
        mcp = create_server(
            McpServerSettings(),  # pyright: ignore[reportCallIssue]
            pool=pool,
            embedder=following,
            health=health,
            replicas=replicas,
            version="0.0.test",
            auth=BearerVerifier(TOKEN, TOKEN),
        )
        async with (
            serving(http_app(mcp, McpServerSettings())) as address,  # pyright: ignore[reportCallIssue]
            Client(StreamableHttpTransport(f"{address}/mcp", auth=TOKEN.get_secret_value())) as client,
        ):

            async def found() -> list[str]:
                answer = await client.call_tool("search_documents", QUESTION)
                return [hit.title for hit in answer.data.results]

            assert await found() == ["The keys"]
            assert replica.reads == 1
            assert (await health.check()).state == "ready"

            standby.kill()
            try:
                assert await found() == ["The keys"]
                state = await health.check()
                assert (state.ready, state.state) == (True, "degraded")
                assert str(state.reason).startswith("replica 1 is left out: it ")
                before = replica.reads
                assert await found() == ["The keys"]
                assert replica.reads == before
                await replicas.look()
                assert replica.problem == "does not answer (OperationalError)"
                assert 'owflex_replica_used{replica="1"} 0.0' in health.metrics.as_text().decode()
            finally:
                standby.start()
            await until(replicas, is_used)
            assert await found() == ["The keys"]
            assert replica.reads == before + 1
            assert (await health.check()).as_json()["replicas"] == {"replica 1": "ok"}
            assert (
                f'owflex_replica_reads{{replica="1"}} {replica.reads}.0' in health.metrics.as_text().decode()
            )


async def test_what_is_no_replica_or_away_is_left_out_and_hinders_nothing(url: str) -> None:
    nowhere = "postgresql://ann:geheim@127.0.0.1:1/kb"
    async with opened(url, url, nowhere) as (pool, replicas):
        await replicas.look()
        assert replicas.as_words() == {
            "replica 1": "is no replica: it takes writes of its own",
            "replica 2": "does not answer (OperationalError)",
        }
        assert "default" in await names(Reads(pool, replicas), ANN)


async def test_doctor_names_each_replica_without_its_password(
    url: str, standby: StreamingReplica, home: Path
) -> None:
    nowhere = "postgresql://ann:geheim@127.0.0.1:1/kb"
    settings = McpServerSettings(  # pyright: ignore[reportCallIssue]
        knowledge_base_database_url=SecretStr(url),
        knowledge_base_read_urls=SecretStr(f"{standby.url('knowledge_base')},{nowhere}"),
    )
    good, away = await replica_findings(settings, home)
    assert (good.name, good.state) == ("replica 1", "ok")
    assert (away.name, away.state) == ("replica 2", "bad")
    assert "127.0.0.1:1/kb is left out: it does not answer" in away.sentence
    assert "geheim" not in str(away)


async def test_a_read_that_a_replica_cannot_do_is_done_on_the_primary(
    url: str, standby: StreamingReplica
) -> None:
    async with opened(url, standby.url("knowledge_base")) as (pool, replicas):
        replica = await until(replicas, is_used)

        async def write(connection: Connection) -> str:
            # Only a primary gives numbers to transactions.
            rows = await connection.execute("select pg_current_xact_id()::text")
            return str(await rows.fetchone())

        assert await Reads(pool, replicas).run(ANN, write)
        assert replica.problem is not None
        assert replica.problem.startswith("failed a read (")


def test_lag_is_how_long_ago_the_primary_was_there() -> None:
    track = Track(remembered_seconds=10)
    assert track.lag_of(100, 0.0) is None
    for second, position in enumerate((100, 200, 300)):
        track.note(position, float(second))
    assert track.lag_of(300, 5.0) == 0.0
    assert track.lag_of(250, 5.0) == 4.0
    assert track.lag_of(99, 5.0) is None
    track.note(400, 20.0)
    assert track.lag_of(100, 20.0) is None


@pytest.mark.parametrize(
    ("given", "urls"),
    [
        ("postgresql://a/kb", ["postgresql://a/kb"]),
        ("postgresql://a/kb, postgres://b/kb", ["postgresql://a/kb", "postgres://b/kb"]),
        ("postgresql://a,b/kb,postgresql://c/kb", ["postgresql://a,b/kb", "postgresql://c/kb"]),
    ],
)
def test_addresses_are_separated_by_commas(given: str, urls: list[str]) -> None:
    settings = McpServerSettings(knowledge_base_read_urls=SecretStr(given))  # pyright: ignore[reportCallIssue]
    assert settings.read_urls == urls


def test_an_address_of_another_kind_is_refused() -> None:
    with pytest.raises(ValidationError, match="postgresql://"):
        McpServerSettings(knowledge_base_read_urls=SecretStr("replica-1:5432"))  # pyright: ignore[reportCallIssue]
