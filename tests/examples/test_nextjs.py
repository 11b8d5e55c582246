"""The route of the Next.js example, built and started, in front of a service that watches what arrives."""

import asyncio
import os
import shutil
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from tests.support.patience import PATIENCE_SECONDS
from tests.support.ports import free_port

EXAMPLE = Path(__file__).parents[2] / "examples" / "nextjs"
NOT_BUILT = "The Next.js example is not built. Run: make examples"


@dataclass
class Service:
    """What stands behind the example."""

    seen: list[Request] = field(default_factory=list[Request])
    bodies: list[bytes] = field(default_factory=list[bytes])
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    def app(self) -> Starlette:
        """Streams at /chatkit, JSON at /config.json."""
        return Starlette(
            routes=[
                Route("/chatkit", self._chatkit, methods=["POST"]),
                Route("/config.json", self._config),
                Route("/metrics", self._config),
            ]
        )

    async def _chatkit(self, request: Request) -> Response:
        self.seen.append(request)
        self.bodies.append(await request.body())
        headers = {"set-cookie": "a=b", "access-control-allow-origin": "*", "x-request-id": "7"}
        return StreamingResponse(self._events(), media_type="text/event-stream", headers=headers)

    async def _events(self) -> AsyncGenerator[str]:
        try:
            yield "data: 1\n\n"
            await self.go_on.wait()
            yield "data: 2\n\n"
        finally:
            self.ended.set()

    async def _config(self, request: Request) -> Response:
        self.seen.append(request)
        return JSONResponse({"title": "behind"})


@dataclass
class Site:
    """The example, and what stands behind it."""

    url: str
    service: Service
    http: httpx2.AsyncClient


@pytest.fixture
async def site(serve: Callable[[ASGIApp], AbstractAsyncContextManager[str]]) -> AsyncGenerator[Site]:
    """The built example on a free port."""
    node = shutil.which("node")
    if node is None or not (EXAMPLE / ".next" / "BUILD_ID").is_file():
        if os.environ.get("OWFLEX_REQUIRE_EXAMPLES"):
            pytest.fail(NOT_BUILT)
        pytest.skip(NOT_BUILT)
    service = Service()
    async with serve(service.app()) as behind:
        port = free_port()
        process = await asyncio.create_subprocess_exec(
            node, "node_modules/next/dist/bin/next", "start", "-p", str(port), "-H", "127.0.0.1",
            cwd=EXAMPLE,
            env=os.environ | {"OWFLEX_URL": behind, "NEXT_TELEMETRY_DISABLED": "1"},
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            await _ready(process)
            url = f"http://127.0.0.1:{port}"
            async with httpx2.AsyncClient(base_url=f"{url}/api/owflex", timeout=PATIENCE_SECONDS) as http:
                yield Site(url, service, http)
        finally:
            service.go_on.set()
            process.terminate()
            await process.wait()


async def _ready(process: asyncio.subprocess.Process) -> None:
    assert process.stdout is not None
    async with asyncio.timeout(60):
        while b"Ready" not in (line := await process.stdout.readline()):
            assert line, "Next.js ended before it was ready"


async def test_an_answer_passes_piece_by_piece(site: Site) -> None:
    async with site.http.stream("POST", "/chatkit", json={"type": "threads.create"}) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        pieces = answer.aiter_text()
        assert await anext(pieces) == "data: 1\n\n"
        site.service.go_on.set()
        assert await anext(pieces) == "data: 2\n\n"
    assert site.service.bodies == [b'{"type":"threads.create"}']


async def test_stop_in_the_browser_ends_the_answer_behind(site: Site) -> None:
    async with site.http.stream("POST", "/chatkit", json={}) as answer:
        assert await anext(answer.aiter_text()) == "data: 1\n\n"
    async with asyncio.timeout(PATIENCE_SECONDS):
        await site.service.ended.wait()


async def test_only_named_headers_pass_in_either_direction(site: Site) -> None:
    site.service.go_on.set()
    sent = {
        "cookie": "session=x",
        "authorization": "Bearer of-the-browser",
        "x-forwarded-user": "admin",
        "x-forwarded-for": "10.0.0.1",
        "accept-language": "de",
    }
    answer = await site.http.post("/chatkit", json={}, headers=sent)
    (request,) = site.service.seen
    assert request.headers["accept-language"] == "de"
    assert {"cookie", "authorization", "x-forwarded-user", "origin"}.isdisjoint(request.headers)
    assert "10.0.0.1" not in str(request.headers)
    assert answer.headers["x-request-id"] == "7"
    assert {"set-cookie", "access-control-allow-origin"}.isdisjoint(answer.headers)


async def test_json_passes_too(site: Site) -> None:
    assert (await site.http.get("/config.json")).json() == {"title": "behind"}


@pytest.mark.parametrize(
    "path", ["/metrics", "/static/../metrics", "/static/%2e%2e/metrics", "/attachments/a/b"]
)
async def test_other_addresses_of_the_service_are_not_reachable(site: Site, path: str) -> None:
    assert (await site.http.get(path)).status_code == 404
    assert site.service.seen == []


async def test_other_sites_are_refused(site: Site) -> None:
    answer = await site.http.post("/chatkit", json={}, headers={"origin": "https://evil.example"})
    assert answer.status_code == 403
    assert site.service.seen == []
    same = await site.http.get("/config.json", headers={"origin": site.url})
    assert same.status_code == 200
