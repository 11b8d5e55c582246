"""Who is asking: nobody gets in unknown, and nobody as somebody else."""

import time
from typing import Any

import httpx2
import jwt
import pytest
from agents.testing import ScriptedModel
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from agent_service.app import create_app
from agent_service.auth.jwks import SigningKeys
from agent_service.auth.login import identify_by, user_name
from agent_service.errors import AgentServiceError, LoginRequiredError, LoginUnavailableError
from agent_service.models.providers import ChosenModel
from agent_service.settings.bind import check_host
from agent_service.settings.settings import AgentServiceSettings
from agent_service.tools.connection import McpConnector
from database.pool import Pool
from serving.errors import UnsafeBindError
from tests.agent_service.conftest import SIGNING_KEY, Serve

SHARED = "a-shared-key-of-thirty-two-characters-and-more"
ISSUER, AUDIENCE = "https://login.example", "owflex-chat"
LIST: dict[str, Any] = {"type": "threads.list", "params": {}}


def the_app(pool: Pool, **settings: Any) -> ASGIApp:
    options = AgentServiceSettings(**settings)
    chosen = ChosenModel(ScriptedModel([]), "scripted", "Testing AI", "OPENAI_API_KEY", extractive=False)
    connector = McpConnector(options, SIGNING_KEY)
    return create_app(options, pool=pool, chosen=chosen, connector=connector)


def token(key: Any = SHARED, algorithm: str = "HS256", kid: str | None = None, **claims: Any) -> str:
    usual = {"iss": ISSUER, "aud": AUDIENCE, "sub": "ann", "exp": int(time.time()) + 3600}
    payload = {name: value for name, value in (usual | claims).items() if value is not None}
    return jwt.encode(payload, key, algorithm=algorithm, headers={"kid": kid} if kid else None)


def with_tokens(**more: Any) -> dict[str, Any]:
    return {
        "agent_service_auth": "jwt",
        "agent_service_jwt_issuer": ISSUER,
        "agent_service_jwt_audience": AUDIENCE,
    } | more


async def status(url: str, *headers: tuple[str, str]) -> int:
    raw = [(name.encode(), value.encode()) for name, value in headers]
    async with httpx2.AsyncClient() as http:
        return (await http.post(f"{url}/chatkit", json=LIST, headers=raw)).status_code


def bearing(bearer: str) -> tuple[str, str]:
    return ("Authorization", f"Bearer {bearer}")


async def test_without_a_token_there_is_a_401_in_json_but_the_page_is_open(pool: Pool, serve: Serve) -> None:
    async with (
        serve(the_app(pool, **with_tokens(agent_service_jwt_key=SHARED))) as url,
        httpx2.AsyncClient() as http,
    ):
        refused = await http.post(f"{url}/chatkit", json=LIST)
        assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
        assert refused.json()["error"]["code"] == "login_required"
        assert (await http.get(f"{url}/anything-new")).status_code == 401
        config = await http.get(f"{url}/config.json")
        assert (config.status_code, config.json()["login"]) == (200, "jwt")
        assert (await http.get(f"{url}/health")).status_code == 200
        assert (await http.get(f"{url}/metrics")).status_code == 401


@pytest.mark.parametrize(
    ("bearer", "expected"),
    [
        (token(), 200),
        (token(iss="https://other.example"), 401),
        (token(aud="another-service"), 401),
        (token(exp=int(time.time()) - 60), 401),
        (token(exp=None), 401),
        (token(exp=int(time.time()) + 25 * 3600), 401),
        (token(exp=10**30), 401),
        (token(sub=None), 401),
        (token(sub=""), 401),
        (token(sub="a" * 201), 401),
        (token(sub="ann\nadmin"), 401),
        (token(key="another-key-of-thirty-two-characters-and-more"), 401),
        (jwt.encode({"sub": "ann"}, "", algorithm="none"), 401),
        ("no.token.at-all", 401),
        ("ümlaut", 401),
    ],
)
async def test_a_token_must_be_signed_current_and_meant_for_us(
    pool: Pool, serve: Serve, bearer: str, expected: int
) -> None:
    async with serve(the_app(pool, **with_tokens(agent_service_jwt_key=SHARED))) as url:
        assert await status(url, bearing(bearer)) == expected


class Provider:
    """An identity provider whose keys can be exchanged."""

    def __init__(self) -> None:
        self.keys: list[dict[str, Any]] = []
        self.asked = 0
        self.status = 200

    def app(self) -> ASGIApp:
        return Starlette(routes=[Route("/keys", self._answer)])

    def add(self, key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, kid: str) -> None:
        if isinstance(key, rsa.RSAPrivateKey):
            public = RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
        else:
            public = ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
        self.keys.append(public | {"kid": kid, "use": "sig"})

    async def _answer(self, request: Request) -> JSONResponse:
        self.asked += 1
        return JSONResponse({"keys": self.keys}, status_code=self.status)


