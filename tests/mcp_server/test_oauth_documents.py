"""Clients that are described at an address of their own: fetched over real TLS, from where one may ask."""

import ssl
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from knowledge_base.embedding import SentenceTransformerEmbedder
from tests.support.certificates import Authority
from tests.support.oauth import CALLBACK, OAuthServer, Pkce, oauth_server
from tests.support.serving import bound_listener, serving, url_of

Sign = Callable[..., str]


@dataclass
class Described:
    """Where the descriptions are, and which were asked for."""

    url: str
    mcp: OAuthServer
    asked: list[str] = field(default_factory=list[str])


def document(client_id: str, **more: Any) -> dict[str, Any]:
    return {"client_id": client_id, "client_name": "Described", "redirect_uris": [CALLBACK]} | more


def as_asked(path: str, base: str) -> Response:
    """What is at this path: a good description, or one that is wrong as its name says."""
    own = f"{base}{path}"
    wrong: dict[str, dict[str, Any]] = {
        "/large.json": document(own, contacts=["a" * 6000]),
        "/foreign.json": document(f"{base}/good.json"),
        "/wild.json": document(own, redirect_uris=["http://127.0.0.1:*/callback"]),
        "/secret.json": document(own, token_endpoint_auth_method="client_secret_post"),
    }
    return (
        RedirectResponse("/good.json")
        if path == "/moved.json"
        else JSONResponse(wrong.get(path, document(own)))
    )


@pytest.fixture
async def described(
    knowledge_base_url: str,
    embedder: SentenceTransformerEmbedder,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> AsyncGenerator[Described]:
    """Descriptions at `client.example`, which is this machine here."""
    authority = Authority(tmp_path)
    pair = authority.sign("client.example")

    def trusting(**_: Any) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=authority.certificate)

    monkeypatch.setattr("httpcore2.default_ssl_context", trusting)

    async def resolve(host: str, port: int = 443) -> list[str]:
        return ["127.0.0.1"]

    monkeypatch.setattr("fastmcp.server.auth.ssrf.resolve_hostname", resolve)
    listener = bound_listener()
    base = url_of(listener).replace("http://127.0.0.1", "https://client.example")
    asked: list[str] = []

    async def answer(request: Request) -> Response:
        asked.append(request.url.path)
        return as_asked(request.url.path, base)

    app = Starlette(routes=[Route("/{name}", answer)])
    served = serving(app, listener, ssl_certfile=pair.certificate, ssl_keyfile=pair.key)
    async with oauth_server(knowledge_base_url, embedder) as mcp, served:
        yield Described(base, mcp, asked)


@pytest.fixture
def reachable(monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine counts as one of the internet."""

    def allow(address: str) -> bool:
        return bool(address)

    monkeypatch.setattr("fastmcp.server.auth.ssrf.is_ip_allowed", allow)


@pytest.mark.usefixtures("reachable")
async def test_a_described_client_is_let_in_like_others(described: Described, sign: Sign) -> None:
    client_id, pkce, signed = f"{described.url}/good.json", Pkce(), sign("ann", scope="connections")
    request = await described.mcp.asked(client_id, pkce)
    shown = await described.mcp.call(signed, "get_connection_request", request=request)
    assert (shown["client_name"], shown["client_id"]) == ("Described", client_id)
    code = await described.mcp.code(signed, client_id, pkce)
    tokens = (await described.mcp.redeem(client_id, code, pkce)).json()
    assert (await described.mcp.refresh(client_id, tokens["refresh_token"])).status_code == 200
    # It is kept for a while, not fetched with each request.
    assert described.asked == ["/good.json"]


@pytest.mark.usefixtures("reachable")
@pytest.mark.parametrize("name", ["moved", "large", "foreign", "wild", "secret"])
async def test_a_description_is_taken_only_from_where_it_belongs(described: Described, name: str) -> None:
    answer = await described.mcp.authorize(f"{described.url}/{name}.json", Pkce())
    assert answer.status_code == 400
    assert described.asked == [f"/{name}.json"]


async def test_nothing_is_fetched_from_our_own_network(described: Described) -> None:
    for client_id in (f"{described.url}/good.json", "https://169.254.169.254/latest/meta-data"):
        assert (await described.mcp.authorize(client_id, Pkce())).status_code == 400
    assert described.asked == []
