"""Tools for the chat's pages on which people let clients in, see which came in, and disconnect them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from database.pool import Pool
from knowledge_base.access import acting_for
from knowledge_base.oauth.grants import OAuthGrant, Permission, disconnect, let_in, list_grants
from knowledge_base.oauth.requests import find_request, take_request
from knowledge_base.oauth.transactions import see_oauth
from mcp_server.auth.callers import current_caller
from mcp_server.auth.oauth.addresses import OAuthAddresses
from mcp_server.auth.oauth.redirects import host_of
from mcp_server.auth.oauth.server import client_redirect
from mcp_server.calls.arguments import MAX_ID, FilledText, Text
from mcp_server.connection_results import (
    AnsweredRequest,
    ConnectedClient,
    ConnectedClients,
    ConnectionRequest,
    DisconnectedClient,
)
from mcp_server.tool_errors import InvalidArgumentsError

MAX_COLLECTIONS = 200

RequestSecret = Annotated[
    FilledText, Field(max_length=100, description="The request, as the page got it in its address.")
]
Scopes = Annotated[list[Text], Field(max_length=10, description="What the client may do.")]
Collections = Annotated[
    list[Annotated[Text, Field(max_length=100)]] | None,
    Field(max_length=MAX_COLLECTIONS, description="The only collections it may use. Default: all."),
]


@dataclass(frozen=True)
class ConnectionTools:
    """The tools over one knowledge base; clients are sent back with the name of `addresses`."""

    pool: Pool
    addresses: OAuthAddresses

    async def get_connection_request(self, request: RequestSecret) -> ConnectionRequest:
        """Tell which client asks to be let in, for what, and where it leads."""
        async with acting_for(self.pool, current_caller(None).access) as connection:
            await see_oauth(connection)
            pending = await find_request(connection, request)
        return ConnectionRequest(
            client_name=pending.client_name,
            client_id=pending.client_id,
            redirect_uri=pending.redirect_uri,
            redirect_host=host_of(pending.redirect_uri),
            scopes=list(pending.scopes),
            expires_at=pending.expires_at,
        )

    async def answer_connection_request(
        self,
        request: RequestSecret,
        approve: Annotated[bool, Field(description="False: the client is sent back without a code.")],
        scopes: Scopes = [],  # noqa: B006 - becomes the default in the schema
        collections: Collections = None,
    ) -> AnsweredRequest:
        """Let a client in in the user's name, or refuse. Each request is answered once."""
        caller = current_caller(None)
        async with acting_for(self.pool, caller.access) as connection:
            await see_oauth(connection)
            pending = await take_request(connection, request)
            if not approve:
                refused = {"error": "access_denied", "error_description": "The person refused."}
                return AnsweredRequest(redirect_uri=client_redirect(self.addresses, pending, **refused))
            chosen = _chosen(pending.scopes, scopes)
            host = host_of(pending.redirect_uri)
            code = await let_in(connection, pending, Permission(caller.user, host, chosen, collections))
        return AnsweredRequest(redirect_uri=client_redirect(self.addresses, pending, code=code))

    async def list_connected_clients(self) -> ConnectedClients:
        """List the clients that the user has let in and that can still come in."""
        caller = current_caller(None)
        async with acting_for(self.pool, caller.access) as connection:
            grants = await list_grants(connection, caller.user)
        return ConnectedClients(clients=[_entry(grant) for grant in grants])

    async def disconnect_client(
        self, connection_id: Annotated[int, Field(ge=1, le=MAX_ID, description="From the list.")]
    ) -> DisconnectedClient:
        """Disconnect a client of the user's: its tokens open nothing from the next call on."""
        caller = current_caller(None)
        async with acting_for(self.pool, caller.access) as connection:
            gone = await disconnect(connection, connection_id, caller.user)
        return DisconnectedClient(connection_id=gone.grant_id, client_name=gone.client_name)


def _chosen(asked: Sequence[str], scopes: Sequence[str]) -> list[str]:
    """Those of the scopes that were asked for. Raises `InvalidArgumentsError` when there is none."""
    chosen = [scope for scope in asked if scope in scopes]
    if not chosen:
        raise InvalidArgumentsError("Choose at least one of the scopes that the client asks for.")
    return chosen


def _entry(grant: OAuthGrant) -> ConnectedClient:
    return ConnectedClient(
        connection_id=grant.grant_id,
        client_name=grant.client_name,
        client_id=grant.client_id,
        redirect_host=grant.redirect_host,
        scopes=grant.scopes,
        collections=grant.collections,
        created_at=grant.created_at,
        last_used_at=grant.last_used_at,
    )