async def test_public_keys_of_both_kinds_are_fetched_once(pool: Pool, serve: Serve) -> None:
    provider = Provider()
    first, second = rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP256R1())
    provider.add(first, "one")
    provider.add(second, "two")
    async with serve(provider.app()) as keys:
        settings = with_tokens(agent_service_jwt_jwks_url=f"{keys}/keys")
        async with serve(the_app(pool, **settings)) as url:
            for bearer in (token(first, "RS256", "one"), token(second, "ES256", "two")):
                assert await status(url, bearing(bearer)) == 200
            # Signed with the public key as if it were a shared secret, and with a name nobody knows.
            assert await status(url, bearing(token(SHARED, "HS256", "one"))) == 401
            for number in range(5):
                unknown = token(first, "RS256", f"unknown-{number}")
                assert await status(url, bearing(unknown)) == 401
    assert provider.asked == 1


async def test_a_new_key_is_found_after_the_pause_and_old_keys_outlive_an_outage(serve: Serve) -> None:
    provider, now = Provider(), [0.0]
    key = rsa.generate_private_key(65537, 2048)
    async with serve(provider.app()) as url:
        keys = SigningKeys(f"{url}/keys", clock=lambda: now[0])
        bearer = token(key, "RS256", "one")
        provider.status = 500
        with pytest.raises(LoginUnavailableError):
            await keys.key_of(bearer)
        provider.status = 200
        provider.add(key, "one")
        with pytest.raises(LoginUnavailableError):
            await keys.key_of(bearer)
        now[0] = 31.0
        assert (await keys.key_of(bearer)).key_id == "one"
        provider.status, now[0] = 500, 5000.0
        assert (await keys.key_of(bearer)).key_id == "one"


async def test_the_proxys_word_counts_only_from_its_address(pool: Pool, serve: Serve) -> None:
    trusted = {"agent_service_auth": "proxy", "agent_service_proxy_addresses": "127.0.0.0/8"}
    async with serve(the_app(pool, **trusted)) as url:
        assert await status(url, ("X-Forwarded-User", "ann")) == 200
        assert await status(url) == 401
        assert await status(url, ("X-Forwarded-User", "")) == 401
        assert await status(url, ("X-Forwarded-User", "ann"), ("X-Forwarded-User", "eve")) == 401
    elsewhere = trusted | {"agent_service_proxy_addresses": "10.0.0.0/8"}
    async with serve(the_app(pool, **elsewhere)) as url:
        assert await status(url, ("X-Forwarded-User", "ann")) == 401


async def test_each_user_sees_their_own_chats_only(pool: Pool, serve: Serve) -> None:
    trusted = {"agent_service_auth": "proxy", "agent_service_proxy_addresses": ["127.0.0.1"]}
    async with pool.connection() as connection:
        await connection.execute(
            """
            insert into threads (id, user_id, data)
            values ('thr_1', 'proxy:ann', %s), ('thr_2', 'local', %s)
            """,
            ['{"id": "thr_1", "created_at": "2026-01-01T00:00:00"}'] * 2,
        )
    async with serve(the_app(pool, **trusted)) as url, httpx2.AsyncClient() as http:
        for name, seen in (("ann", 1), ("bob", 0), ("local", 0)):
            answer = await http.post(f"{url}/chatkit", json=LIST, headers={"X-Forwarded-User": name})
            assert len(answer.json()["data"]) == seen, name


def test_no_login_ever_is_the_local_user() -> None:
    assert user_name("proxy", "local") == "proxy:local"
    assert user_name("jwt", "Jürgen Müller") == "jwt:Jürgen Müller"
    for bad in ("", " ann", "a\x00b", "a" * 201, 7, None):
        with pytest.raises(LoginRequiredError):
            user_name("jwt", bad)


@pytest.mark.parametrize(
    "settings",
    [
        {"agent_service_auth": "jwt"},
        with_tokens(),
        with_tokens(agent_service_jwt_key=SHARED, agent_service_jwt_jwks_url="https://login.example/keys"),
        with_tokens(agent_service_jwt_jwks_url="http://login.example/keys"),
        with_tokens(agent_service_jwt_jwks_url="login.example/keys"),
        {"agent_service_auth": "proxy"},
        {"agent_service_auth": "proxy", "agent_service_proxy_addresses": "my-proxy"},
        {"agent_service_auth": "proxy", "agent_service_proxy_addresses": "10.0.0.1/8"},
    ],
)
def test_half_a_login_is_refused_at_the_start(settings: dict[str, Any]) -> None:
    with pytest.raises(AgentServiceError, match="AGENT_SERVICE_"):
        identify_by(AgentServiceSettings(**settings))


def test_other_machines_reach_the_chat_only_with_a_login_or_on_demand() -> None:
    everywhere: dict[str, Any] = {"agent_service_host": "0.0.0.0"}  # noqa: S104
    with pytest.raises(UnsafeBindError, match="AGENT_SERVICE_ALLOW_REMOTE=true"):
        check_host(AgentServiceSettings(**everywhere))
    check_host(AgentServiceSettings(**everywhere, agent_service_allow_remote=True))
    check_host(AgentServiceSettings(**everywhere, agent_service_auth="proxy"))
    own: dict[str, Any] = {"agent_service_host": "::1"}
    check_host(AgentServiceSettings(**own))
