"""The programs that `owflex up` runs: what each is called, how it is started and where it listens."""

import json
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from agent_service.settings.settings import AgentServiceSettings
from database.process import listen, reachable_host
from mcp_server.settings import McpServerSettings
from owflex.supervision.names import UpProgram

SECONDS_TO_SAY_HEALTHY, SECONDS_TO_SAY_READY = 1, 5
# What `/ready` says of the whole, and of replicas, which keep nobody from serving; the rest is about parts.
WHOLE = {"ready", "state", "reason", "replicas"}
# The programs are on this machine: no proxy of the environment is asked.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class Listener:
    """Where a program listens, and the setting that moves its port."""

    host: str
    port: int
    port_setting: str

    @property
    def url(self) -> str:
        """Where this machine reaches it."""
        return f"http://{reachable_host(self.host)}:{self.port}"

    def check_free(self) -> None:
        """Raise `PortTakenError` when a program could not listen here."""
        listen(self.host, self.port, self.port_setting).close()

    def is_answering(self) -> bool:
        """Whether the program that listens here is up; it may not be ready yet."""
        return self._get("/health", SECONDS_TO_SAY_HEALTHY) == {"status": "ok"}

    def missing(self) -> str | None:
        """What the program says is missing; None when it can serve."""
        state = self._get("/ready", SECONDS_TO_SAY_READY)
        if state is None:
            return "starting"
        said = (f"{part} {what}" for part, what in state.items() if part not in WHOLE and what != "ok")
        return None if state.get("ready") is True else ", ".join(said)

    def _get(self, path: str, seconds: float) -> dict[str, Any] | None:
        try:
            with DIRECT.open(f"{self.url}{path}", timeout=seconds) as answer:
                body = answer.read()
        except urllib.error.HTTPError as error:
            body = error.read()
        except (OSError, TimeoutError):
            return None
        try:
            state = json.loads(body)
        except ValueError:
            return None
        return cast(dict[str, Any], state) if isinstance(state, dict) else None


def chat_listener(settings: AgentServiceSettings) -> Listener:
    """Where the chat listens."""
    return Listener(settings.agent_service_host, settings.agent_service_port, "AGENT_SERVICE_PORT")


def mcp_listener(settings: McpServerSettings) -> Listener:
    """Where the MCP server listens."""
    return Listener(settings.mcp_server_host, settings.mcp_server_port, "MCP_SERVER_PORT")


@dataclass(frozen=True)
class Program:
    """One of the programs: what people call it, its module and arguments, and where it listens, if it does.

    One with `good_codes` does its work and ends with one of them; the others never end by themselves. With a
    `niceness` (to 19) it leaves the processor to the others.
    """

    name: UpProgram
    title: str
    module: str
    arguments: Sequence[str] = ()
    listens: Listener | None = None
    good_codes: Sequence[int] = ()
    niceness: int = 0
