"""Fetching pages from a server on loopback."""

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from ingest.fetching import FetchLimits, WebPage, open_fetcher
from ingest.fetching.errors import (
    AddressForbiddenError,
    FetchFailedError,
    RobotsForbiddenError,
    UrlInvalidError,
)
from parsing.errors import FileTooLargeError

Serve = Callable[[ASGIApp], AbstractAsyncContextManager[str]]
LIMITS = FetchLimits(max_bytes=100_000, seconds=20, allow_private=True, retry_seconds=0)
HURRIED = FetchLimits(max_bytes=100_000, seconds=0.4, allow_private=True, retry_seconds=0)


class Site:
    """Answers from a table, the last answer of a list again and again; remembers what was asked."""

    def __init__(self, **answers: Response | list[Response]) -> None:
        self.answers = answers
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope)
        name = request.url.path.strip("/").partition(".")[0]
        self.asked.append(name)
        self.headers.append(dict(request.headers))
        answer = self.answers.get(name, PlainTextResponse("nothing here", 404))
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        await answer(scope, receive, send)


def text(body: str = "Hello", status: int = 200, **headers: str) -> Response:
    return PlainTextResponse(body, status, {name.replace("_", "-"): value for name, value in headers.items()})


async def fetch(serve: Serve, site: Site, path: str, limits: FetchLimits = LIMITS) -> WebPage:
    async with serve(site) as address, open_fetcher(limits) as fetcher:
        return await fetcher.fetch(address + path)


async def test_a_page_comes_with_its_type_charset_and_day(serve: Serve) -> None:
    body = Response(
        "Grüße".encode("latin-1"),
        headers={
            "Content-Type": "Text/HTML; charset=ISO-8859-1",
            "Last-Modified": "Tue, 03 Mar 2026 10:00:00 GMT",
        },
    )
    page = await fetch(serve, Site(page=body), "/page?x=1#part")
    assert page.url.endswith("/page?x=1")
    assert page.requested.endswith("/page?x=1#part")
    assert (page.media_type, page.charset, page.modified) == ("text/html", "iso-8859-1", "2026-03-03")
    assert page.data == "Grüße".encode("latin-1")


@pytest.mark.parametrize(
    ("path", "media_type"),
    [("/page.md", "text/markdown"), ("/page.pdf", "application/pdf"), ("/page", "application/octet-stream")],
)
async def test_without_a_telling_content_type_the_ending_of_the_path_counts(
    serve: Serve, path: str, media_type: str
) -> None:
    for headers in ({"Last-Modified": "yesterday"}, {"Content-Type": "application/octet-stream"}):
        page = await fetch(serve, Site(page=Response(b"x", headers=headers)), path)
        assert (page.media_type, page.charset, page.modified) == (media_type, None, None)


async def test_a_redirect_is_followed_to_the_page_at_its_end(serve: Serve) -> None:
    site = Site(old=RedirectResponse("/newer#top", 301), newer=RedirectResponse("new", 308), new=text())
    page = await fetch(serve, site, "/old")
    assert page.url.endswith("/new")
    assert page.requested.endswith("/old")


async def test_a_redirect_loop_ends(serve: Serve) -> None:
    site = Site(a=RedirectResponse("/b"), b=RedirectResponse("/a"))
    with pytest.raises(FetchFailedError, match="redirects more than 5 times"):
        await fetch(serve, site, "/a")
    assert len(site.asked) == 1 + 6


@pytest.mark.parametrize("place", ["file:///etc/passwd", "http://anna:secret@127.0.0.1/", "http://[bad/"])
async def test_a_redirect_to_no_usable_address_is_refused(serve: Serve, place: str) -> None:
    site = Site(page=text("", 302, location=place))
    with pytest.raises(UrlInvalidError) as refusal:
        await fetch(serve, site, "/page")
    assert "secret" not in str(refusal.value)


