"""The groups that a login names are handed over to the MCP server, which keeps who is in which."""

import logging
from collections.abc import Sequence

from agent_service.context import RequestContext
from agent_service.errors import SaidError
from agent_service.tools.connection import ADMIN_SCOPE, McpConnector

logger = logging.getLogger("agent_service")

TOOL = "sync_groups"


class GroupsOfLogin:
    """Hands groups over where the MCP server takes them; where it does not, that is said once."""

    def __init__(self, connector: McpConnector) -> None:
        self._connector = connector
        self._has_said = False

    async def __call__(self, user_id: str, groups: Sequence[str]) -> None:
        """Let the user be in these groups of the claim; what fails is logged, and hinders nobody."""
        try:
            async with self._connector.connect(RequestContext(user_id), ADMIN_SCOPE) as server:
                if TOOL not in {tool.name for tool in await server.list_tools()}:
                    self._say_once()
                    return
                result = await server.call_tool(TOOL, {"user_id": user_id, "names": list(groups)})
        except SaidError as error:
            logger.error("The groups of a login could not be handed over: %s", error)
            return
        if result.is_error:
            logger.error("The MCP server did not take the groups of a login.")

    def _say_once(self) -> None:
        if not self._has_said:
            self._has_said = True
            logger.warning("The MCP server has no tool %s: the groups of logins count for nothing.", TOOL)
