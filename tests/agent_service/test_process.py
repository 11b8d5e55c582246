"""Starting and stopping the process."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from agent_service.process import listen
from tests.support.patience import PATIENCE_SECONDS
from tests.support.ports import free_port


@asynccontextmanager
async def service(folder: Path, **settings: str) -> AsyncGenerator[asyncio.subprocess.Process]:
    """The service as a process of its own; stopped at the end if it still runs."""
    # Run from an empty folder, so that no .env is found.
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[2])} | settings
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "agent_service",
        cwd=folder,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (
            {"AGENT_SERVICE_PORT": "lots"},
            "AGENT_SERVICE_PORT: not a whole number. Allowed: a whole number from 1",
        ),
        ({"MCP_SERVER_URL": "here"}, "MCP_SERVER_URL: 'here' is not an address."),
        ({"MODEL_NAME": "gpt-5"}, "Set OPENAI_API_KEY"),
        ({"AGENT_SERVICE_HOST": "0.0.0.0"}, "AGENT_SERVICE_ALLOW_REMOTE=true"),  # noqa: S104
        ({"CHAT_DATABASE_URL": "postgresql://127.0.0.1:1/x"}, "Check CHAT_DATABASE_URL"),
        ({"OWFLEX_HOME": "/proc/nowhere"}, "Make it writable for this user, or set OWFLEX_HOME"),
    ],
)
async def test_a_setting_that_cannot_work_is_one_sentence(
    tmp_path: Path, settings: dict[str, str], sentence: str
) -> None:
    defaults = {"OWFLEX_HOME": str(tmp_path / "home"), "AGENT_SERVICE_PORT": str(free_port())}
    async with service(tmp_path, **(defaults | settings)) as process:
        _, errors = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 1
    lines = errors.decode().strip().splitlines()
    assert sentence in lines[-1]
    assert len(lines) == 1


def test_a_taken_port_is_one_sentence_with_the_setting() -> None:
    with listen("127.0.0.1", 0, "AGENT_SERVICE_PORT") as taken:
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(Exception, match=f"127.0.0.1:{port} .* set AGENT_SERVICE_PORT to a free one"):
            listen("127.0.0.1", port, "AGENT_SERVICE_PORT")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_starts_serves_and_stops_cleanly(
    tmp_path: Path, chat_url: str, number: signal.Signals
) -> None:
    port = free_port()
    settings = {
        "OWFLEX_HOME": str(tmp_path / "home"),
        "CHAT_DATABASE_URL": chat_url,
        "AGENT_SERVICE_PORT": str(port),
    }
    async with service(tmp_path, **settings) as process, httpx2.AsyncClient() as http:
        assert process.stderr is not None
        said = await asyncio.wait_for(process.stderr.readuntil(b"The chat answers at"), 60)
        assert b"Traceback" not in said
        response = await _get(http, f"http://127.0.0.1:{port}/ready")
        assert response.status_code == 503
        assert response.json()["database"] == "ok"
        process.send_signal(number)
        rest = await asyncio.wait_for(process.stderr.read(), 60)
        assert await process.wait() == 0
        assert b"Traceback" not in rest


async def _get(http: httpx2.AsyncClient, url: str) -> httpx2.Response:
    """The first answer; the line in the log comes just before the port is listened on."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            try:
                return await http.get(url)
            except httpx2.ConnectError:
                await asyncio.sleep(0)
