"""What `owflex doctor` looks at once the settings can be read: what others need comes first."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from pydantic import SecretStr

from agent_service.context import LOCAL_USER, RequestContext
from agent_service.errors import AgentServiceError
from agent_service.models.menu import ModelMenu
from agent_service.models.providers import choose_model
from agent_service.settings.settings import AgentServiceSettings
from agent_service.tools.connection import McpConnector
from database.errors import DatabaseError
from database.home import data_folder, read_or_create_secret
from database.settings import read_settings
from mcp_server.settings import SIGNING_KEY_FILE, McpServerSettings
from owflex.configuration.keeping_settings import KeepingSettings
from owflex.doctor.backups import backup_finding
from owflex.doctor.certificates import certificate_findings
from owflex.doctor.databases import database_findings
from owflex.doctor.exposure import exposure_findings, login_finding
from owflex.doctor.findings import Finding, bad, bad_by, fine, unknown, warning
from owflex.doctor.identity_provider import identity_findings
from owflex.doctor.model import model_findings
from owflex.doctor.other_servers import other_server_findings
from owflex.doctor.private_files import private_files_finding
from owflex.doctor.running import data_folder_finding, look_at_running
from owflex.doctor.space import disk_findings, log_finding
from owflex.doctor.versions import page_finding, version_finding
from owflex.supervision.programs import chat_listener, mcp_listener


async def look_at_programs(*, offline: bool) -> AsyncIterator[Finding]:
    """What is found; `offline` asks nothing that is not ours."""
    mcp, chat = read_settings(McpServerSettings), read_settings(AgentServiceSettings)
    folder = data_folder(mcp.owflex_home)
    for finding in _of_this_machine(mcp, chat, folder):
        yield finding
    async for finding in database_findings(mcp, chat, folder):
        yield finding
    yield backup_finding(folder)
    async for finding in _of_servers(chat, folder):
        yield finding
    if not offline:
        async for finding in _of_others(mcp, chat):
            yield finding
    async for finding in _language_model(chat, offline=offline):
        yield finding


async def look_at_model(*, offline: bool) -> AsyncIterator[Finding]:
    """What the language model can do."""
    async for finding in _language_model(read_settings(AgentServiceSettings), offline=offline):
        yield finding


def _of_this_machine(mcp: McpServerSettings, chat: AgentServiceSettings, folder: Path) -> Iterator[Finding]:
    backups = read_settings(KeepingSettings).backup_folder
    yield login_finding(chat)
    yield from exposure_findings(mcp, chat, folder, backups)
    yield data_folder_finding(folder)
    yield from disk_findings(folder, backups)
    yield log_finding(folder)
    yield private_files_finding(folder, backups)
    yield page_finding()
    yield from look_at_running(folder, (chat_listener(chat), mcp_listener(mcp)))


async def _of_others(mcp: McpServerSettings, chat: AgentServiceSettings) -> AsyncIterator[Finding]:
    """What is not ours: who signs certificates and people in, and other MCP servers."""
    async for finding in certificate_findings(mcp, chat):
        yield finding
    async for finding in identity_findings(mcp, chat):
        yield finding
    async for finding in other_server_findings(chat):
        yield finding


async def _of_servers(chat: AgentServiceSettings, folder: Path) -> AsyncIterator[Finding]:
    """The MCP server, as the chat meets it, and the versions of both."""
    try:
        key = chat.mcp_signing_key or _key_in(folder)
    except DatabaseError as error:
        yield bad_by("MCP server", error)
        return
    if key is None:
        yield unknown("MCP server", "It has never run here: there is no signing key yet.", "Run: owflex up")
    else:
        yield await _mcp_server(chat, key)
    yield await version_finding(chat, chat_listener(chat).url, key)


async def _mcp_server(chat: AgentServiceSettings, key: SecretStr) -> Finding:
    connector = McpConnector(chat, key)
    problem = await connector.problem(RequestContext(LOCAL_USER))
    if problem is not None and problem.startswith("nothing answers"):
        return unknown("MCP server", f"Nothing answers at {chat.mcp_server_url}.", "Run: owflex up")
    state = None if problem is not None else await connector.readiness()
    problem = problem or (None if state is None else state.problem)
    if problem is not None:
        sentence, _, cure = problem.partition("; ")
        return bad("MCP server", f"{sentence}.", cure or "Run: owflex logs mcp")
    if state is not None and state.reason is not None:
        return warning("MCP server", f"It is degraded: {state.reason}.", "Run: owflex logs mcp")
    return fine("MCP server", f"{chat.mcp_server_url} answers and accepts the chat's token.")


def _key_in(folder: Path) -> SecretStr | None:
    file = folder / SIGNING_KEY_FILE
    if not os.access(file, os.R_OK):
        return None
    return read_or_create_secret(folder, SIGNING_KEY_FILE)


async def _language_model(settings: AgentServiceSettings, *, offline: bool) -> AsyncIterator[Finding]:
    try:
        ModelMenu(settings, choose_model(settings))
    except AgentServiceError as error:
        yield bad("language model", str(error), "See docs/language-models.md.")
        return
    async for finding in model_findings(settings, offline=offline):
        yield finding
