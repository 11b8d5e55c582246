"""The server as its own authorization server: what a client gets, and what nobody gets."""

from collections.abc import AsyncGenerator, Callable
from typing import TYPE_CHECKING

import httpx2
import pytest
from fastmcp.exceptions import ToolError
from psycopg import sql

from knowledge_base.embedding import SentenceTransformerEmbedder
from mcp_server.auth.oauth import routes
from tests.support.oauth import CALLBACK, OAuthServer, Pkce, oauth_server, query_of

if TYPE_CHECKING:
    from collections.abc import Sequence

Sign = Callable[..., str]


@pytest.fixture
async def server(
    knowledge_base_url: str, embedder: SentenceTransformerEmbedder
) -> AsyncGenerator[OAuthServer]:
    async with oauth_server(knowledge_base_url, embedder) as running:
        yield running


@pytest.fixture
def ann(sign: Sign) -> str:
    return sign("ann", scope="connections")


@pytest.fixture
def bob(sign: Sign) -> str:
    return sign("bob", scope="connections")


async def test_a_client_finds_everything_by_the_address_alone(server: OAuthServer) -> None:
    refused = await server.post("/mcp")
    assert refused.status_code == 401
    place = refused.headers["www-authenticate"].partition('resource_metadata="')[2].rstrip('"')
    assert place == f"{server.url}/.well-known/oauth-protected-resource/mcp"
    resource = (await server.get("/.well-known/oauth-protected-resource/mcp")).json()
    assert (resource["resource"], resource["authorization_servers"]) == (server.resource, [server.url])
    metadata = (await server.get("/.well-known/oauth-authorization-server")).json()
    assert metadata["issuer"] == server.url
    assert metadata["code_challenge_methods_supported"] == ["S256"]
    assert metadata["authorization_response_iss_parameter_supported"] is True
    assert metadata["client_id_metadata_document_supported"] is True
    for name in ("authorization", "token", "registration", "revocation"):
        assert metadata[f"{name}_endpoint"].startswith(f"{server.url}/")


async def test_a_client_that_was_let_in_acts_for_the_person(server: OAuthServer, ann: str) -> None:
    _, tokens = await server.connected(ann)
    assert (tokens["token_type"], tokens["scope"]) == ("Bearer", "kb:read tasks")
    await server.call(tokens["access_token"], "add_task", title="from a client")
    async with server.pool.connection() as connection:
        rows = await connection.execute("select user_id from tasks")
        assert await rows.fetchall() == [("ann",)]


async def test_the_person_chooses_scopes_and_collections(server: OAuthServer, ann: str) -> None:
    _, tokens = await server.connected(ann, scopes=["kb:read", "kb:write"], collections=["hr"])
    assert tokens["scope"] == "kb:read"
    with pytest.raises(ToolError, match="Unknown tool"):
        await server.call(tokens["access_token"], "list_tasks")
    async with server.pool.connection() as connection:
        await connection.execute("insert into collections (name) values ('hr'), ('sales')")
    listed = await server.call(tokens["access_token"], "list_collections")
    assert [one["name"] for one in listed["collections"]] == ["hr"]


async def test_a_client_has_never_more_than_the_person(server: OAuthServer, ann: str) -> None:
    async with server.pool.connection() as connection:
        await connection.execute("insert into collections (name) values ('hr'), ('sales')")
    everything, hr = [(await server.connected(ann, collections=chosen))[1] for chosen in (None, ["hr"])]

    async def seen(tokens: dict[str, str]) -> list[str]:
        listed = await server.call(tokens["access_token"], "list_collections")
        return [one["name"] for one in listed["collections"] if one["name"] in ("hr", "sales")]

    assert (await seen(everything), await seen(hr)) == (["hr", "sales"], ["hr"])
    async with server.pool.connection() as connection:
        await connection.execute("delete from collection_rights where collection = 'hr'")
    assert (await seen(everything), await seen(hr)) == (["sales"], [])


async def test_the_answer_names_the_server_and_brings_the_state_back(server: OAuthServer, ann: str) -> None:
    client_id = await server.client_id()
    for approve in (True, False):
        request = await server.asked(client_id, Pkce())
        answered = await server.call(
            ann, "answer_connection_request", request=request, approve=approve, scopes=["tasks"]
        )
        assert answered["redirect_uri"].startswith(f"{CALLBACK}?")
        answer = query_of(answered["redirect_uri"])
        assert (answer["iss"], answer["state"]) == (server.url, "of-the-client")
        assert ("code" in answer, answer.get("error")) == (approve, None if approve else "access_denied")


