"""The other servers of the chat: what each offers is looked up beside the turns, which hardly wait for it."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial

from agent_service.context import RequestContext
from agent_service.foreign.offered import Offered, offered_tools
from agent_service.foreign.opening import Known, OtherServerFailedError, known_servers, opened, why
from agent_service.foreign.secrets import known_variables
from agent_service.foreign.turn_server import TurnServer
from agent_service.settings.settings import AgentServiceSettings

logger = logging.getLogger("agent_service")

FRESH_SECONDS = 300.0
# After a failure it is looked again after this time, then after twice as long, up to FRESH_SECONDS.
RETRY_SECONDS = 5.0
# Longer no turn waits for what was not looked at since the start.
FIRST_LOOK_SECONDS = 2.0


@dataclass
class Seen:
    """What is known of a server: its tools, why it cannot be used now, and whether it was looked at."""

    tools: Sequence[Offered] = ()
    problem: str | None = None
    looked: asyncio.Event = field(default_factory=asyncio.Event)
    again: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True)
class TurnServers:
    """The other servers of one turn: those it can call, and the names of those that are away."""

    servers: Sequence[TurnServer] = ()
    away: Sequence[str] = ()

    @property
    def missing(self) -> list[str]:
        """The names of those that were away or have failed since."""
        return [*self.away, *(server.name for server in self.servers if server.failed)]


class Others:
    """The servers of MCP_SERVERS; `keep_looking` has to run beside the service.

    Raises `OtherServerError` for a secret that is not there.
    """

    def __init__(
        self, settings: AgentServiceSettings, variables: Mapping[str, str | None] | None = None
    ) -> None:
        given = variables if variables is not None or not settings.mcp_servers else known_variables()
        self._known = known_servers(settings, given or {})
        self._seen = {known.name: Seen() for known in self._known}

    @property
    def problems(self) -> dict[str, str]:
        """Why servers cannot be used right now, by their names."""
        return {name: seen.problem for name, seen in self._seen.items() if seen.problem is not None}

    async def keep_looking(self) -> None:
        """Look at each server again and again until cancelled."""
        async with asyncio.TaskGroup() as group:
            for known in self._known:
                group.create_task(self._keep_looking_at(known))

    async def look(self) -> dict[str, str]:
        """Look at all servers once; why they cannot be used, by their names."""
        await asyncio.gather(*(self._look_at(known) for known in self._known))
        return self.problems

    @asynccontextmanager
    async def for_turn(
        self, context: RequestContext, *, goes_on: bool = False
    ) -> AsyncGenerator[TurnServers]:
        """What a turn of this user may call; their connections end with the block.

        Visitors of a site get only what the operator gives them, and no tool that waits for an approval. A
        turn that `goes_on` after an approval knows its tools also where their server is away.
        """
        is_visitor = context.site is not None
        mine = [known for known in self._known if known.server.visitors or not is_visitor]
        await self._first_looks(mine)
        away = [known.name for known in mine if self._is_away(known.name)]
        async with AsyncExitStack() as stack:
            yield TurnServers(
                [
                    TurnServer(
                        known,
                        [one for one in self._seen[known.name].tools if not (is_visitor and one.waits)],
                        stack,
                        partial(self._failed, known.name),
                    )
                    for known in mine
                    if goes_on or known.name not in away
                ],
                away,
            )

    def _is_away(self, name: str) -> bool:
        return self._seen[name].problem is not None or not self._seen[name].looked.is_set()

    def _failed(self, name: str, problem: str) -> None:
        self._seen[name].problem = problem
        self._seen[name].again.set()

    async def _first_looks(self, servers: Sequence[Known]) -> None:
        """Wait until the servers were looked at once, but not for long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(FIRST_LOOK_SECONDS):
                for known in servers:
                    await self._seen[known.name].looked.wait()

    async def _keep_looking_at(self, known: Known) -> None:
        seen = self._seen[known.name]
        failures = 0
        while True:
            await self._look_at(known)
            failures = 0 if seen.problem is None else failures + 1
            seconds = min(RETRY_SECONDS * 2**failures, FRESH_SECONDS) if failures else FRESH_SECONDS
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await seen.again.wait()
                # It has failed just now: it gets a moment to come back.
                await asyncio.sleep(RETRY_SECONDS)
            seen.again.clear()

    async def _look_at(self, known: Known) -> None:
        seen = self._seen[known.name]
        before = seen.problem
        try:
            async with asyncio.timeout(known.connect_seconds + known.call_seconds), opened(known) as server:
                seen.tools = offered_tools(known.name, known.server, await server.list_tools())
            seen.problem = None
        except OtherServerFailedError as error:
            seen.problem = str(error)
        except Exception as error:  # noqa: BLE001 - what another server does wrong ends nothing of ours
            seen.problem = why(known, error)
        if seen.problem is not None and seen.problem != before:
            logger.warning("The MCP server %s cannot be used: %s", known.name, seen.problem)
        seen.looked.set()


class NoOthers(Others):
    """No other servers, for answers that programs ask for."""

    def __init__(self) -> None:
        self._known = []
        self._seen = {}
