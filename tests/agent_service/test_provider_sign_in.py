"""Signing in by an OpenID Connect provider: a real one in its own process, and one that cheats."""

import base64
import hashlib
import secrets
import time
from collections.abc import AsyncGenerator, Generator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx2
import jwt
import pytest
from agents.testing import ScriptedModel
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from playwright.async_api import expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from agent_service.accounts.people import set_admin, set_disabled
from agent_service.accounts.provider import provider_of
from agent_service.errors import LoginSettingsError
from database.pool import Pool, fetch
from tests.agent_service.accounts_service import LIST, Service, accounts_app, settings_of
from tests.agent_service.conftest import Serve
from tests.support.browsing import LentBrowser
from tests.support.provider import provider_process

ANN = {"sub": "ann-1", "name": "Ann Lee", "email": "ann@example.org", "groups": ["staff", "hr"]}
CLIENT = "owflex-chat"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
FOREIGN_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
HTML = {"accept": "text/html"}


@pytest.fixture(scope="module")
def real_provider() -> Generator[str]:
    """A provider of a library, in a process of its own."""
    with provider_process(ANN) as issuer:
        yield issuer


def options(issuer: str, **more: Any) -> dict[str, Any]:
    """The settings for a provider."""
    return {
        "oidc_issuer": issuer,
        "oidc_client_id": CLIENT,
        "oidc_client_secret": "a-secret",
        "oidc_name": "Example",
    } | more


@pytest.fixture
def handed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str]]]:
    """The groups that were handed over."""
    found: list[tuple[str, list[str]]] = []

    class Taking:
        def __init__(self, connector: object) -> None:
            assert connector

        async def __call__(self, user_id: str, groups: list[str]) -> None:
            found.append((user_id, list(groups)))

    monkeypatch.setattr("agent_service.routes.accounts.setup.GroupsOfLogin", Taking)
    return found