async def test_a_request_is_answered_once_and_by_nobody_without_the_chat(
    server: OAuthServer, ann: str, sign: Sign
) -> None:
    request = await server.asked(await server.client_id(), Pkce())
    arguments = {"request": request, "approve": True, "scopes": ["tasks"]}
    _, tokens = await server.connected(ann)
    for token in (sign("ann"), tokens["access_token"]):
        with pytest.raises(ToolError, match="Unknown tool"):
            await server.call(token, "answer_connection_request", **arguments)
    with pytest.raises(ToolError, match="at least one"):
        await server.call(ann, "answer_connection_request", **arguments | {"scopes": ["admin"]})
    assert (await server.call(ann, "get_connection_request", request=request))["client_name"] == "Test"
    await server.call(ann, "answer_connection_request", **arguments)
    for again in (request, "never was"):
        with pytest.raises(ToolError, match="connection request is not there"):
            await server.call(ann, "answer_connection_request", **arguments | {"request": again})


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "admin"}, "invalid_scope"),
        ({"resource": "https://elsewhere.example/mcp"}, "invalid_target"),
        ({"state": "s" * 2001}, "invalid_request"),
    ],
    ids=str,
)
async def test_a_wrong_request_goes_back_to_the_client(
    server: OAuthServer, changed: dict[str, str | None], error: str
) -> None:
    answer = await server.authorize(await server.client_id(), Pkce(), **changed)
    assert answer.status_code == 302
    assert answer.headers["location"].startswith(CALLBACK)
    said = query_of(answer.headers["location"])
    assert (said["error"], said["iss"]) == (error, server.url)


@pytest.mark.parametrize(
    "changed",
    [
        {"redirect_uri": "http://127.0.0.1:7777/other"},
        {"redirect_uri": "http://127.0.0.1:7777/callback?more=1"},
        {"redirect_uri": "http://127.0.0.1:7777/callback/"},
        {"redirect_uri": "https://127.0.0.1:7777/callback"},
        {"redirect_uri": "http://localhost:7777/callback"},
        {"redirect_uri": "http://127.0.0.1.evil.example:7777/callback"},
        {"redirect_uri": "http://127.0.0.1:7777/callback#part"},
        {"redirect_uri": "http://evil.example@127.0.0.1:7777/callback"},
        {"client_id": "never-registered"},
        {"client_id": "https://127.0.0.1/client.json"},
    ],
    ids=str,
)
async def test_nobody_is_sent_where_no_client_asked_to_be_sent(
    server: OAuthServer, changed: dict[str, str]
) -> None:
    client_id = await server.client_id()
    others = {name: value for name, value in changed.items() if name != "client_id"}
    answer = await server.authorize(changed.get("client_id", client_id), Pkce(), **others)
    assert (answer.status_code, answer.headers.get("location")) == (400, None)


async def test_a_client_on_this_machine_may_take_any_port(server: OAuthServer) -> None:
    answer = await server.authorize(
        await server.client_id(), Pkce(), redirect_uri="http://127.0.0.1:50123/callback"
    )
    assert "/connect?request=" in answer.headers["location"]


@pytest.mark.parametrize(
    "uri",
    [
        "http://evil.example/cb",
        "https://user@good.example/cb",
        "https://good.example/cb#part",
        "https://*.example/cb",
        "javascript:alert(1)",
        "data:text/html,hi",
        "file:///etc/passwd",
        "view-source:https://good.example",
        "ms-word:ofe|u|https://evil.example/a.docx",
        "https://good.example;sandbox/cb",
        "https://good.example,x/cb",
        f"https://good.example/{'a' * 500}",
    ],
)
async def test_no_client_registers_an_address_of_a_bad_kind(server: OAuthServer, uri: str) -> None:
    answer = await server.register(redirect_uris=[CALLBACK, uri])
    assert answer.status_code == 400
    assert answer.json()["error"] in ("invalid_redirect_uri", "invalid_client_metadata")


async def test_a_registered_client_is_told_what_it_is(server: OAuthServer) -> None:
    uris = [
        "https://claude.ai/api/mcp/auth_callback",
        "cursor://anysphere.cursor-mcp/oauth",
        "com.example:/cb",
    ]
    public = (await server.register(redirect_uris=uris, client_name="A\u202e\nB" + "c" * 500)).json()
    assert public["redirect_uris"] == uris
    assert public["client_name"] == f"A B{'c' * 97}"
    assert "client_secret" not in public
    other = (await server.register(token_endpoint_auth_method="client_secret_basic")).json()
    assert other["token_endpoint_auth_method"] == "client_secret_post"
    assert len(other["client_secret"]) == 64
    async with server.pool.connection() as connection:
        rows = await connection.execute("select metadata::text from oauth_clients")
        assert all(other["client_secret"] not in text for (text,) in await rows.fetchall())


