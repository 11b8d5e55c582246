"""Web pages as files: fetched into a temporary folder, then read like any other file."""

import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from pathlib import Path

from ingest.fetching import FetchLimits, WebFetcher, WebPage, is_sitemap, open_fetcher, sitemap_pages
from ingest.fetching.errors import PageGoneError
from ingest.origins import Kind
from ingest.planning import ScannedFile
from parsing.errors import FileFormatError, FileProblemError
from parsing.formats import MODULES

UTF8_MARK = b"\xef\xbb\xbf"


async def kind_of(url: str, limits: FetchLimits) -> Kind:
    """Whether the address is a sitemap or a page. Raises `FileProblemError` when it cannot be fetched."""
    async with open_fetcher(limits) as fetcher:
        return "sitemap" if is_sitemap(await fetcher.fetch(url)) else "page"


async def fetched_page(url: str, limits: FetchLimits, folder: Path) -> ScannedFile:
    """The page at the address, kept in `folder`.

    Raises `FileProblemError` when it cannot be fetched, or is a sitemap.
    """
    async with open_fetcher(limits) as fetcher:
        page = await fetcher.fetch(url)
    if is_sitemap(page):
        raise FileFormatError(
            f"{url} is a sitemap; only single pages can be added this way. "
            "Add the pages one by one, or ask an administrator to run `owflex ingest` with it."
        )
    return _kept(page, url, folder)


async def scan_web(
    url: str, limits: FetchLimits, folder: Path, *, gone_is_problem: bool = False
) -> AsyncGenerator[Sequence[ScannedFile]]:
    """The page at the address, or every page of the sitemap there, kept in `folder`.

    A page that is gone (404, 410) is left out; one that cannot be fetched comes with its problem, and with
    `gone_is_problem` so does an address where nothing is any more.
    """
    async with open_fetcher(limits) as fetcher:
        try:
            start = await fetcher.fetch(url)
        except FileProblemError as error:
            if isinstance(error, PageGoneError) and not gone_is_problem:
                return
            yield [ScannedFile(url, url, None, str(error))]
            return
        if not is_sitemap(start):
            yield [_kept(start, url, folder)]
            return
        async for file in _scan_sitemap(fetcher, start, folder):
            yield [file]


async def _scan_sitemap(fetcher: WebFetcher, start: WebPage, folder: Path) -> AsyncIterator[ScannedFile]:
    async for url in sitemap_pages(fetcher, start):
        try:
            page = await fetcher.fetch(url)
        except PageGoneError:
            continue
        except FileProblemError as error:
            yield ScannedFile(url, url, None, str(error))
        else:
            yield _kept(page, url, folder)


def _kept(page: WebPage, url: str, folder: Path) -> ScannedFile:
    data = _as_utf8(page)
    digest = hashlib.sha256(data).digest()
    path = folder / digest.hex()
    path.write_bytes(data)
    known = page.media_type if page.media_type in MODULES else None
    return ScannedFile(url, str(path), digest, media_type=known)


def _as_utf8(page: WebPage) -> bytes:
    """A text in the encoding its server states, which counts more than what the text says of itself."""
    if page.charset is None or not page.media_type.startswith("text/"):
        return page.data
    try:
        return UTF8_MARK + page.data.decode(page.charset, errors="replace").removeprefix("\ufeff").encode()
    except LookupError:  # no such encoding
        return page.data
