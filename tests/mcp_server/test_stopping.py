"""A real process: SIGTERM lets running calls finish, and Postgres keeps nothing of them."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import psycopg

from tests.support.patience import PATIENCE_SECONDS
from tests.support.ports import free_port

TOKEN = "a-local-token-for-tests-of-some-length"
KEY = "a-signing-key-for-tests-of-some-length"
HEADERS = {"authorization": f"Bearer {TOKEN}", "accept": "application/json, text/event-stream"}
CALL = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "tools/call",
    "params": {"name": "add_task", "arguments": {"title": "finish me"}},
}


@asynccontextmanager
async def process_of(folder: Path, url: str, port: int) -> AsyncGenerator[asyncio.subprocess.Process]:
    """The server as a process of its own, with its database; killed at the end if it still runs."""
    # Run from an empty folder, so that no .env is found.
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "HF_HUB_OFFLINE": "1",
        "OWFLEX_HOME": str(folder / "home"),
        "KNOWLEDGE_BASE_DATABASE_URL": url,
        "MCP_SERVER_PORT": str(port),
        "MCP_SERVER_TOKEN": TOKEN,
        "MCP_SIGNING_KEY": KEY,
        "LOG_FORMAT": "json",
        "MCP_GRACE_SECONDS": "300",
        # The calls of this test need no model, and loading one takes its time.
        "EMBEDDING_MODEL": "no-such-model",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "mcp_server", cwd=folder, env=environment, stderr=asyncio.subprocess.PIPE
    )
    try:
        async with httpx2.AsyncClient() as http, asyncio.timeout(120):
            while not await has_database(http, f"http://127.0.0.1:{port}/ready"):
                assert process.returncode is None
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def has_database(http: httpx2.AsyncClient, url: str) -> bool:
    try:
        return (await http.get(url, timeout=30)).json()["database"] == "ok"
    except httpx2.TransportError:
        return False


async def until_waiting(connection: psycopg.AsyncConnection[tuple[object, ...]]) -> None:
    """Return when a statement of the server waits for a lock."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            rows = await connection.execute(
                "select from pg_stat_activity where wait_event_type = 'Lock' "
                "and datname = current_database() and pid <> pg_backend_pid()"
            )
            if rows.rowcount:
                return


async def test_sigterm_finishes_what_runs_refuses_the_rest_and_ends_well(
    tmp_path: Path, knowledge_base_url: str
) -> None:
    port = free_port()
    async with (
        process_of(tmp_path, knowledge_base_url, port) as process,
        await psycopg.AsyncConnection.connect(knowledge_base_url) as blocking,
        await psycopg.AsyncConnection.connect(knowledge_base_url, autocommit=True) as looking,
        httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE_SECONDS) as http,
    ):
        await blocking.execute("lock table tasks in access exclusive mode")
        running = asyncio.create_task(http.post("/mcp", json=CALL, headers=HEADERS))
        await until_waiting(looking)
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (await http.get("/ready")).json().get("server") != "stopping":
                pass
        refused = await http.post("/mcp", headers=HEADERS)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        await blocking.commit()
        answer = await running
        assert (answer.status_code, '"title":"finish me"' in answer.text) == (200, True)
        assert process.stderr is not None
        # It ends when its search for the model has ended, which takes a while on a busy machine.
        said = await asyncio.wait_for(process.stderr.read(), 240)
        assert await process.wait() == 0
        assert b"Traceback" not in said
