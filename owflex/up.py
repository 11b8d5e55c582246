"""`owflex up`: what a person runs who wants to see it work."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel

from agent_service.settings.settings import AgentServiceSettings
from database.home import open_data_folder
from database.pool import create_pool
from database.settings import read_settings
from knowledge_base.bootstrap import knowledge_base_url, migrate_knowledge_base
from knowledge_base.documents import count_documents, remove_collection
from mcp_server.settings import TOKEN_FILE, McpServerSettings
from owflex.errors import PathNotFoundError, ProgramFailedError
from owflex.exit_codes import exit_code
from owflex.supervisor import Listener, Program, check_port, running, stop_on_signals, wait_until_ready, watch

HANDBOOK_COLLECTION = "handbook"
INGEST_FAILED_FILES = 2
WORKER_CONCURRENCY = "4"
console = Console(highlight=False)


def run_everything(docs: Path | None) -> int:
    """Run until Ctrl+C (exit code 0) or until a part fails (1)."""
    return exit_code(lambda: _run(docs))


def _run(docs: Path | None) -> int:
    if docs is not None and not docs.exists():
        raise PathNotFoundError(docs)
    settings = read_settings(McpServerSettings)
    mcp, chat = _mcp_listener(settings), _chat_listener()
    programs = [
        Program("mcp_server", listens=mcp),
        Program("agent_service", listens=chat),
        # For what clients add. Its model is loaded with the first document.
        Program("ingest", ("worker", "--concurrency", WORKER_CONCURRENCY)),
    ]
    folder = open_data_folder(settings.owflex_home)
    for program in programs:
        check_port(program)
    try:
        with stop_on_signals():
            _run_programs(settings, programs, folder, docs, _welcome(mcp.url, chat.url, folder))
    except KeyboardInterrupt:
        console.print("\nEverything has stopped; your documents, tasks and chats are kept.")
    return 0


def _run_programs(
    settings: McpServerSettings, programs: list[Program], folder: Path, docs: Path | None, welcome: Panel
) -> None:
    with console.status("Starting Postgres …") as status, knowledge_base_url(settings, folder) as url:
        needed = asyncio.run(_documents_to_ingest(url, docs))
        status.update("Starting the MCP server and the chat …")
        with running(programs, folder / "logs") as started:
            status.stop()
            if needed is not None:
                _ingest(*needed)
            status.start()
            wait_until_ready(started, lambda missing: status.update(f"Waiting for {missing} …"))
            status.stop()
            console.print(welcome)
            watch(started)


async def _documents_to_ingest(url: str, docs: Path | None) -> tuple[Path, str] | None:
    """The folder to ingest and its collection; the handbook only while there is nothing else.

    The handbook is a demo: it makes room for the user's own documents.
    """
    await migrate_knowledge_base(url)
    async with create_pool(url) as pool, pool.connection() as connection:
        if docs is not None:
            await remove_collection(connection, HANDBOOK_COLLECTION)
            return docs, "default"
        if await count_documents(connection, outside=HANDBOOK_COLLECTION):
            return None
    return _handbook(), HANDBOOK_COLLECTION


def _handbook() -> Path:
    """The pages about OwFlex itself: inside the installed package, or `docs/` of a checkout."""
    packaged = Path(__file__).parent / "handbook"
    return packaged if packaged.is_dir() else Path(__file__).parent.parent / "docs"


def _ingest(path: Path, collection: str) -> None:
    """In a process of its own, so that the model's memory is free again afterwards."""
    command = [sys.executable, "-m", "owflex", "ingest", "sync", str(path), "--collection", collection]
    if collection == HANDBOOK_COLLECTION:
        # It comes with the installation, which may be another one than last time.
        command += ["--name", HANDBOOK_COLLECTION, "--moved"]
    code = subprocess.run(command, check=False).returncode  # noqa: S603
    if code not in (0, INGEST_FAILED_FILES):
        raise ProgramFailedError("The documents could not be ingested; the reason is above.")


def _mcp_listener(settings: McpServerSettings) -> Listener:
    return Listener(settings.mcp_server_host, settings.mcp_server_port, "MCP_SERVER_PORT")


def _chat_listener() -> Listener:
    settings = read_settings(AgentServiceSettings)
    return Listener(settings.agent_service_host, settings.agent_service_port, "AGENT_SERVICE_PORT")


def _welcome(mcp_url: str, chat_url: str, folder: Path) -> Panel:
    token = escape(str(folder / TOKEN_FILE))
    return Panel(
        f"[bold]Chat[/bold]        {chat_url}\n"
        f"[bold]MCP server[/bold]  {mcp_url}/mcp\n\n"
        f"An MCP client sends the header [bold]Authorization: Bearer TOKEN[/bold]; the token is in\n"
        f"  {token}\n"
        f"Try it:\n"
        f'  {escape(_beside_python("fastmcp"))} list {mcp_url}/mcp --auth "$(cat {token})"\n\n'
        "Ctrl+C stops everything.",
        title="OwFlex is ready",
        expand=False,
    )


def _beside_python(command: str) -> str:
    """The path of a command of our own environment, as short as it can be typed."""
    path = Path(sys.executable).parent / command
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)