@dataclass
class Provider:
    """A provider that checks all that it should, and can be told to cheat."""

    url: str = ""
    issuer: str | None = None
    key: rsa.RSAPrivateKey = KEY
    claims: dict[str, Any] = field(default_factory=dict[str, Any])
    more: dict[str, Any] | None = None
    status: int = 200
    waiting: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    secret: str | None = "a-secret"

    def app(self) -> Starlette:
        """The application."""
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._describe),
                Route("/authorize", self._authorize),
                Route("/token", self._token, methods=["POST"]),
                Route("/userinfo", self._userinfo),
                Route("/keys", self._keys),
            ]
        )

    async def _describe(self, _: Request) -> Response:
        described = {
            "issuer": self.issuer or self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
        }
        userinfo = {} if self.more is None else {"userinfo_endpoint": f"{self.url}/userinfo"}
        return JSONResponse(described | userinfo, self.status)

    async def _authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe()
        self.waiting[code] = asked
        return JSONResponse({"code": code})

    async def _token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        asked = self.waiting.pop(form["code"], None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest())
        basic = base64.b64encode(f"{CLIENT}:{self.secret}".encode()).decode()
        is_client = request.headers.get("authorization") == (f"Basic {basic}" if self.secret else None)
        if (
            asked is None
            or challenge.rstrip(b"=").decode() != asked["code_challenge"]
            or form["redirect_uri"] != asked["redirect_uri"]
            or form["client_id"] != CLIENT
            or not is_client
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(time.time())
        usual = {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 60, "nonce": asked["nonce"]}
        claims = {name: value for name, value in (usual | ANN | self.claims).items() if value is not None}
        token = jwt.encode(claims, self.key, "RS256", headers={"kid": "1"})
        return JSONResponse({"access_token": "abc", "token_type": "Bearer", "id_token": token})

    async def _userinfo(self, request: Request) -> Response:
        assert request.headers["authorization"] == "Bearer abc"
        return JSONResponse(self.more)

    async def _keys(self, _: Request) -> Response:
        key = RSAAlgorithm.to_jwk(KEY.public_key(), as_dict=True)
        return JSONResponse({"keys": [key | {"kid": "1", "use": "sig"}]})


@pytest.fixture
async def provider(serve: Serve) -> AsyncGenerator[Provider]:
    """One that runs here."""
    found = Provider()
    async with serve(found.app()) as url:
        found.url = url
        yield found


@pytest.fixture
async def http(
    pool: Pool, serve: Serve, provider: Provider, handed: list[Any]
) -> AsyncGenerator[httpx2.AsyncClient]:
    """A browser in front of a chat whose people sign in by that provider."""
    assert handed == []
    settings = options(provider.url, oidc_groups_claim="groups")
    async with (
        serve(accounts_app(pool, ScriptedModel([]), **settings)) as url,
        httpx2.AsyncClient(base_url=url) as http,
    ):
        yield http


async def go(http: httpx2.AsyncClient, page: str = "") -> str:
    """Begin to sign in; where the browser is sent."""
    answer = await http.post("/sign-in/provider", json={"next": page})
    assert answer.status_code == 200, answer.text
    return answer.json()["location"]


async def code_from(address: str) -> dict[str, str]:
    """Somebody signs in at the provider: what their browser brings back."""
    async with httpx2.AsyncClient() as there:
        code = (await there.get(address)).json()["code"]
    return {"code": code, "state": parse_qs(urlsplit(address).query)["state"][0]}


async def come_back(http: httpx2.AsyncClient, returned: dict[str, str]) -> str:
    """Bring it back; where the browser is sent then."""
    answer = await http.get("/sign-in/callback", params=returned, headers=HTML)
    assert answer.status_code == 303
    return answer.headers["location"]


async def is_in(http: httpx2.AsyncClient) -> bool:
    return (await http.post("/chatkit", json=LIST)).status_code == 200


async def test_who_signs_in_there_is_in_here_with_their_groups(
    http: httpx2.AsyncClient, pool: Pool, handed: list[Any]
) -> None:
    address = await go(http, "#/knowledge")
    back = parse_qs(urlsplit(address).query)["redirect_uri"]
    assert back == [f"{str(http.base_url).rstrip('/')}/sign-in/callback"]
    assert await come_back(http, await code_from(address)) == "../#/knowledge"
    assert await is_in(http)
    me = (await http.get("/account/me")).json()
    shown = {name: me[name] for name in ("user", "display_name", "email", "has_password", "is_admin")}
    assert shown == {
        "user": "oidc:ann-1",
        "display_name": "Ann Lee",
        "email": "ann@example.org",
        "has_password": False,
        "is_admin": False,
    }
    assert handed == [("oidc:ann-1", ["staff", "hr"])]
    assert await fetch(pool, "select from pending_sign_ins", {}) == []
    assert "owflex-provider" not in http.cookies


@pytest.mark.parametrize(
    "cheat",
    [
        {"key": FOREIGN_KEY},
        {"claims": {"iss": "https://other.example"}},
        {"claims": {"aud": "another-client"}},
        {"claims": {"aud": [CLIENT, "other"], "azp": "other"}},
        {"claims": {"exp": int(time.time()) - 60}},
        {"claims": {"nonce": "of-another-sign-in"}},
        {"claims": {"nonce": None}},
        {"claims": {"sub": None}},
        {"claims": {"sub": "a" * 201}},
        {"claims": {"sub": "a\nb"}},
        {"claims": {"name": None}, "more": {"sub": "somebody-else", "name": "Eve"}},
        {"secret": "another-secret"},
    ],
)
async def test_a_provider_that_cheats_or_refuses_lets_nobody_in(
    http: httpx2.AsyncClient, pool: Pool, provider: Provider, cheat: dict[str, Any]
) -> None:
    for name, value in cheat.items():
        setattr(provider, name, value)
    assert await come_back(http, await code_from(await go(http))) == "../sign-in?problem=provider_refused"
    assert not await is_in(http)
    assert await fetch(pool, "select from people", {}) == []
    page = await http.get("/sign-in?problem=provider_refused", headers=HTML)
    assert "Signing in there did not work." in page.text
    hostile = await http.get("/sign-in?problem=<script>&next=<script>", headers=HTML)
    assert "<script>" not in hostile.text


@pytest.mark.parametrize("change", ["state", "code", "iss", "error"])
async def test_what_comes_back_must_belong_to_this_way_there(http: httpx2.AsyncClient, change: str) -> None:
    returned = await code_from(await go(http))
    assert await come_back(http, returned | {change: "made-up"}) == "../sign-in?problem=provider_refused"
    # It was good for one way back.
    again = await come_back(http, returned)
    assert (again, await is_in(http)) == ("../sign-in?problem=provider_refused", False)


async def test_another_browser_cannot_be_given_a_way_back(http: httpx2.AsyncClient) -> None:
    returned = await code_from(await go(http))
    async with httpx2.AsyncClient(base_url=http.base_url) as victim:
        assert await come_back(victim, returned) == "../sign-in?problem=provider_refused"
        await go(victim)
        assert await come_back(victim, returned) == "../sign-in?problem=provider_refused"
        assert not await is_in(victim)
    assert await come_back(http, returned) == "../"


async def test_an_old_way_back_is_closed(http: httpx2.AsyncClient, pool: Pool) -> None:
    returned = await code_from(await go(http))
    await fetch(pool, "update pending_sign_ins set expires_at = now() returning 1", {})
    assert await come_back(http, returned) == "../sign-in?problem=provider_refused"


async def test_groups_and_names_may_come_from_userinfo_and_missing_ones_take_all_away(
    http: httpx2.AsyncClient, provider: Provider, handed: list[Any]
) -> None:
    provider.claims = {"groups": None, "name": None}
    provider.more = {"sub": "ann-1", "name": "Ann from there", "groups": "staff"}
    await come_back(http, await code_from(await go(http)))
    assert (await http.get("/account/me")).json()["display_name"] == "Ann from there"
    provider.more = {"sub": "ann-1"}
    await come_back(http, await code_from(await go(http)))
    assert handed == [("oidc:ann-1", ["staff"]), ("oidc:ann-1", [])]


async def test_here_is_decided_who_is_shut_out_and_who_is_administrator(
    http: httpx2.AsyncClient, pool: Pool
) -> None:
    await come_back(http, await code_from(await go(http)))
    async with pool.connection() as connection:
        await set_admin(connection, "oidc:ann-1", is_admin=True)
        await set_disabled(connection, "oidc:ann-1", disabled=True)
    assert not await is_in(http)
    assert await come_back(http, await code_from(await go(http))) == "../sign-in?problem=provider_refused"
    async with pool.connection() as connection:
        await set_disabled(connection, "oidc:ann-1", disabled=False)
    await come_back(http, await code_from(await go(http)))
    assert (await http.get("/account/me")).json()["is_admin"] is True
    # The same name at another provider is somebody else.
    await fetch(pool, "update people set issuer = 'https://before.example' returning 1", {})
    assert await come_back(http, await code_from(await go(http))) == "../sign-in?problem=provider_refused"


@pytest.mark.parametrize(
    "cheat", [{"status": 500}, {"issuer": "https://other.example"}, {"url": "http://a.example"}]
)
async def test_a_provider_that_is_away_or_another_one_is_said_plainly(
    http: httpx2.AsyncClient, provider: Provider, cheat: dict[str, Any]
) -> None:
    for name, value in cheat.items():
        setattr(provider, name, value)
    answer = await http.post("/sign-in/provider", json={}, headers={"accept-language": "de"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "provider_unavailable")
    assert answer.json()["error"]["message"].startswith("Der Anmeldedienst ist gerade nicht zu erreichen.")


async def test_a_public_client_has_no_secret(
    pool: Pool, serve: Serve, provider: Provider, handed: list[Any]
) -> None:
    provider.secret = None
    settings = options(provider.url, oidc_client_secret=None)
    async with (
        serve(accounts_app(pool, ScriptedModel([]), **settings)) as url,
        httpx2.AsyncClient(base_url=url) as http,
    ):
        assert await come_back(http, await code_from(await go(http))) == "../"
    # No claim is set, so nothing is known of groups.
    assert handed == []


@pytest.mark.browser
async def test_with_a_real_provider_in_a_browser(
    pool: Pool, serve: Serve, browser: LentBrowser, real_provider: str, handed: list[Any]
) -> None:
    settings = options(real_provider, oidc_groups_claim="groups")
    async with serve(accounts_app(pool, ScriptedModel([]), **settings)) as url:
        page = await browser.new_page()
        await page.goto(f"{url}/account")
        await page.get_by_role("button", name="Sign in with Example").click()
        await page.get_by_role("button", name="ann-1").click()
        await page.wait_for_url(f"{url}/account")
        await expect(page.locator("#shown")).to_have_text("Ann Lee")
        await expect(page.get_by_role("heading", name="Change password")).to_be_hidden()
        await page.get_by_role("button", name="Sign out").click()
        await page.get_by_role("button", name="Sign in with Example").click()
        await page.get_by_role("button", name="Deny").click()
        await expect(page.get_by_role("alert")).to_contain_text("Signing in there did not work.")
        await page.close()
    assert handed == [("oidc:ann-1", ["staff", "hr"])]
    assert len(await Service(url, pool, []).actions()) >= 2


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"oidc_issuer": None}, "both OIDC_ISSUER and OIDC_CLIENT_ID"),
        ({"oidc_client_id": None}, "both OIDC_ISSUER and OIDC_CLIENT_ID"),
        ({"oidc_issuer": "http://login.example"}, "https://"),
        ({"agent_service_auth": "none"}, "AGENT_SERVICE_AUTH=accounts"),
    ],
)
def test_settings_of_a_provider_that_cannot_work(settings: dict[str, Any], reason: str) -> None:
    wrong = settings_of().model_copy(update=options("https://login.example") | settings)
    with pytest.raises(LoginSettingsError, match=reason):
        provider_of(wrong)
    assert provider_of(settings_of()) is None
