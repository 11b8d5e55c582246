"""The nginx configuration of examples/proxy: streams, sizes, headers, replicas, TLS."""

import asyncio
import os
import re
import ssl
import subprocess
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from tests.conftest import Serve
from tests.support.nginx import EXAMPLES, nginx_program, running, written
from tests.support.ports import free_port


@dataclass
class Behind:
    """A server behind the proxy that tells what it got, and one stream that waits to be let go."""

    name: str
    may_end: asyncio.Event = field(default_factory=asyncio.Event)
    seen: int = 0

    def app(self) -> Starlette:
        every = ["GET", "POST", "PUT"]
        return Starlette(
            routes=[
                Route("/stream", self._stream, methods=["POST"]),
                Route("/chatkit", self._dies, methods=["POST"]),
                Route("/{path:path}", self._echo, methods=every),
            ]
        )

    async def _echo(self, request: Request) -> Response:
        self.seen += 1
        size = 0
        async for chunk in request.stream():
            size += len(chunk)
        headers = {name: request.headers.getlist(name) for name in request.headers}
        return JSONResponse({"name": self.name, "path": request.url.path, "bytes": size, "headers": headers})

    async def _stream(self, request: Request) -> Response:
        return StreamingResponse(self._events(), media_type="text/event-stream")

    async def _events(self) -> AsyncIterator[str]:
        yield "data: first\n\n"
        await self.may_end.wait()
        yield "data: last\n\n"

    async def _dies(self, request: Request) -> Response:
        self.seen += 1
        raise ConnectionAbortedError


@dataclass
class Proxied:
    """nginx, and what is behind it: two chats and one MCP server."""

    chat: str
    mcp: str
    chats: list[Behind]


