"""The process: settings in, a listening service out."""

import asyncio
import logging
import socket
from importlib.resources import files
from pathlib import Path

import uvicorn
from agents import set_tracing_disabled
from chatkit.store import NotFoundError

from agent_service.accounts.links import FIRST_ADMINISTRATOR
from agent_service.accounts.sessions import Lifetimes
from agent_service.accounts.signing_in import Accounts
from agent_service.app import create_app
from agent_service.attachments.store import remove_unsent
from agent_service.errors import ModelChoiceError, SaidError
from agent_service.live.settings import LiveSettings
from agent_service.live.vault import Vault
from agent_service.models.providers import ChosenModel, choose_model
from agent_service.rehearsal import rehearse
from agent_service.settings.run_time import MODEL_SETTINGS
from agent_service.settings.settings import SETTINGS_KEY_FILE, AgentServiceSettings
from agent_service.tools.connection import McpConnector
from database.embedded import configured_or_embedded
from database.home import open_data_folder, read_or_create_secret
from database.migrations import migrate
from database.pool import Pool, check_reachable, create_pool
from database.process import listen, reachable_host
from serving.draining import DrainingServer
from serving.memory import give_back_large_blocks
from serving.open_files import allow_open_files
from serving.patient_http import bounded_http
from serving.telemetry import telemetry

logger = logging.getLogger("agent_service")

SERVICE = "owflex-agent-service"
# What is left after AGENT_SERVICE_GRACE_SECONDS is cut off.
LAST_SECONDS = 2
# Longer than most proxies keep an idle connection: else they send a question just when it is closed.
IDLE_SECONDS = 75
# Connections to Postgres and to other servers, and pipes to parsers.
OTHER_OPEN_FILES = 512
# The ChatKit SDK leaves these behind when an answer is stopped; they mean nothing.
KNOWN_NOISE = ("Task was destroyed but it is pending", "Task exception was never retrieved")


def serve(settings: AgentServiceSettings) -> None:
    """Serve until SIGINT or SIGTERM. Raises `AgentServiceError` or `DatabaseError` when it cannot start."""
    # Otherwise the SDK sends prompts and documents to its vendor as soon as there is a key.
    set_tracing_disabled(True)
    logging.getLogger("asyncio").addFilter(_is_no_known_noise)
    logging.getLogger("chatkit").addFilter(_is_no_refusal)
    chosen = choose_model(settings)
    folder = open_data_folder(settings.owflex_home)
    with (
        telemetry(SERVICE, with_sql=False),
        listen(settings.agent_service_host, settings.agent_service_port, "AGENT_SERVICE_PORT") as listener,
        configured_or_embedded(settings.chat_database_url, folder, "chat") as url,
    ):
        asyncio.run(_serve(settings, chosen, folder, url, listener))


async def _serve(
    settings: AgentServiceSettings, chosen: ChosenModel, folder: Path, url: str, listener: socket.socket
) -> None:
    await check_reachable(url, "CHAT_DATABASE_URL")
    await migrate(url, files("agent_service") / "migrations")
    signing_key = settings.mcp_signing_key or read_or_create_secret(folder, "mcp-signing-key")
    connector = McpConnector(settings, signing_key)
    async with create_pool(url, max_size=settings.chat_pool_size) as pool:
        await remove_unsent(pool)
        vault = Vault(settings.chat_settings_key or read_or_create_secret(folder, SETTINGS_KEY_FILE))
        live = LiveSettings(settings, pool, vault)
        await live.refresh()
        chosen = _chosen_now(live, chosen)
        is_embedded = settings.chat_database_url is None
        app = create_app(
            settings,
            pool=pool,
            chosen=chosen,
            connector=connector,
            folder=folder if is_embedded else None,
            live=live,
        )
        await _tell_first_link(settings, pool, listener)
        rehearsing = asyncio.create_task(asyncio.to_thread(rehearse))
        give_back_large_blocks()
        allow_open_files(settings.agent_service_max_connections + OTHER_OPEN_FILES)
        logger.info("The chat answers at http://%s:%s", *listener.getsockname()[:2])
        config = uvicorn.Config(
            app,
            log_level="warning",
            log_config=None,
            access_log=False,
            # Else whoever names an address in X-Forwarded-For would count as coming from there.
            proxy_headers=False,
            http=bounded_http(settings.agent_service_max_connections, app.state.refuse),
            ws="none",
            timeout_graceful_shutdown=LAST_SECONDS,
            timeout_keep_alive=IDLE_SECONDS,
        )
        await DrainingServer(config, app.state.running, settings.agent_service_grace_seconds).serve(
            sockets=[listener]
        )
        await rehearsing


def _chosen_now(live: LiveSettings, at_start: ChosenModel) -> ChosenModel:
    """The model of the settings as administrators have changed them; where it is none, that of the start."""
    if not live.changed & MODEL_SETTINGS:
        return at_start
    try:
        return choose_model(live.settings)
    except ModelChoiceError as error:
        live.problems["model_name"] = str(error)
        logger.error("The model that was set on the page cannot be used: %s", error)
        return at_start


async def _tell_first_link(settings: AgentServiceSettings, pool: Pool, listener: socket.socket) -> None:
    """Where people sign in and nobody is there yet: write down how the first administrator comes in."""
    if settings.agent_service_auth != "accounts":
        return
    host, port = listener.getsockname()[:2]
    address = settings.agent_service_public_url or f"http://{reachable_host(host)}:{port}"
    link = await Accounts(pool, Lifetimes.of(settings)).first_link(address)
    if link is not None:
        # The only secret in a log: it opens nothing once somebody has used it, and after a day.
        logger.warning("%s%s", FIRST_ADMINISTRATOR, link)


def _is_no_known_noise(record: logging.LogRecord) -> bool:
    message = record.getMessage()
    return not (
        message.startswith(KNOWN_NOISE) and ("__anext__" in message or "StopAsyncIteration" in message)
    )


def _is_no_refusal(record: logging.LogRecord) -> bool:
    """A request for what does not exist is the client's mistake; it needs no traceback here."""
    return not (record.exc_info and isinstance(record.exc_info[1], NotFoundError | SaidError))
