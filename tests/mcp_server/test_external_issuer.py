"""Tokens of an identity provider: a real one in small, with its own keys, served on loopback."""

import json
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

import httpx2
import jwt
import pytest
from fastmcp import Client
from fastmcp.client.transports import StreamableHttpTransport
from fastmcp.exceptions import ToolError
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from database.pool import Pool, create_pool
from knowledge_base.access import open_server_pool, prepare_server_role
from knowledge_base.embedding import SentenceTransformerEmbedder
from knowledge_base.following_embedder import FollowingEmbedder
from knowledge_base.rights import Subject, grant, revoke
from mcp_server.app import http_app
from mcp_server.auth.callers import BearerVerifier
from mcp_server.auth.external_issuer import (
    MAX_KEY_SET_BYTES,
    ExternalVerifier,
    discoverable,
)
from mcp_server.auth.issuer_settings import ExternalIssuer
from mcp_server.health import Health
from mcp_server.server import create_server
from mcp_server.settings import McpServerSettings
from tests.mcp_server.issuer import (
    AUDIENCE,
    BAD_SIGNATURES,
    EC_KEY,
    FOREIGN_KEY,
    ISSUER,
    PUBLIC_URL,
    RSA_KEY,
    SIGNING_KEY,
    KeySet,
    claims_of,
    token_of,
)

Serve = Callable[[ASGIApp], AbstractAsyncContextManager[str]]

LOCAL_TOKEN = "a-local-token-for-tests-of-some-length"


@dataclass(frozen=True)
class Running:
    """A server that accepts the issuer's tokens."""

    url: str
    pool: Pool

    def client(self, token: str) -> Client[StreamableHttpTransport]:
        return Client(StreamableHttpTransport(f"{self.url}/mcp", auth=token))

    async def knock(self, token: str | None = None, **headers: str) -> httpx2.Response:
        """The answer to a raw request."""
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        headers["accept"] = "application/json, text/event-stream"
        message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
        async with httpx2.AsyncClient() as http:
            return await http.post(f"{self.url}/mcp", json=message, headers=headers)


@pytest.fixture
def keys() -> KeySet:
    return KeySet()


@pytest.fixture
async def issuer(keys: KeySet, serve: Serve) -> AsyncGenerator[ExternalIssuer]:
    async with serve(Starlette(routes=[Route("/keys", keys.__call__)])) as url:
        yield ExternalIssuer(ISSUER, f"{url}/keys", AUDIENCE, PUBLIC_URL)


@pytest.fixture
def verifier(issuer: ExternalIssuer) -> ExternalVerifier:
    return ExternalVerifier(issuer)


@pytest.fixture
async def running(
    knowledge_base_url: str, embedder: SentenceTransformerEmbedder, serve: Serve, issuer: ExternalIssuer
) -> AsyncGenerator[Running]:
    await prepare_server_role(knowledge_base_url)
    async with create_pool(knowledge_base_url) as everything, open_server_pool(knowledge_base_url) as pool:
        settings = McpServerSettings(mcp_public_url=PUBLIC_URL)  # pyright: ignore[reportCallIssue]
        local = BearerVerifier(SecretStr(LOCAL_TOKEN), SecretStr(SIGNING_KEY), pool, ExternalVerifier(issuer))
        following = FollowingEmbedder(embedder, SentenceTransformerEmbedder)
        following.load()
        mcp = create_server(
            settings,
            pool=pool,
            embedder=following,
            health=Health(pool, following),
            version="0.0.test",
            auth=discoverable(local, issuer),
        )
        async with serve(http_app(mcp, settings)) as url:
            yield Running(url, everything)