async def test_a_redirect_from_a_permitted_to_a_forbidden_address_is_refused(serve: Serve) -> None:
    forbidden = Site(page=text("internal"))

    async def resolve(host: str, port: int) -> list[str]:
        return {"public.example": ["127.0.0.1"]}.get(host, ["10.9.9.9"])

    limits = FetchLimits(max_bytes=1000, retry_seconds=0)
    async with serve(forbidden) as inner, open_fetcher(limits, resolve, "127.0.0.1".__eq__) as fetcher:
        port = inner.rpartition(":")[2]
        site = Site(page=RedirectResponse(f"http://intranet.example:{port}/page"))
        async with serve(site) as outer:
            with pytest.raises(
                AddressForbiddenError, match=r"^intranet\.example leads to a private address\. "
            ):
                await fetcher.fetch(f"http://public.example:{outer.rpartition(':')[2]}/page")
    assert forbidden.asked == []


async def test_the_connection_goes_to_the_checked_address_and_the_host_keeps_its_name(serve: Serve) -> None:
    site = Site(robots=text(""), page=text())
    resolved: list[str] = []

    async def resolve(host: str, port: int) -> list[str]:
        resolved.append(host)
        return ["10.9.9.9", "127.0.0.1"] if len(resolved) == 1 else ["10.9.9.9"]

    limits = FetchLimits(max_bytes=1000, retry_seconds=0)
    async with serve(site) as address, open_fetcher(limits, resolve, "127.0.0.1".__eq__) as fetcher:
        host = f"name.example:{address.rpartition(':')[2]}"
        page = await fetcher.fetch(f"http://{host}/page")
    assert page.data == b"Hello"
    assert {headers["host"] for headers in site.headers} == {host}
    assert resolved == ["name.example"]