def write_certificate(folder: Path) -> None:
    """A certificate of localhost and its key, as Docker would mount them."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "tls_certificate").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8
    private = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    (folder / "tls_key").write_bytes(private)


@pytest.fixture
async def behind(serve: Serve) -> AsyncGenerator[tuple[list[Behind], dict[int, int]]]:
    """Two chats and two MCP servers, and which port of the example each of them has."""
    every = [Behind(name) for name in ("chat 1", "chat 2", "mcp 1", "mcp 2")]
    async with AsyncExitStack() as stack:
        urls = [await stack.enter_async_context(serve(one.app())) for one in every]
        ports = [int(url.rpartition(":")[2]) for url in urls]
        yield every, dict(zip((8010, 8020, 8011, 8021), ports, strict=True))
        for one in every:
            one.may_end.set()


@pytest.fixture
async def proxied(behind: tuple[list[Behind], dict[int, int]], tmp_path: Path) -> AsyncGenerator[Proxied]:
    every, ports = behind
    chat, mcp = free_port(), free_port()
    listen = {"listen 8000;": f"listen 127.0.0.1:{chat};", "listen 8001;": f"listen 127.0.0.1:{mcp};"}
    with running(written(tmp_path, "http.conf", listen, ports), [chat, mcp]):
        yield Proxied(f"http://127.0.0.1:{chat}", f"http://127.0.0.1:{mcp}", every[:2])


async def test_words_go_on_as_they_come(proxied: Proxied) -> None:
    async with (
        httpx2.AsyncClient() as http,
        http.stream("POST", f"{proxied.chat}/stream", json={}) as answer,
    ):
        lines = answer.aiter_lines()
        assert await anext(lines) == "data: first"
        for one in proxied.chats:
            one.may_end.set()
        assert [line async for line in lines if line] == ["data: last"]


@pytest.mark.parametrize(
    ("path", "size", "status"),
    [
        ("/attachments/a", 20_000_000, 200),
        ("/knowledge/documents", 60_000_000, 200),
        ("/attachments/a", 70_000_000, 413),
        ("/mcp", 4_000_000, 200),
        ("/mcp", 5_000_000, 413),
        ("/feedback", 2_000_000, 413),
        ("/voice/transcribe", 20_000_000, 200),
    ],
)
async def test_bodies_may_be_as_large_as_their_place_takes_them(
    proxied: Proxied, path: str, size: int, status: int
) -> None:
    async with httpx2.AsyncClient(timeout=60) as http:
        answer = await http.post(f"{proxied.chat}{path}", content=bytes(size))
    assert answer.status_code == status
    if status == 200:
        assert answer.json()["bytes"] == size


async def test_a_client_cannot_say_who_it_is(proxied: Proxied) -> None:
    forged = [("X-Forwarded-User", "admin"), ("x-forwarded-user", "root"), ("Authorization", "Bearer t")]
    async with httpx2.AsyncClient() as http:
        got = (await http.get(f"{proxied.chat}/", headers=forged)).json()["headers"]
    assert "x-forwarded-user" not in got
    assert got["authorization"] == ["Bearer t"]
    assert got["host"] == [proxied.chat.removeprefix("http://")]
    assert re.fullmatch(r"[0-9a-f]{32}", got["x-request-id"][0])


@pytest.mark.parametrize(
    ("server", "path", "name"),
    [
        ("chat", "/", "chat"),
        ("chat", "/ready", "chat"),
        ("chat", "/mcp", "mcp"),
        ("chat", "/.well-known/oauth-protected-resource/mcp", "mcp"),
        ("chat", "/.well-known/oauth-authorization-server", "mcp"),
        ("chat", "/.well-known/mcp/catalog.json", "mcp"),
        ("chat", "/mcp/server-card", "mcp"),
        ("chat", "/authorize", "mcp"),
        ("chat", "/connect", "chat"),
        ("mcp", "/token", "mcp"),
        ("chat", "/metrics", None),
        ("mcp", "/mcp", "mcp"),
        ("mcp", "/health", "mcp"),
        ("mcp", "/ready", "mcp"),
        ("mcp", "/", None),
        ("mcp", "/metrics", None),
    ],
)
async def test_each_address_leads_to_its_server(
    proxied: Proxied, server: str, path: str, name: str | None
) -> None:
    async with httpx2.AsyncClient() as http:
        answer = await http.get(f"{getattr(proxied, server)}{path}")
    if name is None:
        assert answer.status_code == 404
    else:
        assert answer.json()["name"].startswith(name)
        assert answer.json()["path"] == path


async def test_replicas_take_turns_and_a_message_is_never_given_to_a_second_one(proxied: Proxied) -> None:
    async with httpx2.AsyncClient() as http:
        names = {(await http.get(f"{proxied.chat}/")).json()["name"] for _ in range(8)}
        assert names == {"chat 1", "chat 2"}
        before = sum(one.seen for one in proxied.chats)
        assert (await http.post(f"{proxied.chat}/chatkit", json={})).status_code >= 500
    assert sum(one.seen for one in proxied.chats) == before + 1


async def test_a_dead_replica_is_passed_over(serve: Serve, tmp_path: Path) -> None:
    chat, mcp, nobody = free_port(), free_port(), free_port()
    listen = {"listen 8000;": f"listen 127.0.0.1:{chat};", "listen 8001;": f"listen 127.0.0.1:{mcp};"}
    async with serve(Behind("alive").app()) as url:
        alive = int(url.rpartition(":")[2])
        ports = {8010: alive, 8020: nobody, 8011: alive, 8021: nobody}
        with running(written(tmp_path, "http.conf", listen, ports), [chat, mcp]):
            async with httpx2.AsyncClient() as http:
                answers = [await http.post(f"http://127.0.0.1:{chat}/feedback") for _ in range(6)]
    assert {answer.status_code for answer in answers} == {200}


async def test_https_with_the_certificate_of_the_secrets(
    behind: tuple[list[Behind], dict[int, int]], tmp_path: Path
) -> None:
    _, ports = behind
    port = free_port()
    changes = {"listen 8443": f"listen 127.0.0.1:{port}", "/run/secrets/": f"{tmp_path}/"}
    write_certificate(tmp_path)
    with running(written(tmp_path, "tls.conf", changes, ports), [port]):
        trusted = ssl.create_default_context(cafile=str(tmp_path / "tls_certificate"))
        async with httpx2.AsyncClient(verify=trusted) as http:
            answer = await http.get(f"https://localhost:{port}/ready")
    assert answer.json()["name"].startswith("chat")
    assert answer.json()["headers"]["x-forwarded-proto"] == ["https"]
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


def test_the_upstreams_of_the_containers_are_those_of_this_machine_by_their_names(tmp_path: Path) -> None:
    """nginx 1.27.3 and newer know `resolve`; here the rest of the file is tried."""
    containers = (EXAMPLES / "containers.conf").read_text()
    loopback = (EXAMPLES / "loopback.conf").read_text()

    def plain(text: str) -> list[str]:
        lines = [re.sub(r"#.*", "", line).strip() for line in text.splitlines()]
        lines = [re.sub(r"server \S+ (resolve )?", "server ", line) for line in lines]
        return [line for line in dict.fromkeys(lines) if line and not line.startswith("resolver ")]

    assert plain(containers) == plain(loopback)
    assert re.findall(r"server (\S+) resolve", containers) == ["agent-service:8000", "mcp-server:8001"]
    configuration = written(tmp_path, "http.conf", {}, {})
    tried = re.sub(r"(agent-service|mcp-server):(\d+) resolve", r"127.0.0.1:\2", containers)
    (tmp_path / "upstreams.conf").write_text(tried)
    command = [nginx_program(), "-t", "-q", "-p", str(tmp_path), "-c", str(configuration)]
    if os.geteuid() == 0:
        command += ["-g", "user root;"]
    subprocess.run(command, check=True, capture_output=True)