async def test_a_token_of_the_issuer_gets_in_as_a_user_of_that_issuer(running: Running) -> None:
    async with running.client(token_of("ann")) as client:
        await client.call_tool("add_task", {"title": "from elsewhere"})
        listed = await client.call_tool("list_tasks")
    assert [task.title for task in listed.data.tasks] == ["from elsewhere"]
    async with running.pool.connection() as connection:
        rows = await connection.execute("select user_id from tasks")
        assert await rows.fetchall() == [(f"{ISSUER}|ann",)]


async def test_the_subject_local_of_an_issuer_is_not_the_local_user(running: Running) -> None:
    async with running.client(LOCAL_TOKEN) as client:
        await client.call_tool("add_task", {"title": "of this machine"})
    async with running.client(token_of("local")) as client:
        listed = await client.call_tool("list_tasks")
    assert listed.data.total == 0


@pytest.mark.parametrize(
    ("claims", "scopes"),
    [
        ({"aud": ["account", AUDIENCE]}, ["kb:read", "tasks"]),
        ({"scope": None, "scp": ["kb:read"]}, ["kb:read"]),
        ({"scope": None, "scp": "kb:read tasks"}, ["kb:read", "tasks"]),
        ({"scope": ["kb:write", "email"]}, ["kb:write"]),
        ({"scope": None}, []),
        ({"nbf": 1}, ["kb:read", "tasks"]),
    ],
    ids=str,
)
async def test_the_usual_forms_of_a_token_are_understood(
    verifier: ExternalVerifier, claims: dict[str, Any], scopes: list[str]
) -> None:
    found = await verifier.verify_token(token_of(**claims))
    assert found is not None
    assert (found.subject, found.scopes) == (f"{ISSUER}|ann", scopes)


async def test_a_token_signed_on_an_elliptic_curve_is_good(verifier: ExternalVerifier) -> None:
    assert await verifier.verify_token(jwt.encode(claims_of(), EC_KEY, "ES256", {"kid": "ec"}))


async def test_a_token_that_names_no_key_is_tried_with_the_only_one(verifier: ExternalVerifier) -> None:
    assert await verifier.verify_token(jwt.encode(claims_of(), RSA_KEY, "RS256"))


@pytest.mark.parametrize(
    "flaw",
    [
        {"aud": "another-service"},
        {"aud": ["another-service", "a-third"]},
        {"aud": None},
        {"iss": "https://login.example/realms/other"},
        {"iss": f"{ISSUER}/"},
        {"iss": None},
        {"exp": 1},
        {"exp": None},
        {"exp": 4_000_000_000},
        {"exp": "tomorrow"},
        {"nbf": 9_999_999_999},
        {"nbf": "tomorrow"},
        {"sub": None},
        {"sub": ""},
        {"sub": 5},
        {"sub": "an\0n"},
    ],
    ids=str,
)
async def test_a_flawed_token_is_refused(verifier: ExternalVerifier, flaw: dict[str, Any]) -> None:
    claims = {name: value for name, value in (claims_of() | flaw).items() if value is not None}
    # Signed as bytes: PyJWT would refuse to sign some of these.
    token = jwt.PyJWS().encode(json.dumps(claims).encode(), RSA_KEY, "RS256", {"kid": "rsa"})
    assert await verifier.verify_token(token) is None


@pytest.mark.parametrize("token", BAD_SIGNATURES.values(), ids=BAD_SIGNATURES)
async def test_a_token_signed_otherwise_is_refused(verifier: ExternalVerifier, token: str) -> None:
    assert await verifier.verify_token(token) is None


async def test_a_token_for_another_service_or_a_forged_one_gets_401(running: Running) -> None:
    for token in (token_of(aud="another-service"), BAD_SIGNATURES["foreign key"], "not.a.token"):
        assert (await running.knock(token)).status_code == 401


