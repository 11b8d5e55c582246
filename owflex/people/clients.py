"""Keys and clients of a person, which come in beside signing in: the knowledge base decides about them."""

import asyncio

from knowledge_base.api_keys import list_good_keys
from knowledge_base.oauth.grants import list_grants
from knowledge_base.shut_out import let_in, shut_out
from owflex.in_knowledge_base import Connection, with_knowledge_base
from owflex.keeping.places import Installation


def set_shut_out(installation: Installation, user_id: str, *, is_out: bool) -> tuple[int, int]:
    """Refuse a person's clients and keys, or let them be good again: how many clients and keys these are."""

    async def change(connection: Connection) -> tuple[int, int]:
        await (shut_out if is_out else let_in)(connection, [user_id])
        clients = await list_grants(connection, user_id)
        return len(clients), len(await list_good_keys(connection, user_id))

    return asyncio.run(with_knowledge_base(installation.knowledge_base.url, change))
