"""What `owflex token clients` and `owflex token disconnect` do: clients that people have let in."""

from collections.abc import Sequence

from rich.table import Table

from knowledge_base.oauth.grants import OAuthGrant, disconnect, list_grants
from owflex.in_knowledge_base import Connection, in_knowledge_base
from owflex.token_keys import console, written_moment
from serving.terminal import escape, escape_line, json_line


def list_clients(user: str | None, *, as_json: bool) -> int:
    """Show the clients, of one user or of all; the exit code."""

    async def listed(connection: Connection) -> list[OAuthGrant]:
        return await list_grants(connection, user)

    return in_knowledge_base(listed, lambda grants: _show(grants, as_json=as_json))


def disconnect_client(grant_id: int) -> int:
    """Let the client in no more; the exit code."""

    async def gone(connection: Connection) -> OAuthGrant:
        return await disconnect(connection, grant_id)

    def show(grant: OAuthGrant) -> None:
        name, user = escape_line(grant.client_name), escape_line(grant.user_id)
        console.print(f"{name} of the user {user} is disconnected: it opens nothing any more.")

    return in_knowledge_base(gone, show)


def _show(grants: Sequence[OAuthGrant], *, as_json: bool) -> None:
    if as_json:
        console.print(json_line([_as_json(grant) for grant in grants]), markup=False, soft_wrap=True)
        return
    if not grants:
        console.print("No client is connected.")
        return
    table = Table(
        "ID", "Calls itself", "User", "Leads to", "Scopes", "Collections", "Since", "Last used", "State"
    )
    for grant in grants:
        opened = "all" if grant.collections is None else ", ".join(grant.collections)
        row = (str(grant.grant_id), grant.client_name, grant.user_id, grant.redirect_host)
        moments = (written_moment(grant.created_at), written_moment(grant.last_used_at) or "never")
        state = f"refused: owflex user enable {grant.user_id}" if grant.is_shut_out else ""
        table.add_row(*map(escape, (*row, " ".join(grant.scopes), opened)), *moments, escape(state))
    console.print(table)


def _as_json(grant: OAuthGrant) -> dict[str, object]:
    return {
        "id": grant.grant_id,
        "client": grant.client_name,
        "client_id": grant.client_id,
        "user": grant.user_id,
        "leads_to": grant.redirect_host,
        "scopes": grant.scopes,
        "collections": grant.collections,
        "is_shut_out": grant.is_shut_out,
        "created_at": grant.created_at.isoformat(),
        "last_used_at": None if grant.last_used_at is None else grant.last_used_at.isoformat(),
    }
