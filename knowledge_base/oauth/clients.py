"""Clients that registered themselves: bounded in number, and forgotten when nobody lets them in."""

import json
from collections.abc import Mapping
from typing import Any

from database.pool import Pool
from knowledge_base.oauth.transactions import authorizing

MAX_CLIENTS = 1000
# A client that somebody has let in is kept so long after its last token.
KEPT_DAYS = 90


async def store_client(pool: Pool, client_id: str, metadata: Mapping[str, Any]) -> bool:
    """Keep what a client says of itself, for a day unless somebody lets it in.

    Where there are too many, the oldest that nobody has let in goes; False when there is no such, and nothing
    was kept. Raises what Postgres raises.
    """
    async with authorizing(pool) as connection:
        # Two that register at once count the same.
        await connection.execute("lock table oauth_clients in share row exclusive mode")
        await connection.execute(
            """
            delete from oauth_clients as client
            where keep_until < now()
              and not exists (
                  select from oauth_grants where client_id = client.client_id and revoked_at is null
              )
            """
        )
        await connection.execute(
            """
            delete from oauth_clients
            where client_id in (
                select client_id
                from oauth_clients
                where not was_let_in
                order by created_at, client_id
                limit greatest((select count(*) from oauth_clients) - %(others)s, 0)
            )
            """,
            {"others": MAX_CLIENTS - 1},
        )
        stored = await connection.execute(
            """
            insert into oauth_clients (client_id, metadata)
            select %(client_id)s, %(metadata)s::jsonb
            where (select count(*) from oauth_clients) < %(most)s
            """,
            {"client_id": client_id, "metadata": json.dumps(metadata), "most": MAX_CLIENTS},
        )
        return stored.rowcount == 1


async def find_client(pool: Pool, client_id: str) -> dict[str, Any] | None:
    """What the client said of itself when it registered; None when it is unknown or forgotten.

    Raises what Postgres raises.
    """
    async with authorizing(pool) as connection:
        rows = await connection.execute(
            "select metadata from oauth_clients where client_id = %(client_id)s", {"client_id": client_id}
        )
        row = await rows.fetchone()
    return None if row is None else row[0]
