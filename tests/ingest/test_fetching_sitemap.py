"""Sitemaps from a server on loopback."""

import gzip
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from ingest.fetching import FetchLimits, SitemapTally, WebPage, is_sitemap, open_fetcher, sitemap_pages
from parsing.errors import FileFormatError, FileTooLargeError

Serve = Callable[[ASGIApp], AbstractAsyncContextManager[str]]
LIMITS = FetchLimits(max_bytes=5_000_000, seconds=20, allow_private=True, retry_seconds=0)
NAMESPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


class Site:
    """Serves files; HERE in a file stands for the site's own address."""

    def __init__(self, **files: str | bytes) -> None:
        self.files = files

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        host = dict(scope["headers"])[b"host"]
        name = scope["path"].strip("/").partition(".")[0]
        content = self.files.get(name)
        data = content.encode() if isinstance(content, str) else content or b""
        data = data.replace(b"HERE", b"http://" + host)
        data = gzip.compress(data) if scope["path"].endswith(".gz") else data
        media_type = "text/plain" if scope["path"].endswith(".txt") else "application/xml"
        await Response(data, 404 if content is None else 200, media_type=media_type)(scope, receive, send)


def urlset(*places: str) -> str:
    entries = "".join(f"<url><loc> {place} </loc><lastmod>2026-01-01</lastmod></url>" for place in places)
    return (
        f'\n<?xml version="1.0" encoding="UTF-8"?><!-- made by hand --><urlset {NAMESPACE}>{entries}</urlset>'
    )


def index(*places: str) -> str:
    entries = "".join(f"<sitemap><loc>{place}</loc></sitemap>" for place in places)
    return f"<sitemapindex {NAMESPACE}>{entries}</sitemapindex>"


def page_of(data: str | bytes, media_type: str = "application/xml") -> WebPage:
    place = "http://example.com/sitemap.xml"
    return WebPage(place, place, media_type, None, data.encode() if isinstance(data, str) else data, None)


async def listed(
    serve: Serve, site: Site, name: str, tally: SitemapTally | None = None, limits: FetchLimits = LIMITS
) -> list[str]:
    async with serve(site) as address, open_fetcher(limits) as fetcher:
        page = await fetcher.fetch(f"{address}/{name}")
        assert is_sitemap(page)
        pages = [url async for url in sitemap_pages(fetcher, page, tally)]
        return [url.removeprefix(address) for url in pages]


@pytest.mark.parametrize("name", ["sitemap.xml", "sitemap.xml.gz"])
async def test_a_sitemap_lists_the_pages_of_its_own_site_once(serve: Serve, name: str) -> None:
    tally = SitemapTally()
    places = ["HERE/a", "HERE/b#top", "http://other.example/c", "HERE/b", "ftp://x/", "HERE.evil.example/"]
    assert await listed(serve, Site(sitemap=urlset(*places)), name, tally) == ["/a", "/b"]
    assert (tally.pages, tally.elsewhere, tally.problems) == (2, 3, [])


async def test_a_plain_text_sitemap_lists_its_lines(serve: Serve) -> None:
    site = Site(sitemap="\ufeffHERE/a\r\nHERE/b\r\n\r\nhttps://other.example/c\n")
    assert await listed(serve, site, "sitemap.txt") == ["/a", "/b"]


async def test_an_index_leads_to_its_sitemaps_and_a_missing_one_is_told(serve: Serve) -> None:
    tally = SitemapTally()
    site = Site(
        index=index(
            "HERE/one.xml.gz", "HERE/gone.xml", "HERE/index.xml", "HERE/two.txt", "http://o.example/s"
        ),
        one=urlset("HERE/a", "HERE/b"),
        two="HERE/b\nHERE/c",
    )
    assert await listed(serve, site, "index.xml", tally) == ["/a", "/b", "/c"]
    assert (tally.pages, tally.elsewhere) == (3, 1)
    assert len(tally.problems) == 1
    assert "gone.xml could not be fetched: the server answered 404" in tally.problems[0]


async def test_indexes_are_followed_three_levels_deep(serve: Serve) -> None:
    tally = SitemapTally()
    site = Site(
        one=index("HERE/two.xml"),
        two=index("HERE/three.xml", "HERE/deeper.xml"),
        three=urlset("HERE/a"),
        deeper=index("HERE/four.xml"),
        four=urlset("HERE/b"),
    )
    assert await listed(serve, site, "one.xml", tally) == ["/a"]
    assert tally.beyond == 1


async def test_pages_beyond_fifty_thousand_are_counted_and_left_out(serve: Serve) -> None:
    tally = SitemapTally()
    site = Site(sitemap="\n".join(f"HERE/{number}" for number in range(50_010)))
    assert len(await listed(serve, site, "sitemap.txt", tally)) == 50_000
    assert (tally.pages, tally.beyond) == (50_000, 10)


async def test_the_address_of_a_picture_is_no_page(serve: Serve) -> None:
    picture = '<i:image xmlns:i="http://example.com/image"><i:loc>HERE/a.png</i:loc></i:image>'
    site = Site(
        sitemap=f"<urlset {NAMESPACE}><url>{picture}<loc>HERE/a</loc></url><url>{picture}</url></urlset>"
    )
    assert await listed(serve, site, "sitemap.xml") == ["/a"]


async def test_a_sitemap_that_unpacks_beyond_the_limit_is_refused(serve: Serve) -> None:
    limits = FetchLimits(max_bytes=100_000, allow_private=True)
    site = Site(sitemap=urlset("HERE/a") + " " * 1_000_000)
    with pytest.raises(FileTooLargeError, match="unpacks to more"):
        await listed(serve, site, "sitemap.xml.gz", limits=limits)


async def test_entities_are_not_expanded_nor_files_read(serve: Serve) -> None:
    doctype = (
        '<!DOCTYPE urlset [<!ENTITY a "xxxxxxxxxx"><!ENTITY b "&a;&a;&a;&a;">'
        '<!ENTITY f SYSTEM "file:///etc/hostname">]>'
    )
    entries = "<url><loc>HERE/&b;</loc></url><url><loc>HERE/&f;</loc></url><url><loc>HERE/a</loc></url>"
    site = Site(sitemap=f"{doctype}<urlset {NAMESPACE}>{entries}</urlset>")
    pages = await listed(serve, site, "sitemap.xml")
    assert "/a" in pages
    assert not any("x" in page for page in pages)


async def test_a_broken_sitemap_is_refused(serve: Serve) -> None:
    with pytest.raises(FileFormatError, match="not well-formed"):
        await listed(serve, Site(sitemap=urlset("HERE/a").replace("</urlset>", "")), "sitemap.xml")


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        ("<html><body>urlset</body></html>", "text/html"),
        ("<rss/>", "application/xml"),
        ("urlset", "application/xml"),
        ("", "application/xml"),
        ("", "text/plain"),
        ("https://example.com/ is a page", "text/plain"),
        ("https://example.com/", "text/html"),
        (b"\x1f\x8bbroken", "application/gzip"),
        (b"\x89PNG\r\n\x1a\n\x00", "image/png"),
    ],
)
def test_other_pages_are_no_sitemaps(data: str | bytes, media_type: str) -> None:
    assert not is_sitemap(page_of(data, media_type))


def test_a_sitemap_is_known_by_its_root_element_alone() -> None:
    assert is_sitemap(page_of("<urlset/>", "text/html"))
    assert is_sitemap(page_of(urlset("https://example.com/")))
    assert is_sitemap(page_of(gzip.compress(index().encode()), "application/gzip"))
    assert is_sitemap(page_of(urlset().encode("utf-8-sig").replace(b"\n", b"")))