async def test_a_token_opens_what_its_scopes_and_collections_say(running: Running) -> None:
    async with running.client(token_of(scope="openid profile")) as client:
        assert await client.list_tools() == []
    async with running.client(token_of(scope="kb:read", collections=["hr"])) as client:
        assert "add_task" not in {tool.name for tool in await client.list_tools()}
        with pytest.raises(ToolError):
            await client.call_tool("add_task", {"title": "no"})
        async with running.pool.connection() as connection:
            await connection.execute("insert into collections (name) values ('hr'), ('it')")
        found = await client.call_tool("list_documents")
        assert found.data.documents == []


async def test_a_token_opens_no_more_than_its_user_has_a_right_to(running: Running) -> None:
    async with running.pool.connection() as connection:
        for name in ("hr", "it", "sales"):
            await grant(connection, name, Subject("user", f"{ISSUER}|ann"), "read", make=True)
        await revoke(connection, "it", Subject("user", f"{ISSUER}|ann"))
    for user, claims, names in (
        ("ann", {}, ["hr", "sales"]),
        ("ann", {"collections": ["hr", "it"]}, ["hr"]),
        ("ann", {"collections": "hr"}, []),
        ("bob", {"collections": ["hr"]}, []),
    ):
        async with running.client(token_of(user, scope="kb:read admin", **claims)) as client:
            listed = await client.call_tool("list_collections", {})
            assert "list_rights" not in {tool.name for tool in await client.list_tools()}
        assert [one.name for one in listed.data.collections] == names


async def test_the_local_token_and_the_agents_tokens_stay_good(
    running: Running, sign: Callable[..., str]
) -> None:
    assert (await running.knock(LOCAL_TOKEN)).status_code == 200
    assert (await running.knock(sign("ann"))).status_code == 200


async def test_a_stranger_learns_where_to_get_a_token(running: Running) -> None:
    answer = await running.knock()
    assert answer.status_code == 401
    where = "https://kb.example/.well-known/oauth-protected-resource/mcp"
    assert f'resource_metadata="{where}"' in answer.headers["www-authenticate"]
    async with httpx2.AsyncClient(base_url=running.url) as http:
        told = (await http.get("/.well-known/oauth-protected-resource/mcp")).json()
    assert told["resource"] == "https://kb.example/mcp"
    assert told["authorization_servers"] == [ISSUER]
    assert told["scopes_supported"] == ["kb:read", "kb:write", "tasks"]


async def test_the_public_host_name_is_let_in(running: Running) -> None:
    assert (await running.knock(token_of(), host="kb.example")).status_code == 200
    assert (await running.knock(token_of(), host="evil.example")).status_code == 421


async def test_forged_tokens_do_not_make_the_server_ask_the_issuer_again_and_again(
    verifier: ExternalVerifier, keys: KeySet
) -> None:
    for number in range(10):
        forged = jwt.encode(claims_of(), FOREIGN_KEY, "RS256", {"kid": str(number)})
        assert await verifier.verify_token(forged) is None
    assert keys.asked == 1
    assert await verifier.verify_token(token_of())


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Response("", status_code=500), "500"),
        (RedirectResponse("https://elsewhere.example/keys"), "307"),
        (Response(b"{}" + b" " * MAX_KEY_SET_BYTES), "more than"),
        (Response(b"", headers={"content-encoding": "gzip"}), "compressed"),
    ],
    ids=["error", "redirect", "too large", "compressed"],
)
async def test_keys_that_cannot_be_had_are_said_in_the_log_and_the_token_is_refused(
    verifier: ExternalVerifier,
    keys: KeySet,
    caplog: pytest.LogCaptureFixture,
    answer: Response,
    reason: str,
) -> None:
    keys.answer = answer
    assert await verifier.verify_token(token_of()) is None
    assert "cannot be fetched" in caplog.text
    assert reason in caplog.text


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"keys": 5}', '{"keys": [5, {"kty": "RSA"}]}'])
async def test_a_broken_key_set_refuses_the_token(
    verifier: ExternalVerifier, keys: KeySet, body: str
) -> None:
    keys.answer = Response(body)
    assert await verifier.verify_token(token_of()) is None
