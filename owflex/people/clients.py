"""Clients of a person who is shut out: their tokens are in the knowledge base, beside no sign-in."""

import asyncio

from knowledge_base.api_keys import list_good_keys
from knowledge_base.oauth.grants import disconnect_all
from owflex.in_knowledge_base import Connection, with_knowledge_base
from owflex.keeping.places import Installation


def end_clients(installation: Installation, user_id: str) -> tuple[int, int]:
    """Disconnect the clients that the person has let in: how many, and how many keys still open something."""

    async def end(connection: Connection) -> tuple[int, int]:
        ended = await disconnect_all(connection, user_id)
        return ended, len(await list_good_keys(connection, user_id))

    return asyncio.run(with_knowledge_base(installation.knowledge_base.url, end))
