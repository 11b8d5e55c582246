"""Administrators see and disconnect the clients of all people, and end those of somebody who is shut out."""

from collections.abc import Callable

import pytest
from fastmcp.exceptions import ToolError

from knowledge_base.api_keys import NewApiKey, create_api_key, revoke_api_key
from knowledge_base.embedding import SentenceTransformerEmbedder
from tests.support.oauth import oauth_server


async def test_administrators_disconnect_one_client_or_all_of_a_person(
    knowledge_base_url: str, embedder: SentenceTransformerEmbedder, sign: Callable[..., str]
) -> None:
    admin, ann, bob = sign("root", scope="admin"), sign("ann", scope="connections"), sign("bob", scope="x")
    async with oauth_server(knowledge_base_url, embedder) as server:
        with pytest.raises(ToolError, match="Unknown tool"):
            await server.call(bob, "list_clients_of_all")
        of_ann = [(await server.connected(ann))[1]["access_token"] for _ in range(2)]
        of_bob = (await server.connected(sign("bob", scope="connections")))[1]["access_token"]
        async with server.pool.connection() as connection:
            for name, user in (("laptop", "ann"), ("gone", "ann"), ("phone", "bob")):
                key, _ = await create_api_key(connection, NewApiKey(name, user, ["kb:read"]))
                if name == "gone":
                    await revoke_api_key(connection, key.key_id)
        listed = await server.call(admin, "list_clients_of_all", limit=2)
        assert (len(listed["clients"]), listed["total"]) == (2, 3)
        listed = await server.call(admin, "list_clients_of_all")
        [bobs] = [one["connection_id"] for one in listed["clients"] if one["user_id"] == "bob"]

        ended = await server.call(admin, "disconnect_clients_of", user_id="ann")
        assert (ended["disconnected"], [key["name"] for key in ended["keys"]]) == (2, ["laptop"])
        assert [await server.status(token) for token in (*of_ann, of_bob)] == [401, 401, 200]
        await server.call(admin, "disconnect_client_of_person", connection_id=bobs)
        assert await server.status(of_bob) == 401
        with pytest.raises(ToolError, match="There is no connected client"):
            await server.call(admin, "disconnect_client_of_person", connection_id=bobs)
        async with server.pool.connection() as connection:
            rows = await connection.execute(
                "select actor, through, about from audit_events where action = 'oauth_client.disconnected'"
                " order by about"
            )
            assert await rows.fetchall() == [("root", "chat", who) for who in ("ann", "ann", "bob")]
