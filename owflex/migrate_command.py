"""`owflex migrate`: the tables, the queue and the role of both databases, made once before servers start."""

import asyncio
from collections.abc import Mapping, Sequence
from importlib.resources import files

from agent_service.settings.settings import AgentServiceSettings
from database.embedded import configured_or_embedded
from database.home import open_data_folder
from database.migrations import migrate
from database.pool import check_reachable
from database.settings import read_settings
from ingest.jobs.queue import ensure_tables
from knowledge_base.access import prepare_server_role
from knowledge_base.bootstrap import knowledge_base_url, migrate_knowledge_base
from mcp_server.settings import McpServerSettings
from owflex.exit_codes import exit_code
from serving.terminal import json_text

Applied = Mapping[str, Sequence[str]]


def run_migrate(*, as_json: bool) -> int:
    """Migrate, say what was done, and return 0; 1 after an error whose text is for the user."""
    return exit_code(lambda: _run(as_json=as_json))


def _run(*, as_json: bool) -> int:
    knowledge, chat = read_settings(McpServerSettings), read_settings(AgentServiceSettings)
    folder = open_data_folder(knowledge.owflex_home)
    with (
        knowledge_base_url(knowledge, folder) as knowledge_url,
        configured_or_embedded(chat.chat_database_url, folder, "chat") as chat_url,
    ):
        _show(asyncio.run(_migrate(knowledge_url, chat_url)), as_json=as_json)
    return 0


async def _migrate(knowledge_url: str, chat_url: str) -> Applied:
    await check_reachable(chat_url, "CHAT_DATABASE_URL")
    known = await migrate_knowledge_base(knowledge_url)
    await prepare_server_role(knowledge_url)
    await ensure_tables(knowledge_url)
    return {
        "knowledge_base": known,
        "chat": await migrate(chat_url, files("agent_service") / "migrations"),
    }


def _show(applied: Applied, *, as_json: bool) -> None:
    if as_json:
        print(json_text(applied))  # noqa: T201
        return
    for database, names in applied.items():
        print(f"{database}: {', '.join(names) if names else 'is up to date'}")  # noqa: T201
