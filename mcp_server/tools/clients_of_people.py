"""Tools for an administrator's own requests: the clients that people have let in, and who is shut out.

Like the other tools of administration they are listed for tokens with the scope `admin` only.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Annotated

from pydantic import BaseModel, Field

from database.pool import Pool
from knowledge_base import api_keys
from knowledge_base import shut_out as people
from knowledge_base.access import Connection, acting_for
from knowledge_base.oauth.grants import OAuthGrant, disconnect, list_grants
from knowledge_base.oauth.transactions import see_oauth
from mcp_server.auth.callers import current_caller
from mcp_server.calls.arguments import MAX_ID
from mcp_server.connection_results import ClientOfPerson, ClientsOfAll, DisconnectedClient
from mcp_server.tools.administration import KEYS, Done, KeyEntry, UserId

MOST_CLIENTS = 1000
SomeUsers = Annotated[list[UserId], Field(max_length=1000)]


class OfPerson(BaseModel):
    """Answer of `set_shut_out`: what is refused from now on, or good again."""

    user_id: str
    clients: int = Field(description="How many clients the person has let in.")
    keys: list[KeyEntry] = Field(description="Keys of this person that have not ended.")


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

    async def set_shut_out(
        self,
        user_id: UserId,
        is_out: Annotated[bool, Field(description="false lets what was made for the person be good again.")],
    ) -> OfPerson:
        """Refuse the keys of a person and the clients that they have let in, or let them be good again."""
        async with self._administering() as connection:
            await (people.shut_out if is_out else people.let_in)(connection, [user_id])
            clients = await list_grants(connection, user_id)
            keys = await api_keys.list_good_keys(connection, user_id)
        return OfPerson(user_id=user_id, clients=len(clients), keys=KEYS.validate_python(map(asdict, keys)))

    async def sync_shut_out(self, shut_out: SomeUsers, let_in: SomeUsers) -> Done:
        """Shut people out and let others in again; for the chat, which knows who is disabled."""
        async with self._administering() as connection:
            await people.shut_out(connection, shut_out)
            await people.let_in(connection, let_in)
        return Done(message="Their keys and clients are refused, or good again.")

    @asynccontextmanager
    async def _administering(self) -> AsyncGenerator[Connection]:
        async with acting_for(self.pool, current_caller(None).administering) as connection:
            await see_oauth(connection)
            yield connection


def _entry(grant: OAuthGrant) -> ClientOfPerson:
    known = asdict(grant)
    return ClientOfPerson.model_validate({"connection_id": known.pop("grant_id"), **known})
