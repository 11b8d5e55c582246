"""Tools for an administrator's own requests: the clients that people have let in.

Like the other tools of administration they are listed for tokens with the scope `admin` only.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Annotated

from pydantic import BaseModel, Field

from database.pool import Pool
from knowledge_base import api_keys
from knowledge_base.access import Connection, acting_for
from knowledge_base.oauth.grants import OAuthGrant, disconnect, disconnect_all, list_grants
from knowledge_base.oauth.transactions import see_oauth
from mcp_server.auth.callers import current_caller
from mcp_server.calls.arguments import MAX_ID
from mcp_server.connection_results import ClientOfPerson, ClientsOfAll, DisconnectedClient
from mcp_server.tools.administration import KEYS, KeyEntry, UserId

MOST_CLIENTS = 1000


class ShutOut(BaseModel):
    """Answer of `disconnect_clients_of`."""

    user_id: str
    disconnected: int = Field(description="How many clients had been connected.")
    keys: list[KeyEntry] = Field(description="Keys of this person that still open something.")


@dataclass(frozen=True)
class ClientsOfPeopleTools:
    """The tools of administrators over the clients of all people."""

    pool: Pool

    async def list_clients_of_all(
        self,
        limit: Annotated[int, Field(ge=1, le=MOST_CLIENTS, description="Most to return.")] = MOST_CLIENTS,
    ) -> ClientsOfAll:
        """List the clients that people have let in and that can still come in, the last used first."""
        async with self._administering() as connection:
            found = await list_grants(connection)
        found.sort(key=lambda grant: grant.last_used_at or grant.created_at, reverse=True)
        return ClientsOfAll(clients=[_entry(grant) for grant in found[:limit]], total=len(found))

    async def disconnect_client_of_person(
        self, connection_id: Annotated[int, Field(ge=1, le=MAX_ID, description="From the list.")]
    ) -> DisconnectedClient:
        """Disconnect a client, whoever has let it in: its tokens open nothing from the next call on."""
        async with self._administering() as connection:
            gone = await disconnect(connection, connection_id)
        return DisconnectedClient(connection_id=gone.grant_id, client_name=gone.client_name)

    async def disconnect_clients_of(self, user_id: UserId) -> ShutOut:
        """Disconnect all clients of a person who is shut out, and tell which keys still open something."""
        async with self._administering() as connection:
            disconnected = await disconnect_all(connection, user_id)
            keys = await api_keys.list_good_keys(connection, user_id)
        return ShutOut(
            user_id=user_id, disconnected=disconnected, keys=KEYS.validate_python(list(map(asdict, keys)))
        )

    @asynccontextmanager
    async def _administering(self) -> AsyncGenerator[Connection]:
        async with acting_for(self.pool, current_caller(None).administering) as connection:
            await see_oauth(connection)
            yield connection


def _entry(grant: OAuthGrant) -> ClientOfPerson:
    known = asdict(grant)
    return ClientOfPerson.model_validate({"connection_id": known.pop("grant_id"), **known})