async def test_a_proxy_of_the_environment_is_not_used(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    assert (await fetch(serve, Site(page=text()), "/page")).data == b"Hello"


@pytest.mark.parametrize("status", [204, 200])
async def test_an_empty_page_is_a_page(serve: Serve, status: int) -> None:
    assert (await fetch(serve, Site(page=Response(status_code=status)), "/page")).data == b""


@pytest.mark.parametrize(("status", "words"), [(404, "404 Not Found"), (500, "500"), (300, "300")])
async def test_a_failure_names_its_status(serve: Serve, status: int, words: str) -> None:
    with pytest.raises(FetchFailedError, match=f"the server answered {words}"):
        await fetch(serve, Site(page=text("", status)), "/page")


@pytest.mark.parametrize("status", [429, 502, 503, 504])
@pytest.mark.parametrize(
    "pause", ["0", "soon", "Thu, 01 Jan 2026 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 -2300"]
)
async def test_a_busy_server_is_asked_again(serve: Serve, status: int, pause: str) -> None:
    busy = text("", status, retry_after=pause)
    site = Site(page=[busy, busy, text()])
    assert (await fetch(serve, site, "/page")).data == b"Hello"


async def test_a_server_that_stays_busy_is_given_up(serve: Serve) -> None:
    site = Site(page=text("", 503))
    with pytest.raises(FetchFailedError, match="503 Service Unavailable"):
        await fetch(serve, site, "/page")
    assert site.asked.count("page") == 3


async def test_a_server_that_asks_for_a_long_pause_is_not_asked_again(serve: Serve) -> None:
    site = Site(page=text("", 429, retry_after="3600"))
    with pytest.raises(FetchFailedError, match="429"):
        await fetch(serve, site, "/page")
    assert site.asked.count("page") == 1


async def test_a_page_above_the_limit_is_refused(serve: Serve) -> None:
    exact, above = Site(page=text("x" * 100_000)), Site(page=text("x" * 100_001))
    assert len((await fetch(serve, exact, "/page")).data) == 100_000
    with pytest.raises(FileTooLargeError, match="limit of 100000 bytes"):
        await fetch(serve, above, "/page")


async def test_an_endless_page_is_cut_off(serve: Serve) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 10_000
            await asyncio.sleep(0)

    with pytest.raises(FileTooLargeError):
        await fetch(serve, Site(page=StreamingResponse(endless())), "/page")


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_compression_is_undone_and_a_compression_bomb_refused(serve: Serve, encoding: str) -> None:
    def packed(body: bytes) -> Response:
        squeezed = gzip.compress(body) if encoding == "gzip" else zlib.compress(body)
        return Response(squeezed, headers={"Content-Encoding": encoding})

    assert (await fetch(serve, Site(page=packed(b"Hello")), "/page")).data == b"Hello"
    with pytest.raises(FileTooLargeError):
        await fetch(serve, Site(page=packed(bytes(50_000_000))), "/page")


@pytest.mark.parametrize("encoding", ["gzip, gzip", "br", "zstd", "secret"])
async def test_a_compression_that_was_not_asked_for_is_refused(serve: Serve, encoding: str) -> None:
    with pytest.raises(FetchFailedError, match="which was not asked for"):
        await fetch(serve, Site(page=text(content_encoding=encoding)), "/page")


async def test_broken_compression_is_told(serve: Serve) -> None:
    with pytest.raises(FetchFailedError, match="compression is broken"):
        await fetch(serve, Site(page=text(content_encoding="gzip")), "/page")


@pytest.mark.parametrize("name", ["page", "robots"])
async def test_a_server_that_never_finishes_is_given_up(serve: Serve, name: str) -> None:
    async def stuck() -> AsyncIterator[bytes]:
        yield b"x"
        await asyncio.Event().wait()

    site = Site(**{name: StreamingResponse(stuck())})
    with pytest.raises(FetchFailedError, match="took"):
        await fetch(serve, site, "/page", HURRIED)


async def test_a_closed_port_and_a_server_without_tls_are_told_in_plain_words(serve: Serve) -> None:
    async with open_fetcher(LIMITS) as fetcher:
        async with serve(Site()) as address:
            with pytest.raises(FetchFailedError, match="no secure connection could be made"):
                await fetcher.fetch(address.replace("http:", "https:"))
        with pytest.raises(FetchFailedError, match="the connection failed"):
            await fetcher.fetch(address.replace("127.0.0.1", "127.0.0.2"))


async def test_robots_rules_are_obeyed_and_read_once(serve: Serve) -> None:
    rules = "User-agent: *\nDisallow: /\n\nUser-agent: OwFlex\nDisallow: /private\n"
    site = Site(robots=text(rules), page=text(), private=text())
    async with serve(site) as address, open_fetcher(LIMITS) as fetcher:
        assert (await fetcher.fetch(f"{address}/page")).data == b"Hello"
        with pytest.raises(RobotsForbiddenError, match=r"robots\.txt does not allow it"):
            await fetcher.fetch(f"{address}/private")
    assert site.asked == ["robots", "page"]


async def test_robots_rules_hold_for_the_target_of_a_redirect(serve: Serve) -> None:
    site = Site(robots=text("User-agent: *\nDisallow: /private"), page=RedirectResponse("/private"))
    with pytest.raises(RobotsForbiddenError):
        await fetch(serve, site, "/page")


async def test_a_site_whose_robots_file_fails_is_left_alone(serve: Serve) -> None:
    with pytest.raises(RobotsForbiddenError, match=r"robots\.txt cannot be read .*500"):
        await fetch(serve, Site(robots=text("", 500), page=text()), "/page")


async def test_only_the_beginning_of_a_huge_robots_file_counts(serve: Serve) -> None:
    rules = "User-agent: *\nDisallow: /private\n" + "# filler\n" * 100_000 + "Disallow: /page\n"
    site = Site(robots=text(rules), page=text())
    assert (await fetch(serve, site, "/page")).data == b"Hello"


async def test_one_host_is_asked_for_one_page_at_a_time(serve: Serve) -> None:
    busy: list[int] = [0, 0]

    class Counting(Site):
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            busy[0] += 1
            busy[1] = max(busy)
            await asyncio.sleep(0)
            await super().__call__(scope, receive, send)
            busy[0] -= 1

    site = Counting(page=text())
    async with serve(site) as address, open_fetcher(LIMITS) as fetcher:
        waiting: list[Awaitable[WebPage]] = [fetcher.fetch(f"{address}/page?{n}") for n in range(20)]
        pages = await asyncio.gather(*waiting)
    assert len({page.url for page in pages}) == 20
    assert busy == [0, 1]