async def test_registrations_are_bounded_in_size_and_rate(server: OAuthServer) -> None:
    assert (await server.register(client_uri=f"https://a.example/{'a' * 20_000}")).status_code == 413
    answers = [(await server.register()).status_code for _ in range(20)]
    assert (answers[0], answers[-1]) == (201, 429)


@pytest.mark.parametrize(("proxies", "other"), [(["127.0.0.1"], 201), ([], 429)])
async def test_behind_a_trusted_proxy_each_client_counts_for_itself(
    knowledge_base_url: str,
    embedder: SentenceTransformerEmbedder,
    monkeypatch: pytest.MonkeyPatch,
    proxies: list[str],
    other: int,
) -> None:
    monkeypatch.setattr(routes, "REGISTRATIONS_A_MINUTE", 1)
    async with oauth_server(knowledge_base_url, embedder, proxies=proxies) as server:

        async def register(address: str) -> int:
            # What stands before the proxy's own word anybody may have made up.
            headers = {"x-forwarded-for": f"198.51.100.1, {address}"}
            body = {"redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none"}
            async with httpx2.AsyncClient() as http:
                return (await http.post(f"{server.url}/register", json=body, headers=headers)).status_code

        found = [await register(address) for address in ("192.0.2.1", "192.0.2.1", "192.0.2.2")]
        assert found == [201, 429, other]


async def test_a_client_with_a_secret_has_to_show_it(server: OAuthServer, ann: str) -> None:
    client = (await server.register(token_endpoint_auth_method="client_secret_post")).json()
    client_id, pkce = client["client_id"], Pkce()
    code = await server.code(ann, client_id, pkce)
    for wrong in (None, "wrong"):
        answer = await server.redeem(client_id, code, pkce, client_secret=wrong)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    answer = await server.redeem(client_id, code, pkce, client_secret=client["client_secret"])
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"code_verifier": None}, "invalid_request"),
        ({"code_verifier": "x" * 50}, "invalid_grant"),
        ({"redirect_uri": "http://127.0.0.1:7777/other"}, "invalid_request"),
        ({"redirect_uri": None}, "invalid_request"),
        ({"resource": "https://elsewhere.example/mcp"}, "invalid_target"),
        ({"code": "owflexcode_never-was"}, "invalid_grant"),
    ],
    ids=str,
)
async def test_a_code_is_good_only_with_all_that_belongs_to_it(
    server: OAuthServer, ann: str, changed: dict[str, str | None], error: str
) -> None:
    client_id, pkce = await server.client_id(), Pkce()
    code = await server.code(ann, client_id, pkce)
    others = {name: value for name, value in changed.items() if name != "code"}
    answer = await server.redeem(client_id, changed.get("code") or code, pkce, **others)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


async def test_what_is_another_clients_is_as_if_it_were_not(server: OAuthServer, ann: str) -> None:
    client_id, other, pkce = await server.client_id(), await server.client_id(), Pkce()
    code = await server.code(ann, client_id, pkce)
    foreign = await server.redeem(other, code, pkce)
    missing = await server.redeem(other, "owflexcode_never-was", pkce)
    assert (foreign.status_code, foreign.content) == (missing.status_code, missing.content)
    tokens = (await server.redeem(client_id, code, pkce)).json()
    foreign = await server.refresh(other, tokens["refresh_token"])
    missing = await server.refresh(other, "owflexrefresh_never-was")
    assert (foreign.status_code, foreign.content) == (missing.status_code, missing.content)
    for token in (tokens["access_token"], "owflexaccess_never-was"):
        revoked = await server.post("/revoke", client_id=other, token=token)
        assert (revoked.status_code, revoked.content) == (200, b"")
    # None of it was of any consequence.
    assert await server.status(tokens["access_token"]) == 200
    assert (await server.refresh(client_id, tokens["refresh_token"])).status_code == 200


async def test_a_code_used_twice_takes_its_tokens_back(server: OAuthServer, ann: str) -> None:
    client_id, pkce = await server.client_id(), Pkce()
    code = await server.code(ann, client_id, pkce)
    tokens = (await server.redeem(client_id, code, pkce)).json()
    assert await server.status(tokens["access_token"]) == 200
    again = await server.redeem(client_id, code, pkce)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert await server.status(tokens["access_token"]) == 401


