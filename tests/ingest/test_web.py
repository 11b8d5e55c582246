"""Web pages and sitemaps as documents."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from ingest.fetching.errors import AddressForbiddenError
from ingest.settings import IngestSettings

if TYPE_CHECKING:
    from conftest import KnowledgeBase

Serve = Callable[[ASGIApp], AbstractAsyncContextManager[str]]


class Site:
    """A web site in memory: path → (media type, content); a path that is not there is 404."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[str, bytes]] = {}
        self.url = ""

    def put(self, path: str, content: str | bytes, media_type: str = "text/html") -> None:
        data = content.encode() if isinstance(content, str) else content
        self.pages[path] = (media_type, data)

    def sitemap(self, *paths: str) -> None:
        places = "".join(f"<url><loc>{self.url}{path}</loc></url>" for path in paths)
        self.put(
            "/sitemap.xml",
            f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{places}</urlset>',
            "application/xml",
        )

    async def answer(self, request: Request) -> Response:
        if request.url.path not in self.pages:
            return Response("gone", status_code=404)
        media_type, data = self.pages[request.url.path]
        return Response(data, headers={"content-type": media_type})


@pytest.fixture
async def site(serve: Serve) -> AsyncGenerator[Site]:
    site = Site()
    async with serve(Starlette(routes=[Route("/{path:path}", site.answer)])) as url:
        site.url = url
        yield site


@pytest.fixture
def open_kb(kb: "KnowledgeBase") -> "KnowledgeBase":
    """A knowledge base that may fetch from this machine."""
    kb.settings = kb.settings.model_copy(update={"ingest_allow_private_addresses": True})
    return kb


async def test_a_page_is_a_document_named_by_its_address(
    open_kb: "KnowledgeBase", site: Site, tmp_path: Path
) -> None:
    site.put("/leave", "<html><title>Leave</title><nav>Menu</nav><h1>Leave</h1><p>28 days a year.</p></html>")
    url = f"{site.url}/leave"
    assert (await open_kb.sync_web(url, tmp_path)).outcomes == {url: "added"}
    assert await open_kb.texts() == {url: "28 days a year."}
    assert (await open_kb.sync_web(url, tmp_path)).files == []
    site.put("/leave", "<h1>Leave</h1><p>30 days a year.</p>")
    assert (await open_kb.sync_web(url, tmp_path)).outcomes == {url: "updated"}
    del site.pages["/leave"]
    assert (await open_kb.sync_web(url, tmp_path)).outcomes == {url: "removed"}


async def test_the_pages_of_a_sitemap_come_and_go_with_it(
    open_kb: "KnowledgeBase", site: Site, tmp_path: Path
) -> None:
    for name in ("a", "b", "c"):
        site.put(f"/{name}", f"<h1>{name.upper()}</h1><p>Page {name}.</p>")
    site.put("/guide.txt", "A plain guide.", "text/plain")
    site.sitemap("/a", "/b", "/guide.txt", "/not-there")
    sitemap = f"{site.url}/sitemap.xml"
    recorder = await open_kb.sync_web(sitemap, tmp_path)
    assert recorder.outcomes == {f"{site.url}/{name}": "added" for name in ("a", "b", "guide.txt")}
    site.sitemap("/b", "/c")
    recorder = await open_kb.sync_web(sitemap, tmp_path)
    assert recorder.outcomes == {
        f"{site.url}/a": "removed",
        f"{site.url}/c": "added",
        f"{site.url}/guide.txt": "removed",
    }


async def test_a_page_that_cannot_be_fetched_now_keeps_its_document(
    open_kb: "KnowledgeBase", site: Site, tmp_path: Path
) -> None:
    site.put("/a", "<h1>A</h1><p>Text.</p>")
    site.sitemap("/a")
    await open_kb.sync_web(f"{site.url}/sitemap.xml", tmp_path)
    site.put("/robots.txt", "User-agent: *\nDisallow: /a", "text/plain")
    recorder = await open_kb.sync_web(f"{site.url}/sitemap.xml", tmp_path)
    assert recorder.outcomes == {f"{site.url}/a": "failed"}
    assert f"{site.url}/a" in await open_kb.texts()


async def test_the_encoding_that_the_server_states_counts(
    open_kb: "KnowledgeBase", site: Site, tmp_path: Path
) -> None:
    page = '<meta charset="utf-8"><h1>Caf\u00e9</h1><p>Gr\u00f6\u00dfe</p>'
    site.put("/a", page.encode("latin-1"), "text/html; charset=iso-8859-1")
    await open_kb.sync_web(f"{site.url}/a", tmp_path)
    assert list((await open_kb.texts()).values()) == ["Gr\u00f6\u00dfe"]


async def test_a_private_address_is_refused_unless_it_is_allowed(
    kb: "KnowledgeBase", site: Site, tmp_path: Path
) -> None:
    site.put("/a", "<p>Secret of the network.</p>")
    assert not IngestSettings().ingest_allow_private_addresses  # pyright: ignore[reportCallIssue]
    with pytest.raises(AddressForbiddenError, match="INGEST_ALLOW_PRIVATE_ADDRESSES"):
        await kb.sync_web(f"{site.url}/a", tmp_path)
    assert await kb.texts() == {}
