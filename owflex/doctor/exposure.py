"""What `owflex doctor` says of logins, and of settings that contradict each other or open too much."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg.conninfo import conninfo_to_dict
from pydantic import SecretStr

from agent_service.accounts.provider import provider_of
from agent_service.auth.login import identify_by
from agent_service.errors import AgentServiceError
from agent_service.settings.bind import check_host as check_chat_host
from agent_service.settings.settings import AgentServiceSettings
from database.process import is_loopback
from mcp_server.auth.issuer_settings import external_issuer
from mcp_server.auth.oauth.addresses import oauth_addresses
from mcp_server.bind import check_host as check_mcp_host
from mcp_server.errors import IssuerSettingsError
from mcp_server.settings import McpServerSettings
from owflex.doctor.findings import Finding, bad, bad_by, fine, warning
from serving.errors import UnsafeBindError

NAME = "exposure"
HOW = {
    "none": "one local user, no login",
    "accounts": "people sign in on the page",
    "jwt": "signed tokens",
    "proxy": "a proxy says who it is",
}
LIMITS = (
    "chat_rate_limit_per_minute",
    "chat_answers_at_once",
    "chat_requests_per_minute",
    "chat_requests_at_once",
)


def login_finding(chat: AgentServiceSettings) -> Finding:
    """How people log into the chat, and whether that can work."""
    try:
        check_chat_host(chat)
        identify_by(chat)
        provider_of(chat)
    except (UnsafeBindError, AgentServiceError) as error:
        return bad("login", str(error), "See docs/users.md.")
    return fine("login", f"AGENT_SERVICE_AUTH={chat.agent_service_auth}: {HOW[chat.agent_service_auth]}.")


def exposure_findings(
    mcp: McpServerSettings, chat: AgentServiceSettings, folder: Path, backups: Path | None
) -> list[Finding]:
    """What settings open that should stay closed, and which contradict each other."""
    of_servers = [*_of_the_mcp_server(mcp), *_of_oauth(mcp, chat), *_of_the_chat(chat)]
    found = [*of_servers, *_of_places(mcp, chat, folder, backups)]
    return found or [fine(NAME, "No setting opens more than it should, and none contradicts another.")]


def _of_the_mcp_server(mcp: McpServerSettings) -> Iterator[Finding]:
    try:
        check_mcp_host(mcp)
    except UnsafeBindError as error:
        yield bad_by(NAME, error)
    try:
        external_issuer(mcp)
    except IssuerSettingsError as error:
        yield bad_by("identity provider", error)
    if mcp.mcp_rate_limit_per_minute == 0 and not is_loopback(mcp.mcp_server_host):
        yield _without_limit("MCP_RATE_LIMIT_PER_MINUTE")


def _of_oauth(mcp: McpServerSettings, chat: AgentServiceSettings) -> Iterator[Finding]:
    try:
        oauth_addresses(mcp)
    except IssuerSettingsError as error:
        cure = "Correct it (docs/clients.md, “By the address alone”), or set MCP_OAUTH=false."
        yield bad("OAuth", str(error), cure)
    if mcp.mcp_oauth and chat.agent_service_auth == "jwt":
        yield warning(
            "OAuth",
            "MCP_OAUTH=true with AGENT_SERVICE_AUTH=jwt: nobody can let a client in, because a page that is "
            "opened by itself has no token.",
            "Let clients use your identity provider (MCP_AUTH_ISSUER, docs/security.md), or make keys for "
            "them: owflex token create NAME.",
        )


def _of_the_chat(chat: AgentServiceSettings) -> Iterator[Finding]:
    is_open = not is_loopback(chat.agent_service_host)
    if is_open and chat.agent_service_auth == "none":
        yield warning(
            NAME,
            f"AGENT_SERVICE_HOST={chat.agent_service_host} without a login: "
            "everybody who reaches it is the one local user, with all conversations and tasks.",
            "Set AGENT_SERVICE_AUTH (docs/users.md), or let only a proxy with a login reach it.",
        )
    if is_open and chat.agent_service_auth == "accounts" and chat.agent_service_public_url is None:
        yield warning(
            NAME,
            "AGENT_SERVICE_PUBLIC_URL is not set: one-time links name this machine, and cookies that came in "
            "clear count.",
            "Set it to the https:// address under which people open the chat (docs/users.md).",
        )
    for name in LIMITS:
        if getattr(chat, name) == 0 and (is_open or chat.agent_service_auth != "none"):
            yield _without_limit(name.upper())
    if chat.agent_service_auth != "none" and _is_in_clear(chat.agent_service_public_url):
        yield warning(
            NAME,
            f"AGENT_SERVICE_PUBLIC_URL={chat.agent_service_public_url}: logins travel in clear.",
            "Serve it over https:// (docs/deployment.md), and set AGENT_SERVICE_PUBLIC_URL to that address.",
        )
    if chat.approval_tools == ["none"]:
        yield warning(
            NAME,
            "APPROVAL_TOOLS=none: a model that obeys a document deletes without asking.",
            "Take APPROVAL_TOOLS out, or name the tools that must ask.",
        )


def _of_places(
    mcp: McpServerSettings, chat: AgentServiceSettings, folder: Path, backups: Path | None
) -> Iterator[Finding]:
    here = _place(mcp.knowledge_base_database_url)
    if here is not None and here == _place(chat.chat_database_url):
        yield bad(
            NAME,
            "KNOWLEDGE_BASE_DATABASE_URL and CHAT_DATABASE_URL name the same database.",
            "Make a second one (create database chat) and name it in CHAT_DATABASE_URL.",
        )
    if backups is not None and backups.expanduser().absolute().is_relative_to(folder):
        yield warning(
            NAME,
            f"BACKUP_FOLDER={backups} is in the data folder: what destroys the one destroys the other.",
            "Set BACKUP_FOLDER to a folder on another disk.",
        )


def _without_limit(setting: str) -> Finding:
    return warning(
        NAME,
        f"{setting}=0 sets no limit: one user can keep all others waiting.",
        f"Take {setting} out, or set it to more than a person needs.",
    )


def _is_in_clear(url: str | None) -> bool:
    parts = urlsplit(url or "")
    return parts.scheme == "http" and not is_loopback(parts.hostname or "")


def _place(url: SecretStr | None) -> tuple[object, ...] | None:
    """Server and database of an address; None without one, or where it cannot be read."""
    if url is None:
        return None
    try:
        parts = conninfo_to_dict(url.get_secret_value())
    except psycopg.ProgrammingError:
        return None
    name = parts.get("dbname") or parts.get("user")
    return parts.get("host"), str(parts.get("port") or "5432"), name