async def test_refresh_tokens_are_good_once(server: OAuthServer, ann: str) -> None:
    client_id, first = await server.connected(ann)
    second = (await server.refresh(client_id, first["refresh_token"], scope="tasks")).json()
    assert second["scope"] == "tasks"
    assert await server.status(second["access_token"]) == 200
    third = (await server.refresh(client_id, second["refresh_token"])).json()
    assert third["scope"] == "kb:read tasks"
    assert (await server.refresh(client_id, third["refresh_token"], scope="kb:write")).status_code == 400
    stolen = await server.refresh(client_id, first["refresh_token"])
    assert (stolen.status_code, stolen.json()["error"]) == (400, "invalid_grant")
    for tokens in (first, second, third):
        assert await server.status(tokens["access_token"]) == 401
    assert (await server.refresh(client_id, third["refresh_token"])).status_code == 400


async def test_what_expired_opens_nothing(server: OAuthServer, ann: str) -> None:
    client_id, tokens = await server.connected(ann)
    pkce = Pkce()
    code = await server.code(ann, client_id, pkce)
    request = await server.asked(client_id, pkce)
    async with server.pool.connection() as connection:
        for table in ("codes", "tokens", "requests"):
            await connection.execute(
                sql.SQL("update {} set expires_at = now()").format(sql.Identifier(f"oauth_{table}"))
            )
    assert await server.status(tokens["access_token"]) == 401
    assert (await server.refresh(client_id, tokens["refresh_token"])).status_code == 400
    assert (await server.redeem(client_id, code, pkce)).status_code == 400
    with pytest.raises(ToolError, match="connection request is not there"):
        await server.call(ann, "get_connection_request", request=request)


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
async def test_a_client_takes_its_tokens_back(server: OAuthServer, ann: str, kind: str) -> None:
    client_id, tokens = await server.connected(ann)
    assert (await server.post("/revoke", client_id=client_id, token=tokens[kind])).status_code == 200
    assert await server.status(tokens["access_token"]) == 401
    assert (await server.refresh(client_id, tokens["refresh_token"])).status_code == 400


async def test_a_person_disconnects_their_own_clients_only(server: OAuthServer, ann: str, bob: str) -> None:
    _, tokens = await server.connected(ann)
    listed = await server.call(ann, "list_connected_clients")
    assert [client["redirect_host"] for client in listed["clients"]] == ["127.0.0.1:7777"]
    assert (await server.call(bob, "list_connected_clients"))["clients"] == []
    connection_id = listed["clients"][0]["connection_id"]
    for number in (connection_id, 4711):
        with pytest.raises(ToolError, match=f"There is no connected client {number}"):
            await server.call(bob, "disconnect_client", connection_id=number)
    assert await server.status(tokens["access_token"]) == 200
    await server.call(ann, "disconnect_client", connection_id=connection_id)
    assert await server.status(tokens["access_token"]) == 401
    assert (await server.call(ann, "list_connected_clients"))["clients"] == []


async def test_only_hashes_are_stored_and_the_log_tells_who_let_whom_in(
    server: OAuthServer, ann: str
) -> None:
    client_id, tokens = await server.connected(ann, collections=["hr"])
    await server.post("/revoke", client_id=client_id, token=tokens["access_token"])
    async with server.pool.connection() as connection:
        rows: Sequence[tuple[str, str, str, str]] = await (
            await connection.execute(
                "select action, actor, about, details ->> 'collections' from audit_events order by id"
            )
        ).fetchall()
        assert [row for row in rows if row[0].startswith("oauth")] == [
            ("oauth_client.connected", "ann", "ann", "hr"),
            ("oauth_client.disconnected", "OAuth client", "ann", "hr"),
        ]
        for table in ("clients", "requests", "grants", "codes", "tokens"):
            stored = await (
                await connection.execute(
                    sql.SQL("select rows::text from {} as rows").format(sql.Identifier(f"oauth_{table}"))
                )
            ).fetchall()
            for secret in (tokens["access_token"], tokens["refresh_token"]):
                assert secret not in str(stored)


async def test_local_token_and_signed_tokens_are_as_good_as_ever(server: OAuthServer, sign: Sign) -> None:
    assert await server.status("a-local-token-for-tests-of-some-length") == 200
    assert await server.status(sign("ann")) == 200
    for bad in ("owflexaccess_wrong", "owflex_wrong", "wrong"):
        assert await server.status(bad) == 401
