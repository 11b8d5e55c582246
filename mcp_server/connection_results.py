"""What the tools about connected clients return."""

from datetime import datetime

from pydantic import BaseModel, Field


class ConnectionRequest(BaseModel):
    """A client that asks to be let in."""

    client_name: str = Field(description="What the client calls itself: nobody has checked it.")
    client_id: str
    redirect_uri: str
    redirect_host: str = Field(description="Where it leads: a host, or the scheme of an app.")
    scopes: list[str]
    expires_at: datetime


class AnsweredRequest(BaseModel):
    """Where the browser takes the answer to."""

    redirect_uri: str


class ConnectedClient(BaseModel):
    """A client that the user has let in."""

    connection_id: int
    client_name: str = Field(description="What the client calls itself: nobody has checked it.")
    client_id: str
    redirect_host: str
    scopes: list[str]
    collections: list[str] | None = Field(description="The only ones it may use; null: all.")
    created_at: datetime
    last_used_at: datetime | None


class ConnectedClients(BaseModel):
    """The clients that the user has let in."""

    clients: list[ConnectedClient]


class DisconnectedClient(BaseModel):
    """A client that can no longer come in."""

    connection_id: int
    client_name: str


class ClientOfPerson(ConnectedClient):
    """A client, and who has let it in."""

    user_id: str
    is_shut_out: bool = Field(
        description="The person may not come in: its tokens are refused, until they may."
    )


class ClientsOfAll(BaseModel):
    """Answer of `list_clients_of_all`."""

    clients: list[ClientOfPerson]
    total: int = Field(description="How many there are; those used last are listed.")
