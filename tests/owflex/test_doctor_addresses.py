"""The doctor meets addresses as clients do: certificates, identity providers, programs of other versions."""

import json
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from email.utils import formatdate
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpcore2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from agent_service.settings.settings import AgentServiceSettings
from mcp_server.settings import McpServerSettings
from owflex.doctor.certificates import certificate_findings
from owflex.doctor.findings import Finding
from owflex.doctor.identity_provider import identity_findings
from owflex.doctor.other_servers import other_server_findings
from owflex.doctor.versions import version_finding
from tests.support.certificates import Authority, Pair
from tests.support.serving import serving

KEY = SecretStr("k" * 40)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """One authority for all tests of this file."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(autouse=True)
def believed(monkeypatch: pytest.MonkeyPatch, authority: Authority, tmp_path: Path) -> None:
    """Our programs believe the authority, and read anew whom they believe."""
    read_anew = getattr(httpcore2.default_ssl_context, "__wrapped__", httpcore2.default_ssl_context)
    monkeypatch.setattr("httpcore2.default_ssl_context", read_anew)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))
    monkeypatch.chdir(tmp_path)


@asynccontextmanager
async def secure(app: Starlette, pair: Pair) -> AsyncGenerator[str]:
    """The https address of an app under the name localhost."""
    async with serving(app, ssl_certfile=str(pair.certificate), ssl_keyfile=str(pair.key)) as url:
        yield f"https://localhost:{urlsplit(url).port}"


def chat(**values: Any) -> AgentServiceSettings:
    """Settings of the chat that nothing but these says."""
    return AgentServiceSettings.model_validate(values)


def mcp(**values: Any) -> McpServerSettings:
    """Settings of the MCP server that nothing but these says."""
    return McpServerSettings.model_validate(values)


async def certificates(settings: AgentServiceSettings) -> list[Finding]:
    return [finding async for finding in certificate_findings(mcp(), settings)]


@pytest.mark.parametrize(
    ("name", "days", "state", "sentence", "cure"),
    [
        ("localhost", 90, "ok", "good for 89 days more", ""),
        ("localhost", 9.5, "warning", "ends in 9 days", "Renew it"),
        ("localhost", -2, "bad", "has ended", "Renew it"),
        ("other.example", 90, "bad", "for another name", "Get one with this name"),
    ],
)
async def test_the_end_and_the_name_of_a_certificate_are_looked_at(
    authority: Authority, name: str, days: float, state: str, sentence: str, cure: str
) -> None:
    async with secure(Starlette(), authority.sign(name, days=days)) as url:
        (found,) = await certificates(chat(agent_service_public_url=url))
    assert (found.name, found.state) == (f"certificate {urlsplit(url).netloc}", state)
    assert sentence in found.sentence
    assert cure in found.cure


async def test_a_certificate_of_a_stranger_is_found(tmp_path: Path) -> None:
    stranger = Authority(tmp_path / "stranger")
    async with secure(Starlette(), stranger.sign("localhost")) as url:
        (found,) = await certificates(chat(openai_base_url=f"{url}/v1"))
    assert found.state == "bad"
    assert "is not believed" in found.sentence
    assert "SSL_CERT_FILE" in found.cure


async def test_what_speaks_no_tls_and_what_is_not_there_is_told_apart() -> None:
    async with serving(Starlette()) as url:
        (found,) = await certificates(chat(mcp_server_url=f"https://127.0.0.1:{urlsplit(url).port}/mcp"))
    assert found.state == "bad"
    assert "does not speak TLS" in found.sentence
    (found,) = await certificates(chat(mcp_server_url="https://127.0.0.1:1/mcp"))
    assert (found.state, "cannot be reached" in found.sentence) == ("unknown", True)


async def test_trusted_certificates_that_are_not_there_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/no/such/file")
    (found,) = await certificates(chat(agent_service_public_url="https://localhost:1"))
    assert (found.name, found.state) == ("trusted certificates", "bad")
    assert "SSL_CERT_FILE" in found.cure


def _whole(authority: Authority, folder: Path) -> None:
    _put(authority.sign("localhost", file="tls"), folder)


def _of_another_key(authority: Authority, folder: Path) -> None:
    one, other = authority.sign("localhost", file="one"), authority.sign("localhost", file="other")
    _put(Pair(one.certificate, other.key), folder)


def _cut_short(authority: Authority, folder: Path) -> None:
    pair = authority.sign("localhost", file="cut")
    pair.certificate.write_bytes(pair.certificate.read_bytes()[:100])
    _put(pair, folder)


def _without_key(authority: Authority, folder: Path) -> None:
    _put(authority.sign("localhost", file="alone"), folder)
    (folder / "tls.key").unlink()


def _for_another(authority: Authority, folder: Path) -> None:
    _put(authority.sign("other.example"), folder)


def _put(pair: Pair, folder: Path) -> None:
    folder.mkdir()
    (folder / "tls.crt").write_bytes(pair.certificate.read_bytes())
    (folder / "tls.key").write_bytes(pair.key.read_bytes())


@pytest.mark.parametrize(
    ("put", "state", "sentence"),
    [
        (_whole, "ok", "good for 89 days more"),
        (_of_another_key, "bad", "cannot be used (KEY_VALUES_MISMATCH)"),
        (_cut_short, "bad", "cannot be used"),
        (_without_key, "bad", "cannot be used (No such file or directory)"),
        (_for_another, "bad", "for another name"),
    ],
)
async def test_the_certificate_of_the_containers_proxy_is_looked_at(
    authority: Authority, tmp_path: Path, put: Callable[[Authority, Path], None], state: str, sentence: str
) -> None:
    put(authority, tmp_path / "secrets")
    (found,) = await certificates(chat())
    assert (found.name, found.state) == ("certificate secrets/tls.crt", state)
    assert sentence in found.sentence
    assert bool(found.cure) == (state == "bad")


class Provider:
    """An identity provider: its keys, what it calls itself, and what time it has."""

    def __init__(self, *, called: str = "", behind: float = 0, status: int = 200, body: str = "") -> None:
        self.called, self.behind, self.status, self.body = called, behind, status, body

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/keys", self._keys),
                Route("/.well-known/openid-configuration", self._about),
            ]
        )

    async def _keys(self, request: Request) -> Response:
        public = ec.generate_private_key(ec.SECP256R1()).public_key()
        key = json.loads(ECAlgorithm.to_jwk(public)) | {"kid": "1", "use": "sig"}
        body = self.body or json.dumps({"keys": [key]})
        date = formatdate(time.time() - self.behind, usegmt=True)
        return Response(body, self.status, {"date": date}, "application/json")

    async def _about(self, request: Request) -> Response:
        return JSONResponse({"issuer": self.called or str(request.base_url).rstrip("/")})


async def of_provider(provider: Provider, **changed: str) -> list[Finding]:
    async with serving(provider.app(), date_header=False) as url:
        given = {"mcp_auth_issuer": url, "mcp_auth_jwks_url": f"{url}/keys"} | changed
        settings = mcp(**given)
        login = chat(agent_service_jwt_jwks_url=settings.mcp_auth_jwks_url)
        return [finding async for finding in identity_findings(settings, login)]


async def test_a_provider_that_is_well_is_asked_once_for_its_keys() -> None:
    assert [(one.name, one.state) for one in await of_provider(Provider())] == [
        ("identity provider", "ok")
    ] * 2


@pytest.mark.parametrize(
    ("provider", "changed", "name", "state", "sentence", "cure"),
    [
        (Provider(status=500), {}, "identity provider", "bad", "status 500", "AGENT_SERVICE_JWT_JWKS_URL"),
        (Provider(body="<html>"), {}, "identity provider", "bad", "no key set", "jwks_uri"),
        (Provider(body=" " * 300_000), {}, "identity provider", "bad", "no key set", "jwks_uri"),
        (
            Provider(),
            {"mcp_auth_jwks_url": "http://127.0.0.1:1/keys"},
            *("identity provider", "bad", "No keys come from http://127.0.0.1:1/keys", "Start the provider"),
        ),
        (Provider(called="https://x"), {}, "identity provider", "bad", "calls itself https://x", "letter by"),
        (
            Provider(),
            {"mcp_auth_issuer": "http://127.0.0.1:1"},
            *("identity provider", "warning", "do not find the login", "MCP_AUTH_ISSUER"),
        ),
        (Provider(behind=4000), {}, "clock", "bad", "seconds apart", "timedatectl"),
    ],
)
async def test_what_is_wrong_with_a_provider_is_found(
    provider: Provider, changed: dict[str, str], name: str, state: str, sentence: str, cure: str
) -> None:
    (found,) = [finding for finding in await of_provider(provider, **changed) if finding.state != "ok"]
    assert (found.name, found.state) == (name, state)
    assert sentence in found.sentence
    assert cure in found.cure


@pytest.mark.parametrize(
    ("called", "behind", "state", "sentence"),
    [
        (None, "", "ok", "says where people sign in"),
        (None, "/nowhere", "warning", "nobody signs in by it"),
        ("https://x", "", "bad", "OIDC_ISSUER is http://"),
    ],
)
async def test_the_provider_by_which_people_sign_in_is_looked_at(
    called: str | None, behind: str, state: str, sentence: str
) -> None:
    async with serving(Provider(called=called or "").app(), date_header=False) as url:
        login = chat(agent_service_auth="accounts", oidc_issuer=url + behind, oidc_client_id="owflex")
        (found,) = [finding async for finding in identity_findings(mcp(), login)]
    assert (found.name, found.state) == ("identity provider", state)
    assert sentence in found.sentence


def programs_of(other: str) -> Starlette:
    """A chat and an MCP server of some version."""

    async def config(request: Request) -> Response:
        return JSONResponse({"version": other, "chatkit": None})

    async def initialize(request: Request) -> Response:
        said = {"jsonrpc": "2.0", "id": 1, "result": {"serverInfo": {"name": "OwFlex", "version": other}}}
        return PlainTextResponse(f"event: message\ndata: {json.dumps(said)}\n\n")

    return Starlette(
        routes=[Route("/config.json", config), Route("/mcp", initialize, methods=["POST"])],
    )


async def test_programs_of_another_version_are_found() -> None:
    async with serving(programs_of(version("owflex"))) as url:
        found = await version_finding(chat(mcp_server_url=f"{url}/mcp"), url, KEY)
        assert found.state == "ok"
    async with serving(programs_of("0.0.1")) as url:
        found = await version_finding(chat(mcp_server_url=f"{url}/mcp"), url, KEY)
    assert found.state == "bad"
    assert f"the chat at {url} is of 0.0.1" in found.sentence
    assert f"the MCP server at {url}/mcp is of 0.0.1" in found.sentence
    assert "Stop and start" in found.cure


async def test_other_mcp_servers_that_do_not_answer_are_a_warning_and_a_missing_secret_is_an_error() -> None:
    gone = {"tracker": {"url": "http://127.0.0.1:9/mcp"}}
    settings = AgentServiceSettings(mcp_servers=gone, mcp_connect_timeout_seconds=1)  # pyright: ignore[reportCallIssue, reportArgumentType]
    [found] = [finding async for finding in other_server_findings(settings)]
    assert (found.name, found.state) == ("MCP server tracker", "warning")
    assert "Nothing answers at 127.0.0.1:9" in found.sentence
    unset = {"tracker": {"url": "http://x/mcp", "headers": {"X-Key": "${NOT_SET_ANYWHERE}"}}}
    settings = AgentServiceSettings(mcp_servers=unset)  # pyright: ignore[reportCallIssue, reportArgumentType]
    [found] = [finding async for finding in other_server_findings(settings)]
    assert found.state == "bad"
    assert "NOT_SET_ANYWHERE" in found.sentence
