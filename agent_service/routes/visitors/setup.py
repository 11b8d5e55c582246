"""All that visitors of sites add to the chat, put together."""

from collections.abc import Sequence

from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from agent_service.routes.visitors.door import VisitorDoor
from agent_service.routes.visitors.routes import visitor_routes
from agent_service.settings.settings import AgentServiceSettings
from agent_service.storage.visitor_threads import keep_forgetting_visitors
from agent_service.visitors.known import KnownSites
from agent_service.visitors.tokens import VisitorTokens
from database.pool import Pool
from serving.client_addresses import AddressOf


class Visits:
    """What the app takes, over an open pool of the chat database; `key` signs the tokens of visitors."""

    def __init__(self, settings: AgentServiceSettings, pool: Pool, key: SecretStr) -> None:
        self._settings = settings
        self._pool = pool
        self._sites = KnownSites(pool)
        self._tokens = VisitorTokens(key, settings.visitor_days)

    def routes(self, address_of: AddressOf) -> list[BaseRoute]:
        """`POST /visitors`."""
        return visitor_routes(self._sites, self._tokens, self._settings.visitors_per_hour, address_of)

    def open_door(self, app: Starlette, headers: Sequence[str]) -> None:
        """Put the door before what the app has so far; pages of sites may send these headers."""
        app.add_middleware(
            VisitorDoor,
            sites=self._sites,
            tokens=self._tokens,
            headers=headers,
            cors_origins=self._settings.cors_origins,
        )

    async def keep_forgetting(self) -> None:
        """What runs beside the app."""
        await keep_forgetting_visitors(self._pool, self._settings.visitor_days)
