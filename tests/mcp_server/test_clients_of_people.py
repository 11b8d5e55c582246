"""Administrators see and disconnect the clients of all people, and shut somebody out with theirs."""

from collections.abc import Callable

import pytest
from fastmcp.exceptions import ToolError

from knowledge_base.api_keys import NewApiKey, create_api_key, revoke_api_key
from knowledge_base.embedding import SentenceTransformerEmbedder
from tests.support.oauth import Pkce, oauth_server


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

        ended = await server.call(admin, "set_shut_out", user_id="ann", is_out=True)
        assert (ended["clients"], [key["name"] for key in ended["keys"]]) == (2, ["laptop"])
        assert [await server.status(token) for token in (*of_ann, of_bob)] == [401, 401, 200]
        listed = await server.call(admin, "list_clients_of_all")
        assert {one["user_id"]: one["is_shut_out"] for one in listed["clients"]} == {
            "ann": True,
            "bob": False,
        }
        await server.call(admin, "set_shut_out", user_id="ann", is_out=False)
        assert [await server.status(token) for token in of_ann] == [200, 200]
        for one in listed["clients"]:
            if one["user_id"] == "ann":
                await server.call(admin, "disconnect_client_of_person", connection_id=one["connection_id"])
        assert [await server.status(token) for token in of_ann] == [401, 401]
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
            rows = await connection.execute(
                "select action, actor, about from audit_events where action like 'clients.%' order by id"
            )
            assert await rows.fetchall() == [
                ("clients.shut_out", "root", "ann"),
                ("clients.let_in", "root", "ann"),
            ]


async def test_codes_and_refresh_tokens_of_somebody_who_is_shut_out_wait(
    knowledge_base_url: str, embedder: SentenceTransformerEmbedder, sign: Callable[..., str]
) -> None:
    admin, ann = sign("root", scope="admin"), sign("ann", scope="connections")
    async with oauth_server(knowledge_base_url, embedder) as server:
        client_id, tokens = await server.connected(ann)
        pkce = Pkce()
        code = await server.code(ann, client_id, pkce)
        await server.call(admin, "sync_shut_out", shut_out=["ann"], let_in=[])
        refused = await server.refresh(client_id, tokens["refresh_token"])
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
        assert (await server.redeem(client_id, code, pkce)).status_code == 400
        # Nothing of it was used up, and nothing taken for stolen.
        await server.call(admin, "sync_shut_out", shut_out=[], let_in=["ann"])
        assert (await server.redeem(client_id, code, pkce)).status_code == 200
        assert (await server.refresh(client_id, tokens["refresh_token"])).status_code == 200
